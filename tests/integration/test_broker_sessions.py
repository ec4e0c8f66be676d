"""What the ingester's nothing-lost rests on in the broker: sessions, the receive maximum, queues."""

import queue
import time
from collections.abc import Callable
from uuid import uuid4

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.contract import topics
from provisioning.certificates import CertificateAuthority
from simulators.broker import LocalBroker
from simulators.proxy import Proxy
from tests.fix_stack import Talker

MESSAGES = 500
RECEIVE_MAXIMUM = 50
FILTER = "$share/ingest/sl/1/+/telemetry"


@pytest.fixture
def box(own_broker: LocalBroker, authority: CertificateAuthority) -> Talker:
    return Talker(authority.ensure("TS-01-a"), own_broker.port, "TS-01-a")


@pytest.fixture
def make_ingester(own_broker: LocalBroker, authority: CertificateAuthority) -> Callable[..., Talker]:
    def make(port: int = 0, receive_maximum: int = RECEIVE_MAXIMUM) -> Talker:
        """An ingester that acknowledges by hand and has a session that lasts."""
        lasting = Properties(PacketTypes.CONNECT)
        lasting.SessionExpiryInterval = 3600
        lasting.ReceiveMaximum = receive_maximum
        talker = Talker(
            authority.ensure("ingest"),
            port or own_broker.service_port,
            "ingest-1",
            clean_start=False,
            properties=lasting,
        )
        talker.client.manual_ack_set(on=True)
        return talker

    return make


def take(talker: Talker, count: int, silence_s: float = 1.0, *, acknowledge: bool) -> list[int]:
    """Take up to `count` messages, until none comes for a while."""
    got: list[int] = []
    while len(got) < count:
        try:
            message = talker.next(silence_s)
        except queue.Empty:
            break
        got.append(int(message.payload))
        if acknowledge:
            talker.client.ack(message.mid, message.qos)
    return got


def send(box: Talker, numbers: range) -> None:
    with box:
        for number in numbers:
            box.publish(topics.telemetry("TS-01-a"), str(number).encode())


def test_ingester_when_it_does_not_acknowledge_then_gets_no_more_than_its_maximum(
    box: Talker, make_ingester: Callable[..., Talker]
) -> None:
    with make_ingester() as ingester:
        ingester.subscribe(FILTER)
        send(box, range(MESSAGES))
        assert take(ingester, MESSAGES, acknowledge=False) == list(range(RECEIVE_MAXIMUM))


def test_ingester_when_it_comes_back_then_gets_what_it_had_not_acknowledged(
    own_broker: LocalBroker, box: Talker, make_ingester: Callable[..., Talker], make_proxy: Callable[[int], Proxy]
) -> None:
    line = make_proxy(own_broker.service_port)
    cut_off = make_ingester(line.port)
    cut_off.connect()
    cut_off.subscribe(FILTER)
    send(box, range(MESSAGES))
    take(cut_off, RECEIVE_MAXIMUM, acknowledge=False)
    cut_off.client.loop_stop()
    line.cut()
    with make_ingester() as ingester:
        assert set(take(ingester, MESSAGES, acknowledge=True)) == set(range(MESSAGES))


def test_ingester_when_away_then_what_came_waits_and_fits_its_new_maximum(
    box: Talker, make_ingester: Callable[..., Talker]
) -> None:
    with make_ingester() as before:
        before.subscribe(FILTER)
    send(box, range(MESSAGES))
    with make_ingester(receive_maximum=4) as after:
        assert take(after, 10, acknowledge=False) == [0, 1, 2, 3]


def test_ingester_when_the_broker_restarts_then_gets_everything(
    own_broker: LocalBroker, box: Talker, make_ingester: Callable[..., Talker]
) -> None:
    with make_ingester() as before:
        before.subscribe(FILTER)
        send(box, range(MESSAGES))
        take(before, 10, acknowledge=True)
        before.client.loop_stop()
        own_broker.restart()
    with make_ingester() as after:
        got = take(after, MESSAGES, acknowledge=True)
    assert set(range(10, MESSAGES)) <= set(got)


def test_ingester_when_one_of_two_goes_then_the_other_gets_what_comes_next(
    own_broker: LocalBroker, authority: CertificateAuthority, box: Talker
) -> None:
    first, second = (Talker(authority.ensure("ingest"), own_broker.service_port, uuid4().hex) for _ in range(2))
    with second:
        second.subscribe(FILTER)
        with first:
            first.subscribe(FILTER)
        time.sleep(0.2)
        send(box, range(20))
        assert take(second, 20, acknowledge=False) == list(range(20))
