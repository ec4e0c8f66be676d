"""ffprobe, which is none of ours, plays what is recorded and what simulated cameras send."""

import json
import shutil
import subprocess
from pathlib import Path

import av
import pytest

from edge.vision.recording import SegmentKeeper
from tests.unit.test_vision_incident_clips import HZ, T0, film

pytestmark = pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is missing: apt install ffmpeg")


def probe(url: str, *options: str) -> dict[str, str]:
    """Let ffprobe decode the pictures; give what it says of their stream."""
    command = ["ffprobe", "-v", "error", *options, "-count_frames", "-show_streams", "-of", "json", url]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    assert "://" in url or told.stderr == "", "nothing is wrong with a file"
    (stream,) = json.loads(told.stdout)["streams"]
    return stream


def keep(root: Path, source: Path) -> SegmentKeeper:
    keeper = SegmentKeeper(root, lambda _: None)
    with av.open(str(source)) as container:
        for packet in container.demux(video=0):
            if packet.size:
                keeper.take(packet, T0 + float(packet.pts * packet.time_base), container.streams.video[0])
    return keeper


def test_segment_when_recorded_then_ffprobe_plays_all_of_it(tmp_path):
    keep(tmp_path / "cam", film(tmp_path / "film.mp4", 20)).end()
    (segment,) = (tmp_path / "cam").glob("*/*.mp4")
    told = probe(str(segment))
    assert (told["codec_name"], told["width"], told["height"]) == ("h264", 160, 96)
    assert int(told["nb_read_frames"]) == 20 * HZ
    assert float(told["duration"]) == pytest.approx(20, abs=0.5)


def test_segment_when_the_power_went_in_it_then_ffprobe_plays_it_up_to_its_last_seconds(tmp_path):
    keeper = keep(tmp_path / "cam", film(tmp_path / "film.mp4", 30))
    (part,) = (tmp_path / "cam").glob("*/*.part.mp4")
    cut_off = tmp_path / "cut_off.mp4"
    cut_off.write_bytes(part.read_bytes())
    keeper.end()
    assert 20 * HZ <= int(probe(str(cut_off))["nb_read_frames"]) <= 30 * HZ


def test_stream_of_a_simulated_camera_when_asked_for_then_ffprobe_plays_it(camera_stand):
    told = probe(camera_stand.url(), "-rtsp_transport", "tcp", "-read_intervals", "%+#12")
    assert (told["codec_name"], told["width"], told["height"]) == ("h264", *camera_stand.size)
    assert int(told["nb_read_frames"]) > 8
