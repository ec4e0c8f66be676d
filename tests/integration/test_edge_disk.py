"""The outbox on a disk that is really full, really read-only, or short of room for others."""

import asyncio
import os
import sqlite3
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from edge.disk import BALLAST_BYTES, Disk
from edge.entries import Entry
from edge.errors import Unavailable
from edge.outbox import Outbox
from edge.outbox_file import FLOOR_BYTES, LOG_BYTES, OutboxFile
from simulators.broker import LocalBroker
from tests.fix_edge import Box, Cloud, ModbusField, SmallDisk, gauge_site, wait_for

PLENTY = 1 << 30
MIB = 1 << 20
PAYLOAD = b"x" * 2_000


async def until(condition: Callable[[], object]) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(15):
        while not condition():
            await asyncio.sleep(0.02)


def work_on(disk: SmallDisk, work: Callable[[Outbox], Awaitable[None]], min_free_bytes: int = 0) -> None:
    """Work with an open outbox on a small disk."""

    async def main() -> None:
        async with Outbox(disk.path / "outbox", PLENTY, min_free_bytes) as outbox:
            await work(outbox)

    asyncio.run(main())


async def keep(outbox: Outbox, messages: int) -> list[int]:
    seqs = []
    for _ in range(0, messages, 50):
        seqs += await outbox.append_many([Entry("telemetry", PAYLOAD, 1)] * 50)
    return seqs


async def telemetry(outbox: Outbox) -> list[int]:
    rows = await outbox.fetch(("telemetry",), until=outbox.statistics.last_seq, rows=1_000_000, max_bytes=PLENTY)
    return [row.seq for row in rows]


def test_receipts_when_the_disk_is_full_then_still_free_room(small_disk: SmallDisk) -> None:
    async def work(outbox: Outbox) -> None:
        seqs = await keep(outbox, 2_000)
        small_disk.fill()
        assert small_disk.free_bytes == 0
        for seq in seqs:
            await outbox.delete([(seq, seq)])  # one by one: the log must not need more and more
        assert outbox.statistics.messages == 0
        await keep(outbox, 1_000)
        assert outbox.statistics.messages == 1_000

    work_on(small_disk, work)


def test_recording_when_the_disk_is_full_for_long_then_goes_on_by_thinning_and_events_stay(
    small_disk: SmallDisk,
) -> None:
    async def work(outbox: Outbox) -> None:
        await outbox.append_many([Entry("event", b"e" * 500)] * 200)
        await keep(outbox, 4_000)
        small_disk.fill()
        kept = await keep(outbox, 20_000)  # 40 MB through a full disk
        found = await telemetry(outbox)
        assert set(kept[-200:]) <= set(found), "the newest are whole"
        assert outbox.statistics.thinned > 10_000
        assert outbox.statistics.payload_bytes > FLOOR_BYTES
        assert outbox.statistics.messages - outbox.statistics.telemetry == 200
        assert outbox.statistics.disk in ("low", "full")

    work_on(small_disk, work)
    assert (small_disk.path / "outbox" / "outbox.db").stat().st_size < 20 * MIB


def test_the_ballast_when_there_is_room_again_then_is_taken_on_again(small_disk: SmallDisk) -> None:
    ballast = small_disk.path / "outbox" / "outbox.ballast"

    async def work(outbox: Outbox) -> None:
        assert ballast.stat().st_size == BALLAST_BYTES
        assert ballast.stat().st_blocks * 512 >= BALLAST_BYTES, "it holds room, not only a size"
        small_disk.fill()
        await keep(outbox, 4_000)
        assert not ballast.exists()
        assert outbox.statistics.disk == "low"
        small_disk.clear()
        await until(ballast.exists)
        await until(lambda: outbox.statistics.disk == "ok")

    work_on(small_disk, work)


