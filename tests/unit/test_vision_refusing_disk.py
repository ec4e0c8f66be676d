"""A disk that refuses, and pictures that no file takes: told with what to do; what waits is kept later."""

import asyncio
import errno
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import av.error
import pytest

from edge.entries import Entry
from edge.errors import Unavailable
from edge.vision import pictures, recording, remux, stream_thread
from edge.vision.happening import Happening
from edge.vision.recording import Recording, SegmentKeeper
from edge.vision.segments import segments_of
from edge.vision.stream import Address
from tests.fix_edge import wait_for
from tests.fix_station import CAMERA, T0, StillBox
from tests.fix_vision import road

HZ = 10


class RefusingBox(StillBox):
    """A box whose disk takes nothing while `is_full`."""

    is_full = False

    async def keep(self, entry: Entry) -> int:
        self._look()
        return await super().keep(entry)

    async def set_note(self, key: str, value: str) -> None:
        self._look()
        await super().set_note(key, value)

    async def sink(self, readings: Any) -> None:
        self.samples = [*getattr(self, "samples", []), *readings]

    def _look(self) -> None:
        if self.is_full:
            raise Unavailable("the outbox cannot write: No space left on device")

    def pictures(self) -> list[bytes]:
        return [entry.payload for entry in self.kept if entry.kind == "media"]


def obstacle(number: int) -> Happening:
    return Happening(f"obstacle {number}", "obstacle.detected", True, T0, {}, b"picture %d" % number)  # noqa: FBT003 - a beginning


def test_event_when_the_disk_refuses_then_its_picture_waits_and_follows_and_all_else_goes_on(tmp_path):
    async def work() -> None:
        box = RefusingBox(tmp_path, report_s=1)
        await box.turn()
        box.is_full, reported = True, len(box.samples)
        box.camera._take([obstacle(1), obstacle(2)])
        for _ in range(3):
            await box.turn()
        assert box.pictures() == []
        assert "2 pictures of events wait for the disk" in box.health.reason(CAMERA)
        assert len(box.samples) > reported, "what the disk refuses keeps nothing else from being told"
        box.is_full = False
        await box.camera._board.keep_waiting()
        await box.turn()
        assert box.pictures() == [b"picture 1", b"picture 2"]
        events = [event["id"] for event in box.told("obstacle.detected")]
        assert [entry.meta.split()[0] for entry in box.kept if entry.kind == "media"] == events
        assert all(event in box.notes[f"camera {CAMERA}"] for event in events), "a restart tells nothing twice"
        assert "wait for the disk" not in box.health.reason(CAMERA)

    asyncio.run(work())


@pytest.mark.parametrize("bound", ["number", "bytes"])
def test_pictures_when_more_wait_than_may_then_the_oldest_are_dropped_counted_and_told(tmp_path, monkeypatch, bound):
    if bound == "bytes":
        monkeypatch.setattr(pictures, "MOST_WAITING_BYTES", pictures.MOST_WAITING * len(b"picture 10"))

    async def work() -> None:
        box = RefusingBox(tmp_path)
        box.is_full = True
        first = 10 if bound == "bytes" else 0
        box.camera._take([obstacle(number) for number in range(first, first + pictures.MOST_WAITING + 5)])
        await box.turn()
        told = box.camera.describe()
        assert (told["pictures_waiting"], told["pictures_dropped"]) == (pictures.MOST_WAITING, 5)
        box.is_full = False
        await box.turn()
        last = first + pictures.MOST_WAITING + 5
        assert box.pictures() == [b"picture %d" % number for number in range(first + 5, last)]
        assert box.camera.describe()["pictures_dropped"] == 5

    asyncio.run(work())


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds of H.264 with a key frame each second."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=HZ, options={"g": "10", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for number in range(6 * HZ):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(road(seed=number), format="bgr24")))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize(("number", "word"), [(errno.ENOSPC, "penuh"), (errno.EROFS, "hanya dapat dibaca")])
def test_recording_when_the_disk_refuses_then_status_and_event_say_so_until_it_goes_on(
    tmp_path, film, monkeypatch, number, word
):
    def refuse(handle: int, content: bytes) -> int:
        if str(tmp_path / "kept") in str(Path(f"/proc/self/fd/{handle}").readlink()):
            raise OSError(number, os.strerror(number))
        return write(handle, content)

    async def work() -> None:
        box = StillBox(tmp_path)
        monkeypatch.setattr(recording, "time", SimpleNamespace(monotonic=box.clock.monotonic_s))
        record = Recording(CAMERA, Address(f"file:{film}"), tmp_path / "kept", lambda _: None)
        box.camera._fitness.record = record
        record.start()
        try:
            wait_for(lambda: record.reason.startswith("disk: "), 20)
            await box.turn(40)
            (begun,) = box.told("recording.stopped")
            assert begun["data"]["message_id"] == f"Rekaman berhenti: disk: {word}; periksa disk kotak ini"
            assert begun["data"]["message_en"].endswith("; check this box's disk")
            assert f"recording: disk: {os.strerror(number)}" in box.camera.describe()["reason"]
            monkeypatch.setattr(remux.os, "write", write)
            for _ in range(7):
                at_s = box.clock.at_s
                wait_for(lambda at_s=at_s: record.kept_s >= at_s, 20)
                await box.turn()
            assert len(box.told("recording.stopped")) == 2
            assert "recording" not in box.camera.describe()["reason"]
        finally:
            record.stop()
            assert record.join(10)

    for name in ("DISK_PAUSE_S", "RECONNECT_BASE_S", "RECONNECT_CAP_S"):
        monkeypatch.setattr(stream_thread, name, 0.02)
    write = os.write
    monkeypatch.setattr(remux.os, "write", refuse)
    asyncio.run(work())


def test_segment_when_a_picture_in_its_midst_does_not_fit_into_mp4_then_that_is_said_and_no_disk_is_blamed(
    tmp_path, film
):
    def refuse(_: Any) -> None:
        raise av.error.InvalidDataError(1, "x")

    def play() -> None:
        with av.open(str(film)) as container:
            for packet in container.demux(video=0):
                if packet.size and packet.pts * packet.time_base > 3:
                    keeper._writer._container = SimpleNamespace(mux=refuse, close=keeper._writer._container.close)
                if packet.size:
                    keeper.take(packet, T0 + float(packet.pts * packet.time_base), container.streams.video[0])

    keeper = SegmentKeeper(tmp_path / "kept", lambda _: None)
    with pytest.raises(Unavailable) as raised:
        play()
    why = raised.value.args[0]
    assert why == "the stream does not fit into MP4: InvalidDataError; set the camera's main stream to H.264"
    assert why.id == "aliran ini tidak muat dalam MP4: InvalidDataError; setel aliran utama kamera ke H.264"
    (segment,) = segments_of(next((tmp_path / "kept").iterdir()))
    assert segment.ended_ms - segment.began_ms == pytest.approx(3_000, abs=150), "what was written before plays"


def test_recording_when_segments_are_found_unfinished_then_they_are_counted(tmp_path, film, monkeypatch):
    keeper = SegmentKeeper(tmp_path / "kept", lambda _: None)
    with av.open(str(film)) as container:
        for packet in container.demux(video=0):
            if packet.size:
                keeper.take(packet, T0 + float(packet.pts * packet.time_base), container.streams.video[0])
    keeper._writer.close()  # the power went before it had its name
    record = Recording(CAMERA, Address(f"file:{film}"), tmp_path / "kept", lambda _: None)
    record._recover()
    assert record.recovered == 1
