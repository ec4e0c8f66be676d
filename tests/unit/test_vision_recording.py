"""Segments: cut, playable whatever happens, accounted for, bounded."""

import asyncio
import errno
import os
import shutil
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import av.error
import numpy as np
import pytest

from edge.clock import Clock
from edge.errors import Misconfigured, Unavailable
from edge.site_vision import Recording as Bounds
from edge.vision import recording, remux
from edge.vision.archive import ACCOUNT_LAG_S, BRIDGE_MS, Archive
from edge.vision.joining import groups_of, join
from edge.vision.recording import Recording, SegmentKeeper, recover
from edge.vision.remux import last_time_s, parameter_sets, sets_of
from edge.vision.segments import (
    MOST_AT_ONCE,
    PART,
    Ring,
    Segment,
    covered_ms,
    finish,
    part_path,
    segments_between,
    segments_of,
)
from edge.vision.stream import Address, Packet
from tests.fix_vision import road

T0 = 1_763_780_400.0
HZ = 10


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty seconds of H.264 with a key frame each two."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            "libx264", rate=HZ, options={"g": "20", "preset": "ultrafast", "tune": "zerolatency"}
        )
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for number in range(30 * HZ):
            picture = av.VideoFrame.from_ndarray(
                road((number * 3 % 640, 200, (0, 0, 255)), seed=number), format="bgr24"
            )
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def play(film, keeper, alter):
    """Play a film into a keeper; `alter` gives when a picture was taken and its stream's time, or None to skip it."""
    with av.open(str(film)) as container:
        video = container.streams.video[0]
        for packet in container.demux(video):
            altered = alter(float(packet.pts * packet.time_base)) if packet.size else None
            if altered is not None:
                packet.pts = packet.dts = round(altered[1] / packet.time_base)
                keeper.take(packet, altered[0], video)


def record(film, keeper, seconds=None, began_s=T0):
    """Play a film into a keeper; its pictures were taken from `began_s` on."""
    with av.open(str(film)) as container:
        video = container.streams.video[0]
        for packet in container.demux(video):
            if not packet.size:
                continue
            within_s = float(packet.pts * packet.time_base)
            if seconds is not None and within_s >= seconds:
                return
            packet.pts += round((began_s - T0) / packet.time_base)
            packet.dts = packet.pts
            keeper.take(packet, began_s + within_s, video)


def pictures(path):
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_segment_when_finished_then_it_plays_and_its_name_is_its_span(tmp_path, film):
    grown = []
    keeper = SegmentKeeper(tmp_path, grown.append)
    record(film, keeper)
    keeper.end()
    (segment,) = segments_between(tmp_path, round(T0 * 1000), round(T0 * 1000) + 60_000)
    assert (segment.began_ms, segment.ended_ms) == (round(T0 * 1000), round((T0 + 29.9) * 1000))
    assert pictures(segment.path) == 300
    assert grown == [segment.path.stat().st_size]
    assert segment.path.stat().st_mode & 0o077 == 0


def test_segment_when_a_files_pictures_begin_with_a_length_like_a_start_code_then_none_is_left_out(tmp_path, film):
    filler = (300).to_bytes(4, "big") + b"\x0c" + b"\xff" * 298 + b"\x80"  # 0x0000012c; a unit that players leave out
    keeper = SegmentKeeper(tmp_path, lambda _: None)
    with av.open(str(film)) as container:
        video = container.streams.video[0]
        for packet in container.demux(video):
            if packet.size:
                longer = av.Packet(filler + bytes(packet))
                longer.pts = longer.dts = packet.pts
                longer.time_base, longer.is_keyframe = packet.time_base, packet.is_keyframe
                assert keeper.take(longer, T0 + float(packet.pts * packet.time_base), video) or not packet.pts
    keeper.end()
    (segment,) = segments_between(tmp_path, round(T0 * 1000), round(T0 * 1000) + 60_000)
    assert pictures(segment.path) == 300


