"""The broker lets in who has a certificate of ours, and lets each touch only its own."""

import queue
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.contract import limits, topics
from provisioning.certificates import CertificateAuthority, Identity
from provisioning.x509_profile import make_revocation_list, read_signer
from simulators.broker import LocalBroker
from simulators.proxy import Proxy
from tests.fix_stack import Talker

Speak = Callable[[str], Talker]
NOT_AUTHORIZED = 135  # MQTT 5, 2.4
SILENCE_S = 0.3


def fresh_box() -> str:
    """A box that no other test has spoken as."""
    return f"T{uuid4().hex[:6].upper()}-a"


@pytest.mark.parametrize(
    "kind", ["telemetry", "backlog", "events", "media/0193", "status", "results", "live/TD-01.cam-1"]
)
def test_box_when_publishing_its_own_then_ingest_gets_it(kind: str, as_box: Speak, as_service: Speak) -> None:
    name = fresh_box()
    with as_service("ingest") as ingest, as_box(name) as box:
        ingest.subscribe(f"sl/1/+/{kind}")
        assert box.publish(f"sl/1/{name}/{kind}").value == 0
        assert ingest.next(of=(name,)).topic == f"sl/1/{name}/{kind}"


@pytest.mark.parametrize(
    "topic",
    ["sl/1/T9-z/telemetry", "sl/1/T9-z/status", "sl/1/T9-z/commands", "sl/1/T9-z/receipts", "other", "sl/1", "$SYS/x"],
)
def test_box_when_publishing_elsewhere_then_refused(topic: str, as_box: Speak) -> None:
    with as_box(fresh_box()) as box:
        assert box.publish(topic).value == NOT_AUTHORIZED


@pytest.mark.parametrize("kind", ["receipts", "commands"])
def test_box_when_publishing_its_own_downs_then_refused(kind: str, as_box: Speak) -> None:
    name = fresh_box()
    with as_box(name) as box:
        assert box.publish(f"sl/1/{name}/{kind}").value == NOT_AUTHORIZED


def test_box_when_subscribing_to_everything_then_gets_only_its_downs(as_box: Speak, as_service: Speak) -> None:
    name, neighbour = fresh_box(), fresh_box()
    with as_box(name) as box, as_box(neighbour) as other, as_service("ingest") as ingest:
        box.subscribe("#")
        other.publish(topics.telemetry(neighbour))
        ingest.publish(topics.receipts(neighbour))
        ingest.publish(topics.receipts(name))
        assert box.next().topic == topics.receipts(name)
        with pytest.raises(queue.Empty):
            box.next(SILENCE_S)


def test_box_when_its_will_is_for_another_box_then_it_is_not_published(
    broker: LocalBroker,
    authority: CertificateAuthority,
    as_service: Speak,
    make_proxy: Callable[[int], Proxy],
) -> None:
    line = make_proxy(broker.port)
    names = fresh_box(), fresh_box()
    with as_service("api") as api:
        api.subscribe("sl/1/+/status")
        for will_of in (*names, names[0]):  # the last one's own will tells that the others' would have come
            box = Talker(authority.ensure(names[0]), line.port)
            box.client.will_set(topics.status(will_of), will_of.encode(), qos=1)
            box.connect()
            box.client.loop_stop()
            line.drop_connections()
        assert [api.next(of=names).payload.decode() for _ in range(2)] == [names[0]] * 2


def test_box_when_taking_anothers_client_id_then_the_other_stays(
    broker: LocalBroker, authority: CertificateAuthority, as_box: Speak
) -> None:
    name = fresh_box()
    with as_box(name) as box, Talker(authority.ensure(fresh_box()), broker.port, client_id=name):
        assert not box.disconnected.wait(SILENCE_S)
        assert not box.publish(topics.telemetry(name)).is_failure


def test_api_when_writing_a_command_then_the_box_gets_it(as_box: Speak, as_service: Speak) -> None:
    name = fresh_box()
    with as_box(name) as box, as_service("api") as api:
        box.subscribe(topics.commands(name))
        api.publish(topics.commands(name))
        assert box.next().topic == topics.commands(name)


def test_services_when_writing_what_is_not_theirs_then_refused(as_service: Speak) -> None:
    with as_service("api") as api, as_service("ingest") as ingest:
        assert api.publish("sl/1/T1-a/telemetry").value == NOT_AUTHORIZED
        assert api.publish("sl/1/T1-a/receipts").value == NOT_AUTHORIZED
        assert ingest.publish("sl/1/T1-a/commands").value == NOT_AUTHORIZED


def test_two_ingesters_when_sharing_a_subscription_then_each_message_goes_to_one(
    as_box: Speak, as_service: Speak
) -> None:
    name = fresh_box()
    with as_service("ingest") as first, as_service("ingest") as second, as_box(name) as box:
        for ingester in (first, second):
            ingester.subscribe(f"$share/{name}/sl/1/+/telemetry")
        for number in range(20):
            box.publish(topics.telemetry(name), str(number).encode())
        time.sleep(SILENCE_S)
        got = [int(ingester.received.get().payload) for ingester in (first, second) for _ in range(10)]
    assert sorted(got) == list(range(20))


def test_packet_when_as_large_as_media_may_be_then_goes_through(as_box: Speak, as_service: Speak) -> None:
    name = fresh_box()
    with as_service("ingest") as ingest, as_box(name) as box:
        ingest.subscribe("sl/1/+/media/+")
        box.publish(topics.media(name, "e1"), bytes(limits.MAX_MEDIA_BYTES))
        # paho (2.2) counts its reads: a packet whose last byte comes with the hundredth lies there until more comes.
        box.publish(topics.media(name, "e2"))
        assert len(ingest.next(20).payload) == limits.MAX_MEDIA_BYTES


