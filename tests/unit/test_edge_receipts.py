"""What the box remembers of receipts: evidence that was refused is gone from the outbox, and not taken for stored."""

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import edge.outbox
from edge.clock import Clock
from edge.correlation import correlate
from edge.dispatch import Dispatch, Pace
from edge.entries import Entry
from edge.errors import Unavailable
from edge.outbox import Outbox
from edge.outbox_file import OutboxFile
from edge.receipt_desk import ReceiptDesk
from edge.thinning import DROPPED_MAX
from edge.vision import memory
from edge.vision.memory import Dropped, until_receipted
from edge.vision.reasons import Reason


def test_evidence_when_refused_then_who_waits_for_its_receipt_hears_why_and_of_what_is_stored_nothing(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        async with Outbox(tmp_path, 1 << 30) as outbox, asyncio.timeout(20):
            desk = ReceiptDesk(outbox, Dispatch("TD-01-a", outbox, Pace(), Clock()), Clock())
            taken, refused = [await outbox.append(Entry("media", b"x")) for _ in range(2)]
            correlations = [correlate(outbox.generation, [seq]) for seq in (taken, refused)]
            said = {"id": correlations[1], "reason": "too_much_media", "detail": "more than 1 bytes"}
            desk.take(json.dumps({"committed": correlations[:1], "rejected": [said]}).encode())
            running = asyncio.create_task(desk.run())
            assert await until_receipted(outbox, taken) is None
            why = await until_receipted(outbox, refused)
            running.cancel()
            assert why is not None
            assert (why.reason, why.detail) == ("too_much_media", "more than 1 bytes")

    asyncio.run(work())


PLENTY = 1 << 30
FILM = Entry("media", b"x" * 2_000_000, meta="event video/mp4 00")


def with_outbox(
    directory: Path, work: Callable[[Outbox], Awaitable[None]], max_bytes: int = PLENTY, min_free_bytes: int = 0
) -> None:
    async def bounded() -> None:
        async with Outbox(directory, max_bytes, min_free_bytes) as outbox, asyncio.timeout(20):
            await work(outbox)

    asyncio.run(bounded())


async def put_into_a_short_outbox(outbox: Outbox) -> None:
    await outbox.append(FILM)


async def be_driven_out_by_events(outbox: Outbox) -> None:
    await outbox.append(FILM)
    await outbox.append_many([Entry("event", b"e" * 500_000)] * 3)


async def be_set_aside(outbox: Outbox) -> None:
    await outbox.append(FILM)
    await outbox._do(lambda file: (file.rollback(), file.set_aside("test"), file.begin()))


@pytest.mark.parametrize(
    ("happen", "max_bytes", "min_free_bytes"),
    [
        (put_into_a_short_outbox, PLENTY, 1 << 60),
        (be_driven_out_by_events, 3_000_000, 0),
        (be_set_aside, PLENTY, 0),
    ],
    ids=["short", "bound", "corrupt"],
)
def test_evidence_when_the_outbox_has_dropped_it_then_who_waits_for_its_receipt_learns_it_also_after_a_restart(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    happen: Callable[[Outbox], Awaitable[None]],
    max_bytes: int,
    min_free_bytes: int,
) -> None:
    monkeypatch.setattr(memory, "ROOM_LOOK_S", 0.01)

    async def look(outbox: Outbox) -> None:
        with pytest.raises(Dropped, match="sent again"):
            await until_receipted(outbox, 1)
        receipted = await outbox.append(Entry("media", b"y"))
        await outbox.delete([(receipted, receipted)])
        assert await until_receipted(outbox, receipted) is None

    async def happen_and_look(outbox: Outbox) -> None:
        await happen(outbox)
        await look(outbox)

    with_outbox(tmp_path, happen_and_look, max_bytes, min_free_bytes)
    with_outbox(tmp_path, look, max_bytes)


class FailingCard(sqlite3.Connection):
    """A file on a card that refuses a statement once."""

    refuses, code = "", 0

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        if FailingCard.refuses and statement.startswith(FailingCard.refuses):
            FailingCard.refuses = ""
            error = sqlite3.OperationalError("disk I/O error, or it is full")
            error.sqlite_errorcode = FailingCard.code
            raise error
        return super().execute(statement, *values)


@pytest.mark.parametrize("refuses", ["PRAGMA journal_mode", "INSERT INTO sqlite_sequence"])
@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL])
def test_evidence_when_its_file_is_set_aside_and_the_next_is_begun_at_the_second_try_then_it_is_dropped_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refuses: str, code: int
) -> None:
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", partial(connect, factory=FailingCard))
    monkeypatch.setattr(edge.outbox, "TEND_S", 0.01)
    monkeypatch.setattr(FailingCard, "code", code)

    def meet_a_damaged_page(_file: OutboxFile) -> None:
        monkeypatch.setattr(FailingCard, "refuses", refuses)
        raise sqlite3.DatabaseError("database disk image is malformed")

    async def work(outbox: Outbox) -> None:
        await outbox.append_many([FILM] * 3)
        with pytest.raises(Unavailable):
            await outbox._do(meet_a_damaged_page)
        while outbox.statistics.disk != "ok":
            await asyncio.sleep(0.01)
        assert FailingCard.refuses == ""
        assert await outbox.fate(3) == "dropped"
        assert await outbox.append(FILM) == 4

    with_outbox(tmp_path, work)


