"""The real servers and the real ingester as processes, for benches and chaos."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from cloud.db.local import LocalCluster, find_free_port
from cloud.db.migrate import migrate
from provisioning.certificates import CertificateAuthority
from simulators.broker import LocalBroker

FLEET_ACL = (
    "user fleet\ntopic write sl/1/+/telemetry\ntopic write sl/1/+/backlog\ntopic write sl/1/+/events\n"
    "topic read sl/1/+/receipts\n"
)


class Ingester:
    """One `satulayar-ingest` process.

    Args:
        name: its instance name.
        dsn: of the database, role `ingest`.
        broker: host and port of the listener for services.
        authority: issues its certificate.
        log: where its log goes.
        variables: further settings, without the prefix.
    """

    def __init__(
        self,
        name: str,
        dsn: str,
        broker: tuple[str, int],
        authority: CertificateAuthority,
        log: Path,
        variables: dict[str, str] | None = None,
    ) -> None:
        identity = authority.ensure("ingest")
        self.name = name
        self.dsn = dsn
        self._log = log
        self._metrics_port = find_free_port()
        values = {
            "DATABASE": dsn,
            "BROKER_HOST": broker[0],
            "BROKER_PORT": str(broker[1]),
            "CA_FILE": str(identity.authority),
            "CERT_FILE": str(identity.certificate),
            "KEY_FILE": str(identity.key),
            "INSTANCE": name,
            "METRICS_PORT": str(self._metrics_port),
            **(variables or {}),
        }
        self._environment = os.environ | {f"SATULAYAR_INGEST_{key}": value for key, value in values.items()}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; does not wait for its connections."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cloud.ingest"], env=self._environment, stderr=log, stdin=subprocess.DEVNULL
            )

    def wait_connected(self, timeout_s: float = 20.0) -> None:
        """Wait until both sessions have their subscriptions."""
        deadline_s = time.monotonic() + timeout_s
        while self.metric("ingest_connected") < 2:
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"{self.name} did not connect:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.05)

    def metric(self, name: str) -> float:
        """Sum the samples of one metric; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._metrics_port}/metrics", timeout=2) as answer:
                text = answer.read().decode()
        except OSError:
            return 0.0
        labels = "" if name.endswith("}") else r"(?:\{[^}]*\})?"
        return sum(float(value) for value in re.findall(rf"^{re.escape(name)}{labels} (\S+)$", text, re.MULTILINE))

    def kill(self) -> None:
        """End it with SIGKILL."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def stop(self) -> int:
        """End it with SIGTERM and give its exit status."""
        if self.process is None or self.process.poll() is not None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


class Stack:
    """Database, broker and authority, ready for ingesters."""

    def __init__(self, home: Path, cluster: LocalCluster, broker: LocalBroker, authority: CertificateAuthority) -> None:
        self.home = home
        self.cluster = cluster
        self.broker = broker
        self.authority = authority

    def ingester(self, name: str = "one", **variables: str) -> Ingester:
        """Make an ingester that is not yet started."""
        dsn = self.cluster.dsn("satulayar", "ingest")
        address = (self.broker.host, self.broker.service_port)
        # As in production, where reading the broker's log is part of what the path costs.
        variables = {"BROKER_LOG": str(self.broker.kept_log)} | variables
        return Ingester(name, dsn, address, self.authority, self.home / f"ingest-{name}.log", variables)

    def connect(self) -> psycopg.Connection:
        """Open a superuser's connection in autocommit mode."""
        return psycopg.connect(self.cluster.dsn("satulayar"), autocommit=True)

    def register(self, boxes: list[str], series_limit: int = 2_000) -> None:
        """Register boxes, all at one site."""
        with self.connect() as connection:
            connection.execute("INSERT INTO site (code, name) VALUES ('FLEET', 'Simulated') ON CONFLICT DO NOTHING")
            connection.execute(
                "INSERT INTO box (name, site_id, series_limit) "
                "SELECT unnest(%s::text[]), id, %s FROM site WHERE code = 'FLEET' ON CONFLICT DO NOTHING",
                (boxes, series_limit),
            )


@contextmanager
def run_stack(home: Path, settings: dict[str, str] | None = None) -> Iterator[Stack]:
    """Start database and broker, migrated and empty, in a folder."""
    authority = CertificateAuthority.open_or_create(home / "ca")
    with (
        LocalCluster(home / "cluster", settings=settings) as cluster,
        LocalBroker(home / "broker", authority, extra_acl=FLEET_ACL) as broker,
    ):
        cluster.create_database("satulayar")
        with psycopg.connect(cluster.dsn("satulayar")) as connection:
            migrate(connection)
        yield Stack(home, cluster, broker, authority)
