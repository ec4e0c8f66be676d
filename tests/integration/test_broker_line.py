"""The room's line to the broker under many commands at once, and while it is lost in the middle of them."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from cloud import errors
from cloud.signals.line import BrokerAddress, Line
from provisioning.certificates import CertificateAuthority
from simulators.broker import LocalBroker
from simulators.proxy import Proxy

AT_ONCE = 400
BURSTS = 6
STUCK_S = 60.0


def address_of(authority: CertificateAuthority, port: int) -> BrokerAddress:
    identity = authority.ensure("api")
    return BrokerAddress("localhost", port, identity.authority, identity.certificate, identity.key)


def finish(work: Coroutine[Any, Any, None]) -> None:
    """Run in a loop and thread of its own: one that hangs in a lock could not even time itself out."""
    faults: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work)
        except BaseException as error:  # noqa: BLE001 - raised again where the test sees it
            faults.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(STUCK_S)
    assert not thread.is_alive(), "the line and paho wait for each other"
    if faults:
        raise faults[0]


async def connected(line: Line) -> None:
    line.start()
    while not line.is_connected:
        await asyncio.sleep(0.02)


async def publish(line: Line, number: int) -> str:
    try:
        await line.publish("sl/1/LINE-01-a/commands", b"%d" % number, 30)
    except errors.Unavailable as error:
        return str(error)
    return "taken"


def test_line_when_acknowledgements_come_while_others_publish_then_nobody_waits_for_ever(
    broker: LocalBroker, authority: CertificateAuthority
) -> None:
    line = Line(address_of(authority, broker.service_port), "line-test")

    async def work() -> None:
        await connected(line)
        for _ in range(BURSTS):
            said = await asyncio.gather(*(publish(line, number) for number in range(AT_ONCE)))
            assert set(said) == {"taken"}
        await asyncio.to_thread(line.stop)

    finish(work())


def test_line_when_lost_in_the_middle_of_many_commands_then_each_hears_it_and_later_ones_go_through(
    broker: LocalBroker, authority: CertificateAuthority, make_proxy: Callable[[int], Proxy]
) -> None:
    proxy = make_proxy(broker.service_port)
    line = Line(address_of(authority, proxy.port), "line-test-2")

    async def work() -> None:
        await connected(line)
        proxy.stall()
        sending = [asyncio.create_task(publish(line, number)) for number in range(AT_ONCE)]
        await asyncio.sleep(0.1)
        proxy.drop_connections()
        proxy.heal()
        said = await asyncio.gather(*sending)
        assert all("lost" in word or "acknowledge" in word or "no line" in word for word in said), set(said)
        while await publish(line, 0) != "taken":
            await asyncio.sleep(0.1)
        assert not line._waiting
        await asyncio.to_thread(line.stop)

    finish(work())


def test_line_when_it_was_lost_then_still_hears_what_it_heard_before_and_no_more_than_that(
    broker: LocalBroker, authority: CertificateAuthority, make_proxy: Callable[[int], Proxy]
) -> None:
    """The API may write commands and read everything, so its own commands serve as what is heard."""
    proxy = make_proxy(broker.service_port)
    line = Line(address_of(authority, proxy.port), "line-test-3")
    heard: list[tuple[str, bytes]] = []
    topics = [f"sl/1/LINE-0{number}-a/commands" for number in range(3)]

    async def until_heard(topic: str, payload: bytes) -> None:
        while (topic, payload) not in heard:
            with suppress(errors.Unavailable):
                await line.publish(topic, payload, 30)
            await asyncio.sleep(0.02)

    async def work() -> None:
        await connected(line)
        for topic in topics[:2]:
            line.subscribe(topic, lambda topic, payload, _: heard.append((topic, payload)))
        await until_heard(topics[0], b"before")
        line.unsubscribe(topics[1])
        proxy.drop_connections()
        await until_heard(topics[0], b"after")
        for topic in topics[1:]:
            await line.publish(topic, b"nobody listens", 30)
        await until_heard(topics[0], b"last")
        assert {topic for topic, _ in heard} == {topics[0]}
        await asyncio.to_thread(line.stop)

    finish(work())
