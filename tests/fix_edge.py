"""What an edge box has around it: Modbus devices on sockets, and a cloud that only writes receipts."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import paho.mqtt.client as mqtt
import pytest
import yaml
from paho.mqtt.enums import CallbackAPIVersion
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.server.requesthandler import ServerRequestHandler
from pymodbus.simulator import DataType, SimData, SimDevice

from edge.contract import senml
from provisioning.certificates import CertificateAuthority, Identity
from simulators.broker import LocalBroker
from tests.fix_stack import make_tls

WAIT_S = 15.0
REGISTERS = 200
BITS = 64


def wait_for(condition: Callable[[], object], timeout_s: float = WAIT_S) -> None:
    """Wait until something is true."""
    until_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until_s, "it did not happen in time"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class _Line(ServerRequestHandler):
    """Holds answers back when the device is told to hang."""

    def pdu_send(self, pdu: Any, addr: Any = None) -> None:
        field: ModbusField = self.server.field
        if not field.is_hanging:
            super().pdu_send(pdu, addr)


class _Server(ModbusTcpServer):
    field: "ModbusField"

    def callback_new_connection(self) -> ServerRequestHandler:
        return _Line(self, None, None, None)


class ModbusField:
    """One Modbus TCP device (any unit) with plain memory, served by pymodbus in a thread of its own.

    Attributes:
        tables: `coil`, `discrete`, `input`, `holding`; write values here.
        is_hanging: it takes requests and does not answer.
        is_deaf_to_writes: it acknowledges a coil and does not move it.
        refuses: it answers with an exception.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.tables = {
            "coil": [0] * BITS,
            "discrete": [0] * BITS,
            "input": [0] * REGISTERS,
            "holding": [0] * REGISTERS,
        }
        self.polls = 0
        self.is_hanging = False
        self.is_deaf_to_writes = False
        self.refuses = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server: _Server | None = None
        self.start()

    def show(self, level_mm: int) -> float:
        """Move the level and wait until it has been polled; give it in metres."""
        self.tables["input"][0] = level_mm
        polls = self.polls
        wait_for(lambda: self.polls >= polls + 2)
        return level_mm / 1000

    def start(self) -> None:
        self._call(self._start())

    def stop(self) -> None:
        """Close the port: connections break, new ones are refused."""
        self._call(self._stop())

    def close(self) -> None:
        if self._server:
            self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def access(self, code: int, _start: int, address: int, _count: int, cells: list[int], values: Any) -> Any:
        if self.refuses:
            return ExcCodes.DEVICE_FAILURE
        table = {1: "coil", 5: "coil", 15: "coil", 2: "discrete", 4: "input"}.get(code, "holding")
        if values is not None:
            if not self.is_deaf_to_writes:
                self.tables[table][address : address + len(values)] = [int(value) for value in values]
            return None
        self.polls += table == "input"
        held = self.tables[table]
        if table in ("coil", "discrete"):
            held = [sum(held[at + bit] << bit for bit in range(16)) for at in range(0, BITS, 16)]
        cells[: len(held)] = held
        return None

    async def _start(self) -> None:
        bits = [SimData(0, values=[False] * BITS, datatype=DataType.BITS)]
        words = [SimData(0, values=[0] * REGISTERS, datatype=DataType.REGISTERS)]
        device = SimDevice(0, simdata=(bits, bits, words, words), action=self.access)
        self._server = _Server(device, address=("127.0.0.1", self.port))
        self._server.field = self
        await self._server.serve_forever(background=True)

    async def _stop(self) -> None:
        await self._server.shutdown()
        await asyncio.sleep(0.05)
        self._server = None

    def _call(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(5)


class Cloud:
    """Subscribes as the ingester does, and writes receipts as it does after a commit; keeps what came.

    Attributes:
        messages: topic kind, payload, correlation of everything received.
        is_silent: takes everything and gives no receipts, like a database that hangs.
        refuse: correlations' payloads for which this is true are rejected.
        reason: what for.
    """

    def __init__(self, identity: Identity, port: int, box: str) -> None:
        self.messages: list[tuple[str, bytes, str]] = []
        self.properties: list[Any] = []
        self.is_silent = False
        self.refuse: Callable[[bytes], bool] = lambda _: False
        self.reason = "not_senml"
        self._box = box
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, f"ingest-{uuid4().hex[:8]}", protocol=mqtt.MQTTv5)
        self._client.tls_set_context(make_tls(identity))
        self._client.on_connect = lambda client, *_: client.subscribe(f"sl/1/{box}/#", qos=1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = lambda _c, _u, message: self._take(message)
        self._client.reconnect_delay_set(1, 1)
        self._ready = threading.Event()
        self._address = ("localhost", port)

    def __enter__(self) -> Self:
        self._client.connect(*self._address)
        self._client.loop_start()
        assert self._ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def of(self, *kinds: str) -> list[bytes]:
        return [payload for kind, payload, _ in list(self.messages) if kind in kinds]

    def samples(self, *kinds: str) -> list[tuple[str, float, Any]]:
        """All samples received, as (name, time, value), with repetitions."""
        found = []
        for payload in self.of(*(kinds or ("telemetry", "backlog"))):
            records = senml.decode(payload)
            assert isinstance(records, list), records
            columns = senml.resolve(records, time.time())
            found += zip(columns.names, columns.times_s, columns.values, strict=True)
        return found

    def values(self, name: str) -> list[Any]:
        """Values of one series in the order of their times, each once."""
        return [value for _, value in sorted({(at, value) for found, at, value in self.samples() if found == name})]

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(payload) for payload in self.of("events")]

    def results(self) -> list[dict[str, Any]]:
        return [json.loads(payload) for payload in self.of("results")]

    def statuses(self) -> list[dict[str, Any]]:
        return [json.loads(payload) for payload in self.of("status")]

    def send(self, kind: str, payload: bytes) -> None:
        self._client.publish(f"sl/1/{self._box}/{kind}", payload, qos=1)

    def receipt(self, **content: Any) -> None:
        self.send("receipts", json.dumps(content).encode())

    def _take(self, message: mqtt.MQTTMessage) -> None:
        kind = message.topic.split("/")[3]
        if kind in ("receipts", "commands"):
            return
        correlation = getattr(message.properties, "CorrelationData", b"").decode()
        self.messages.append((kind, message.payload, correlation))
        self.properties.append(message.properties)
        if self.is_silent or not correlation:
            return
        if self.refuse(message.payload):
            self.receipt(rejected=[{"id": correlation, "reason": self.reason, "detail": "test"}])
        else:
            self.receipt(committed=[correlation])


