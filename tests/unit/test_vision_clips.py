"""Clips that the room asks for: cut into parts, accounted for in a chain, sent one part after the other; live views."""

import asyncio
import contextlib
import errno
import hashlib
import json
import os
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import cv2
import numpy as np
import pytest
import uuid6

from edge.clock import Clock
from edge.contract.cameras import MOST_CLIP_BYTES, TAKEN, chained
from edge.contract.commands import Command, Result
from edge.contract.limits import MAX_MEDIA_BYTES
from edge.contract.receipts import Refusal
from edge.entries import Entry, Fate, Lack
from edge.errors import Unavailable
from edge.outgoing import Outgoing
from edge.vision import clips as clips_module
from edge.vision import delivery as delivery_module
from edge.vision import live as live_module
from edge.vision import memory as memory_module
from edge.vision.clips import ClipDesk
from edge.vision.joining import Group
from edge.vision.live import MOST_VIEWS, LiveDesk
from edge.vision.parts import MOST_PART_BYTES, PART_S, TooLarge, plan_parts
from edge.vision.reasons import because, system_reason
from edge.vision.uploads import NotTaken, Part

T0 = 1_763_780_400.0
MP4 = b"\0\0\0\x18ftypisom"


def group(from_s: float, seconds: float, bytes_per_s: float, coding: int = 0) -> Group:
    size = round(seconds * bytes_per_s)
    return Group(Path("x"), T0, T0 + from_s, T0 + from_s + seconds, size, ("h264", 640, 360, bytes([coding])))


def groups(seconds: float, bytes_per_s: float, each_s: float = 1.0) -> list[Group]:
    return [group(number * each_s, each_s, bytes_per_s) for number in range(round(seconds / each_s))]