def test_telemetry_when_others_take_the_disk_below_the_minimum_then_the_file_does_not_grow(
    small_disk: SmallDisk,
) -> None:
    file = small_disk.path / "outbox" / "outbox.db"

    async def work(outbox: Outbox) -> None:
        await keep(outbox, 2_000)
        small_disk.fill(leave_bytes=10 * MIB)
        await until(lambda: outbox.statistics.disk == "low")
        before, free_bytes = file.stat().st_size, small_disk.free_bytes
        kept = await keep(outbox, 6_000)
        assert file.stat().st_size - before < 2 * MIB
        assert small_disk.free_bytes > free_bytes - LOG_BYTES
        assert outbox.statistics.thinned > 0
        assert set(kept[-500:]) <= set(await telemetry(outbox))
        small_disk.clear()
        await until(lambda: outbox.statistics.disk == "ok")
        thinned = outbox.statistics.thinned
        await keep(outbox, 2_000)
        assert outbox.statistics.thinned == thinned

    work_on(small_disk, work, min_free_bytes=12 * MIB)


def test_a_small_outbox_when_the_disk_is_short_then_keeps_everything(small_disk: SmallDisk) -> None:
    async def work(outbox: Outbox) -> None:
        small_disk.fill(leave_bytes=10 * MIB)
        await keep(outbox, 400)
        assert outbox.statistics.thinned == 0
        assert outbox.statistics.disk == "low"

    work_on(small_disk, work, min_free_bytes=40 * MIB)


def test_the_log_when_much_is_kept_and_deleted_then_stays_small(small_disk: SmallDisk) -> None:
    log = small_disk.path / "outbox" / "outbox.db-wal"

    async def work(outbox: Outbox) -> None:
        for _ in range(5):
            seqs = await keep(outbox, 3_000)
            await outbox.delete([(seqs[0], seqs[-1])])
        await outbox.append(Entry("telemetry", b"[]", 1))
        assert log.stat().st_size <= LOG_BYTES

    work_on(small_disk, work)


def test_pages_when_the_outbox_is_never_idle_then_are_given_back_all_the_same(small_disk: SmallDisk) -> None:
    async def work(outbox: Outbox) -> None:
        seqs = await keep(outbox, 5_000)
        await outbox.delete([(seqs[0], seqs[-1])])
        file = small_disk.path / "outbox" / "outbox.db"
        full = file.stat().st_size

        async def is_smaller() -> bool:
            await outbox.delete([(await outbox.append(Entry("telemetry", b"[]", 1)),) * 2])
            return file.stat().st_size < full - 3 * MIB

        async with asyncio.timeout(20):
            while not await is_smaller():
                await asyncio.sleep(0.01)

    work_on(small_disk, work)


def test_the_outbox_when_opened_on_a_full_disk_then_throws_the_ballast_off_and_works(small_disk: SmallDisk) -> None:
    async def fill(outbox: Outbox) -> None:
        await keep(outbox, 1_000)

    async def go_on(outbox: Outbox) -> None:
        assert outbox.statistics.messages == 1_000
        assert await outbox.delete([(1, 500)]) == 500
        await keep(outbox, 100)

    work_on(small_disk, fill)
    small_disk.fill()
    work_on(small_disk, go_on)


def test_the_outbox_when_first_opened_on_a_full_disk_then_refuses_in_words_until_there_is_room(
    small_disk: SmallDisk,
) -> None:
    small_disk.fill()

    async def work(outbox: Outbox) -> None:
        assert outbox.statistics.disk == "full"
        with pytest.raises(Unavailable, match="full"):
            await keep(outbox, 50)
        small_disk.clear()
        await until(lambda: outbox.statistics.disk == "ok")
        await keep(outbox, 50)

    work_on(small_disk, work)


def test_the_outbox_when_opened_on_a_read_only_disk_then_says_so_and_recovers(small_disk: SmallDisk) -> None:
    async def fill(outbox: Outbox) -> None:
        await keep(outbox, 50)

    async def work(outbox: Outbox) -> None:
        assert outbox.statistics.disk == "read_only"
        with pytest.raises(Unavailable, match="Read-only"):
            await keep(outbox, 50)
        small_disk.set_read_only(on=False)
        await until(lambda: outbox.statistics.disk == "ok")
        await keep(outbox, 50)
        assert outbox.statistics.messages == 100

    work_on(small_disk, fill)
    small_disk.set_read_only(on=True)
    work_on(small_disk, work)