def test_evidence_when_much_of_it_is_dropped_then_no_more_than_the_newest_thousand_are_remembered(
    tmp_path: Path,
) -> None:
    async def work(outbox: Outbox) -> None:
        for _ in range(11):
            seqs = await outbox.append_many([Entry("media", b"x" * 100)] * 100)
        await outbox.append(Entry("event", b"e" * 500_000))
        assert await outbox.fate(seqs[-1]) == "dropped"
        assert await outbox.fate(seqs[-1] - DROPPED_MAX + 1) == "dropped"
        assert await outbox.fate(seqs[-1] - DROPPED_MAX) == "gone"

    with_outbox(tmp_path, work, max_bytes=400_000)


@pytest.mark.parametrize(
    ("max_bytes", "min_free_bytes", "todo"),
    [
        (PLENTY, 1 << 60, ("kosongkan sebagian di outbox_dir", "free some space under outbox_dir")),
        (2_000_000, 0, ("periksa sambungan ke ruang", "check the line to the room")),
    ],
    ids=["short", "bound"],
)
def test_film_when_the_outbox_has_no_room_for_it_then_it_is_not_put_there_and_pictures_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, max_bytes: int, min_free_bytes: int, todo: tuple[str, str]
) -> None:
    monkeypatch.setattr(memory, "ROOM_LOOK_S", 0.01)
    told: list[Reason] = []

    async def work(outbox: Outbox) -> None:
        picture = await outbox.append(Entry("media", b"p" * 100_000, meta="event image/jpeg 00"))
        waiting = asyncio.create_task(memory.until_room(outbox, len(FILM.payload), told.append))
        while len(told) < 3:
            await asyncio.sleep(0.01)
        assert told[0].startswith("there is no room")
        assert told[0].id.startswith("belum ada tempat")
        assert (todo[0] in told[0].id, todo[1] in told[0]) == (True, True)
        outbox._file._max_bytes = PLENTY  # type: ignore[union-attr]
        outbox._disk._min_free_bytes = 0
        await waiting
        seq = await outbox.append(FILM)
        assert [await outbox.fate(one) for one in (picture, seq)] == ["waits", "waits"]
        assert outbox.statistics.thinned == 0

    with_outbox(tmp_path, work, max_bytes, min_free_bytes)


def test_evidence_when_it_waits_for_its_receipt_then_it_is_not_read_over_and_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "LOOK_S", (0.001, 0.002))
    asked: list[str] = []

    async def work(outbox: Outbox) -> None:
        seq = await outbox.append(FILM)
        outbox._file._db.set_trace_callback(asked.append)  # type: ignore[union-attr]
        waiting = asyncio.create_task(until_receipted(outbox, seq))
        while len(asked) < 30:
            await asyncio.sleep(0.01)
        await outbox.delete([(seq, seq)])
        assert await waiting is None
        assert [one for one in asked if "payload" in one and one.startswith("SELECT")] == []

    with_outbox(tmp_path, work)
