"""From an event at a box to an incident in front of an operator, beside a regency's telemetry; how many a second."""

import http.client
import json
import multiprocessing
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import paho.mqtt.client as mqtt
import psycopg
from paho.mqtt.enums import CallbackAPIVersion

from cloud.db import accounts
from cloud.db.connection import connect
from cloud.db.local import find_free_port
from cloud.db.places import make_temporary_home
from cloud.signals.identity import new_id
from edge.contract import topics
from edge.contract.events import Event, EventDetail
from simulators import fleet
from tests.bench.marks import Figure, at_least, at_most
from tests.bench.stack import Stack, run_stack
from tests.bench.telemetry import LIVE_BOXES, LIVE_SAMPLES, _endpoint, _pace_until

Say = Callable[[str], None]

EVENTS_PER_S, EVENTS = 10, 250
BURST = 1_500
CAMERAS_PER_BOX = 4  # 2,600 on 650 boxes
LAMP_CIRCUITS = 5_000
PATIENCE_S = 60.0


def measure(say: Say) -> Iterator[Figure]:
    """Run every part and give its figures."""
    with make_temporary_home() as home, run_stack(home) as stack:
        load = fleet.Load(boxes=LIVE_BOXES, samples=LIVE_SAMPLES, prefix="LIVE", series=LIVE_SAMPLES)
        stack.register(load.names())
        _register_regency(stack)
        ingester = stack.ingester()
        ingester.start()
        ingester.wait_connected()
        try:
            with _engine(stack), _api(stack) as (port, token), _line(stack) as line:
                yield from _latency(stack, load, line, (port, token), say)
                yield from _burst(stack, line, say)
        finally:
            ingester.stop()


def _register_regency(stack: Stack) -> None:
    """Register what rules look at: cameras and lamp circuits with their newest values."""
    with stack.connect() as connection:
        connection.execute(
            "INSERT INTO asset (code, box_id, site_id, kind, name, expected_interval_s) "
            "SELECT left(box.name, -2) || '.cam-' || n, box.id, box.site_id, 'camera', 'Kamera', 60 "
            "FROM box, generate_series(1, %s) AS n",
            [CAMERAS_PER_BOX],
        )
        connection.execute(
            "INSERT INTO asset (code, box_id, site_id, kind, name, expected_interval_s) "
            "SELECT 'FLEET.lamp-' || n, (SELECT min(id) FROM box), (SELECT min(id) FROM site), 'lamp_circuit', '', 900 "
            "FROM generate_series(1, %s) AS n",
            [LAMP_CIRCUITS],
        )
        connection.execute(
            "INSERT INTO series (asset_id, quantity, unit) "
            "SELECT asset.id, quantity, '1' FROM asset, "
            "unnest(CASE asset.kind WHEN 'camera' THEN ARRAY['frame_rate', 'volume', 'recorded'] "
            "ELSE ARRAY['current', 'lamp_fault', 'commanded_on'] END) AS quantity"
        )
        connection.execute("INSERT INTO series_latest SELECT id, now(), 0, now() FROM series ON CONFLICT DO NOTHING")
        connection.execute("UPDATE box SET last_seen_at = now(), online = true")
        connection.execute("ANALYZE")


