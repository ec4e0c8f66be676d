"""What a site file may say of cameras, and what it is told when it says what cannot be."""

import subprocess
import sys

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from edge.errors import Misconfigured, Unavailable
from edge.settings import EdgeSettings
from edge.site import load_site
from edge.site_vision import ClipWay, Pair, Recording
from edge.vision.draw import _save
from edge.vision.eyesight import Eyesight
from edge.vision.ground import Ground
from edge.vision.stream import Address, explain
from edge.vision.watcher import Watcher
from tests.fix_vision import place_of

SQUARE = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ({"zones": [{"name": "a", "kind": "crowd", "polygon": [[0, 0], [1.2, 0], [1, 1]]}]}, "less than or equal to 1"),
        ({"zones": [{"name": "a", "kind": "crowd", "polygon": [[0, 0], [1, 1], [1, 0], [0, 1]]}]}, "cross each other"),
        ({"zones": [{"name": "a", "kind": "crowd", "polygon": [[0, 0], [0.5, 0.5], [1, 1]]}]}, "no area"),
        ({"masks": [[[0, 0], [0, 0], [0, 0]]]}, "three different corners"),
        ({"lanes": [{"name": "a", "polygon": SQUARE, "line": [[0, 0], [0, 0]]}]}, "the same point"),
        ({"sub": "rtsp://admin:geheim@10.0.0.1/x"}, "no credentials in the site file"),
        ({"sub": "http://10.0.0.1/x"}, "begins with rtsp://"),
        ({"sub": "rtsp://10.0.0.1:99999999/x"}, "a port of 1 to 65535"),
        ({"sub": "rtsp://[::1/x"}, "a port of 1 to 65535"),
        ({"sub": "rtsp://10.0.0.1/x\r\nSession: 1"}, "no control characters"),
        ({"sub": "rtsp://10.0.0.1/" + "x" * 300}, "300 characters at most"),
        ({"sub": "rtsp://10.0.0.1/{token}"}, "write {user} and {password}"),
        ({"code": "PWD-01.cam-1"}, "does not belong to site"),
        ({"movements": [{"name": "a", "origin": "x", "destination": "y"}]}, "a zone of kind gate"),
        ({"calibration": [{"at": [0, 0], "ground": [0, 0]}]}, "at least 4"),
        ({"zones": [{"name": "a", "kind": "closed", "polygon": SQUARE, "since": "22:00"}]}, "stand together"),
        (
            {"zones": [{"name": "a", "kind": "closed", "polygon": SQUARE, "since": "25:00", "until": "05:00"}]},
            "pattern",
        ),
        ({"main": "rtsp://10.0.0.1/main", "masks": [SQUARE]}, "masked_by_camera"),
    ],
)
def test_camera_when_it_cannot_be_meant_then_it_is_refused_with_the_reason(content, word):
    with pytest.raises(ValidationError, match=word):
        place_of(**content)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ({"by": "https"}, "the address of the room's API alone"),
        ({"by": "https", "room": "http://ruang.example"}, "must begin with https://"),
        ({"by": "https", "room": "https://admin:geheim@ruang.example"}, "the address of the room's API alone"),
        ({"by": "https", "room": "https://ruang.example/v1/box/uploads"}, "the address of the room's API alone"),
        ({"by": "ftp"}, "'media' or 'https'"),
    ],
)
def test_clips_when_their_way_cannot_be_meant_then_it_is_refused_with_the_reason(content, word):
    with pytest.raises(ValidationError, match=word):
        ClipWay.model_validate(content)


def test_clips_when_nothing_is_said_then_go_the_way_of_all_evidence():
    assert ClipWay().by == "media"
    assert ClipWay(by="https", room="https://ruang.example:8443").room == "https://ruang.example:8443"
    assert ClipWay(by="https", room="http://127.0.0.1:8080").by == "https"


