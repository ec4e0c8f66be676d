"""The real servers that tests run against: TimescaleDB, Mosquitto, a certificate authority, a line to cut."""

import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import paho.mqtt.client as mqtt
import psycopg
import pytest
from paho.mqtt.enums import CallbackAPIVersion

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


@pytest.fixture
def make_client() -> Iterator[Callable[..., mqtt.Client]]:
    """Make MQTT 5 clients that present an identity, not yet connected; they are closed after the test."""
    clients: list[mqtt.Client] = []

    def make(identity: Identity, client_id: str = "") -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5)
        client.tls_set_context(make_tls(identity))
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.disconnect()
        client.loop_stop()


def find_free_port() -> int:
    """Find a TCP port on loopback that is free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