def test_parts_when_a_span_is_long_then_each_is_so_long_and_all_of_it_is_there() -> None:
    whole = groups(100, 1_000)
    parts = plan_parts(whole, T0)
    assert len(parts) == -(-100 // PART_S)
    assert [one for part in parts for one in part] == whole


def test_parts_when_there_are_too_many_bits_then_they_are_shorter() -> None:
    parts = plan_parts(groups(2 * PART_S, 2 * MOST_PART_BYTES / PART_S), T0)
    sizes = [sum(one.size for one in part) for part in parts]
    assert len(parts) == 5
    assert max(sizes) <= MOST_PART_BYTES
    assert sum(sizes) == pytest.approx(4 * MOST_PART_BYTES, abs=50)


def test_parts_when_key_frames_are_so_far_apart_that_no_part_fits_then_that_is_told() -> None:
    with pytest.raises(TooLarge) as told:
        plan_parts(groups(30, MAX_MEDIA_BYTES / 9, each_s=10.0), T0)
    assert told.value.seconds == 0


def test_parts_when_all_together_are_too_large_then_it_is_told_how_much_would_do() -> None:
    with pytest.raises(TooLarge) as told:
        plan_parts(groups(600, MOST_CLIP_BYTES / 300), T0 + 0.5)
    assert told.value.seconds == pytest.approx(299.5, abs=1.1)


def test_parts_when_the_coding_changes_or_times_begin_anew_then_another_part_begins() -> None:
    one, other = group(0, 2, 1_000), group(2, 2, 1_000, coding=1)
    assert plan_parts([one, other, group(4, 2, 1_000, coding=1)], T0) == [[one], [other, group(4, 2, 1_000, coding=1)]]
    assert plan_parts([one, group(1, 2, 1_000)], T0) == [[one], [group(1, 2, 1_000)]]


class Recordings:
    """An archive of one camera, recorded from T0 on for so long."""

    assets = ("TD-01.cam-1",)

    def __init__(self, path: Path, seconds: float = 3_600, bytes_per_s: float = 1_000) -> None:
        self.asked_dir, self.seconds, self.rate = path, seconds, bytes_per_s
        self.refuses_with: int | None = None  # number of the system's error
        self.since_ms, self.leaves_out = 0, False

    def is_left_out(self, _asset: str) -> bool:
        return self.leaves_out

    def masked_since_ms(self, _asset: str) -> int:
        return self.since_ms

    async def share_pct(self, _asset: str, from_s: float, to_s: float) -> float:
        inside = min(to_s, T0 + self.seconds) - max(from_s, T0)
        return 100 * max(0.0, inside) / (to_s - from_s)

    async def cut_parts(self, _asset: str, from_s: float, to_s: float, stem: Path) -> tuple[list[Path], float]:
        if self.refuses_with is not None:
            raise OSError(self.refuses_with, os.strerror(self.refuses_with))
        made = []
        for number, part in enumerate(plan_parts(groups(to_s - from_s, self.rate), T0)):
            made.append(stem.with_name(f"{stem.name}-{number:03d}.mp4"))
            made[-1].write_bytes(MP4 + str(number).encode())
            os.truncate(made[-1], sum(one.size for one in part))
        return made, await self.share_pct(_asset, from_s, to_s)

    async def oldest_s(self, _asset: str) -> float:
        return T0


class Outbox:
    """Keeps everything; what is confirmed goes."""

    def __init__(self) -> None:
        self.notes: dict[str, str] = {}
        self.rows: dict[int, Entry] = {}
        self.all: list[Entry] = []
        self.confirms, self.is_roomy = True, True
        self.looks_until_roomy, self.lack = 0, "bound"
        self.dropped: set[int] = set()
        self.refuses_notes = False
        self.refuses_from: int | None = None
        self.refusal: Refusal | None = None

    def refusal_of(self, _seq: int) -> Refusal | None:
        return self.refusal

    async def keep(self, entry: Entry) -> int:
        if self.refuses_from is not None and len(self.all) >= self.refuses_from:
            raise Unavailable("the disk is full")
        self.all.append(entry)
        if entry.kind == "media":
            self.rows[len(self.all)] = entry
            assert len(self.rows) <= 1, "one part at a time"
        return len(self.all)

    async def note(self, key: str) -> str | None:
        return self.notes.get(key)

    async def set_note(self, key: str, value: str) -> None:
        if self.refuses_notes:
            raise Unavailable("the disk is full")
        self.notes[key] = value

    async def fate(self, seq: int) -> Fate:
        if seq in self.dropped:
            return "dropped"
        if self.confirms:
            self.rows.clear()
        return "waits" if seq in self.rows else "gone"

    async def delete(self, ranges: Sequence[tuple[int, int]]) -> int:
        for seq, _ in ranges:
            self.rows.pop(seq)
        return len(ranges)

    async def lacks(self, _size: int) -> Lack:
        self.looks_until_roomy -= 1
        self.is_roomy = self.is_roomy or self.looks_until_roomy == 0
        return "" if self.is_roomy else self.lack

    def drop(self) -> None:
        """Give up what waits, as for want of room."""
        self.dropped |= set(self.rows)
        self.rows.clear()

    def of(self, kind: str) -> list[Entry]:
        return [entry for entry in self.all if entry.kind == kind]

    def records(self) -> list[dict[str, Any]]:
        return [json.loads(entry.payload)["data"]["values"] for entry in self.of("event")]

    def results(self) -> list[Result]:
        return [Result.model_validate_json(entry.payload) for entry in self.of("result")]

    def ends_of(self, asked: Command) -> list[tuple[str, str, str]]:
        own = [one for one in self.results() if one.command == asked.id and one.state != "applied"]
        return [(one.state, one.reason, one.detail) for one in own]


def wish(since_s: float = T0, seconds: float = 40.0, **more: Any) -> Command:
    now_at = datetime.now(UTC)
    arguments = {"since_s": since_s, "seconds": seconds, "reason": "laporan warga"} | more
    return Command(
        id=UUID(int=uuid6.uuid7().int),
        action="camera.clip",
        asset="TD-01.cam-1",
        arguments=arguments,
        issued_at=now_at,
        expires_at=now_at + timedelta(minutes=10),
        actor="siti",
    )


def desk_of(recordings: Any, outbox: Outbox) -> ClipDesk:
    return ClipDesk(recordings, "TD-01-a", outbox.keep, outbox, Clock())


async def asking(desk: ClipDesk, outbox: Outbox, *asked: Command) -> list[tuple[str, str, str]]:
    """Ask for clips one after the other; give the last word on each, which is one."""
    now: dict[UUID, tuple[str, str, str]] = {}
    working = asyncio.create_task(desk.run())
    try:
        for one in asked:
            answer = await desk.carry_out(one)
            if answer is not None:
                now[one.id] = answer
            else:
                await until(lambda one=one: outbox.ends_of(one) and outbox.notes["clip job"] == "[]")  # type: ignore[misc]
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    told = [*([now[one.id]] if one.id in now else outbox.ends_of(one) for one in asked)]
    assert [len(ends) for ends in told] == [1] * len(asked)
    return [ends[0] for ends in told]


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0.005)


def ask(desk: ClipDesk, outbox: Outbox, asked: Command | None = None) -> tuple[str, str, str]:
    """Ask for a clip; give the last word on it."""
    return run(asking(desk, outbox, asked or wish()))[0]  # type: ignore[no-any-return]


def run(work: Coroutine[Any, Any, Any]) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(20):
            return await work

    return asyncio.run(bounded())


def test_clip_when_asked_then_its_parts_come_in_order_and_the_record_names_them_all(tmp_path: Path) -> None:
    outbox, desk_wish = Outbox(), wish()
    desk = desk_of(Recordings(tmp_path), outbox)
    state, reason, detail = ask(desk, outbox, desk_wish)
    assert (state, reason, detail) == ("confirmed", "", "Lengkap. | Complete.")
    (record,) = outbox.records()
    digests = [hashlib.sha256(part.payload).hexdigest() for part in outbox.of("media")]
    assert (record["sha256"].split(), record["parts"]) == (digests, 3.0)
    assert (record["actor"], record["reason"], record["command"]) == ("siti", "laporan warga", str(desk_wish.id))
    assert record["hash"] == chained(record)
    assert [(told.state, told.detail[:8]) for told in outbox.results()][:1] == [("applied", "3 bagian")]
    assert outbox.notes["clip job"] == "[]"
    assert list(tmp_path.iterdir()) == [], "what was sent takes no room"