def test_segments_when_recording_goes_on_then_they_are_cut_at_key_frames_and_cover_everything(tmp_path, film):
    keeper = SegmentKeeper(tmp_path, lambda _: None)
    for number in range(8):
        record(film, keeper, began_s=T0 + 30 * number)
    keeper.end()
    from_ms, to_ms = round(T0 * 1000), round((T0 + 240) * 1000)
    found = segments_between(tmp_path, from_ms, to_ms)
    assert len(found) == 4
    assert sum(pictures(one.path) for one in found) == 8 * 300
    assert covered_ms(found, from_ms, to_ms, 2_500) == to_ms - from_ms


def test_segments_when_the_stream_was_away_then_the_gap_is_accounted_for(tmp_path, film):
    keeper = SegmentKeeper(tmp_path, lambda _: None)
    record(film, keeper)
    record(film, keeper, began_s=T0 + 60)
    keeper.end()
    from_ms, to_ms = round(T0 * 1000), round((T0 + 90) * 1000)
    found = segments_between(tmp_path, from_ms, to_ms)
    assert covered_ms(found, from_ms, to_ms, 2_500) == pytest.approx(60_000, abs=2_200)  # until the next key frame


@pytest.mark.parametrize(
    "stream_s",
    [
        lambda within_s: within_s + 3.0 * (within_s >= 11),
        lambda within_s: within_s + 72_000.0 * (within_s >= 11),
        lambda within_s: within_s * 0.8,
        lambda within_s: within_s * 1.25,
    ],
    ids=["jump", "far jump", "slow", "quick"],
)
def test_segment_when_the_streams_times_jump_or_drift_then_it_has_the_boxs_times_and_every_picture(
    tmp_path, film, stream_s
):
    keeper = SegmentKeeper(tmp_path, lambda _: None)
    play(film, keeper, lambda within_s: (T0 + within_s, stream_s(within_s)))
    keeper.end()
    (segment,) = segments_between(tmp_path, round(T0 * 1000), round(T0 * 1000) + 60_000)
    assert (segment.began_ms, segment.ended_ms) == (T0 * 1000, T0 * 1000 + 29_900)
    with av.open(str(segment.path)) as container:
        times = [float(frame.pts * frame.time_base) for frame in container.decode(video=0)]
    assert times == pytest.approx([number / HZ for number in range(300)], abs=0.001)


def test_segments_when_the_boxs_clock_is_set_then_none_holds_both_times(tmp_path, film):
    keeper = SegmentKeeper(tmp_path, lambda _: None)
    play(film, keeper, lambda within_s: (T0 + within_s - 40 * (within_s >= 12), within_s))
    keeper.end()
    found = segments_of(next(tmp_path.iterdir()))
    assert [(one.began_ms - T0 * 1000, one.ended_ms - T0 * 1000) for one in found] == [(-28_000, -10_100), (0, 11_900)]


