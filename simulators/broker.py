"""A real Mosquitto on loopback, with the configuration of production: for tests, demo, benches and chaos.

    authority = CertificateAuthority.open_or_create(Path(".local/ca"))
    with LocalBroker(Path(".local/broker"), authority) as broker:
        …  # boxes at broker.port, services at broker.service_port, TLS with authority.ensure("TD-01-a")

The program is the machine's own if it has one, else Debian's package in a private prefix.
"""

import os
import pwd
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cloud.db.debian import Bundle, Say, say_to_person
from cloud.db.local import find_free_port
from cloud.db.prefix import ensure_prefix
from cloud.db.server import Order, Server, start_server
from provisioning.broker import TEMPLATES, BrokerValues, render_acl, render_configuration
from provisioning.certificates import CertificateAuthority

HOST = "127.0.0.1"
START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 15.0
OLDEST_MAJOR = 2  # MQTT 5 with explicit TLS minimum and packet limits
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/usr/local/bin", "/usr/bin", "/opt/homebrew/sbin")

MOSQUITTO = Bundle(
    name="mosquitto",
    packages=("mosquitto", "mosquitto-clients", "libc6"),
    programs=("usr/sbin/mosquitto", "usr/bin/mosquitto_*"),
)


def find_mosquitto(name: str = "mosquitto", say: Say = say_to_person) -> Path:
    """Return the program ``name`` (the broker, ``mosquitto_pub``, …); fetch it if the machine has none.

    Raises:
        cloud.db.errors.Unavailable: it is not here and cannot be fetched now.
    """
    search = os.pathsep.join([os.environ.get("PATH", ""), *SYSTEM_FOLDERS])
    broker = shutil.which("mosquitto", path=search)
    found = shutil.which(name, path=search)
    if broker and found and _is_recent(broker):
        return Path(found)
    folder = "usr/sbin" if name == "mosquitto" else "usr/bin"
    return ensure_prefix(MOSQUITTO, say) / folder / name


def _is_recent(broker: str) -> bool:
    answer = subprocess.run([broker, "-h"], capture_output=True, text=True, check=False)
    match = re.search(r"mosquitto version (\d+)\.", answer.stdout)
    return match is not None and int(match[1]) >= OLDEST_MAJOR


class LocalBroker:
    """A broker that lives as long as its owner; sessions and retained messages stay in its directory.

    Args:
        directory: where it keeps configuration, log and data.
        authority: who signs its certificate and its clients'.
        port: TCP port for boxes; 0 takes a free one, which then stays the same over ``restart``.
        service_port: TCP port for ingesters and the API, as ``port``.
        extra_acl: further sections for the ACL file.
        values: other values than production's for fields of ``BrokerValues``.
    """

    host = HOST

    def __init__(
        self,
        directory: Path,
        authority: CertificateAuthority,
        port: int = 0,
        service_port: int = 0,
        *,
        extra_acl: str = "",
        values: Mapping[str, Any] | None = None,
    ) -> None:
        self.directory = directory.absolute()
        self.authority = authority
        self.port = port
        self.service_port = service_port
        self._extra_acl = extra_acl
        self._values = dict(values or {})
        self._server: Server | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def log(self) -> Path:
        """The file that the broker logs to."""
        return self.directory / "mosquitto.log"

    @property
    def kept_log(self) -> Path:
        """The same for an ingester, which counts refused publishes from it and cuts it when it has grown."""
        return self.directory / "kept.log"

    @property
    def pid(self) -> int | None:
        """Process id of the broker; None while it is down."""
        return self._server.pid if self._server and self._server.is_running() else None

    def start(self) -> None:
        """Write the configuration and start the broker; a running one is left alone.

        Raises:
            cloud.db.errors.Unavailable: it did not start; the message has its last log lines.
        """
        if self._server and self._server.is_running():
            return
        self.stop()  # what is left of one that ended by itself
        program = find_mosquitto()
        (self.directory / "data").mkdir(parents=True, exist_ok=True, mode=0o700)
        self.port = self.port or find_free_port()
        self.service_port = self.service_port or find_free_port()
        self._write_configuration()
        log_starts_at = self.log.stat().st_size if self.log.exists() else 0
        self._server = start_server(self._order(program))
        self._server.wait_until(lambda: self._is_ready(log_starts_at), START_TIMEOUT_S)

    def stop(self) -> None:
        """Stop the broker; it saves its sessions first."""
        if self._server:
            self._server.stop()

    def kill(self) -> None:
        """Kill the broker with SIGKILL: what it took since the last save is forgotten."""
        if self._server:
            self._server.kill()

    def restart(self) -> None:
        """Stop and start again, on the same ports."""
        self.stop()
        self.start()

    def reload(self) -> None:
        """Have the broker read its ACL, certificates and revocation list again."""
        if self._server:
            self._write_configuration()
            os.kill(self._server.pid, signal.SIGHUP)

    def _write_configuration(self) -> None:
        (self.directory / "acl").write_text(render_acl(self._extra_acl))
        # Mosquitto warns of an ACL file that others may read.
        (self.directory / "acl").chmod(0o600)
        (self.directory / "mosquitto.conf").write_text(render_configuration(self._choose_values()))

    def _choose_values(self) -> BrokerValues:
        identity = self.authority.ensure("broker", server_names=("localhost", HOST))
        laptop = BrokerValues(
            # Started as root it would become the user mosquitto, who may not exist nor enter this directory.
            user=pwd.getpwuid(os.geteuid()).pw_name,
            box_address=HOST,
            box_port=self.port,
            service_address=HOST,
            service_port=self.service_port,
            acl_file=str(self.directory / "acl"),
            ca_file=str(identity.authority.absolute()),
            certificate_file=str(identity.certificate.absolute()),
            key_file=str(identity.key.absolute()),
            crl_file=str(self.authority.crl_file.absolute()),
            data_directory=str(self.directory / "data"),
        )
        return replace(laptop, **self._values)

    def _order(self, program: Path) -> Order:
        return Order(
            command=(
                "/bin/sh",
                str(TEMPLATES / "run.sh"),
                str(program),
                str(self.directory / "mosquitto.conf"),
                str(self.kept_log),
            ),
            directory=self.directory,
            log=self.log,
            stop_signal=signal.SIGTERM,
            stop_timeout_s=STOP_TIMEOUT_S,
        )

    def _is_ready(self, log_starts_at: int) -> bool:
        with self.log.open("rb") as log:
            log.seek(log_starts_at)
            return re.search(rb"mosquitto version \S+ running", log.read()) is not None


if __name__ == "__main__":
    find_mosquitto()
