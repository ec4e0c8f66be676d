"""The outbox on a real disk: durable before it answers, bounded, and back after anything."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from edge.disk import Disk
from edge.entries import Entry, Row
from edge.errors import Misconfigured, Unavailable
from edge.outbox import Outbox
from edge.outbox_file import VACUUM_STEP_PAGES, OutboxFile

PLENTY = 1 << 30


def run(directory: Path, work: Callable[[Outbox], Awaitable[None]], max_bytes: int = PLENTY) -> None:
    """Work with an open outbox."""

    async def main() -> None:
        async with Outbox(directory, max_bytes) as outbox:
            await work(outbox)

    asyncio.run(main())


async def everything(outbox: Outbox) -> list[Row]:
    kinds = ("telemetry", "event", "media", "result")
    return await outbox.fetch(kinds, until=outbox.statistics.last_seq, rows=1_000_000, max_bytes=PLENTY)


def sample(number: int, size: int = 200) -> Entry:
    return Entry("telemetry", str(number).encode().ljust(size), 1)


def test_entries_when_kept_then_are_there_after_a_new_start(tmp_path: Path) -> None:
    async def keep(outbox: Outbox) -> None:
        assert await outbox.append_many([sample(1), Entry("event", b"e")]) == [1, 2]
        await outbox.set_note("rules", "x")

    async def look(outbox: Outbox) -> None:
        assert [(row.seq, row.kind, row.payload.strip()) for row in await everything(outbox)] == [
            (1, "telemetry", b"1"),
            (2, "event", b"e"),
        ]
        assert outbox.statistics.messages == 2
        assert outbox.statistics.telemetry == 1
        assert await outbox.note("rules") == "x"
        assert await outbox.delete([(1, 2)]) == 2
        assert outbox.statistics.messages == 0
        assert outbox.statistics.payload_bytes == 0
        assert await outbox.append(sample(3)) == 3, "a number is never given twice"

    run(tmp_path, keep)
    run(tmp_path, look)


WRITER = """
import asyncio, sys
from pathlib import Path
from edge.entries import Entry
from edge.outbox import Outbox

async def main():
    async with Outbox(Path(sys.argv[1]), 1 << 30) as outbox:
        async def keep_on():
            while True:
                seq = await outbox.append(Entry("telemetry", b"x" * 200, 1))
                sys.stdout.write(f"{seq}\\n")
                sys.stdout.flush()
        await asyncio.gather(*(keep_on() for _ in range(8)))

