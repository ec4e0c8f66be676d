"""What a hostile box does to the broker is cleared and counted by the ingester."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from uuid6 import uuid7

from cloud.ingest.broker_log import BrokerLog
from cloud.ingest.metrics import Metrics
from edge.contract.limits import MAX_STATUS_BYTES
from edge.contract.status import Status
from tests.fix_ingest import BOX, RawBox, TelemetryPath
from tests.fix_stack import Talker

DENIED = b"2026-11-22T03:10:27Z: Denied PUBLISH from %s (d0, q1, r0, m1, 'sl/1/XX-99-a/telemetry', ... (2 bytes))\n"


def _wait(condition: Callable[[], object], timeout_s: float = 20.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def _retained(path: TelemetryPath, authority) -> dict[str, bytes]:
    """Ask the broker, as the API may, for what it keeps."""
    found: dict[str, bytes] = {}
    with Talker(authority.ensure("api"), path.broker.service_port, f"api-{uuid7().hex}") as api:
        api.client.on_message = lambda _c, _u, message: found.update({message.topic: message.payload})
        api.subscribe("sl/1/#")
        time.sleep(0.3)  # they come with the answer
    return found


def test_messages_when_a_box_has_them_retained_then_are_cleared_and_counted_and_its_status_stays(
    path: TelemetryPath, raw_box: RawBox, authority
):
    status = Status(state="online", session=uuid7(), at=datetime.now(UTC)).payload()
    raw_box.publish("status", status, retain=True)
    topics = ["telemetry", "backlog", "events", "results", *(f"media/{uuid7()}" for _ in range(40))]
    for topic in topics:
        raw_box.publish(topic, b"x" * 100_000, retain=True)
    _wait(lambda: path.ingester.metric(f'broker_retained_cleared_total{{box="{BOX}"}}') >= len(topics))
    _wait(lambda: _retained(path, authority) == {f"sl/1/{BOX}/status": status})
    refused = path.query("SELECT sum(count) FROM rejected_message")
    time.sleep(1.0)  # what clears is itself a message, and no box's
    assert path.query("SELECT sum(count) FROM rejected_message") == refused == [(len(topics),)]


def test_messages_when_retained_while_the_ingester_was_away_then_are_cleared_when_it_is_back(
    path: TelemetryPath, raw_box: RawBox, authority
):
    path.ingester.stop()
    for _ in range(30):
        raw_box.publish(f"media/{uuid7()}", b"x" * 100_000, retain=True)
    path.ingester.start()
    _wait(lambda: not _retained(path, authority))


def test_status_when_larger_than_any_may_be_then_is_not_kept(path: TelemetryPath, raw_box: RawBox, authority):
    refusal = raw_box.receipt(raw_box.publish("status", b"x" * (MAX_STATUS_BYTES + 1), retain=True))
    assert refusal is not None
    assert refusal["reason"] == "too_large"
    _wait(lambda: not _retained(path, authority))
    assert path.query("SELECT count(*) FROM rejected_message") == [(1,)]


def test_publish_when_under_another_boxs_name_then_is_counted_by_box(
    path: TelemetryPath, raw_box: RawBox, make_ingester
):
    path.ingester.stop()
    ingester = make_ingester("test", BROKER_LOG=str(path.broker.kept_log))
    answers = []
    client = raw_box.client
    client.on_publish = lambda *answer: answers.append(answer[3].value)
    for topic, qos in (("sl/1/XX-99-a/telemetry", 1), (f"sl/1/{BOX}/receipts", 0), (f"sl/1/{BOX}/telemetry", 1)):
        client.publish(topic, b"[]", qos)
    _wait(lambda: len(answers) == 3)
    denied = f'broker_publishes_denied_total{{box="{BOX}"}}'
    _wait(lambda: ingester.metric(denied) == 2)
    assert ingester.metric("broker_publishes_denied_total") == 2
    assert "Denied PUBLISH" in path.broker.log.read_text()
    assert "Received PUBLISH" not in path.broker.log.read_text()


@pytest.fixture
def follow(tmp_path: Path):
    made: list[BrokerLog] = []

    def make(path: Path, metrics: Metrics, cut_at_bytes: int) -> None:
        made.append(BrokerLog(path, metrics, cut_at_bytes))
        made[-1].start()

    yield make
    for log in made:
        log.stop()


def _denied(metrics: Metrics, box: str) -> float:
    return metrics.registry.get_sample_value("broker_publishes_denied_total", {"box": box}) or 0.0


def test_kept_log_when_grown_then_is_cut_and_no_line_counted_twice_or_torn(tmp_path: Path, follow):
    kept, metrics = tmp_path / "kept.log", Metrics()
    kept.write_bytes(DENIED % b"OLD-01-a")
    follow(kept, metrics, 4_000)
    with kept.open("ab", buffering=0) as broker:
        for _ in range(60):
            broker.write((DENIED % b"TD-01-a")[:50])
            broker.write((DENIED % b"TD-01-a")[50:])
        _wait(lambda: _denied(metrics, "TD-01-a") == 60)
        _wait(lambda: kept.stat().st_size < 4_000)
        broker.write(DENIED % b"TD-02-a")
        _wait(lambda: _denied(metrics, "TD-02-a") == 1)
    assert _denied(metrics, "TD-01-a") == 60
    assert _denied(metrics, "OLD-01-a") == 0


def test_kept_log_when_a_topic_looks_like_a_line_then_only_the_true_publisher_is_counted(tmp_path: Path, follow):
    kept, metrics = tmp_path / "kept.log", Metrics()
    follow(kept, metrics, 4_000)
    kept.write_bytes((DENIED % b"TD-01-a").replace(b"XX-99-a", b"Z: Denied PUBLISH from TD-02-a (d"))
    _wait(lambda: _denied(metrics, "TD-01-a") == 1)
    assert _denied(metrics, "TD-02-a") == 0