class Box:
    """The real agent as a process, with a site file of the test's own."""

    def __init__(
        self, directory: Path, name: str, identity: Identity, port: int, site: dict[str, Any], **more: Any
    ) -> None:
        self.directory = directory
        self.name = name
        self.health_port = free_port()
        directory.mkdir(parents=True, exist_ok=True)
        self.site_file = directory / "site.yaml"
        self.site_file.write_text(yaml.safe_dump(site))
        self.environment = {
            "SITE": self.site_file,
            "BROKER_HOST": "localhost",
            "BROKER_PORT": port,
            "CA_FILE": identity.authority,
            "CERT_FILE": identity.certificate,
            "KEY_FILE": identity.key,
            "OUTBOX_DIR": directory / "outbox",
            "HEALTH_PORT": self.health_port,
            "KEEPALIVE_S": 2,
            "CONNECT_TIMEOUT_S": 3,
            "RECONNECT_CAP_S": 1,
            "RECEIPT_TIMEOUT_S": 2,
            "LINGER_S": 0.05,
        } | {key.upper(): value for key, value in more.items()}
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def log(self) -> str:
        return (self.directory / "log").read_text()

    def logged(self, event: str) -> int:
        """Count the log lines of an event."""
        return self.log.count(f'"event": "{event}"')

    def start(self) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("SATULAYAR_")}
        environment |= {f"SATULAYAR_EDGE_{key}": str(value) for key, value in self.environment.items()}
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "edge"], env=environment, stderr=log, stdout=log, start_new_session=True
            )

    def kill(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(5)

    def terminate(self) -> int:
        """Ask it to stop; give its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        """Ask the health endpoint."""
        with socket.create_connection(("127.0.0.1", self.health_port), timeout=5) as line:
            line.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
            answer = b""
            while chunk := line.recv(65_536):
                answer += chunk
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body)

    def status(self) -> dict[str, Any]:
        return self.get("/status")[1]

    def is_up(self) -> bool:
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False


class ParcelBox(Box):
    """The agent as it starts on a fresh computer: with nothing but the parcel in its boot partition."""

    def __init__(self, directory: Path, boot: Path, port: int, **more: Any) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        nobody = Identity("", directory / "x", directory / "x", directory / "x")
        super().__init__(directory, "", nobody, port, {}, **more)
        for name in ("SITE", "CA_FILE", "CERT_FILE", "KEY_FILE"):
            del self.environment[name]
        self.environment |= {"PARCEL_DIR": boot, "IDENTITY_DIR": directory / "identity"}


class SmallDisk:
    """A file system of its own, so small that it can be filled: a tmpfs mounted below the test's directory.

    Attributes:
        path: where it is mounted.
    """

    def __init__(self, path: Path, size_mib: int) -> None:
        self.path = path
        self._hog = path / "hog"
        path.mkdir()
        self._mount("-t", "tmpfs", "-o", f"size={size_mib}m", "tmpfs")

    @property
    def free_bytes(self) -> int:
        found = os.statvfs(self.path)
        return found.f_bavail * found.f_frsize

    def fill(self, leave_bytes: int = 0) -> None:
        """Let somebody else's file take what is free."""
        with self._hog.open("ab") as file:
            while self.free_bytes > leave_bytes:
                os.posix_fallocate(file.fileno(), file.seek(0, 2), min(1 << 20, self.free_bytes - leave_bytes))

    def clear(self) -> None:
        self._hog.unlink()

    def set_read_only(self, *, on: bool) -> None:
        self._mount("-o", f"remount,{'ro' if on else 'rw'}", "tmpfs")

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", self.path], check=True)

    def _mount(self, *arguments: str) -> None:
        done = subprocess.run(["mount", *arguments, self.path], capture_output=True, text=True, check=False)
        if done.returncode:
            missing = f"a file system of the test's own needs root: {done.stderr.strip()}"
            # a shell without the right may go without; where the tests must be complete, they fail
            pytest.fail(missing) if os.environ.get("CI") or os.geteuid() == 0 else pytest.skip(missing)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk of 48 MiB."""
    disk = SmallDisk(tmp_path / "disk", 48)
    yield disk
    disk.unmount()


@pytest.fixture
def field() -> Iterator[ModbusField]:
    """A Modbus device."""
    made = ModbusField()
    yield made
    made.close()


@pytest.fixture
def other_field() -> Iterator[ModbusField]:
    """A second Modbus device, on a port of its own."""
    made = ModbusField()
    yield made
    made.close()


@pytest.fixture
def box_name() -> str:
    """A box of this test's own: runs against one broker never meet."""
    return f"T{uuid4().hex[:8].upper()}-a"


@pytest.fixture
def cloud(broker: LocalBroker, authority: CertificateAuthority, box_name: str) -> Iterator[Cloud]:
    """The other end of the line, behind the run's broker."""
    with Cloud(authority.ensure("ingest"), broker.service_port, box_name) as cloud:
        yield cloud


@pytest.fixture
def make_box(authority: CertificateAuthority, box_name: str, tmp_path: Path) -> Iterator[Callable[..., Box]]:
    """Make the agent: `make_box(site, port)`; enter the result to start it."""
    boxes: list[Box] = []

    def make(site: dict[str, Any], port: int, **more: Any) -> Box:
        boxes.append(Box(tmp_path / "box", box_name, authority.ensure(box_name), port, site, **more))
        return boxes[-1]

    yield make
    for box in boxes:
        box.kill()


def gauge_site(box: str, *ports: int, **settings: Any) -> dict[str, Any]:
    """A site with one gauge per port, read ten times a second."""
    site = box.rpartition("-")[0]
    quick = {name: {"interval_s": 0.1} for name in ("water_level", "siren_on", "rain_rate", "rain_total")} | settings
    return {
        "site": {"code": site, "name": "Test", "district": "Kraton", "latitude": -7.65, "longitude": 112.85},
        "box": box,
        "buses": {f"bus{n}": {"host": "127.0.0.1", "port": port, "timeout_s": 0.5} for n, port in enumerate(ports, 1)},
        "assets": [
            {"code": f"{site}.gauge-{n}", "profile": "river-gauge", "bus": f"bus{n}", "unit": 1, "settings": quick}
            for n, _ in enumerate(ports, 1)
        ],
    }
