"""The picture that whoever writes a site file draws: of a camera that sends, that is damaged, that shows nothing."""

import itertools
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from edge.errors import Unavailable
from edge.vision import draw
from simulators.cameras.encoder import AccessUnit
from tests.fix_vision import PaintedCamera, place_of

MASK = [[0, 0], [0.2, 0], [0.2, 0.2], [0, 0.2]]
LANE = {"name": "utara", "polygon": [[0.3, 0.3], [0.9, 0.3], [0.9, 0.9]], "line": [[0.4, 0.5], [0.85, 0.5]]}


def grey(_n: int) -> np.ndarray:
    return np.full((360, 640, 3), 90, np.uint8)


def write(path: Path, url: str, **more: Any) -> list[str]:
    """Write a site file with one camera; give what the command is told."""
    site = {"code": "TD-01", "name": "x", "district": "x", "latitude": -7.6, "longitude": 112.8}
    content = {"code": "TD-01.cam-1", "sub": url, "masks": [MASK], "lanes": [LANE]} | more
    (path / "site.yaml").write_text(yaml.safe_dump({"site": site, "box": "TD-01-a", "cameras": [content]}))
    return [str(path / "site.yaml"), "TD-01.cam-1", str(path / "out.jpg")]


@pytest.fixture
def refused(monkeypatch, capsys):
    """Run the command here; give what it says when it ends with 1."""

    def run(told: list[str]) -> str:
        monkeypatch.setattr(sys, "argv", ["edge.vision.draw", *told])
        with pytest.raises(SystemExit) as ended:
            draw.main()
        assert ended.value.code == 1
        return str(capsys.readouterr().err)

    return run


def test_drawing_when_a_camera_sends_then_its_picture_is_written_with_lines_and_masks(monkeypatch, tmp_path):
    with PaintedCamera(grey) as camera:
        monkeypatch.setattr(sys, "argv", ["edge.vision.draw", *write(tmp_path, camera.url)])
        draw.main()
    picture = cv2.imread(str(tmp_path / "out.jpg"))
    assert picture.shape == (360, 640, 3)
    assert picture[42:66, 6:58].max() < 20, "the mask, between the grid's lines"
    blue, green, red = picture[180, 400].tolist()
    assert red > 180, "the line"
    assert max(blue, green) < 120, "the line"
    assert np.abs(picture[300, 100].astype(int) - 90).max() < 20, "what nothing is drawn on"


def spoil(camera: PaintedCamera, units: int) -> None:
    """Have a camera send so many pictures that no decoder takes; then it sends what it should."""
    publish, sent = camera.stream.publish, itertools.count()

    def send(picture: AccessUnit) -> None:
        publish(replace(picture, units=(b"\x65\xff\xff",), key=True) if next(sent) < units else picture)

    camera.stream.publish = send


def test_drawing_when_what_comes_first_cannot_be_decoded_then_the_first_whole_picture_is_drawn():
    camera = PaintedCamera(grey)
    spoil(camera, 30)
    with camera:
        picture = draw.first_picture(place_of(sub=camera.url, masks=[MASK]))
    assert picture[:72, :128].max() == 0
    assert np.abs(picture[100:].astype(int) - 90).max() < 20


def test_drawing_when_no_picture_is_ever_whole_then_it_ends_and_says_what_to_do(monkeypatch):
    monkeypatch.setattr(draw, "MOST_WAIT_S", 1.0)
    camera = PaintedCamera(grey)
    spoil(camera, 10_000)
    with (
        camera,
        pytest.raises(Unavailable, match=r"of \d+ packets within 1 s came no whole picture: check the network"),
    ):
        draw.first_picture(place_of(sub=camera.url))


def test_drawing_when_the_site_file_is_wrong_in_the_camera_then_it_is_refused_with_all_faults(refused, tmp_path):
    crossed = [[0, 0], [1, 1], [1, 0], [0, 1]]
    zone = {"name": "a", "kind": "crowd", "polygon": crossed}
    said = refused(write(tmp_path, "rtsp://127.0.0.1:9/x", zones=[zone], masks=[crossed]))
    assert "cameras[0].zones[0].polygon: edges 1 and 3" in said
    assert "cameras[0].masks[0]: edges 1 and 3" in said
    assert not (tmp_path / "out.jpg").exists()


def test_drawing_when_the_camera_is_not_in_the_file_then_that_is_said(refused, tmp_path):
    site, _, out = write(tmp_path, "rtsp://127.0.0.1:9/x")
    assert refused([site, "TD-01.cam-9", out]) == "TD-01.cam-9: is no camera of site.yaml\n"