def test_packet_when_larger_than_media_may_be_then_the_box_is_told(
    as_box: Speak,
) -> None:
    name = fresh_box()
    with as_box(name) as box:
        box.client.publish(topics.media(name, "e1"), bytes(limits.MAX_MEDIA_BYTES + 200_000), qos=1)
        assert box.disconnected.wait(10)


def test_client_when_it_has_no_certificate_then_refused(broker: LocalBroker, authority: CertificateAuthority) -> None:
    context = ssl.create_default_context(cafile=str(authority.certificate_file))
    assert not is_let_in(context, broker.port)
    assert not is_let_in(context, broker.service_port)


def test_client_when_its_authority_is_foreign_then_refused(
    broker: LocalBroker, authority: CertificateAuthority, tmp_path: Path
) -> None:
    forged = CertificateAuthority.open_or_create(tmp_path / "ca").issue("ingest")
    assert not is_let_in(context_of(forged, authority), broker.port)
    assert not is_let_in(context_of(forged, authority), broker.service_port)


def test_client_when_its_certificate_is_out_of_date_then_refused(
    broker: LocalBroker, authority: CertificateAuthority
) -> None:
    expired = authority.issue(fresh_box(), valid_days=0)
    assert not is_let_in(context_of(expired, authority), broker.port)


def test_client_when_it_speaks_without_tls_then_refused(broker: LocalBroker) -> None:
    plain = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    answers: list[object] = []
    plain.on_connect = lambda *answer: answers.append(answer)
    plain.connect("127.0.0.1", broker.port)
    for _ in range(10):
        plain.loop(0.05)
    assert not answers


def test_client_when_revoked_and_broker_reloaded_then_refused(
    own_broker: LocalBroker, authority: CertificateAuthority
) -> None:
    identity = authority.ensure(fresh_box())
    assert is_let_in(context_of(identity, authority), own_broker.port)
    authority.revoke(identity.name)
    own_broker.reload()
    time.sleep(SILENCE_S)
    assert not is_let_in(context_of(identity, authority), own_broker.port)


def test_broker_when_its_revocation_list_is_out_of_date_then_refuses_everybody(tmp_path: Path) -> None:
    """Why every use of the authority signs the list anew in time."""
    authority = CertificateAuthority.open_or_create(tmp_path / "ca")
    key = (authority.directory / "ca.key").read_bytes()
    signer = read_signer(authority.certificate_file.read_bytes(), key)
    identity = authority.ensure("ingest")
    with LocalBroker(tmp_path / "broker", authority) as broker:
        assert is_let_in(context_of(identity, authority), broker.port)
        authority.crl_file.write_bytes(make_revocation_list(signer, {}, valid_days=0))
        broker.restart()
        assert not is_let_in(context_of(identity, authority), broker.port)


def test_broker_when_its_owner_is_killed_then_stops_and_saves(tmp_path: Path) -> None:
    owner_code = (
        "import sys, time; from pathlib import Path; from simulators.broker import LocalBroker;"
        "from provisioning.certificates import CertificateAuthority;"
        "home = Path(sys.argv[1]); broker = LocalBroker(home / 'broker', CertificateAuthority.open_or_create(home));"
        "broker.start(); print(broker.port, flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", owner_code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        owner.kill()
    log = tmp_path / "broker" / "mosquitto.log"
    deadline = time.monotonic() + 10
    while "Saving in-memory database" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "Saving in-memory database" in log.read_text()


def test_broker_when_restarted_then_a_session_gets_what_it_missed(
    own_broker: LocalBroker, authority: CertificateAuthority
) -> None:
    name = fresh_box()
    lasting = Properties(PacketTypes.CONNECT)
    lasting.SessionExpiryInterval = 3600

    def ingest() -> Talker:
        identity = authority.ensure("ingest")
        return Talker(identity, own_broker.service_port, "ingest-1", clean_start=False, properties=lasting)

    with ingest() as before:
        before.subscribe("sl/1/+/telemetry")
    with Talker(authority.ensure(name), own_broker.port) as box:
        box.publish(topics.telemetry(name), b"missed")
    own_broker.restart()
    with ingest() as after:
        assert after.next().payload == b"missed"


def test_broker_when_killed_then_starts_again_on_the_same_ports(
    own_broker: LocalBroker, authority: CertificateAuthority
) -> None:
    ports = own_broker.port, own_broker.service_port
    own_broker.kill()
    own_broker.start()
    assert (own_broker.port, own_broker.service_port) == ports
    assert is_let_in(context_of(authority.ensure("ingest"), authority), own_broker.service_port)


def context_of(identity: Identity, authority: CertificateAuthority) -> ssl.SSLContext:
    """Trust the broker's authority, present that identity."""
    context = ssl.create_default_context(cafile=str(authority.certificate_file))
    context.load_cert_chain(identity.certificate, identity.key)
    return context


def is_let_in(context: ssl.SSLContext, port: int) -> bool:
    """Tell whether the broker answers a CONNECT: with TLS 1.3 a client learns of its refusal only by reading."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.tls_set_context(context)
    answers: list[object] = []
    client.on_connect = lambda *answer: answers.append(answer)
    try:
        client.connect("127.0.0.1", port)
    except OSError:
        return False
    for _ in range(20):
        client.loop(0.05)
        if answers:
            break
    client.disconnect()
    return bool(answers)