def test_clips_when_several_are_asked_for_then_each_record_follows_the_one_before(tmp_path: Path) -> None:
    outbox = Outbox()
    desk = desk_of(Recordings(tmp_path), outbox)

    run(asking(desk, outbox, *[wish(T0 + number) for number in range(3)]))
    records = outbox.records()
    assert [one["previous"] for one in records] == ["", *(one["hash"] for one in records[:2])]
    assert all(one["hash"] == chained(one) for one in records)


@pytest.mark.parametrize(
    ("asked", "state", "reason", "told"),
    [
        (wish(T0 - 4_000), "refused", "gone", "the oldest is of 22-11-2025 10:00:00 WIB"),
        (wish(datetime.now(UTC).timestamp() + 3_600), "refused", "future", "not over yet"),
        (wish(seconds=601), "refused", "bad_argument", "at most 600"),
        (wish(seconds=float("nan")), "refused", "bad_argument", "seconds"),
        (wish(reason=" "), "refused", "bad_argument", "reason"),
        (wish(since_s=T0 * 1_000), "refused", "bad_argument", "since_s"),
        (wish().model_copy(update={"asset": "TD-01.cam-9"}), "refused", "not_recorded", "not recorded"),
    ],
)
def test_clip_when_it_cannot_be_given_then_a_clear_word_says_why(
    tmp_path: Path, asked: Command, state: str, reason: str, told: str
) -> None:
    outbox = Outbox()
    found = ask(desk_of(Recordings(tmp_path), outbox), outbox, asked)
    assert found[:2] == (state, reason)
    assert told in found[2]
    assert " | " in found[2], "Indonesian and English"
    assert (outbox.records(), outbox.of("media")) == ([], [])


def test_clip_when_half_of_it_is_recorded_then_it_is_given_and_that_is_said(tmp_path: Path) -> None:
    outbox = Outbox()
    state, _, detail = ask(desk_of(Recordings(tmp_path, seconds=20), outbox), outbox)
    assert (state, "Only 50.0 %" in detail) == ("confirmed", True)
    assert outbox.records()[0]["share_pct"] == 50.0


def test_clip_when_it_is_too_much_then_it_is_told_how_many_seconds_would_do(tmp_path: Path) -> None:
    outbox = Outbox()
    desk = desk_of(Recordings(tmp_path, bytes_per_s=MOST_CLIP_BYTES / 100), outbox)
    state, reason, detail = ask(desk, outbox, wish(seconds=300))
    assert (state, reason, "more than 200 mb" in detail.lower()) == ("failed", "too_large", True)
    assert (outbox.records(), outbox.of("media")) == ([], [])
    assert list(tmp_path.iterdir()) == []


def test_clip_when_the_line_is_cut_then_nothing_more_is_queued_and_it_goes_on_with_the_next_part(
    tmp_path: Path,
) -> None:
    outbox = Outbox()
    outbox.confirms = False

    async def cut() -> Any:
        asked = asyncio.create_task(asking(desk_of(Recordings(tmp_path), outbox), outbox, wish()))
        await until(lambda: outbox.of("media"))
        await asyncio.sleep(0.3)
        assert len(outbox.of("media")) == 1
        outbox.confirms = True
        return await asked

    assert run(cut())[0][0] == "confirmed"
    assert len(outbox.of("media")) == 3


@pytest.mark.parametrize("step", range(14))
def test_clip_when_the_power_goes_at_any_step_then_the_next_start_ends_it_with_one_record_all_parts_and_one_word(
    tmp_path: Path, step: int
) -> None:
    outbox, recordings, asked = Outbox(), Recordings(tmp_path), wish()

    class PowerCut(BaseException):
        """The process is gone."""

    def counting(do: Callable[..., Any]) -> Callable[..., Any]:
        async def counted(*given: Any) -> Any:
            if len(steps) == step:
                raise PowerCut
            steps.append(1)
            return await do(*given)

        return counted

    steps: list[int] = []
    keep, set_note = outbox.keep, outbox.set_note
    outbox.keep, outbox.set_note = counting(keep), counting(set_note)  # type: ignore[method-assign]

    async def until_the_power_goes() -> None:
        desk = desk_of(recordings, outbox)
        try:
            await desk.carry_out(asked)
            await desk.run()
        except PowerCut:
            return

    async def start_again() -> list[tuple[str, str, str]]:
        desk = desk_of(recordings, outbox)
        if json.loads(outbox.notes.get("clip job", "[]")) == [] and step == 0:
            return await asking(desk, outbox, asked)  # it was never taken up
        working = asyncio.create_task(desk.run())
        await until(lambda: outbox.notes["clip job"] == "[]")
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        return outbox.ends_of(asked)

    with contextlib.suppress(PowerCut):
        run(until_the_power_goes())
    assert len(steps) == step
    outbox.keep, outbox.set_note = keep, set_note  # type: ignore[method-assign]
    outbox.rows.clear()
    assert set(run(start_again())) == {("confirmed", "", "Lengkap. | Complete.")}
    assert len({entry.payload for entry in outbox.of("result") if b"confirmed" in entry.payload}) == 1, "the same word"
    assert len({one["hash"] for one in outbox.records()}) == 1
    sent = {hashlib.sha256(part.payload).hexdigest() for part in outbox.of("media")}
    assert sent == set(outbox.records()[-1]["sha256"].split())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("why", "words"),
    [
        (Refusal(id="", reason="too_much_media", detail="more than 1 bytes"), "jatah sehari; minta lagi besok"),
        (Refusal(id="", reason="not_media", detail="no video/mp4"), "Ruang menolak satu bagian klip: bukan MP4"),
        (Refusal(id="", reason="too_ugly", detail="no beauty"), "Ruang menolak satu bagian klip: too_ugly."),
    ],
)
def test_clip_when_the_room_refuses_a_part_by_receipt_then_it_has_failed_and_says_why(
    tmp_path: Path, why: Refusal, words: str
) -> None:
    outbox = Outbox()
    outbox.refusal = why
    state, reason, detail = ask(desk_of(Recordings(tmp_path), outbox), outbox)
    assert (state, reason) == ("failed", why.reason)
    said_id, said_en = detail.split(" | ")
    assert words in said_id
    assert why.detail not in said_id, "that is English"
    assert why.reason == "too_much_media" or why.detail in said_en
    assert len(outbox.of("media")) == 1, "no more of it is sent"
    assert (outbox.notes["clip job"], list(tmp_path.iterdir())) == ("[]", [])