asyncio.run(main())
"""


def test_an_entry_when_confirmed_then_survives_sigkill_at_any_moment(tmp_path: Path) -> None:
    said: list[int] = []
    for wait_for_lines in (50, 333, 1_000):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert writer.stdout
        said += [int(writer.stdout.readline()) for _ in range(wait_for_lines)]
        writer.send_signal(signal.SIGKILL)
        said += [int(line) for line in writer.stdout.read().split("\n")[:-1]]
        writer.wait()
        writer.stdout.close()

    async def look(outbox: Outbox) -> None:
        kept = {row.seq for row in await everything(outbox)}
        assert set(said) <= kept
        assert outbox.statistics.messages == len(kept)
        assert outbox.statistics.set_aside == 0

    run(tmp_path, look)


def test_telemetry_when_over_the_bound_then_loses_resolution_before_span_and_events_never(tmp_path: Path) -> None:
    async def work(outbox: Outbox) -> None:
        for start in range(0, 20_000, 500):
            await outbox.append_many([sample(number) for number in range(start, start + 500)])
            await outbox.append(Entry("event", b"event"))
        rows = await everything(outbox)
        numbers = [int(row.payload) for row in rows if row.kind == "telemetry"]
        figures = outbox.statistics
        assert sum(row.kind == "event" for row in rows) == 40
        assert figures.payload_bytes <= 1_000_000
        assert figures.thinned == 20_000 - len(numbers)
        assert numbers[0] == 0, "the span keeps its beginning"
        assert set(range(19_000, 20_000)) <= set(numbers), "the newest are whole"
        quarters = [sum(low <= number < low + 5_000 for number in numbers) for low in range(0, 20_000, 5_000)]
        assert quarters == sorted(quarters), "coarser with age"
        assert quarters[0] > 50

    run(tmp_path, work, max_bytes=1_000_000)
    assert (tmp_path / "outbox.db").stat().st_size < 3_000_000


def test_two_series_in_turn_when_thinned_then_both_keep_a_history(tmp_path: Path) -> None:
    async def work(outbox: Outbox) -> None:
        for start in range(0, 6_000, 500):
            await outbox.append_many([sample(number) for number in range(start, start + 500)])
        old = [int(row.payload) for row in await everything(outbox) if int(row.payload) < 2_000]
        odd = sum(number % 2 for number in old)
        assert 0.3 < odd / len(old) < 0.7

    run(tmp_path, work, max_bytes=700_000)


def test_events_when_they_alone_are_over_the_bound_then_all_stay(tmp_path: Path) -> None:
    async def work(outbox: Outbox) -> None:
        await outbox.append_many([Entry("event", b"e" * 1_000) for _ in range(200)])
        await outbox.append(sample(1))
        await outbox.append(Entry("media", b"m" * 1_000, meta="id image/jpeg 00"))
        kinds = [row.kind for row in await everything(outbox)]
        assert kinds == ["event"] * 200, "telemetry and evidence have given way"

    run(tmp_path, work, max_bytes=100_000)


def test_the_file_when_emptied_then_gives_its_pages_back(tmp_path: Path) -> None:
    file = OutboxFile(tmp_path / "outbox.db", PLENTY, Disk(tmp_path, 0))
    file.begin()
    file.append([sample(number, 2_000) for number in range(10_000)])
    file.commit()
    file.begin()
    file.delete([(1, 10_000)])
    file.commit()
    for _ in range(100):
        file.shrink()
    file.close()
    assert (tmp_path / "outbox.db").stat().st_size < (VACUUM_STEP_PAGES + 100) * 4_096


@pytest.mark.parametrize("damage", ["head", "middle", "all"])
def test_the_file_when_damaged_then_is_set_aside_and_work_goes_on(tmp_path: Path, damage: str) -> None:
    async def fill(outbox: Outbox) -> None:
        await outbox.append_many([sample(number, 2_000) for number in range(500)])

    run(tmp_path, fill)
    path = tmp_path / "outbox.db"
    content = bytearray(path.read_bytes())
    spans = {"head": (0, 200), "middle": (8_192, 300_000), "all": (0, len(content))}
    begin, end = spans[damage]
    content[begin:end] = b"\xa5" * (end - begin)
    path.write_bytes(content)

    async def go_on(outbox: Outbox) -> None:
        assert outbox.statistics.set_aside == 1
        assert outbox.statistics.messages == 0
        await outbox.append(sample(1))

    run(tmp_path, go_on)
    for _ in range(3):
        path.write_bytes(b"\xa5" * 10_000)
        run(tmp_path, go_on)
    assert len(list(tmp_path.glob("*.corrupt-*"))) == 2, "evidence must not fill the disk"


def test_the_file_when_damaged_under_the_running_agent_then_what_is_appended_next_is_kept(tmp_path: Path) -> None:
    async def work(outbox: Outbox) -> None:
        await outbox.append_many([sample(number, 2_000) for number in range(2_000)])
        before = outbox.generation
        other = sqlite3.connect(tmp_path / "outbox.db")
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        other.close()
        with (tmp_path / "outbox.db").open("r+b") as file:
            file.seek(4_096)
            file.write(b"\xa5" * 4_000_000)
        outbox._file._db.execute("PRAGMA cache_size=0")
        assert await outbox.append(sample(7)) == 2_001  # numbers go on: receipts of the old file must free nothing here
        assert outbox.generation != before
        assert [row.payload.strip() for row in await everything(outbox)] == [b"7"]

    run(tmp_path, work)


def test_the_disk_when_it_refuses_then_the_caller_is_told_and_later_entries_are_kept(tmp_path: Path) -> None:
    async def work(outbox: Outbox) -> None:
        pages = outbox._file._db.execute("PRAGMA page_count").fetchone()[0]
        outbox._file._db.execute(f"PRAGMA max_page_count={pages + 10}")
        with pytest.raises(Unavailable, match="full"):
            await outbox.append_many([sample(number, 2_000) for number in range(500)])
        assert outbox.statistics.messages == 0
        outbox._file._db.execute("PRAGMA max_page_count=1000000")
        assert await outbox.append(sample(1))
        assert outbox.statistics.messages == 1

    run(tmp_path, work)


def test_a_second_owner_when_it_comes_then_is_refused(tmp_path: Path) -> None:
    async def work(outbox: Outbox) -> None:
        with pytest.raises(Misconfigured, match="used by another agent"):
            async with Outbox(tmp_path, PLENTY):
                pass

    run(tmp_path, work)


def test_a_directory_when_it_cannot_be_made_then_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="see outbox_dir"):
        run(tmp_path / "file" / "below", lambda outbox: outbox.append(sample(1)))


def test_many_appenders_when_they_come_together_then_share_their_syncs(tmp_path: Path) -> None:
    async def work(outbox: Outbox) -> None:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        await asyncio.gather(*(outbox.append(sample(number)) for number in range(2_000)))
        assert loop.time() - began_s < 5

    run(tmp_path, work)


def test_the_file_when_opened_then_syncs_at_each_commit_and_writes_ahead(tmp_path: Path) -> None:
    file = OutboxFile(tmp_path / "outbox.db", 1_000_000, Disk(tmp_path, 0))
    assert file._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert file._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    file.close()


def test_the_file_when_set_aside_then_the_next_one_goes_on_with_higher_numbers(tmp_path: Path) -> None:
    file = OutboxFile(tmp_path / "outbox.db", 1_000_000, Disk(tmp_path, 0))
    file.begin()
    before = file.append([Entry("telemetry", b"[]", 1)] * 3)
    file.commit()
    file.set_aside("test")
    file.begin()
    after = file.append([Entry("telemetry", b"[]", 1)])
    file.commit()
    assert after[0] > before[-1]
    assert file.statistics().last_seq == after[0]
    file.close()