@pytest.mark.parametrize(
    "content",
    [
        {"sub": "rtsp://admin:geheim@10.0.0.1/x"},
        {"sub": "rtsp://admin:ge#geheim@10.0.0.1/x"},
        {"sub": "rtsp://admin:ge/geheim@10.0.0.1/x"},
        {"sub": "rtsp://admin:ge?geheim@10.0.0.1/x"},
        {"sub": "rtsp://admin:geheim/x"},
        {"sub": "rtsp://10.0.0.1/user=admin&password=geheim&channel=1&stream=0.sdp"},
        {"main": "rtsp://10.0.0.1/x?user=admin&pwd=geheim"},
        {"sub": "rtsp://10.0.0.1/x?Passwd=geheim" + "x" * 300},
        {"credentials_variable": "admin:geheim"},
    ],
)
def test_camera_when_credentials_stand_in_the_file_then_it_is_refused_and_they_are_not_repeated(content, tmp_path):
    site = {"code": "TD-01", "name": "x", "district": "x", "latitude": -7.6, "longitude": 112.8}
    camera = {"code": "TD-01.cam-1", "sub": "rtsp://10.0.0.1/x"} | content
    file = tmp_path / "site.yaml"
    file.write_text(yaml.safe_dump({"site": site, "box": "TD-01-a", "cameras": [camera]}))
    with pytest.raises(Misconfigured) as refused:
        load_site(file, EdgeSettings().profiles_dir)
    assert "cameras[0]" in str(refused.value)
    assert "geheim" not in str(refused.value)


def test_address_when_the_camera_wants_credentials_in_its_path_then_they_are_filled_in_and_in_no_word():
    place = place_of(sub="rtsp://10.0.0.9:8554/user={user}&password={password}&channel=1&stream=0.sdp")
    address = Address(place.sub, "admin:ge&h/eim")
    assert address.secret_url() == "rtsp://10.0.0.9:8554/user=admin&password=ge%26h%2Feim&channel=1&stream=0.sdp"
    told = f"{address!r} {explain(OSError(111, 'x'), address)}"
    assert "10.0.0.9:8554" in told
    assert "channel" not in told


def test_address_when_it_has_a_login_then_it_stands_before_the_host_for_the_camera_alone():
    address = Address("rtsp://10.0.0.9/main", "admin:p#s")
    assert address.secret_url() == "rtsp://admin:p%23s@10.0.0.9/main"
    assert address.place == "10.0.0.9"


def test_camera_when_two_parts_have_one_name_then_it_is_refused():
    zone = {"name": "a", "kind": "crowd", "polygon": SQUARE}
    with pytest.raises(ValidationError, match="names two"):
        place_of(zones=[zone], lanes=[{"name": "a", "polygon": SQUARE, "line": [[0, 0], [1, 1]]}])


LANE = {"name": "utara", "polygon": SQUARE, "line": [[0.1, 0.5], [0.9, 0.5]]}
GATES = [{"name": name, "kind": "gate", "polygon": SQUARE} for name in "gh"]
WAY = {"name": "utara", "origin": "g", "destination": "h"}


@pytest.mark.parametrize(
    ("cameras", "word"),
    [
        ([{}, {}], "cameras[1].code: TD-01.cam-1 is cameras[0] already"),
        ([{"lanes": [LANE]}, {"code": "TD-01.cam-1-utara"}], "TD-01.cam-1-utara is cameras[0].lanes[0] already"),
        (
            [{"lanes": [LANE | {"name": "a-b"}]}, {"code": "TD-01.cam-1-a", "lanes": [LANE | {"name": "b"}]}],
            "cameras[1].lanes[0].name: TD-01.cam-1-a-b is cameras[0].lanes[0] already",
        ),
        ([{"lanes": [LANE], "zones": GATES, "movements": [WAY]}], "TD-01.cam-1-utara is cameras[0].lanes[0] already"),
        ([{"zones": GATES, "movements": [WAY, WAY]}], "TD-01.cam-1-utara is cameras[0].movements[0] already"),
        ([{"lanes": [LANE | {"line": [[0.95, 0], [0.95, 1]]}]}], "lies outside its polygon"),
    ],
)
def test_site_when_two_things_of_cameras_have_one_code_then_it_is_refused_with_both_places(cameras, word, tmp_path):
    site = {"code": "TD-01", "name": "x", "district": "x", "latitude": -7.6, "longitude": 112.8}
    cameras = [{"code": "TD-01.cam-1", "sub": "rtsp://10.0.0.1/x"} | one for one in cameras]
    file = tmp_path / "site.yaml"
    file.write_text(yaml.safe_dump({"site": site, "box": "TD-01-a", "cameras": cameras}))
    with pytest.raises(Misconfigured) as refused:
        load_site(file, EdgeSettings().profiles_dir)
    assert word in str(refused.value)