def test_clip_when_the_power_goes_before_the_last_receipt_then_the_next_start_waits_for_it(tmp_path: Path) -> None:
    outbox, recordings = Outbox(), Recordings(tmp_path)

    async def until_last_part() -> None:
        outbox.confirms = False
        asked = asyncio.create_task(asking(desk_of(recordings, outbox), outbox, wish(seconds=10)))
        await until(lambda: outbox.of("media") and '"next": 1' in outbox.notes["clip job"])
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)

    async def start_again() -> list[Result]:
        desk = asyncio.create_task(desk_of(recordings, outbox).run())
        await asyncio.sleep(0.3)
        assert [one.state for one in outbox.results()] == ["applied"], "it has no receipt yet"
        outbox.refusal = Refusal(id="", reason="too_much_media")
        outbox.confirms = True
        await until(lambda: outbox.notes["clip job"] == "[]" and len(outbox.results()) > 1)
        desk.cancel()
        return outbox.results()

    run(until_last_part())
    assert run(start_again())[-1].state == "failed"


@pytest.mark.parametrize("restarts", [False, True])
def test_clip_when_the_outbox_drops_a_part_then_it_goes_again_once_there_is_room_and_the_clip_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, restarts: bool
) -> None:
    monkeypatch.setattr(memory_module, "ROOM_LOOK_S", 0.01)
    outbox, recordings, asked = Outbox(), Recordings(tmp_path), wish()
    outbox.confirms = False

    async def cut() -> list[tuple[str, str, str]]:
        desk = desk_of(recordings, outbox)
        asking_it = asyncio.create_task(asking(desk, outbox, asked))
        await until(lambda: outbox.rows and '"next": 1' in outbox.notes["clip job"])
        if restarts:
            asking_it.cancel()
            await asyncio.gather(asking_it, return_exceptions=True)
        outbox.is_roomy = False
        outbox.drop()
        if restarts:
            desk = desk_of(recordings, outbox)
            asking_it = asyncio.create_task(asking(desk, outbox, asked))
        await until(lambda: desk.waits.startswith("there is no room"))
        assert (len(outbox.of("media")), outbox.ends_of(asked)) == (1, [])
        outbox.is_roomy, outbox.confirms = True, True
        return await asking_it

    assert run(cut()) == [("confirmed", "", "Lengkap. | Complete.")]
    first, *parts = (hashlib.sha256(part.payload).hexdigest() for part in outbox.of("media"))
    assert parts == outbox.records()[-1]["sha256"].split()
    assert first == parts[0]
    assert list(tmp_path.iterdir()) == []


async def until_one_waits(recordings: Any, outbox: Outbox, asked: Command) -> None:
    """Ask for a clip, and end the process when its first part is in the outbox."""
    asking_it = asyncio.create_task(asking(desk_of(recordings, outbox), outbox, asked))
    await until(lambda: outbox.rows and '"next": 1' in outbox.notes["clip job"])
    asking_it.cancel()
    await asyncio.gather(asking_it, return_exceptions=True)


@pytest.mark.parametrize("since_ms", [0, 5, 9])
def test_clip_when_masks_are_set_before_it_is_all_sent_then_no_more_of_it_leaves_and_that_is_said(
    tmp_path: Path, since_ms: int
) -> None:
    outbox, recordings, asked = Outbox(), Recordings(tmp_path), wish()
    outbox.confirms, recordings.since_ms = False, 5

    async def start_again() -> list[tuple[str, str, str]]:
        recordings.since_ms = since_ms
        desk = desk_of(recordings, outbox)
        await desk.withhold()
        left = await asyncio.to_thread(lambda: list(tmp_path.iterdir()))
        assert (len(outbox.rows), len(left)) == ((0, 0) if since_ms > 5 else (1, 3))
        outbox.confirms = True
        return await asking(desk, outbox, asked)

    run(until_one_waits(recordings, outbox, asked))
    ((state, reason, detail),) = run(start_again())
    if since_ms > 5:
        assert (state, reason, len(outbox.of("media"))) == ("failed", "gone", 1)
        assert "sebelum masks kamera ini dipasang" in detail.split(" | ")[0]
        assert "before this camera's masks were set" in detail.split(" | ")[1]
    else:
        assert (state, len(outbox.of("media"))) == ("confirmed", 3)


