"""Events, evidence, statuses and results: whose they are, how much of it, and what their times are worth."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from uuid6 import uuid7

from edge.contract.commands import Result
from edge.contract.events import Event, EventDetail
from edge.contract.limits import MAX_MEDIA_BYTES
from edge.contract.status import Status
from tests.fix_database import add_box
from tests.fix_ingest import BOX, RawBox, TelemetryPath

JPEG, MP4 = b"\xff\xd8\xff picture", b"\0\0\0\x18ftypmp42 clip"


def _event(box: str = BOX, **changes: object) -> Event:
    fields = {
        "id": uuid7(), "source": f"sl/1/{box}", "type": "id.satulayar.siren.switched_on", "time": datetime.now(UTC),
        "data": EventDetail(severity="critical"),
    }  # fmt: skip
    return Event.model_validate(fields | changes)


def test_media_when_published_then_is_kept_once(path: TelemetryPath, raw_box: RawBox):
    event = uuid7()
    for _ in range(2):
        assert raw_box.receipt(raw_box.publish(f"media/{event}", JPEG, content_type="image/jpeg")) is None
    assert raw_box.receipt(raw_box.publish(f"media/{event}", MP4, content_type="video/mp4")) is None
    assert path.query("SELECT event_id, content FROM media ORDER BY content_type") == [(event, JPEG), (event, MP4)]
    assert path.query("SELECT bytes FROM media_day") == [(2 * 4096,)]


@pytest.mark.parametrize(
    ("topic", "content", "told", "reason"),
    [
        ("media/nothing", JPEG, {"content_type": "image/jpeg"}, "not_media"),
        ("media/{event}", JPEG, {"content_type": "application/x-msdownload"}, "not_media"),
        ("media/{event}", b"", {"content_type": "image/jpeg"}, "not_media"),
        ("media/{event}", b"<html>", {"content_type": "image/jpeg"}, "not_media"),
        ("media/{event}", JPEG, {"content_type": "video/mp4"}, "not_media"),
        ("media/{event}", JPEG, {"content_type": "image/jpeg", "sha256": "00" * 32}, "not_media"),
        ("media/{event}", JPEG, {"content_type": "image/jpeg", "sha256": ""}, "not_media"),
        ("media/{event}", JPEG + bytes(MAX_MEDIA_BYTES), {"content_type": "image/jpeg"}, "too_large"),
    ],
)
def test_bad_media_when_published_then_is_refused_with_its_reason_and_telemetry_beside_it_is_stored(
    lasting_path: TelemetryPath, lasting_box: RawBox, topic: str, content: bytes, told: dict[str, str], reason: str
):
    lamp = f"{lasting_box.name.removesuffix('-a')}.lamp-1"
    before = lasting_box.send([{"bn": f"{lamp}:", "bt": time.time() - 2, "n": "current", "u": "A", "v": 1.0}])
    bad = lasting_box.publish(topic.format(event=uuid7()), content, **told)
    after = lasting_box.send([{"bn": f"{lamp}:", "bt": time.time() - 1, "n": "current", "u": "A", "v": 2.0}])
    assert [lasting_box.receipt(one) for one in (before, after)] == [None, None]
    assert [row[3] for row in lasting_path.stored() if row[0] == lamp] == [1.0, 2.0]
    refusal = lasting_box.receipt(bad)
    assert refusal is not None
    assert refusal["reason"] == reason
    rows = lasting_path.query("SELECT reason FROM rejected_message WHERE box = %s", lasting_box.name)
    assert rows == [(reason,)]
    assert lasting_path.query("SELECT count(*) FROM media") == [(0,)]


def test_media_when_of_another_boxs_event_then_is_not_shown_with_it(path: TelemetryPath, raw_box: RawBox, authority):
    add_box(path.connection, "BGL-01", "BGL-01-a")
    event = _event()
    intruder = RawBox(path.broker, "BGL-01-a", authority)
    try:
        # First and with the very content: neither takes the place of the rightful one.
        assert intruder.receipt(intruder.publish(f"media/{event.id}", JPEG, content_type="image/jpeg")) is None
    finally:
        intruder.close()
    shown = "SELECT media FROM wall.event_recent"
    assert raw_box.receipt(raw_box.publish("events", event.payload())) is None
    assert path.query(shown) == [(0,)]
    assert raw_box.receipt(raw_box.publish(f"media/{event.id}", JPEG, content_type="image/jpeg")) is None
    assert path.query(shown) == [(1,)]


def test_media_when_a_box_has_used_its_day_then_is_refused_but_what_is_stored_stays_committed(
    path: TelemetryPath, raw_box: RawBox, make_ingester, authority
):
    path.ingester.stop()
    make_ingester("test", MEDIA_BOX_DAY_BYTES="10000")
    event, pictures = uuid7(), [JPEG + bytes([number]) for number in range(4)]
    sent = [raw_box.publish(f"media/{event}", picture, content_type="image/jpeg") for picture in pictures[:2]]
    assert [raw_box.receipt(correlation) for correlation in sent] == [None, None]
    path.connection.execute("UPDATE media_day SET bytes = 7000")
    film = raw_box.receipt(raw_box.publish(f"media/{event}", MP4, content_type="video/mp4"))
    assert film is not None, "the rest of the day is for pictures"
    assert film["reason"] == "too_much_media"
    path.connection.execute("UPDATE media_day SET bytes = 9990")
    refusal = raw_box.receipt(raw_box.publish(f"media/{event}", pictures[2], content_type="image/jpeg"))
    assert refusal is not None
    assert refusal["reason"] == "too_much_media"
    assert raw_box.receipt(raw_box.publish(f"media/{event}", pictures[0], content_type="image/jpeg")) is None
    add_box(path.connection, "BGL-01", "BGL-01-a")
    other = RawBox(path.broker, "BGL-01-a", authority)
    try:
        assert other.receipt(other.publish(f"media/{uuid7()}", JPEG, content_type="image/jpeg")) is None
    finally:
        other.close()
    path.connection.execute("UPDATE media_day SET day = day - 1")
    assert raw_box.receipt(raw_box.publish(f"media/{event}", pictures[3], content_type="image/jpeg")) is None


def test_event_when_the_clock_is_ahead_within_a_day_then_is_stored_now_and_marked(path: TelemetryPath, raw_box: RawBox):
    began = datetime.now(UTC)
    ahead = _event(time=began + timedelta(hours=23))
    right = _event(time=began + timedelta(seconds=200))
    for event in (ahead, right):
        assert raw_box.receipt(raw_box.publish("events", event.payload())) is None
    rows = {row[0]: row[1:] for row in path.query("SELECT id, time, clock_suspect, received_at FROM event")}
    assert rows[right.id][:2] == (right.time, False)
    assert rows[ahead.id][:2] == (rows[ahead.id][2], True)
    assert began <= rows[ahead.id][0] <= datetime.now(UTC)
    told = path.query("SELECT payload ->> 'time' FROM event WHERE clock_suspect")[0][0]
    assert datetime.fromisoformat(told) == ahead.time
    assert path.query("SELECT id FROM wall.event_recent WHERE clock_suspect") == [(ahead.id,)]


TIMES = [
    ("0001-01-01T00:00:00+07:00", "time_too_old"),
    ("0001-01-01T00:00:00Z", "time_too_old"),
    ("1999-12-31T23:59:59Z", "time_too_old"),
    ("9999-12-31T23:59:59-12:00", "time_in_future"),
    ("10000-01-01T00:00:00Z", None),
    ((datetime.now(UTC) + timedelta(hours=25)).isoformat(), "time_in_future"),
]


@pytest.mark.parametrize(
    ("told", "reason"), TIMES, ids=["year 1 east", "year 1", "1999", "9999 west", "10000", "in 25 hours"]
)
@pytest.mark.parametrize("kind", ["events", "results", "status"])
def test_time_when_impossible_then_is_refused_as_a_value(
    lasting_path: TelemetryPath, lasting_box: RawBox, kind: str, told: str, reason: str | None
):
    malformed = {"events": "not_cloudevent", "results": "not_result", "status": "not_status"}
    payload = {
        "events": {**json.loads(_event(lasting_box.name).payload()), "time": told},
        "results": {"command": str(uuid7()), "state": "accepted", "at": told},
        "status": {"state": "online", "session": str(uuid7()), "at": told},
    }[kind]
    refusal = lasting_box.receipt(lasting_box.publish(kind, json.dumps(payload).encode()))
    assert refusal is not None
    assert refusal["reason"] == (reason or malformed[kind])
    assert lasting_path.query("SELECT reason FROM rejected_message WHERE box = %s", lasting_box.name) == [
        (refusal["reason"],)
    ]


def test_result_when_another_box_reports_first_then_both_are_kept_apart(
    path: TelemetryPath, raw_box: RawBox, authority
):
    other = add_box(path.connection, "BGL-01", "BGL-01-a")
    result = Result(command=uuid7(), state="confirmed", at=datetime.now(UTC)).model_dump_json().encode()
    intruder = RawBox(path.broker, "BGL-01-a", authority)
    try:
        assert intruder.receipt(intruder.publish("results", result)) is None
    finally:
        intruder.close()
    assert raw_box.receipt(raw_box.publish("results", result)) is None
    boxes = [row[0] for row in path.query("SELECT box_id FROM command_result")]
    assert len(boxes) == 2
    assert other in boxes


def test_will_when_the_broker_publishes_it_then_the_box_is_not_taken_for_heard(path: TelemetryPath, raw_box: RawBox):
    will = Status(state="offline", session=uuid7(), at=datetime.now(UTC)).payload()
    assert raw_box.receipt(raw_box.publish("status", will)) is None
    path.wait("SELECT online FROM box", lambda rows: rows == [(False,)])
    before_s = path.ingester.metric("ingest_messages_committed_total")
    time.sleep(0.6)  # longer than the interval at which newest values are written
    assert before_s == 1
    assert path.query("SELECT last_seen_at FROM box") == [(None,)]
