"""The real servers that tests run against: TimescaleDB, Mosquitto, a certificate authority, a line to cut."""

import queue
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import paho.mqtt.client as mqtt
import psycopg
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from cloud.db.local import LocalCluster
from cloud.db.places import make_temporary_home
from provisioning.certificates import CertificateAuthority, Identity
from simulators.broker import LocalBroker
from simulators.proxy import Proxy

# Tests are not about losing power; whoever is starts a cluster of his own.
QUICK = {"fsync": "off", "shared_buffers": "128MB"}


@pytest.fixture(scope="session")
def stack_home() -> Iterator[Path]:
    """A folder that goes away with the test run and that servers of any user can reach."""
    with make_temporary_home() as home:
        yield home


@pytest.fixture(scope="session")
def cluster(stack_home: Path) -> Iterator[LocalCluster]:
    """The run's TimescaleDB. Ask for `database` instead, unless the test is about the server."""
    with LocalCluster(stack_home / "cluster", settings=QUICK) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def blank_template(cluster: LocalCluster) -> str:
    """Name of a database that has the extension and no tables."""
    with psycopg.connect(cluster.create_database("blank"), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION timescaledb")
    cluster.freeze_template("blank")
    return "blank"


@pytest.fixture
def blank_database(cluster: LocalCluster, blank_template: str) -> Iterator[str]:
    """The dsn of a database of this test's own, with the extension and no tables."""
    name = f"test_{uuid4().hex[:12]}"
    yield cluster.create_database(name, blank_template)
    cluster.drop_database(name)


@pytest.fixture(scope="session")
def authority(stack_home: Path) -> CertificateAuthority:
    """The run's certificate authority."""
    return CertificateAuthority.open_or_create(stack_home / "ca")


@pytest.fixture(scope="session")
def broker(stack_home: Path, authority: CertificateAuthority) -> Iterator[LocalBroker]:
    """The run's Mosquitto. Tests that kill or reconfigure one use `own_broker`."""
    with LocalBroker(stack_home / "broker", authority) as broker:
        yield broker


@pytest.fixture
def own_broker(authority: CertificateAuthority, tmp_path: Path) -> Iterator[LocalBroker]:
    """A Mosquitto of this test's own."""
    with LocalBroker(tmp_path / "broker", authority) as broker:
        yield broker


@pytest.fixture
def make_proxy() -> Iterator[Callable[[int], Proxy]]:
    """Put a line that can be cut before a TCP port on loopback: `make_proxy(port).port`."""
    proxies: list[Proxy] = []

    def make(target_port: int) -> Proxy:
        proxies.append(Proxy("127.0.0.1", target_port).start())
        return proxies[-1]

    yield make
    for proxy in proxies:
        proxy.stop()


def make_tls(identity: Identity) -> ssl.SSLContext:
    """Make the TLS context of a client that presents `identity`."""
    context = ssl.create_default_context(cafile=str(identity.authority))
    context.load_cert_chain(identity.certificate, identity.key)
    return context


class Talker:
    """An MQTT 5 client for tests: waits for every answer, keeps what arrives."""

    def __init__(self, identity: Identity, port: int, client_id: str = "", **connect: Any) -> None:
        self.received: queue.Queue[mqtt.MQTTMessage] = queue.Queue()
        self.disconnected = threading.Event()
        self._answers: queue.Queue[ReasonCode] = queue.Queue()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5)
        self.client.tls_set_context(make_tls(identity))
        self.client.on_connect = lambda _c, _u, _f, reason, _p: self._answers.put(reason)
        self.client.on_subscribe = lambda _c, _u, _m, reasons, _p: self._answers.put(reasons[0])
        self.client.on_publish = lambda _c, _u, _m, reason, _p: self._answers.put(reason)
        self.client.on_message = lambda _c, _u, message: self.received.put(message)
        self.client.on_disconnect = lambda *_: self.disconnected.set()
        self._connect = {"host": "127.0.0.1", "port": port, "clean_start": True} | connect

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def connect(self) -> ReasonCode:
        """Connect and return what the broker says; OSError (of TLS too) when it does not get that far."""
        self.client.connect(**self._connect)
        self.client.loop_start()
        return self.answer()

    def publish(self, topic: str, payload: bytes = b"x", **options: Any) -> ReasonCode:
        """Publish with QoS 1 and return what the broker says."""
        self.client.publish(topic, payload, qos=1, **options)
        return self.answer()

    def subscribe(self, topic: str) -> ReasonCode:
        """Subscribe with QoS 1 and return what the broker says."""
        self.client.subscribe(topic, qos=1)
        return self.answer()

    def answer(self, timeout_s: float = 15.0) -> ReasonCode:
        return self._answers.get(timeout=timeout_s)

    def next(self, timeout_s: float = 15.0, *, of: tuple[str, ...] = ()) -> mqtt.MQTTMessage:
        """Wait for a message; queue.Empty when none comes.

        Args:
            timeout_s: for each message.
            of: boxes; other tests' boxes share the broker, and the will of one may come at any time.
        """
        while True:
            message = self.received.get(timeout=timeout_s)
            if not of or message.topic.split("/")[2] in of:
                return message


@pytest.fixture
def as_box(broker: LocalBroker, authority: CertificateAuthority) -> Callable[[str], Talker]:
    """Speak to the run's broker as a box; enter the result to connect."""
    return lambda name: Talker(authority.ensure(name), broker.port, client_id=name)


@pytest.fixture
def as_service(broker: LocalBroker, authority: CertificateAuthority) -> Callable[[str], Talker]:
    """Speak to the run's broker as a service (`ingest`, `api`), with a client id of this test's own."""
    return lambda name: Talker(authority.ensure(name), broker.service_port, client_id=f"{name}-{uuid4().hex[:8]}")
