"""A regency's identities at a real Mosquitto: renewed over the line, and dead within a minute when revoked."""

import datetime as dt
import queue
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from uuid6 import uuid7

from edge.contract.commands import Command
from edge.contract.events import Event, EventDetail
from edge.renewal import Renewal
from provisioning.certificates import CertificateAuthority, Identity
from provisioning.errors import Misconfigured, Unavailable
from provisioning.lock_out import BrokerLine, lock_out
from provisioning.offline_root import make_issuing_authority, make_offline_root
from provisioning.renewal import REQUESTED, RenewalService
from simulators.broker import LocalBroker
from tests.fix_edge import Box, Cloud, wait_for
from tests.fix_stack import Talker

BOX = "TD-01-a"
PASSPHRASES = b"in the safe of the office", b"of the office's machine"


@pytest.fixture
def regency(tmp_path: Path) -> CertificateAuthority:
    make_offline_root(tmp_path / "stick", "Root", PASSPHRASES[0])
    return make_issuing_authority(tmp_path / "office", tmp_path / "stick", "Issuing", *PASSPHRASES)


@pytest.fixture
def regency_broker(regency: CertificateAuthority, tmp_path: Path) -> Iterator[LocalBroker]:
    with LocalBroker(tmp_path / "broker", regency) as broker:
        yield broker


def line_to(broker: LocalBroker, authority: CertificateAuthority, **values: object) -> BrokerLine:
    identity = authority.ensure("identity")
    fields = {
        "host": "localhost",
        "port": broker.service_port,
        "ca_file": identity.authority,
        "cert_file": identity.certificate,
        "key_file": identity.key,
        "reload_command": f"kill -HUP {broker.pid}",
    }
    return BrokerLine(**fields | values)  # type: ignore[arg-type]


def is_let_in(identity: Identity, broker: LocalBroker) -> bool:
    """Tell whether a box gets as far as the broker's word; a refused one learns it from TLS or from silence."""
    talker = Talker(identity, broker.port, BOX)
    try:
        talker.client.connect("localhost", broker.port)
        talker.client.loop_start()
        return not talker.answer(3).is_failure
    except (OSError, queue.Empty):
        return False
    finally:
        talker.client.disconnect()
        talker.client.loop_stop()


def test_box_when_revoked_while_connected_then_out_within_a_minute_and_stays_out(
    regency: CertificateAuthority, regency_broker: LocalBroker
) -> None:
    identity = regency.issue(BOX)
    with Talker(identity, regency_broker.port, BOX) as box:
        assert not box.publish(f"sl/1/{BOX}/telemetry").is_failure
        began_s = time.monotonic()
        regency.revoke(BOX)
        lock_out(line_to(regency_broker, regency), BOX)
        assert box.disconnected.wait(60 - (time.monotonic() - began_s))
        box.client.loop_stop()
        assert time.monotonic() - began_s < 60
    assert not is_let_in(identity, regency_broker)
    assert is_let_in(regency.issue(BOX), regency_broker), "the slot's next hardware gets in"


def test_box_when_locked_out_then_its_neighbour_stays_connected(
    regency: CertificateAuthority, regency_broker: LocalBroker
) -> None:
    regency.issue(BOX)
    with Talker(regency.issue("KRT-01-a"), regency_broker.port, "KRT-01-a") as neighbour:
        regency.revoke(BOX)
        lock_out(line_to(regency_broker, regency), BOX)
        assert not neighbour.publish("sl/1/KRT-01-a/telemetry").is_failure
        assert not neighbour.disconnected.is_set()


def test_lock_out_when_the_broker_is_gone_then_says_to_run_it_again(
    regency: CertificateAuthority, regency_broker: LocalBroker
) -> None:
    line = line_to(regency_broker, regency, reload_command="")
    regency_broker.stop()
    with pytest.raises(Unavailable, match="run the same again"):
        lock_out(line, BOX)


def test_lock_out_when_the_reload_fails_then_says_which_command(
    regency: CertificateAuthority, regency_broker: LocalBroker
) -> None:
    with pytest.raises(Misconfigured, match="kill -HUP none"):
        lock_out(line_to(regency_broker, regency, reload_command="/bin/sh -c 'exit 1' kill -HUP none"), BOX)


def test_box_when_it_asks_over_its_connection_then_has_a_new_certificate_that_the_broker_takes(
    regency: CertificateAuthority, regency_broker: LocalBroker
) -> None:
    identity = regency.issue(BOX, valid_days=1)
    renewal = Renewal(BOX, identity.certificate, identity.key)
    before = identity.certificate.read_bytes()
    now_at = dt.datetime.now(dt.UTC)
    with (
        RenewalService(line_to(regency_broker, regency), regency) as service,
        Talker(identity, regency_broker.port, BOX) as box,
    ):
        wait_for(service.ready.is_set)
        box.subscribe(f"sl/1/{BOX}/commands")
        detail = EventDetail(values={"request": renewal.request()})
        event = Event(id=uuid7(), source=f"sl/1/{BOX}", type=REQUESTED, time=now_at, data=detail)
        box.publish(f"sl/1/{BOX}/events", event.payload())
        command = Command.model_validate_json(bytes(box.next().payload))
    renewal.install(command.arguments["certificate"].encode(), now_at)
    assert identity.certificate.read_bytes() != before
    assert is_let_in(identity, regency_broker)
    regency.revoke(BOX)
    lock_out(line_to(regency_broker, regency), BOX)
    assert not is_let_in(identity, regency_broker), "what was renewed is known, and so can be revoked"


def test_agent_when_its_certificate_is_nearly_over_then_it_renews_by_itself_over_its_line(
    regency: CertificateAuthority, regency_broker: LocalBroker, tmp_path: Path
) -> None:
    minutes_left = 20  # of eighty, for certificates begin an hour ago
    identity = regency.issue(BOX, valid_days=minutes_left / 1_440)
    before = identity.certificate.read_bytes()
    site = {"site": {"code": "TD-01", "name": "Test", "district": "Pandaan", "latitude": -7.6, "longitude": 112.7}}
    with (
        RenewalService(line_to(regency_broker, regency), regency) as service,
        Cloud(regency.ensure("ingest"), regency_broker.service_port, BOX) as cloud,
        Box(tmp_path / "agent", BOX, identity, regency_broker.port, site | {"boxes": [BOX]}) as agent,
    ):
        wait_for(service.ready.is_set)
        wait_for(lambda: any(result["state"] == "confirmed" for result in cloud.results()), 60)
        assert identity.certificate.read_bytes() != before
        assert agent.is_up()
    assert is_let_in(identity, regency_broker)