@pytest.mark.parametrize("is_cut", [True, False])
def test_clip_when_its_camera_is_left_out_of_the_site_file_before_it_is_all_sent_then_no_more_of_it_leaves(
    tmp_path: Path, *, is_cut: bool
) -> None:
    outbox, recordings, asked = Outbox(), Recordings(tmp_path), wish()
    outbox.confirms = False

    async def start_again() -> list[tuple[str, str, str]]:
        recordings.leaves_out = True
        desk = desk_of(recordings, outbox)
        await desk.withhold()
        left = await asyncio.to_thread(lambda: list(tmp_path.iterdir()))
        assert (outbox.rows if is_cut else outbox.of("media"), left) == ({} if is_cut else [], [])
        return await asking(desk, outbox, asked)

    run(until_one_waits(recordings, outbox, asked) if is_cut else desk_of(recordings, outbox).carry_out(asked))
    ((state, reason, detail),) = run(start_again())
    assert (state, reason, len(outbox.of("media"))) == ("failed", "misconfigured", int(is_cut))
    said_id, said_en = detail.split(" | ")
    assert "berkas lokasinya salah" in said_id
    assert "its site file is wrong" in said_en


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EIO])
def test_clips_when_the_disk_refuses_then_each_fails_by_itself_in_both_languages_and_the_next_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(clips_module, "PATIENCE_S", 0.05)
    monkeypatch.setattr(clips_module, "DISK_RETRY_S", 0.02)
    outbox, recordings = Outbox(), Recordings(tmp_path)
    desk = desk_of(recordings, outbox)
    recordings.refuses_with = number
    for state, reason, detail in run(asking(desk, outbox, wish(), wish(T0 + 60))):
        assert (state, reason) == ("failed", "disk")
        said_id, said_en = detail.split(" | ")
        assert str(system_reason(OSError(number, None))) in said_en
        assert system_reason(OSError(number, None)).id in said_id
    assert (outbox.records(), outbox.of("media")) == ([], [])
    recordings.refuses_with = None
    assert ask(desk, outbox)[0] == "confirmed"
    assert desk.waits == ""


def test_clips_when_the_disk_has_long_refused_then_it_is_not_waited_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clips_module, "DISK_RETRY_S", 0.01)
    outbox, recordings, clock = Outbox(), Recordings(tmp_path), Patience()
    recordings.refuses_with = errno.EROFS
    desk = ClipDesk(recordings, "TD-01-a", outbox.keep, outbox, clock)  # type: ignore[arg-type]
    run(asking(desk, outbox, *[wish(T0 + number) for number in range(6)]))
    assert clock.asked == 4 + 5, "the first is tried for half a minute, the others once each"


class Patience(Clock):
    """A clock on which ten seconds pass whenever it is asked for them."""

    def __init__(self) -> None:
        self.asked = 0

    def monotonic_s(self) -> float:
        self.asked += 1
        return 10.0 * self.asked


def test_clip_when_the_disk_comes_back_soon_then_it_is_given_and_meanwhile_it_says_why_it_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clips_module, "DISK_RETRY_S", 0.01)
    outbox, recordings = Outbox(), Recordings(tmp_path)
    recordings.refuses_with = errno.ENOSPC
    desk = desk_of(recordings, outbox)

    async def wait() -> Any:
        asked = asyncio.create_task(asking(desk, outbox, wish()))
        await until(lambda: desk.waits)
        assert desk.waits == "No space left on device"
        recordings.refuses_with = None
        return await asked

    assert run(wait())[0][0] == "confirmed"
    assert desk.waits == ""


def test_clips_when_the_outbox_refuses_then_what_is_taken_up_waits_for_it_and_nothing_else_is_taken_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clips_module, "RETRY_S", 0.01)
    outbox, first, second = Outbox(), wish(), wish(T0 + 60)
    outbox.refuses_from = 1  # after its first word

    async def scenario() -> None:
        desk = desk_of(Recordings(tmp_path), outbox)
        working = asyncio.create_task(desk.run())
        assert await desk.carry_out(first) is None
        await until(lambda: desk.waits)
        outbox.refuses_notes = True
        with pytest.raises(Unavailable):
            await desk.carry_out(second)
        outbox.refuses_from, outbox.refuses_notes = None, False
        await until(lambda: outbox.notes["clip job"] == "[]")
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

    run(scenario())
    assert ([one[0] for one in outbox.ends_of(first)], outbox.ends_of(second)) == (["confirmed"], [])


def test_clips_when_the_outbox_has_long_had_no_room_then_each_fails_in_so_many_words_and_the_next_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_module, "ROOM_LOOK_S", 0.01)
    monkeypatch.setattr(delivery_module, "NO_ROOM_S", 0.1)
    outbox = Outbox()
    desk = desk_of(Recordings(tmp_path), outbox)
    outbox.is_roomy = False

    async def scenario() -> list[tuple[str, str, str]]:
        failed = await asking(desk, outbox, wish())
        outbox.lack = "disk"
        failed += await asking(desk, outbox, wish(T0 + 60))
        outbox.is_roomy = True
        return failed + await asking(desk, outbox, wish(T0 + 120))

    *failed, given = run(scenario())
    assert [one[:2] for one in failed] == [("failed", "disk")] * 2
    said_id, said_en = failed[0][2].split(" | ")
    assert said_id.startswith("Sudah lama belum ada tempat di antrean kirim kotak ini, penuh dengan yang belum")
    assert said_en.startswith("For long it has been so: there is no room yet in this box's outbox, full of")
    assert "sebagian di outbox_dir, lalu minta lagi." in failed[1][2]
    assert "its disk is nearly full; free some space under outbox_dir, then ask again." in failed[1][2]
    assert given[0] == "confirmed"
    assert list(tmp_path.iterdir()) == []