def test_segment_when_pictures_are_shown_in_another_order_than_they_come_then_all_play_in_it(tmp_path):
    film, keeper = tmp_path / "b.mp4", SegmentKeeper(tmp_path / "cam", lambda _: None)
    with av.open(str(film), "w") as container:
        stream = container.add_stream("libx264", rate=HZ, options={"g": "20", "bf": "2", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(60):
            picture = np.full((180, 320, 3), number * 4, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    with av.open(str(film)) as container:
        for packet in container.demux(video=0):
            if packet.size:
                keeper.take(packet, T0 + float(packet.pts * packet.time_base), container.streams.video[0])
    keeper.end()
    (segment,) = segments_of(next((tmp_path / "cam").iterdir()))
    with av.open(str(segment.path)) as container:
        frames = [(float(frame.pts * frame.time_base), frame) for frame in container.decode(video=0)]
    levels = [float(frame.to_ndarray(format="gray").mean()) for _, frame in frames]
    assert len(frames) == 60
    assert np.allclose(np.diff([at_s for at_s, _ in frames]), 1 / HZ, atol=0.002)
    assert np.all(np.diff(levels) > 0)


def test_segments_when_a_camera_sends_a_second_in_ten_then_a_tenth_is_accounted_for(tmp_path, film):
    keeper = SegmentKeeper(tmp_path, lambda _: None)
    play(film, keeper, lambda within_s: (T0 + within_s, within_s) if within_s % 10 < 1 else None)
    keeper.end()
    from_ms, to_ms = round(T0 * 1000), round((T0 + 30) * 1000)
    found = segments_between(tmp_path, from_ms, to_ms)
    assert covered_ms(found, from_ms, to_ms, BRIDGE_MS) == 2_700


def test_segment_when_no_other_key_frame_comes_then_it_reaches_the_disk_and_ends(tmp_path, film, monkeypatch):
    monkeypatch.setattr(recording, "MOST_SEGMENT_S", 20.0)
    keeper = SegmentKeeper(tmp_path, lambda _: None)
    with av.open(str(film)) as container:
        video, sizes = container.streams.video[0], []
        for packet in container.demux(video):
            if packet.size and (packet.pts == 0 or not packet.is_keyframe):
                keeper.take(packet, T0 + float(packet.pts * packet.time_base), video)
                sizes.append(sum(part.stat().st_size for part in tmp_path.glob("*/*")))
    assert sizes[12 * HZ] > sizes[6 * HZ] > sizes[0]
    (segment,) = segments_of(next(tmp_path.iterdir()))
    assert segment.ended_ms == pytest.approx(T0 * 1000 + 20_000, abs=200)


def test_recording_when_no_key_frame_comes_then_it_says_so_and_is_not_taken_for_recorded(tmp_path, film, monkeypatch):
    monkeypatch.setattr(recording, "UNKEPT_S", 0.02)
    monkeypatch.setattr(recording, "HOPELESS_S", 0.1)
    recorded = Recording("TD-01.cam-1", Address("rtsp://10.0.0.9/secret"), tmp_path, lambda _: None)
    recorded._opened_s = time.monotonic()

    def keep():
        with av.open(str(film)) as container:
            stream = SimpleNamespace(video=container.streams.video[0])
            for packet in container.demux(video=0):
                if not packet.is_keyframe:
                    recorded._keep(Packet(packet, T0, 0.0, None), T0, stream)
                    time.sleep(0.001)

    with pytest.raises(Unavailable, match=r"10\.0\.0\.9: no key frames come"):
        keep()
    assert "no key frames come" in recorded.reason, "said before the connection is given up"
    assert recorded.reason
    assert recorded.kept_s < 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("share", [0.3, 0.71, 0.999])
def test_segment_when_the_power_is_cut_then_what_was_written_plays_and_is_found_again(tmp_path, film, share):
    keeper = SegmentKeeper(tmp_path, lambda _: None)
    record(film, keeper, seconds=20)
    (part,) = tmp_path.glob(f"*/*{PART}")
    keeper.end()
    (done,) = tmp_path.glob("*/*.mp4")
    done.rename(part)
    os.truncate(part, round(part.stat().st_size * share))
    assert recover(tmp_path) == 1
    (segment,) = segments_between(tmp_path, round(T0 * 1000), round(T0 * 1000) + 60_000)
    assert pictures(segment.path) == pytest.approx((segment.ended_ms - segment.began_ms) / 100 + 1, abs=2)
    assert pictures(segment.path) >= 20 * HZ * share - 3.5 * HZ


def test_segment_when_somebody_elses_file_lies_there_then_it_is_nobodys_and_nothing_stumbles_over_it(tmp_path, film):
    keeper = SegmentKeeper(tmp_path, lambda _: None)
    record(film, keeper, seconds=10)
    (part,) = tmp_path.glob(f"*/*{PART}")
    (part.parent / f"copy{PART}").write_bytes(b"x" * 100)
    assert recover(tmp_path) == 1
    keeper._writer.close()


def test_segment_when_nothing_of_it_was_written_then_it_is_cleared_away(tmp_path):
    part_path(tmp_path, 1_000).write_bytes(b"\0" * 100)
    assert recover(tmp_path) == 0
    assert not list(tmp_path.glob("*/*"))


def test_recording_when_the_disk_is_full_then_it_says_so_and_what_was_written_plays(tmp_path, film, monkeypatch):
    keeper = SegmentKeeper(tmp_path, lambda _: None)
    record(film, keeper, seconds=10)
    write, room = os.write, [20_000]

    def full(handle, content):
        if len(content) > room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        room[0] -= len(content)
        return write(handle, content)

    monkeypatch.setattr(remux.os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        record(film, keeper, began_s=T0 + 10)
    (segment,) = segments_of(next(tmp_path.iterdir()))
    assert last_time_s(segment.path) > 7
    monkeypatch.undo()
    record(film, keeper, began_s=T0 + 500)  # and it goes on when there is room again
    keeper.end()
    assert len(segments_of(next(tmp_path.iterdir()))) == 2


def groups(paths, from_s):
    return [group for path, began_s in paths for group in groups_of(path, began_s) if group.to_s > from_s]


def test_clip_when_cut_across_segments_then_it_holds_the_span_from_the_key_frame_before(tmp_path, film):
    keeper = SegmentKeeper(tmp_path / "cam", lambda _: None)
    for number in range(4):
        record(film, keeper, began_s=T0 + 30 * number)
    found = segments_between(tmp_path / "cam", round((T0 + 50) * 1000), round((T0 + 70) * 1000))
    (part,) = (tmp_path / "cam").glob(f"*/*{PART}")
    paths = [(one.path, one.began_ms / 1000) for one in found] + [(part, T0 + 60)]
    assert join(groups(paths, T0 + 51), T0 + 68, tmp_path / "clip.mp4")
    with av.open(str(tmp_path / "clip.mp4")) as container:
        times = [float(frame.pts * frame.time_base) for frame in container.decode(video=0)]
    assert times[-1] - times[0] == pytest.approx(18, abs=1.1)
    assert np.all(np.diff(times) > 0)


@pytest.mark.parametrize("box", [b"trak", b"stsd", b"avc1", b"mvhd", b"moof"])
def test_clip_when_a_segment_is_damaged_then_it_is_a_gap_and_the_rest_is_there(tmp_path, film, box):
    keeper = SegmentKeeper(tmp_path / "cam", lambda _: None)
    for number in range(4):
        record(film, keeper, began_s=T0 + 30 * number)
    keeper.end()
    first, second = segments_between(tmp_path / "cam", round(T0 * 1000), round((T0 + 120) * 1000))[:2]
    first.path.write_bytes(first.path.read_bytes().replace(box, b"\xff" * 4))
    last_time_s(first.path)
    paths = [(one.path, one.began_ms / 1000) for one in (first, second)]
    assert join(groups(paths, T0 + 5), T0 + 80, tmp_path / "clip.mp4")
    assert pictures(tmp_path / "clip.mp4") >= 15 * HZ


def fill(root, camera, day, count, size=1_000):
    for number in range(count):
        began_ms = day * 86_400_000 + number * 60_000
        part_path(root / camera, began_ms).write_bytes(b"x" * size)
        finish(part_path(root / camera, began_ms), began_ms + 60_000)


def test_ring_when_there_is_too_much_then_the_oldest_of_all_cameras_goes_first(tmp_path):
    fill(tmp_path, "a", 100, 20)
    fill(tmp_path, "b", 101, 20)
    ring = Ring(tmp_path, 30, 25_000, 0)
    ring.measure()
    for _ in range(2):
        assert ring.tend(101 * 86_400.0 + 3_600)
    assert ring.total_bytes == 25_000
    left = {camera: sorted(path.name for path in tmp_path.glob(f"{camera}/*/*")) for camera in "ab"}
    assert len(left["a"]) == 5
    assert len(left["b"]) == 20
    assert left["a"][0].startswith(str(100 * 86_400_000 + 15 * 60_000))


def test_ring_when_recordings_are_too_old_then_they_go_and_their_days_with_them(tmp_path):
    fill(tmp_path, "a", 100, 5)
    fill(tmp_path, "a", 120, 5)
    ring = Ring(tmp_path, 10, 1e9, 0)
    ring.measure()
    for _ in range(3):
        ring.tend(121 * 86_400.0)
    assert ring.deleted == 5
    assert [day.name for day in (tmp_path / "a").iterdir()] == ["1970-05-01"]


def left_in(root):
    return len(list(root.glob("*/*/*.mp4")))


def test_ring_when_the_clock_is_years_ahead_for_a_moment_then_only_some_minutes_are_lost(tmp_path):
    for camera in "ab":
        fill(tmp_path, camera, 100, 50)
    ring = Ring(tmp_path, 30, 1e12, 0)
    ring.measure()
    ring.tend(101 * 86_400.0)
    ring.tend(5_000 * 86_400.0)
    ring.tend(101 * 86_400.0)
    assert left_in(tmp_path) == 100 - 2 * MOST_AT_ONCE


class Disk:
    """A disk that others fill; deleting gives back a share of what was deleted."""

    def __init__(self, ring, free_bytes, gives_back=1.0) -> None:
        self.ring, self.free_bytes, self.gives_back = ring, free_bytes, gives_back
        self.had_bytes = ring.total_bytes
        ring.free_bytes = lambda: self.free_bytes + (self.had_bytes - ring.total_bytes) * self.gives_back

    def tend(self, times=100):
        return [self.ring.tend(101 * 86_400.0) for _ in range(times)][-1]


@pytest.fixture
def full_ring(tmp_path):
    fill(tmp_path, "a", 100, 100)
    ring = Ring(tmp_path, 10_000, 1e15, 10_000)
    ring.measure()
    return ring


def test_ring_when_others_need_room_then_recordings_give_way_by_as_much(tmp_path, full_ring):
    assert Disk(full_ring, 2_000).tend()
    assert left_in(tmp_path) == 92


def test_ring_when_even_all_recordings_would_not_make_room_then_none_is_deleted(tmp_path, full_ring):
    assert not Disk(full_ring, 10_000 - 100_001).tend()
    assert left_in(tmp_path) == 100


def test_ring_when_deleting_gives_nothing_back_then_it_ends_soon_and_goes_on_when_there_was_room(tmp_path, full_ring):
    disk = Disk(full_ring, 9_000, gives_back=0.0)
    assert not disk.tend()
    assert left_in(tmp_path) == 97
    disk.free_bytes = 10_000
    assert disk.tend()
    disk.free_bytes, disk.gives_back, disk.had_bytes = 8_000, 1.0, full_ring.total_bytes
    assert disk.tend()
    assert left_in(tmp_path) == 95


def test_ring_when_somebody_elses_film_lies_there_then_it_is_not_counted(tmp_path):
    fill(tmp_path, "a", 100, 10)
    (tmp_path / "a" / "rumah.mp4").write_bytes(b"x" * 50_000)
    (tmp_path / "a" / "1970-04-11" / "rumah.mp4").write_bytes(b"x" * 50_000)
    ring = Ring(tmp_path, 10_000, 20_000, 0)
    ring.measure()
    ring.tend(101 * 86_400.0)
    assert ring.deleted == 0


def test_coverage_when_segments_overlap_or_leave_gaps_then_each_instant_counts_once():
    spans = [(0, 60_000), (50_000, 100_000), (100_100, 150_000), (200_000, 260_000)]
    segments = [Segment(began, ended, Path()) for began, ended in spans]
    assert covered_ms(segments, 0, 240_000, 2_500) == 150_000 + 40_000
    assert covered_ms(segments, 300_000, 400_000, 2_500) == 0
    assert covered_ms([], 0, 1_000, 2_500) == 0


def test_segments_when_the_cameras_times_begin_anew_then_another_segment_begins_and_nothing_is_lost(tmp_path, film):
    keeper = SegmentKeeper(tmp_path, lambda _: None)
    record(film, keeper)
    with av.open(str(film)) as container:
        for packet in container.demux(video=0):
            if packet.size:
                keeper.take(packet, T0 + 30 + float(packet.pts * packet.time_base), container.streams.video[0])
    keeper.end()
    found = segments_between(tmp_path, round(T0 * 1000), round((T0 + 60) * 1000))
    assert [pictures(one.path) for one in found] == [300, 300]


def test_parts_when_cut_from_segments_then_each_plays_on_its_own(tmp_path, film):
    keeper = SegmentKeeper(tmp_path / "recordings" / "cam", lambda _: None)
    for number in range(3):
        record(film, keeper, began_s=T0 + 30 * number)
    keeper.end()
    archive = Archive(tmp_path, Bounds(), sink=None, clock=Clock(), pulse=None)
    parts, _ = asyncio.run(archive.cut_parts("cam", T0 + 2, T0 + 50, archive.evidence_dir / "clip"))
    assert len(parts) == 4
    assert sum(pictures(part) for part in parts) == 480, "parts do not overlap, and nothing is left out"
    assert asyncio.run(archive.oldest_s("cam")) == T0
    assert asyncio.run(archive.oldest_s("another")) is None


def units(*kinds: int) -> bytes:
    return b"".join(b"\x00\x00\x00\x01" + bytes([kind]) + b"\x01\xaa\xbb" for kind in kinds)


@pytest.mark.parametrize(
    ("codec", "key_frame", "expected"),
    [
        ("h264", units(0x09, 0x67, 0x68, 0x06, 0x65), units(0x67, 0x68)),
        ("h264", units(0x06, 0x65), None),
        ("hevc", units(0x46, 0x40, 0x42, 0x44, 0x4E, 0x26), units(0x40, 0x42, 0x44)),
        ("hevc", units(0x28), None),  # a picture, though in H.264 it would be a parameter set
        ("mjpeg", units(0x67, 0x68), None),
    ],
)
def test_parameter_sets_when_a_key_frame_has_some_then_they_are_read_as_its_codec_writes_them(
    codec, key_frame, expected
):
    assert parameter_sets(key_frame, codec) == expected


@pytest.mark.parametrize(("extradata", "expected"), [(None, units(0x67, 0x68)), (b"\x01\x64", None)])
def test_parameter_sets_when_units_have_lengths_as_in_files_then_no_length_is_taken_for_a_start_code(
    extradata, expected
):
    codec = SimpleNamespace(name="h264", extradata=extradata)
    assert sets_of(units(0x67, 0x68, 0x65), codec) == expected


def refusing(monkeypatch, number, *names: str):
    """Let the disk refuse to delete files of these names."""
    unlink = Path.unlink

    def refuse(path, *, missing_ok=False):
        if path.name in names:
            raise OSError(number, os.strerror(number))
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)


def test_ring_when_a_file_cannot_be_deleted_then_the_next_ones_go(tmp_path, monkeypatch):
    fill(tmp_path, "cam-1", 20_000, 1)
    fill(tmp_path, "cam-1", 20_001, 20)
    refusing(monkeypatch, errno.EPERM, *(one.name for one in tmp_path.glob("cam-1/*/1728000000000*")))
    ring = Ring(tmp_path, 10_000, 10_000, 0)
    ring.measure()
    for _ in range(10):
        assert ring.tend(20_001 * 86_400 + 50_000)
    assert ring.total_bytes == 10_000
    assert len(list(tmp_path.glob("*/*/*.mp4"))) == 10


def test_ring_when_the_disk_is_read_only_then_says_so_each_time(tmp_path, monkeypatch):
    fill(tmp_path, "cam-1", 20_000, 3)
    refusing(monkeypatch, errno.EROFS, *(one.name for one in tmp_path.glob("*/*/*")))
    ring = Ring(tmp_path, 10_000, 0, 0)
    ring.measure()
    for _ in range(3):
        with pytest.raises(OSError, match="Read-only"):
            ring.tend(20_001 * 86_400)
    monkeypatch.undo()
    assert ring.tend(20_001 * 86_400)
    assert ring.total_bytes == 0


def test_parts_when_one_cannot_be_finished_then_the_others_are_and_those_of_cameras_that_are_gone(
    tmp_path, film, monkeypatch
):
    parts = []
    for camera in ("cam-1", "gone"):
        keeper = SegmentKeeper(tmp_path / "recordings" / camera, lambda _: None)
        record(film, keeper)
        keeper.end()
        (whole,) = (tmp_path / "recordings" / camera).glob("*/*.mp4")
        parts.append(whole.rename(whole.with_name(f"{round(T0 * 1000)}{PART}")))
    shutil.copy(parts[0], parts[0].with_name(f"{round(T0 * 1000) - 60_000}{PART}"))
    replace = Path.replace

    def refuse(path, target):
        if path.name == f"{round(T0 * 1000) - 60_000}{PART}":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refuse)
    assert recover(parts[0].parent.parent) == 1
    archive = Archive(tmp_path, Bounds(), sink=None, clock=Clock(), pulse=None)
    archive.admit("cam-1", lambda *_: None)
    archive._begin()
    assert len(segments_of(parts[1].parent)) == 1
    assert archive._ring.total_bytes == sum(one.stat().st_size for one in tmp_path.glob("recordings/*/*/*.mp4"))


def test_recordings_when_masks_are_set_then_nothing_from_before_them_is_given_away_whatever_the_clock(tmp_path, film):
    mask = [[0.0, 0.0], [0.5, 0.0], [0.5, 0.5]]
    directory = tmp_path / "recordings" / "cam"

    def add(began_s, *, cut: bool = False) -> None:
        """Record half a minute; where it is cut, the power goes before it is finished."""
        keeper = SegmentKeeper(directory, lambda _: None)
        record(film, keeper, began_s=began_s)
        keeper.end()
        if cut:
            part = max(directory.glob("*/*.mp4"))
            os.utime(part, (began_s + 30, began_s + 30))
            part.rename(part.with_name(f"{round(began_s * 1000)}.part.mp4"))

    def begin(*masks: Any):
        archive = Archive(tmp_path, Bounds(), sink=None, clock=Clock(), pulse=None)  # its clock is decades off
        archive.admit("cam", lambda *_: None, masks)
        shares = [asyncio.run(archive.share_pct("cam", at_s, at_s + 29)) for at_s in (T0, T0 + 7_200)]
        parts, _ = asyncio.run(archive.cut_parts("cam", T0, T0 + 29, archive.evidence_dir / "clip"))
        return [share > 99 for share in shares], bool(parts), asyncio.run(archive.oldest_s("cam")) == T0

    add(T0)
    assert begin() == ([True, False], True, True)
    assert begin(mask) == ([False, False], False, False)
    add(T0 + 7_200)
    assert begin(mask) == ([False, True], False, False), "since they were set, not since the last start"
    assert begin(mask, [*mask, [0.0, 0.9]]) == ([False, False], False, False)
    assert begin(mask) == ([False, False], False, False)
    add(T0 + 9_000, cut=True)
    (directory / "masks.json").write_text("{broken")
    begin(mask)
    assert recover(directory) == 1
    archive = Archive(tmp_path, Bounds(), sink=None, clock=Clock(), pulse=None)
    archive.admit("cam", lambda *_: None, [mask])
    assert asyncio.run(archive.share_pct("cam", T0 + 9_000, T0 + 9_029)) == 0, "what the power cut was from before, too"
    assert begin() == ([True, True], True, True)


class Notes(dict):
    """Notes that outlive the process."""

    async def note(self, key):
        return self.get(key)

    async def set_note(self, key, value):
        self[key] = value


class Hour:
    """A clock that a test sets."""

    def __init__(self, hour) -> None:
        self.hour = hour

    def now_s(self):
        return self.hour * 3_600 + ACCOUNT_LAG_S + 5.0


def test_coverage_when_the_disk_is_slow_then_the_agents_loop_goes_on(tmp_path, monkeypatch):
    archive = Archive(tmp_path, Bounds(), sink=None, clock=Clock(), pulse=None)
    is_read, hour = threading.Event(), Segment(round(T0 * 1000), round((T0 + 3_600) * 1000), tmp_path)
    monkeypatch.setattr(archive, "_segments", lambda *_: [hour] * is_read.wait(2))

    async def work():
        asked = asyncio.create_task(archive.share_pct("cam", T0, T0 + 3_600))
        await asyncio.sleep(0.01)
        is_read.set()
        assert await asked == 100

    asyncio.run(asyncio.wait_for(work(), 10))


def test_hours_when_the_box_was_off_over_several_then_each_is_accounted_for_once(tmp_path, film):
    hour, notes, told = int(T0 // 3_600), Notes(), []

    async def sink(readings):
        told.extend((reading.time_s, reading.value) for reading in readings)

    keeper = SegmentKeeper(tmp_path / "recordings" / "cam", lambda _: None)
    record(film, keeper)
    keeper.end()
    for begun in (hour, hour + 1, hour + 1, hour + 4):
        archive = Archive(tmp_path, Bounds(), memory=notes, sink=sink, clock=Hour(begun), pulse=None)
        archive._recordings["cam"] = None
        asyncio.run(archive._account())
    assert [at_s for at_s, _ in told] == [(hour + number) * 3_600.0 for number in (1, 2, 3, 4)]
    assert told[0][1] == pytest.approx(100 * 30 / 3_600, abs=0.1)
    assert [share for _, share in told[1:]] == [0.0, 0.0, 0.0]


def test_segment_when_it_is_written_then_it_is_brought_to_the_disk_every_few_seconds(tmp_path, monkeypatch):
    clock, synced = [0.0], []
    monkeypatch.setattr(remux.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(remux.os, "fdatasync", lambda _handle: synced.append(clock[0]))
    file = remux.SyncedFile(tmp_path / "x")
    for second in range(13):
        clock[0] = float(second)
        file.write(b"x")
    file.close()
    assert synced == [remux.SYNC_EVERY_S, 2 * remux.SYNC_EVERY_S, 12.0]


def test_segment_when_it_grows_too_large_then_the_next_begins_at_a_key_frame_and_nothing_is_lost(
    tmp_path, film, monkeypatch
):
    monkeypatch.setattr(recording, "MOST_SEGMENT_BYTES", film.stat().st_size // 4)
    keeper = SegmentKeeper(tmp_path, lambda _: None)
    record(film, keeper)
    keeper.end()
    found = segments_between(tmp_path, round(T0 * 1000), round(T0 * 1000) + 60_000)
    assert len(found) >= 3
    assert max(one.path.stat().st_size for one in found) < film.stat().st_size // 2
    assert sum(pictures(one.path) for one in found) == 300


def test_archive_when_recordings_grow_then_they_are_counted_and_told_when_there_is_no_room(tmp_path):
    archive = Archive(tmp_path, Bounds(), sink=None, clock=Clock(), pulse=None)
    recorded = archive.admit("cam", lambda directory, grown: Recording("cam", Address("rtsp://x/"), directory, grown))
    recorded._keeper._on_bytes(1_000)
    recorded._keeper._on_bytes(234)
    archive._tend()
    assert (archive.describe()["bytes"], recorded.has_room) == (1_234, True)
    archive._ring._min_free_bytes = shutil.disk_usage(tmp_path).free + (1 << 40)
    archive._tend()
    assert not recorded.has_room
    with pytest.raises(Unavailable, match="no room left"):
        recorded._keep(None, T0, None)


def test_hours_when_the_box_was_off_for_a_year_then_no_more_than_three_days_are_accounted_for(tmp_path):
    hour, told = int(T0 // 3_600), []

    async def sink(readings):
        told.extend(reading.time_s for reading in readings)

    notes = Notes({"recording accounted": str(hour - 9_000)})
    archive = Archive(tmp_path, Bounds(), memory=notes, sink=sink, clock=Hour(hour), pulse=None)
    archive._recordings["cam"] = None
    asyncio.run(archive._account())
    assert told == [(hour - 71 + number) * 3_600.0 for number in range(72)]


def test_recording_when_mp4_cannot_hold_what_comes_then_that_is_said_and_no_disk_is_blamed(film, tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise av.error.InvalidDataError(1, "x")

    monkeypatch.setattr(recording, "SegmentWriter", refuse)
    with pytest.raises(
        Misconfigured, match=r"^the stream does not fit into MP4: InvalidDataError; set the camera's main stream"
    ):
        record(film, SegmentKeeper(tmp_path, lambda _: None), seconds=1)