def _latency(stack: Stack, load: fleet.Load, line: mqtt.Client, api: tuple[int, str], say: Say) -> Iterator[Figure]:
    say(f"{EVENTS} events at {EVENTS_PER_S}/s beside {LIVE_BOXES * LIVE_SAMPLES} samples/s")
    context = multiprocessing.get_context("spawn")
    finished = context.Event()
    live = context.Process(target=_pace_until, args=(*_endpoint(stack), "live", load, finished))
    live.start()
    with _Console(*api) as console:
        _wait(lambda: _value(stack, "SELECT count(*) > 1000 FROM sample"))
        sent = {}
        for number in range(EVENTS):
            box, asset = _camera(number)
            sent[asset] = time.time()
            _publish(line, box, asset)
            time.sleep(1 / EVENTS_PER_S)
        _wait(lambda: len(console.seen_s) >= EVENTS)
    finished.set()
    live.join(60)
    stored = _value(
        stack,
        "SELECT sum(opened_at - event.time) / count(*) FROM incident, incident_source, event "
        "WHERE incident_source.incident_id = incident.id AND event.id::text = incident_source.ref",
    )
    took_ms = sorted((console.seen_s[asset] - at_s) * 1e3 for asset, at_s in sent.items())
    yield Figure("operations: event at a box to incident in SQL, mean", stored.total_seconds() * 1e3, "ms")
    yield Figure("operations: event at a box to incident on the stream, p50", took_ms[len(took_ms) // 2], "ms")
    yield at_most(
        "operations: event at a box to incident on the stream, p99", took_ms[len(took_ms) * 99 // 100], "ms", 1_000
    )
    yield Figure("operations: the same, slowest", took_ms[-1], "ms")
    look_ms = _value(stack, "SELECT look_ms FROM operations_pulse")
    yield at_most("operations: one look at all rules over samples and silence", look_ms, "ms", 500)


def _burst(stack: Stack, line: mqtt.Client, say: Say) -> Iterator[Figure]:
    say(f"{BURST} events at once, each an incident of its own")
    began_s = time.monotonic()
    for number in range(EVENTS, EVENTS + BURST):
        _publish(line, *_camera(number))
    _wait(lambda: _value(stack, "SELECT count(*) FROM incident") >= EVENTS + BURST)
    took_s = time.monotonic() - began_s
    yield at_least("operations: incidents made of a burst of events", BURST / took_s, "/s", 100)
    lost = _value(stack, "SELECT count(*) FROM event") - _value(stack, "SELECT sum(count) FROM incident")
    yield at_most("operations: events that are in no incident, or twice", abs(float(lost)), "1", 0)


def _camera(number: int) -> tuple[str, str]:
    """Give the box and the code of a camera that no other number has."""
    box = f"LIVE-{number % LIVE_BOXES:04d}-a"
    return box, f"{box[:-2]}.cam-{number // LIVE_BOXES + 1}"


def _publish(line: mqtt.Client, box: str, asset: str) -> None:
    detail = EventDetail(severity="major", message_id="Kamera membeku", message_en="Camera is frozen")
    event = Event(
        id=new_id(), source=f"sl/1/{box}", type="id.satulayar.camera.frozen", subject=asset, time=datetime.now(UTC),
        data=detail,
    )  # fmt: skip
    line.publish(topics.events(box), event.payload(), qos=1)


class _Console:
    """What an operator's page hears: the stream of incidents, with the instant at which each arrived."""

    def __init__(self, port: int, token: str) -> None:
        self.seen_s: dict[str, float] = {}
        self._answer = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self._answer.request("GET", "/v1/incidents/stream", headers={"Authorization": f"Bearer {token}"})
        self._stream = self._answer.getresponse()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._answer.sock and self._answer.close()

    def _read(self) -> None:
        try:
            for line in self._stream:
                if line.startswith(b"data:") and b'"incident"' in line:
                    asset = json.loads(line[5:])["asset"]
                    self.seen_s.setdefault(asset, time.time())
        except (OSError, ValueError, AttributeError):
            return  # closed by us


@contextmanager
def _line(stack: Stack) -> Iterator[mqtt.Client]:
    host, port, (certificate, key, authority) = _endpoint(stack)
    line = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="fleet-events", protocol=mqtt.MQTTv5)
    line.tls_set(str(authority), str(certificate), str(key), tls_version=ssl.PROTOCOL_TLS_CLIENT)
    line.max_inflight_messages_set(200)
    line.connect(host, port)
    line.loop_start()
    try:
        yield line
    finally:
        line.disconnect()
        line.loop_stop()


@contextmanager
def _engine(stack: Stack) -> Iterator[None]:
    variables = {"SATULAYAR_OPERATIONS_DSN": stack.cluster.dsn("satulayar", "operations")}
    with _program(stack, "operations", ["cloud.operations", "work"], variables):
        _wait(lambda: _value(stack, "SELECT count(*) FROM operations_pulse"))
        yield


@contextmanager
def _api(stack: Stack) -> Iterator[tuple[int, str]]:
    port = find_free_port()
    with connect(stack.cluster.dsn("satulayar"), "bench", autocommit=True) as owner:
        token = accounts.create_token(owner, "bench", "operator", "bench")
    variables = {"SATULAYAR_API_DSN": stack.cluster.dsn("satulayar", "api"), "SATULAYAR_API_PORT": str(port)}
    with _program(stack, "api", ["cloud.api"], variables):
        _wait(lambda: _is_ready(port))
        yield port, token


@contextmanager
def _program(stack: Stack, name: str, module: list[str], variables: dict[str, str]) -> Iterator[None]:
    with Path(stack.home, f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            env=os.environ | variables,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def _is_ready(port: int) -> bool:
    try:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        line.request("GET", "/readyz")
        return line.getresponse().status == 200
    except OSError:
        return False


def _value(stack: Stack, statement: str) -> object:
    with psycopg.connect(stack.cluster.dsn("satulayar"), autocommit=True) as connection:
        row = connection.execute(statement).fetchone()
    return row[0] if row else None


def _wait(happened: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not happened():
        if time.monotonic() > deadline_s:
            raise TimeoutError("it did not happen within a minute")
        time.sleep(0.02)
