"""A disk that turns read-only or dies under recordings and clips: the box lives on."""

import asyncio
import errno
import os
from pathlib import Path

import pytest

from edge.vision import delivery, station
from edge.vision.incident_clips import IncidentClips
from tests.fix_station import StillBox


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
        monkeypatch.setattr(films, "_waiting", broken)
        task = asyncio.create_task(films.run())
        await asyncio.sleep(0.1)
        lives = not task.done()
        task.cancel()
        return lives

    assert asyncio.run(inside())