def test_clip_when_the_outbox_was_full_long_ago_then_the_next_waits_its_ten_minutes_as_the_first_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_module, "ROOM_LOOK_S", 0.001)
    outbox, clock = Outbox(), Looks()
    desk = ClipDesk(Recordings(tmp_path), "TD-01-a", outbox.keep, outbox, clock)  # type: ignore[arg-type]
    outbox.is_roomy = False

    def looks() -> int:
        before = clock.looks
        assert ask(desk, outbox)[:2] == ("failed", "disk")
        return clock.looks - before

    assert [looks(), looks()] == [61, 1], "the second comes while it is still full"
    clock.at_s += 7 * 86_400
    assert looks() == 61

    clock.at_s += 7 * 86_400
    outbox.looks_until_roomy = 50
    assert ask(desk, outbox)[0] == "confirmed", "had there been room meanwhile, it was not full for long"
    outbox.is_roomy = False
    assert looks() == 61


class Looks(Clock):
    """A clock on which ten seconds pass with each look."""

    def __init__(self) -> None:
        self.at_s, self.looks = 0.0, 0

    def monotonic_s(self) -> float:
        self.looks += 1
        self.at_s += 10.0
        return self.at_s


def test_clips_when_many_wait_and_one_is_asked_again_then_it_is_one_and_one_more_is_refused(tmp_path: Path) -> None:
    outbox, asked = Outbox(), [wish(T0 + number) for number in range(clips_module.WAITING_MAX + 1)]
    desk = desk_of(Recordings(tmp_path), outbox)  # that nobody runs

    async def scenario() -> list[Any]:
        return [await desk.carry_out(one) for one in [asked[0], *asked]]

    *taken, last = run(scenario())
    assert set(taken) == {None}
    assert (last[0], last[1], " | " in last[2]) == ("refused", "busy", True)
    assert len(json.loads(outbox.notes["clip job"])) == clips_module.WAITING_MAX


@pytest.mark.parametrize("noted", ["", "{}", "[", '[{"command": "x"}]', '{"command": 1}', "[1]", "null"])
def test_clips_when_the_note_is_spoilt_or_of_before_then_the_next_is_given(tmp_path: Path, noted: str) -> None:
    outbox = Outbox()
    outbox.notes["clip job"] = noted
    assert ask(desk_of(Recordings(tmp_path), outbox), outbox)[0] == "confirmed"


def test_clips_when_parts_are_left_that_nobody_waits_for_then_the_next_start_deletes_them(tmp_path: Path) -> None:
    (tmp_path / "left-000.mp4").write_bytes(MP4)
    outbox = Outbox()
    ask(desk_of(Recordings(tmp_path), outbox), outbox)
    assert list(tmp_path.iterdir()) == []


