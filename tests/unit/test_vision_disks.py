"""A disk that turns read-only or dies under recordings and clips: the box lives on."""

import asyncio
import errno
import os
from pathlib import Path

import pytest

from edge.contract.commands import Result
from edge.vision import clips, delivery, station
from edge.vision.incident_clips import IncidentClips
from tests.fix_station import T0, StillBox
from tests.unit.test_vision_clips import wish
from tests.unit.test_vision_incident_clips import film, record


def broken(*_: object, **__: object) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


def test_part_when_the_disk_has_turned_read_only_then_sending_it_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "unlink", broken)
    delivery._forget(tmp_path / "part")


@pytest.mark.parametrize("which", ["archive", "films", "clips", "live", "camera"])
def test_station_when_a_task_of_it_is_a_surprise_then_the_others_and_the_box_go_on(tmp_path, monkeypatch, which):
    monkeypatch.setattr(station, "AGAIN_S", 0.01)

    async def inside() -> tuple[int, bool]:
        box, runs, others = StillBox(tmp_path), [], []

        async def surprise() -> None:
            runs.append(1)
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        async def well() -> None:
            others.append(1)
            await asyncio.Event().wait()

        whole = box.station
        for name in ("archive", "films", "clips", "live"):
            monkeypatch.setattr(getattr(whole, name), "run", surprise if name == which else well)
        monkeypatch.setattr(whole.cameras[0], "run", surprise if which == "camera" else well)
        task = asyncio.create_task(whole.run())
        async with asyncio.timeout(10):
            while len(runs) < 3:
                await asyncio.sleep(0.01)
        lives = not task.done()
        task.cancel()
        return len(others), lives

    assert asyncio.run(inside()) == (4, True)


def test_films_when_their_directory_cannot_be_read_then_they_wait(tmp_path, monkeypatch):
    async def inside() -> bool:
        films: IncidentClips = StillBox(tmp_path).station.films
        monkeypatch.setattr(films._archive.shelf, "waiting", broken)
        task = asyncio.create_task(films.run())
        await asyncio.sleep(0.1)
        lives = not task.done()
        task.cancel()
        return lives

    assert asyncio.run(inside())


def test_clips_when_nothing_can_be_written_then_the_box_says_so_of_each_and_gives_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(clips, "PATIENCE_S", 0.0)
    record(tmp_path / "vision", film(tmp_path / "film.mp4", 10), T0)

    async def inside() -> list[Result]:
        box = StillBox(tmp_path, main="rtsp://127.0.0.1:9/main")
        box.clock.at_s += 60
        desk, asked_dir = box.station.clips, box.station.archive.asked_dir
        asked_dir.rmdir()
        asked_dir.write_text("no directory")
        working = asyncio.create_task(desk.run())
        for number in range(3):
            if number == 2:
                asked_dir.unlink()
                asked_dir.mkdir()
            await desk.carry_out(wish(T0 + number, seconds=5))
            async with asyncio.timeout(10):
                while box.notes.get("clip job") != "[]":
                    await asyncio.sleep(0.01)
        working.cancel()
        return [Result.model_validate_json(one.payload) for one in box.kept if one.kind == "result"]

    told = asyncio.run(inside())
    assert [(one.state, one.reason) for one in told] == [
        ("failed", "disk"), ("failed", "disk"), ("applied", ""), ("confirmed", ""),
    ]  # fmt: skip
    assert told[0].detail.endswith("see the box's status.")
    assert "Disk kotak menolak klip ini" in told[0].detail