def test_drawing_when_it_cannot_be_written_then_that_is_said(tmp_path):
    with pytest.raises(Unavailable, match="No such file or directory"):
        _save(np.zeros((9, 16, 3), np.uint8), tmp_path / "nowhere" / "o.jpg")
    _save(np.zeros((9, 16, 3), np.uint8), tmp_path / "o")
    assert (tmp_path / "o").read_bytes().startswith(b"\xff\xd8\xff")


def test_calibration_when_pairs_fit_then_points_become_metres():
    pairs = [Pair(at=(x, y), ground=(10 * x, 20 * y)) for x in (0.1, 0.9) for y in (0.1, 0.9)]
    metres = Ground(pairs).metres(__import__("numpy").array([[0.5, 0.5]], "float32"))
    assert metres[0].tolist() == pytest.approx([5, 10], abs=1e-3)


CORNERS = [((0.1, 0.9), (0, 0)), ((0.9, 0.9), (10, 0)), ((0.7, 0.3), (10, 40)), ((0.3, 0.3), (0, 40))]
WRONG = {
    "far off": [*CORNERS, ((0.5, 0.5), (500, 20))],
    "one place": [(at, (0, 0)) for at, _ in CORNERS],
    "a line": [(at, (10 * number, 0)) for number, (at, _) in enumerate(CORNERS)],
    "two swapped": [(CORNERS[0][0], (10, 0)), (CORNERS[1][0], (0, 0)), *CORNERS[2:]],
}


def calibration_of(name):
    return [{"at": list(at), "ground": list(ground)} for at, ground in WRONG[name]]


@pytest.mark.parametrize("name", WRONG)
def test_calibration_when_it_fits_no_plane_then_the_camera_goes_on_without_metres_and_says_so(name):
    watcher = Watcher(place_of(calibration=calibration_of(name)), None, Eyesight(), (-7.6, 112.8))
    assert watcher.calibration_fault.startswith("calibration")


def test_calibration_when_it_fits_no_plane_then_a_check_of_the_file_says_so(tmp_path):
    site = {"code": "TD-01", "name": "x", "district": "x", "latitude": -7.6, "longitude": 112.8}
    camera = {"code": "TD-01.cam-1", "sub": "rtsp://10.0.0.1/x", "calibration": calibration_of("two swapped")}
    file = tmp_path / "site.yaml"
    file.write_text(yaml.safe_dump({"site": site, "box": "TD-01-a", "cameras": [camera]}))
    answer = subprocess.run(
        [sys.executable, "-m", "edge", "--check", file], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 1
    assert "site.yaml: TD-01.cam-1: calibration: " in answer.stderr


def test_calibration_when_a_pair_was_typed_wrongly_then_it_is_named():
    pairs = [Pair(at=(x, y), ground=(10 * x, 20 * y)) for x in (0.1, 0.5, 0.9) for y in (0.1, 0.5, 0.9)]
    pairs[4] = Pair(at=(0.5, 0.5), ground=(5, 100))
    with pytest.raises(Misconfigured, match=r"calibration\[4\]"):
        Ground(pairs)


def test_recording_when_evidence_has_no_days_then_it_is_kept_longer_than_the_ring_and_shorter_is_refused() -> None:
    assert Recording().evidence_kept_days == 90
    assert Recording(days=365).evidence_kept_days == 1_095
    assert Recording(days=7, evidence_days=7).evidence_kept_days == 7
    with pytest.raises(ValidationError, match="evidence_days 30"):
        Recording(evidence_days=29)
