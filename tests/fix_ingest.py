"""A real ingester between a real broker and a real database, and a box that speaks raw MQTT to it."""

import hashlib
import itertools
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import psycopg
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from cloud.db.local import LocalCluster
from provisioning.certificates import CertificateAuthority
from simulators.broker import LocalBroker
from tests.bench.stack import Ingester
from tests.fix_database import add_box, as_role
from tests.fix_stack import make_tls

BOX = "TD-01-a"
Rows = list[tuple[Any, ...]]


class TelemetryPath:
    """The path under test: broker, ingester, database.

    Attributes:
        broker: where boxes connect.
        connection: to the database, as its owner.
        ingester: a running process.
    """

    def __init__(self, broker: LocalBroker, connection: psycopg.Connection, ingester: Ingester) -> None:
        self.broker = broker
        self.connection = connection
        self.ingester = ingester

    def query(self, statement: str, *arguments: object) -> Rows:
        """Run a query and give its rows."""
        return self.connection.execute(statement, arguments).fetchall()

    def wait(self, statement: str, wanted: Callable[[Rows], bool], timeout_s: float = 15.0) -> Rows:
        """Run a query until its rows are as wanted; give them, or fail with what there was."""
        deadline_s = time.monotonic() + timeout_s
        while not wanted(rows := self.query(statement)):
            assert time.monotonic() < deadline_s, f"after {timeout_s} s: {rows}"
            time.sleep(0.05)
        return rows

    def stored(self) -> Rows:
        """Give every sample as (asset, quantity, seconds since 1970, value)."""
        return self.query(
            "SELECT a.code, s.quantity, extract(epoch FROM time)::float8, value FROM sample "
            "JOIN series s ON s.id = series_id JOIN asset a ON a.id = s.asset_id ORDER BY 1, 2, 3"
        )


class RawBox:
    """A box that publishes what it is told to, and keeps the receipts it gets."""

    def __init__(self, broker: LocalBroker, name: str, authority: CertificateAuthority) -> None:
        self.name = name
        self.receipts: dict[str, dict[str, Any] | None] = {}
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5)
        self.client.tls_set_context(make_tls(authority.ensure(name)))
        self.client.on_message = self._take
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()
        self.client.subscribe(f"sl/1/{name}/receipts", qos=1)
        self._number = 0

    def publish(
        self,
        kind: str,
        payload: bytes,
        *,
        respond_to: str = "",
        content_type: str = "",
        sha256: str | None = None,
        retain: bool = False,
        qos: int = 1,
    ) -> str:
        """Publish with a request for a receipt; give its correlation once the broker has it.

        Args:
            kind: last part of the topic.
            payload: as it is.
            respond_to: response topic, instead of this box's own.
            content_type: of media; with it goes the digest.
            sha256: another digest than the payload's own; empty for none.
            retain: have the broker keep it.
            qos: 0 or 1.
        """
        self._number += 1
        correlation = f"m{self._number}"
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = respond_to or f"sl/1/{self.name}/receipts"
        properties.CorrelationData = correlation.encode()
        if content_type:
            properties.ContentType = content_type
        digest = hashlib.sha256(payload).hexdigest() if sha256 is None else sha256
        if content_type and digest:
            properties.UserProperty = [("sha256", digest)]
        self.client.publish(f"sl/1/{self.name}/{kind}", payload, qos, retain, properties).wait_for_publish(5)
        return correlation

    def send(self, records: list[dict[str, Any]], kind: str = "telemetry") -> str:
        """Publish a pack."""
        return self.publish(kind, json.dumps(records).encode())

    def receipt(self, correlation: str, timeout_s: float = 10.0) -> dict[str, Any] | None:
        """Wait for a receipt: None when committed, the refusal when refused."""
        deadline_s = time.monotonic() + timeout_s
        while correlation not in self.receipts:
            assert time.monotonic() < deadline_s, f"no receipt for {correlation} within {timeout_s} s"
            time.sleep(0.02)
        return self.receipts[correlation]

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def _take(self, _: Any, __: Any, message: mqtt.MQTTMessage) -> None:
        receipt = json.loads(message.payload)
        self.receipts.update(dict.fromkeys(receipt.get("committed", ())))
        self.receipts.update({refusal["id"]: refusal for refusal in receipt.get("rejected", ())})


@pytest.fixture
def make_ingester(
    database: str, own_broker: LocalBroker, authority: CertificateAuthority, tmp_path: Path
) -> Iterator[Callable[..., Ingester]]:
    """Make ingesters for this test's database and broker; they are stopped after it."""
    made: list[Ingester] = []

    def make(name: str, **variables: str) -> Ingester:
        address = (own_broker.host, own_broker.service_port)
        dsn = as_role(database, "ingest")
        made.append(Ingester(name, dsn, address, authority, tmp_path / f"{name}.log", variables))
        made[-1].start()
        made[-1].wait_connected()
        return made[-1]

    yield make
    for ingester in made:
        ingester.stop()


@pytest.fixture
def path(database: str, own_broker: LocalBroker, make_ingester: Callable[..., Ingester]) -> Iterator[TelemetryPath]:
    """Broker, ingester and database with one registered box."""
    with psycopg.connect(database, autocommit=True) as connection:
        add_box(connection, box=BOX)
        yield TelemetryPath(own_broker, connection, make_ingester("test"))


@pytest.fixture
def raw_box(path: TelemetryPath, authority: CertificateAuthority) -> Iterator[RawBox]:
    """The registered box, connected."""
    box = RawBox(path.broker, BOX, authority)
    yield box
    box.close()


@pytest.fixture(scope="module")
def lasting_path(
    cluster: LocalCluster, migrated_template: str, authority: CertificateAuthority, tmp_path_factory: Any
) -> Iterator[TelemetryPath]:
    """A path for all tests of a module that keep to a box of their own: `make_box`."""
    home = tmp_path_factory.mktemp("lasting")
    database = cluster.create_database(f"lasting_{home.name.replace('-', '_')}", migrated_template)
    with LocalBroker(home / "broker", authority) as broker, psycopg.connect(database, autocommit=True) as connection:
        address = (broker.host, broker.service_port)
        ingester = Ingester("lasting", as_role(database, "ingest"), address, authority, home / "log")
        ingester.start()
        ingester.wait_connected()
        yield TelemetryPath(broker, connection, ingester)
        ingester.stop()


@pytest.fixture
def lasting_box(lasting_path: TelemetryPath, authority: CertificateAuthority) -> Iterator[RawBox]:
    """A registered box that no other test uses, on the lasting path."""
    site = f"S{next(_numbers)}"
    add_box(lasting_path.connection, site, f"{site}-a")
    box = RawBox(lasting_path.broker, f"{site}-a", authority)
    yield box
    box.close()


_numbers = itertools.count(10)