class Line:
    """The way to the room by HTTPS: takes parts, or does what it is told to."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.taken: list[tuple[str, str, str]] = []

    async def send(self, part: Part) -> None:
        content = part.path.read_bytes()
        if self.faults:
            raise self.faults.pop(0)
        self.taken.append((part.event, part.command, hashlib.sha256(content).hexdigest()))
        assert part.sha256 == self.taken[-1][2]


def https_desk(recordings: Any, outbox: Outbox, line: Line) -> ClipDesk:
    return ClipDesk(recordings, "TD-01-a", outbox.keep, outbox, Clock(), line)


def test_clip_when_it_goes_by_https_then_its_record_goes_as_ever_and_its_parts_beside_the_outbox(
    tmp_path: Path,
) -> None:
    outbox, line, asked = Outbox(), Line(), wish()
    state, _, detail = ask(https_desk(Recordings(tmp_path), outbox, line), outbox, asked)
    assert (state, detail) == ("confirmed", "Lengkap. | Complete.")
    (record,), (event,) = outbox.records(), outbox.of("event")
    assert line.taken == [
        (json.loads(event.payload)["id"], str(asked.id), digest) for digest in record["sha256"].split()
    ]
    assert (len(line.taken), outbox.of("media")) == (3, [])
    assert list(tmp_path.iterdir()) == []


def test_clip_when_the_room_is_away_then_says_why_it_waits_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_module, "UPLOAD_RETRY_S", (0.01, 0.01))
    outbox, line = Outbox(), Line(*[Unavailable("ruang.example: connection refused")] * 200)
    desk = https_desk(Recordings(tmp_path), outbox, line)

    async def wait() -> Any:
        asked = asyncio.create_task(asking(desk, outbox, wish()))
        await until(lambda: desk.waits)
        assert desk.waits == "ruang.example: connection refused"
        line.faults.clear()
        return await asked

    assert run(wait())[0][0] == "confirmed"
    assert (desk.waits, len(line.taken)) == ("", 3)


def test_clip_when_the_room_is_away_for_a_day_then_it_is_given_up_in_so_many_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_module, "GIVE_UP_S", 0.0)
    outbox, why = Outbox(), system_reason(OSError(errno.EHOSTUNREACH, None))
    line = Line(Unavailable(why.at("ruang.example")))
    state, reason, detail = ask(https_desk(Recordings(tmp_path), outbox, line), outbox)
    assert (state, reason) == ("failed", "not_reached")
    said_id, said_en = detail.split(" | ")
    assert "(ruang.example: tidak ada jalan ke alamat ini)" in said_id
    assert "(ruang.example: No route to host)" in said_en
    assert (outbox.notes["clip job"], list(tmp_path.iterdir())) == ("[]", [])


def test_clip_when_the_room_refuses_a_part_then_says_what_the_room_said_and_the_next_clip_goes(
    tmp_path: Path,
) -> None:
    outbox, line = Outbox(), Line(NotTaken("upload_quota", "Besok. | Tomorrow."))
    desk = https_desk(Recordings(tmp_path), outbox, line)

    first, second = run(asking(desk, outbox, wish(), wish(T0 + 60)))
    assert first == ("failed", "upload_quota", "Besok. | Tomorrow.")
    assert second[0] == "confirmed"
    assert [one["previous"] == "" for one in outbox.records()] == [True, False], "both are in the chain"
    assert list(tmp_path.iterdir()) == []


def test_clip_when_a_part_is_gone_from_the_disk_then_the_others_go(tmp_path: Path) -> None:
    outbox = Outbox()

    class Losing(Line):
        async def send(self, part: Part) -> None:
            if not self.taken:
                (part.path.parent / part.path.name.replace("-000", "-001")).unlink()
            await super().send(part)

    line = Losing()
    state, reason, detail = ask(https_desk(Recordings(tmp_path), outbox, line), outbox)
    assert (state, reason, "1 parts were gone" in detail, len(line.taken)) == ("failed", "gone", True, 2)


class Eye:
    class state:  # noqa: N801 - as the real one's attribute
        reason = "nobody listens at this address"


class Lens:
    """A camera that gives pictures, or none."""

    eye = Eye()

    def __init__(self, number: int, picture: bytes | None = b"\xff\xd8\xff picture") -> None:
        self.asset, self.content = f"TD-01.cam-{number}", picture

    async def picture(self, _timeout_s: float) -> bytes | None:
        return self.content


class Screen:
    """What was shown."""

    def __init__(self) -> None:
        self.shown: list[Outgoing] = []
        self.takes = True

    def show(self, message: Outgoing) -> bool:
        if self.takes:
            self.shown.append(message)
        return self.takes


@pytest.mark.parametrize(
    ("reason", "masks", "words"),
    [
        (
            because("nobody_listens"),
            [],
            "apakah RTSP kamera menyala | The camera gives no picture: nobody listens at this address; check",
        ),
        ("", [[(0, 0), (1, 0), (1, 1)]], "kamera bergeser atau menunjukkan hal lain, jadi area yang disamarkan"),
        ("", [], "jaringan kamera | The camera gives no picture: nothing comes; check"),
    ],
)
def test_live_view_when_the_camera_gives_no_picture_then_it_is_said_why_in_both_languages(
    reason: str, masks: list[Any], words: str
) -> None:
    lens = Lens(1, None)
    lens.eye = SimpleNamespace(state=SimpleNamespace(reason=reason))  # type: ignore[assignment]
    lens.place = SimpleNamespace(masks=masks)  # type: ignore[attr-defined]

    async def work(desk: LiveDesk) -> Any:
        return await desk.carry_out(look())

    state, rule, detail = run(with_desk([lens], Screen(), work))
    assert (state, rule) == ("failed", "no_picture")
    assert words in detail


def look(number: int = 1, **arguments: Any) -> Command:
    given = {"seconds": 0.3, "hz": 2.0} | arguments
    return wish().model_copy(update={"action": "camera.live", "asset": f"TD-01.cam-{number}", "arguments": given})


async def with_desk(lenses: list[Any], screen: Screen, work: Callable[[LiveDesk], Coroutine[Any, Any, Any]]) -> Any:
    desk = LiveDesk("TD-01-a", lenses, screen.show, Clock())
    running = asyncio.create_task(desk.run())
    try:
        return await work(desk)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def test_live_view_when_asked_then_shows_pictures_at_qos_0_and_ends_by_itself() -> None:
    screen = Screen()

    async def work(desk: LiveDesk) -> None:
        assert (await desk.carry_out(look()))[0] == "confirmed"
        await until(lambda: screen.shown and not desk._views)

    run(with_desk([Lens(1)], screen, work))
    first = screen.shown[0]
    assert (first.topic, first.qos, first.retain) == ("sl/1/TD-01-a/live/TD-01.cam-1", 0, False)
    assert first.payload.startswith(b"\xff\xd8\xff")
    assert dict(first.user)[TAKEN].isdecimal()
    assert len(screen.shown) <= 2


def test_live_view_when_asked_again_then_lasts_longer_and_is_one() -> None:
    screen = Screen()

    async def work(desk: LiveDesk) -> None:
        await desk.carry_out(look(seconds=0.2))
        await desk.carry_out(look(seconds=100))
        await asyncio.sleep(0.4)
        assert list(desk._views) == ["TD-01.cam-1"]

    run(with_desk([Lens(1)], screen, work))


def test_live_view_when_the_sub_stream_is_large_then_small_pictures_of_it_are_shown() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (1080, 1920, 3), np.uint8)
    content, screen = bytes(cv2.imencode(".jpg", noise)[1]), Screen()
    assert len(content) > live_module.MOST_BYTES

    async def work(desk: LiveDesk) -> None:
        await desk.carry_out(look())
        await until(lambda: screen.shown)

    run(with_desk([Lens(1, content)], screen, work))
    shown = cv2.imdecode(np.frombuffer(screen.shown[0].payload, np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape == (360, 640, 3)


def test_live_view_when_a_picture_has_too_many_bytes_then_it_is_made_smaller_and_not_dropped(monkeypatch) -> None:
    monkeypatch.setattr(live_module, "MOST_BYTES", 20_000)
    noise = np.random.default_rng(1).integers(0, 255, (360, 640, 3), np.uint8)
    content, screen = bytes(cv2.imencode(".jpg", noise)[1]), Screen()

    async def work(desk: LiveDesk) -> int:
        await desk.carry_out(look())
        await until(lambda: screen.shown)
        return desk.dropped

    assert run(with_desk([Lens(1, content)], screen, work)) == 0
    assert 1_000 < len(screen.shown[0].payload) <= 20_000


def test_live_view_when_it_is_asked_for_again_then_it_ends_when_the_last_asked_seconds_are_over() -> None:
    async def work(desk: LiveDesk) -> None:
        await desk.carry_out(look(seconds=0.2))
        await desk.carry_out(look(seconds=0.4))
        began_s = asyncio.get_running_loop().time()
        await until(lambda: not desk._views)
        assert 0.2 < asyncio.get_running_loop().time() - began_s < 5

    run(with_desk([Lens(1)], Screen(), work))


def test_live_view_when_the_line_takes_nothing_then_pictures_are_dropped_and_none_waits() -> None:
    screen = Screen()
    screen.takes = False

    async def work(desk: LiveDesk) -> None:
        await desk.carry_out(look())
        await until(lambda: not desk._views)
        assert (desk.shown, desk.dropped > 0) == (0, True)

    run(with_desk([Lens(1)], screen, work))


def test_live_views_when_there_are_many_then_one_more_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "FIRST_S", 0.01)

    async def work(desk: LiveDesk) -> list[tuple[str, str]]:
        return [(await desk.carry_out(look(number, seconds=60)))[:2] for number in range(1, MOST_VIEWS + 2)]

    lenses = [Lens(number) for number in range(1, MOST_VIEWS + 2)]
    answers = run(with_desk(lenses, Screen(), work))
    assert answers == [("confirmed", "")] * MOST_VIEWS + [("refused", "busy")]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (look(9), ("refused", "no_camera")),
        (look(seconds=121), ("refused", "bad_argument")),
        (look(hz=3), ("refused", "bad_argument")),
        (look(hz=True), ("refused", "bad_argument")),
        (look(2), ("failed", "no_picture")),
    ],
)
def test_live_view_when_it_cannot_be_given_then_a_clear_word_says_why(asked: Command, answer: tuple[str, str]) -> None:
    async def work(desk: LiveDesk) -> Any:
        return await desk.carry_out(asked)

    found = run(with_desk([Lens(1), Lens(2, None)], Screen(), work))
    assert found[:2] == answer
    assert " | " in found[2]


class Trapped:
    """A camera whose picture is a surprise after the first."""

    def __init__(self) -> None:
        self.asset, self.asked = "TD-01.cam-1", 0

    async def picture(self, _timeout_s: float) -> bytes | None:
        self.asked += 1
        if self.asked > 1:
            raise AssertionError("nobody thought of this")
        return b"\xff\xd8\xff"


def test_live_view_when_a_picture_is_a_surprise_then_this_view_ends_and_another_begins() -> None:
    screen = Screen()

    async def work(desk: LiveDesk) -> None:
        await desk.carry_out(look())
        await until(lambda: not desk._views)
        assert (await desk.carry_out(look(2)))[0] == "confirmed"
        await until(lambda: screen.shown)

    run(with_desk([Trapped(), Lens(2)], screen, work))
    assert screen.shown[0].topic.endswith("cam-2")


def test_clip_when_cutting_is_a_surprise_then_it_fails_once_and_the_next_is_given(tmp_path: Path) -> None:
    recordings, outbox = Recordings(tmp_path), Outbox()
    desk, cut = desk_of(recordings, outbox), recordings.cut_parts

    async def surprise(*_: Any) -> list[Path]:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "a damaged segment")

    recordings.cut_parts = surprise  # type: ignore[method-assign]
    state, reason, _ = ask(desk, outbox)
    assert (state, reason) == ("failed", "failed")
    assert json.loads(outbox.notes["clip job"]) == []
    recordings.cut_parts = cut  # type: ignore[method-assign]
    assert ask(desk, outbox)[0] == "confirmed"
