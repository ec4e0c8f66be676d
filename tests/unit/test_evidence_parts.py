"""Parts of evidence, thumbnails, days of recording, chains of clips: no database needed."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from PIL import Image

from cloud.api.camera_models import RecordedHour
from cloud.api.cameras import WIB, sum_days
from cloud.api.ranges import Part, find_part
from cloud.api.thumbnails import round_up, shrink
from cloud.db.clip_chain import ClipAnchor, Record, judge
from cloud.db.clip_chain import Part as ClipPart
from cloud.errors import Spoilt
from edge.contract.cameras import chained


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (None, Part(0, 100, is_all=True)),
        ("bytes=0-9", Part(0, 10)),
        ("bytes=90-", Part(90, 10)),
        ("bytes=90-500", Part(90, 10)),
        ("bytes=-10", Part(90, 10)),
        ("bytes=-500", Part(0, 100)),
        ("bytes=0-", Part(0, 100)),
        ("bytes=100-", None),
        ("bytes=-0", None),
        ("Bytes=0-9", Part(0, 10)),
        ("bytes= 0-9", Part(0, 10)),
        ("bytes=9-3", Part(0, 100, is_all=True)),
        ("bytes=0-1,4-5", Part(0, 100, is_all=True)),
        ("bytes=-", Part(0, 100, is_all=True)),
        ("octets=0-1", Part(0, 100, is_all=True)),
        ("bytes=a-b", Part(0, 100, is_all=True)),
    ],
)
def test_range_when_read_then_is_a_part_the_whole_or_none(asked: str | None, wanted: Part | None) -> None:
    assert find_part(asked, 100) == wanted


def test_range_when_a_part_is_given_then_says_where_it_is() -> None:
    assert Part(90, 10).content_range(100) == "bytes 90-99/100"


def picture(width: int, height: int) -> bytes:
    written = io.BytesIO()
    Image.radial_gradient("L").resize((width, height)).convert("RGB").save(written, "JPEG")
    return written.getvalue()


def test_thumbnail_when_made_then_is_as_wide_as_asked_and_never_wider_than_the_original() -> None:
    for width, wanted in ((320, (320, 180)), (1280, (640, 360))):
        with Image.open(io.BytesIO(shrink(picture(640, 360), width))) as small:
            assert (small.size, small.format) == (wanted, "JPEG")
    assert [round_up(width) for width in (32, 33, 320, 1_279)] == [32, 64, 320, 1_280]


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0" + b"\0" * 4_096, picture(640, 360)[:1_000], b"GIF89a" + b"\0" * 64],
)
def test_thumbnail_when_it_is_no_picture_then_says_so(content: bytes) -> None:
    with pytest.raises(Spoilt, match="cannot be read"):
        shrink(content, 320)


def test_thumbnail_when_the_picture_claims_to_be_huge_then_is_not_read() -> None:
    made = bytearray(picture(64, 64))
    size_at = made.index(b"\xff\xc0") + 5  # SOF0: height, then width (ITU-T T.81 section B.2.2)
    made[size_at : size_at + 4] = b"\x23\x28\x23\x28"  # 9,000 by 9,000
    with pytest.raises(Spoilt, match="too many"):
        shrink(bytes(made), 320)


def test_thumbnail_when_the_picture_has_scans_without_end_then_is_not_read() -> None:
    written = io.BytesIO()
    Image.new("L", (640, 360)).save(written, "JPEG", progressive=True)
    plain = written.getvalue()
    last = plain[plain.rindex(b"\xff\xda") : -2]
    shrink(plain, 320)
    with pytest.raises(Spoilt, match="scans"):
        shrink(plain[:-2] + last * 40 + plain[-2:], 320)


def test_days_when_hours_are_missing_then_they_count_as_not_recorded() -> None:
    start = datetime(2026, 11, 21, tzinfo=WIB)
    now_at = start + timedelta(days=1, hours=2, minutes=30)
    told = [(hour, 100.0) for hour in range(24) if hour != 7] + [(24, 50.0)]
    hours = [RecordedHour(hour=(start + timedelta(hours=at)).astimezone(UTC), recorded_pct=pct) for at, pct in told]
    today, yesterday = sum_days(hours, start, now_at)
    assert (yesterday.day.isoformat(), yesterday.hours, yesterday.accounted) == ("2026-11-21", 24, 23)
    assert yesterday.recorded_pct == pytest.approx(100 * 23 / 24, abs=0.001)
    assert (today.hours, today.accounted, today.recorded_pct) == (2, 1, 25.0)
    assert [day.recorded_pct for day in sum_days([], start, now_at)] == [None, None]


def chain(length: int) -> list[Record]:
    found: list[Record] = []
    previous = ""
    for number in range(length):
        parts = [f"{number}{part}" * 16 for part in range(2)]
        record = {"since_s": 1.5e9 + number, "seconds": 5.0, "actor": "siti", "previous": previous}
        record |= {"sha256": " ".join(parts)}
        record["hash"] = previous = chained(record)
        found.append(Record(uuid4(), datetime(2026, 11, 22, tzinfo=UTC), record))
    return found


def anchors_of(records: list[Record]) -> list[ClipAnchor]:
    """What the audit says of them, written as they came."""
    return [ClipAnchor(one.event, one.time, (one.record or {}).get("hash")) for one in records]


def parts_of(records: list[Record]) -> list[ClipPart]:
    """What is stored of them, as it was sent."""
    digests = [(one.event, sha256) for one in records for sha256 in str((one.record or {}).get("sha256", "")).split()]
    return [ClipPart(event, sha256, is_whole=True) for event, sha256 in digests]


def faults_of(records: list[Record], anchors: list[ClipAnchor]) -> list[tuple[str, UUID]]:
    return [(fault.kind, fault.event) for fault in judge(records, parts_of(records), anchors).faults]


def test_chain_when_whole_then_has_no_fault() -> None:
    records = chain(4)
    verdict = judge(records, parts_of(records), anchors_of(records))
    assert (verdict.records, verdict.faults, verdict.parts_missing) == (4, [], 0)
    assert judge([], [], []).faults == []


def test_chain_when_a_record_is_altered_then_that_record_is_named() -> None:
    records = chain(4)
    anchors = anchors_of(records)
    assert records[1].record
    records[1].record["actor"] = "budi"  # type: ignore[index]
    assert faults_of(records, anchors) == [("record_altered", records[1].event)]


@pytest.mark.parametrize("number", [1, 3])
def test_chain_when_a_record_is_altered_with_its_hash_then_is_named_the_newest_too(number: int) -> None:
    records = chain(4)
    anchors = anchors_of(records)
    record = dict(records[number].record or {}, actor="budi")
    record["hash"] = chained(record)
    old = records[number]
    records[number] = Record(old.event, old.time, record)
    assert faults_of(records, anchors) == [("record_altered", old.event)]


@pytest.mark.parametrize("gone", [0, 1, 2, 3])
def test_chain_when_a_record_is_left_out_then_it_is_named_the_newest_too(gone: int) -> None:
    records = chain(4)
    anchors, missing = anchors_of(records), records[gone].event
    del records[gone]
    assert faults_of(records, anchors) == [("record_missing", missing)]
    assert faults_of([], anchors) == [("record_missing", one) for one in sorted(anchor.event for anchor in anchors)]


def test_chain_when_a_record_and_its_anchor_are_gone_then_the_one_behind_it_tells() -> None:
    records = chain(4)
    behind = records[2].event
    del records[1]
    assert faults_of(records, anchors_of(records)) == [("record_missing", behind)]


def test_chain_when_a_record_is_put_in_then_it_has_no_anchor_and_two_follow_the_same_one() -> None:
    records = chain(3)
    anchors = anchors_of(records)
    forged = dict(records[2].record or {}, actor="budi")
    forged["hash"] = chained(forged)
    records.append(Record(uuid4(), records[2].time, forged))
    assert {kind for kind, _ in faults_of(records, anchors)} == {"record_twice", "record_added"}
    assert ("record_added", records[3].event) in faults_of(records, anchors)
    forged["previous"] = str((records[2].record or {})["hash"])
    forged["hash"] = chained(forged)
    assert faults_of(records, anchors) == [("record_added", records[3].event)], "behind the newest, too"


def test_chain_when_a_part_is_altered_or_gone_then_that_is_told_apart() -> None:
    records = chain(2)
    anchors, (first, second, *others) = anchors_of(records), parts_of(records)
    altered = replace(second, is_whole=False)
    verdict = judge(records, [first, altered, *others], anchors)
    assert [(fault.kind, fault.event) for fault in verdict.faults] == [("part_altered", second.event)]
    assert verdict.parts_missing == 0
    verdict = judge(records, [first, *others], anchors)
    assert (verdict.faults, verdict.parts_missing) == ([], 1)


@pytest.mark.parametrize("record", [None, {}, {"hash": "x"}])
def test_chain_when_an_event_is_no_record_then_is_told(record: dict[str, str] | None) -> None:
    strange = Record(uuid4(), datetime(2026, 11, 22, tzinfo=UTC), record)
    assert faults_of([strange], anchors_of([strange])) == [("not_a_record", strange.event)]
