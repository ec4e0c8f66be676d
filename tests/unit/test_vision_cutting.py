"""Cutting while the recorder goes on, and while the disk does not: what a film lacks is never said to be in it."""

import asyncio
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from edge.clock import Clock
from edge.site_vision import Recording as Bounds
from edge.vision import archive as archive_module
from edge.vision.archive import Archive
from edge.vision.incident_clips import WHOLE, IncidentClips
from edge.vision.recording import SegmentKeeper
from edge.vision.segments import PART

T0 = 1_763_780_400.0
CAMERA = "TD-01.cam-1"
EVENT = "01a203e9-b9a6-773d-ac3d-e7b912ec3ca5"
HZ = 5


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty seconds with a key frame each second."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=HZ, options={"g": str(HZ), "preset": "ultrafast", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        random = np.random.default_rng(1)
        for _ in range(30 * HZ):
            picture = random.integers(0, 256, (96, 160, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    return path


def record(film: Path, keeper: SegmentKeeper, began_s: float) -> None:
    with av.open(str(film)) as container:
        for packet in container.demux(video=0):
            if packet.size:
                keeper.take(packet, began_s + float(packet.pts * packet.time_base), container.streams.video[0])


@pytest.fixture
def keeper(tmp_path: Path, film: Path) -> SegmentKeeper:
    """A minute in two segments, and half a minute, which is still being written."""
    made = SegmentKeeper(tmp_path / "recordings" / CAMERA, lambda _: None)
    for number in range(3):
        record(film, made, T0 + 30 * number)
    assert len(list((tmp_path / "recordings" / CAMERA).glob(f"*/*{PART}"))) == 1
    return made


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path, Bounds(), sink=None, clock=Clock(), pulse=None)  # type: ignore[arg-type]


def before(monkeypatch: pytest.MonkeyPatch, step: str, happens: Callable[[], Any]) -> None:
    """Let something happen just before a step of the cutting."""
    goes_on = getattr(archive_module, step)

    def first(*arguments: Any) -> Any:
        happens()
        return goes_on(*arguments)

    monkeypatch.setattr(archive_module, step, first)


def pictures(parts: list[Path]) -> int:
    total = 0
    for part in parts:
        with av.open(str(part)) as container:
            total += sum(1 for _ in container.decode(video=0))
    return total


class Nothing:
    """An outbox that has nothing."""

    async def note(self, _key: str) -> None:
        return None


@pytest.mark.parametrize("step", ["segments_between", "groups_of", "write_parts"])
def test_film_when_the_recorder_finishes_a_segment_meanwhile_then_all_of_it_is_there_and_none_twice(
    archive: Archive, keeper: SegmentKeeper, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    before(monkeypatch, step, keeper.end)
    parts, share = asyncio.run(archive.cut_parts(CAMERA, T0 + 50.0, T0 + 70.0, archive.evidence_dir / EVENT))
    assert (pictures(parts), share) == (20 * HZ, pytest.approx(100))


def test_film_when_a_segment_is_gone_before_it_is_read_then_it_is_said_how_much_is_left(
    archive: Archive, keeper: SegmentKeeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take() -> None:
        (gone,) = (tmp_path / "recordings" / CAMERA).glob(f"*/{round((T0 + 30) * 1000)}-*")
        gone.unlink(missing_ok=True)

    before(monkeypatch, "write_parts", take)
    parts, share = asyncio.run(archive.cut_parts(CAMERA, T0 + 50.0, T0 + 70.0, archive.evidence_dir / EVENT))
    assert (pictures(parts), share) == (10 * HZ, pytest.approx(50, abs=2))


def test_film_of_an_incident_when_what_was_planned_cannot_be_read_then_its_lack_is_told(
    archive: Archive, keeper: SegmentKeeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil() -> None:
        (spoilt,) = (tmp_path / "recordings" / CAMERA).glob(f"*/*{PART}")
        spoilt.write_bytes(b"\xa5" * 100)

    clips = IncidentClips(archive, None, Nothing(), None, Clock())  # type: ignore[arg-type]
    assert asyncio.run(clips.cut(CAMERA, T0 + 60, EVENT)) == WHOLE
    before(monkeypatch, "write_parts", spoil)
    lacks = asyncio.run(clips.cut(CAMERA, T0 + 60, EVENT))
    assert lacks == ("hanya 49 % dari 20 detik terekam", "only 49 % of its 20 s are recorded")


@pytest.mark.parametrize("lacking_bytes", [1, 500])
def test_film_when_the_disk_fills_in_its_last_fragment_then_it_has_failed_and_nothing_is_left(
    archive: Archive, keeper: SegmentKeeper, monkeypatch: pytest.MonkeyPatch, lacking_bytes: int
) -> None:
    (whole,), _ = asyncio.run(archive.cut_parts(CAMERA, T0 + 30.0, T0 + 40.0, archive.evidence_dir / EVENT))
    left, write = [whole.stat().st_size - lacking_bytes], os.write
    whole.unlink()

    def onto_a_full_disk(handle: int, content: Any) -> int:
        if len(content) > left[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        left[0] -= len(content)
        return write(handle, content)

    monkeypatch.setattr(os, "write", onto_a_full_disk)
    with pytest.raises(OSError, match="No space"):
        asyncio.run(archive.cut_parts(CAMERA, T0 + 30.0, T0 + 40.0, archive.evidence_dir / EVENT))
    assert list(archive.evidence_dir.glob("*.mp4")) == []


def test_film_when_the_disk_refuses_to_keep_what_it_took_then_it_has_failed(
    archive: Archive, keeper: SegmentKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_handle: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fdatasync", refused)
    with pytest.raises(OSError, match="error"):
        asyncio.run(archive.cut_parts(CAMERA, T0 + 30.0, T0 + 40.0, archive.evidence_dir / EVENT))
    assert list(archive.evidence_dir.glob("*.mp4")) == []