@pytest.fixture
def box(
    field: ModbusField, broker: LocalBroker, make_box: Callable[..., Box], box_name: str, small_disk: SmallDisk
) -> Box:
    """A box whose outbox lies on the small disk."""
    site = gauge_site(box_name, field.port, water_level={"interval_s": 0.1, "dead_band": 0})
    gauge = site["assets"][0]["code"]
    site["rules"] = [{"kind": "water_stage", "asset": gauge, "stages": {"siaga_3": 2.0}, "minimum_s": 0.1}]
    return make_box(
        site, broker.port, outbox_dir=small_disk.path / "outbox", outbox_min_free_bytes=MIB, host_interval_s=0.5
    )


def test_the_agent_when_its_disk_fills_up_then_goes_on_says_so_and_recovers_by_itself(
    field: ModbusField, cloud: Cloud, box: Box, small_disk: SmallDisk
) -> None:
    level = f"{box.name[:-2]}.gauge-1:water_level"
    with box:
        wait_for(lambda: cloud.values(level))
        small_disk.fill()
        levels = [field.show(step) for step in range(1, 30)]
        wait_for(lambda: set(levels) <= set(cloud.values(level)))
        wait_for(lambda: box.status()["outbox"]["messages"] <= 1)
        wait_for(lambda: cloud.statuses()[-1]["disk"] in ("low", "full"))
        wait_for(lambda: cloud.values("disk_trouble")[-1] is True)
        code, health = box.get("/healthz")
        assert (code, health["disk"] in ("low", "full")) == (200, True)
        small_disk.clear()
        wait_for(lambda: cloud.statuses()[-1]["disk"] == "ok")
        wait_for(lambda: cloud.values("disk_trouble")[-1] is False)
        assert box.process.poll() is None


def test_the_agent_when_its_disk_is_read_only_then_stays_up_says_so_and_records_once_it_is_writable(
    field: ModbusField, cloud: Cloud, box: Box, small_disk: SmallDisk
) -> None:
    level = f"{box.name[:-2]}.gauge-1:water_level"
    small_disk.set_read_only(on=True)
    with box:
        wait_for(box.is_up)
        levels = [field.show(step) for step in range(1, 10)]
        wait_for(lambda: cloud.statuses()[-1:] and cloud.statuses()[-1]["disk"] == "read_only")
        assert box.get("/healthz") == (200, {"alive": True, "overdue_s": {}, "disk": "read_only"})
        assert "remount it, or replace the card" in box.log
        assert box.logged("readings_not_durable") == 1
        field.show(3_000)
        wait_for(lambda: box.logged("event_not_durable") == 1)
        assert box.logged("event_raised") == 1
        small_disk.set_read_only(on=False)
        wait_for(lambda: {*levels, 3.0} <= set(cloud.values(level)))
        wait_for(lambda: [event["data"]["values"]["stage"] for event in cloud.events()] == ["siaga_3"])
        assert box.terminate() == 0
    assert box.logged("readings_durable_again") == 1


def test_the_files_when_made_then_are_their_owners_alone(tmp_path: Path) -> None:
    directory = tmp_path / "outbox"
    before = os.umask(0)
    try:

        async def main() -> None:
            async with Outbox(directory, PLENTY) as outbox:
                await keep(outbox, 50)
                found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
                names = {"", "-wal", "-shm"}
                assert found.keys() == {f"outbox.db{name}" for name in names} | {"outbox.ballast", "outbox.lock"}
                assert set(found.values()) == {0o600}

        asyncio.run(main())
    finally:
        os.umask(before)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_the_files_when_an_older_agent_left_them_open_to_all_then_are_closed(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "outbox.db")
    old.execute("PRAGMA journal_mode=WAL")
    old.execute("CREATE TABLE x (y)")
    for path in tmp_path.iterdir():
        path.chmod(0o644)
    file = OutboxFile(tmp_path / "outbox.db", PLENTY, Disk(tmp_path, 0))
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    file.close()
    old.close()
