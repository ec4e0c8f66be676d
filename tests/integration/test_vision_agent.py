"""From a camera's stream to the line: the real agent looks at pictures that come over RTSP."""

import io
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import av
import pytest
import uuid6

from edge.contract.cameras import chained
from edge.contract.commands import Command
from simulators.cameras.rtsp_auth import Login
from tests import tiny_models
from tests.fix_edge import Box, Cloud, wait_for
from tests.fix_vision import RED, YELLOW, PaintedCamera, driving, road

LANE = {
    "name": "timur",
    "polygon": [[0, 0.3], [1, 0.3], [1, 0.9], [0, 0.9]],
    "line": [[0.5, 0.3], [0.5, 0.9]],
    "arrow": [[0.1, 0.6], [0.9, 0.6]],
}


def camera_site(box: str, *cameras: dict[str, Any], **vision: Any) -> dict[str, Any]:
    site = box.rpartition("-")[0]
    return {
        "site": {"code": site, "name": "Test", "district": "Kraton", "latitude": -7.65, "longitude": 112.85},
        "box": box,
        "vision": {"detector": {"model": "colours.tflite", "head": "centre_point"}} | vision,
        "cameras": [{"code": f"{site}.cam-{n}", "report_s": 2} | one for n, one in enumerate(cameras, 1)],
    }


@pytest.fixture
def make_seeing_box(make_box, broker, colour_models, tmp_path):
    def make(site: dict[str, Any], **more: Any) -> Box:
        settings = {"models_dir": colour_models, "vision_dir": tmp_path / "vision"} | more
        return make_box(site, broker.port, **settings)

    return make


@pytest.fixture
def asker(broker, authority, box_name):
    """The room that sends commands: the broker lets the API do so, not the ingester."""
    with Cloud(authority.ensure("api"), broker.service_port, box_name) as asker:
        asker.is_silent = True
        yield asker


def test_camera_when_vehicles_pass_then_their_volume_and_class_are_sent(make_seeing_box, cloud, box_name):
    with PaintedCamera(driving) as camera:
        box = make_seeing_box(camera_site(box_name, {"sub": camera.url, "lanes": [LANE]}))
        with box:
            asset = f"{box_name.rpartition('-')[0]}.cam-1-timur"
            wait_for(lambda: any(cloud.values(f"{asset}:volume_car")), 30)
            assert any(cloud.values(f"{asset}:volume"))
            assert not any(cloud.values(f"{asset}:volume_bus"))
            assert box.status()["cameras"][f"{box_name.rpartition('-')[0]}.cam-1"]["reason"] == ""


def turning(n, hz=10.0):
    """A red body that comes from the left and turns to its right, downwards, every 4.5 s anew."""
    way = (n * 200 / hz) % 910 - 120
    return road((way, 120, RED), seed=n) if way < 320 else road((320, way - 200, RED), seed=n)


def test_camera_when_a_vehicle_turns_then_its_movement_is_sent_and_no_other(make_seeing_box, cloud, box_name):
    gates = {
        "barat": [[0.02, 0.2], [0.25, 0.8]],
        "timur": [[0.75, 0.2], [0.98, 0.8]],
        "selatan": [[0.3, 0.7], [0.7, 1]],
    }
    zones = [
        {"name": name, "kind": "gate", "polygon": [[x1, y1], [x2, y1], [x2, y2], [x1, y2]]}
        for name, ((x1, y1), (x2, y2)) in gates.items()
    ]
    ways = [{"name": f"barat-{to}", "origin": "barat", "destination": to} for to in ("selatan", "timur")]
    with (
        PaintedCamera(turning) as camera,
        make_seeing_box(camera_site(box_name, {"sub": camera.url, "zones": zones, "movements": ways})),
    ):
        asset = f"{box_name.rpartition('-')[0]}.cam-1-barat"
        wait_for(lambda: any(cloud.values(f"{asset}-selatan:volume_car")), 40)
        assert any(cloud.values(f"{asset}-selatan:volume"))
        assert not any(cloud.values(f"{asset}-timur:volume"))


def test_camera_when_an_obstacle_lies_there_then_an_event_with_its_picture_is_sent(make_seeing_box, cloud, box_name):
    def blocked(n):
        picture = road(seed=n)
        picture[60:330, :, 1] = 220
        picture[60:330, :, ::2] = 20
        return picture

    with PaintedCamera(driving) as camera, make_seeing_box(camera_site(box_name, {"sub": camera.url})) as box:
        wait_for(lambda: box.is_up() and box.status()["cameras"].popitem()[1]["inferences"] > 5, 30)
        camera.paint = blocked
        wait_for(lambda: [one for one in cloud.events() if one["type"] == "id.satulayar.obstacle.detected"], 40)
        wait_for(lambda: cloud.of("media"), 10)
    assert cloud.of("media")[0].startswith(b"\xff\xd8\xff")


def event_of(cloud, noun, *, ended=False):
    """The first event of a type, or of its end."""
    for one in cloud.events():
        if one["type"] == f"id.satulayar.{noun}" and ("ended_at" in one["data"]) == ended:
            return one
    return None


def status_of(box, number=1):
    return box.status()["cameras"][f"{box.name.rpartition('-')[0]}.cam-{number}"]


def test_camera_when_its_stream_stops_then_it_is_told_with_the_reason_and_the_others_go_on(
    make_seeing_box, cloud, box_name
):
    with PaintedCamera(driving) as good, PaintedCamera(driving) as bad:
        site = camera_site(box_name, {"sub": bad.url}, {"sub": good.url})
        with make_seeing_box(site) as box:
            wait_for(lambda: box.is_up() and status_of(box, 1)["decoded"] > 5 and status_of(box, 2)["decoded"] > 5, 30)
            bad.suffer(refuses=True)
            wait_for(lambda: event_of(cloud, "camera.lost"), 50)
            assert event_of(cloud, "camera.lost")["subject"].endswith(".cam-1")
            assert "not able to serve" in status_of(box, 1)["reason"]
            seen = status_of(box, 2)["decoded"]
            bad.suffer()
            wait_for(lambda: event_of(cloud, "camera.lost", ended=True), 60)
            assert status_of(box, 2)["decoded"] > seen
            assert status_of(box, 2)["opened"] == 1


def test_camera_when_its_credentials_are_wrong_then_that_is_told_and_the_password_nowhere(
    make_seeing_box, cloud, box_name, monkeypatch
):
    with PaintedCamera(driving, login=Login("room", "benar")) as camera:
        site = camera_site(box_name, {"sub": camera.url, "main": camera.url, "credentials_variable": "CAM_LOGIN"})
        monkeypatch.setenv("CAM_LOGIN", "room:rahasia-salah")
        with make_seeing_box(site) as box:
            wait_for(lambda: event_of(cloud, "camera.lost"), 50)
            assert "refuses the credentials" in event_of(cloud, "camera.lost")["data"]["message_en"]
            assert status_of(box)["opened"] == 0
            told = box.log + str(cloud.messages) + str(box.status())
        assert "rahasia-salah" not in told
        assert "refuses the credentials" in box.log


def test_camera_when_its_model_is_refused_then_that_is_told_once_and_the_camera_is_still_watched(
    make_seeing_box, cloud, box_name, tmp_path
):
    models = tmp_path / "models"
    tiny_models.save(models, "colours", tiny_models.colour_model()[:5_000])
    with PaintedCamera(driving) as camera:
        with make_seeing_box(camera_site(box_name, {"sub": camera.url}), models_dir=models) as box:
            wait_for(lambda: event_of(cloud, "detector.refused"), 30)
            assert "cut off" in event_of(cloud, "detector.refused")["data"]["message_en"]
            wait_for(lambda: status_of(box)["pictures"] > 3, 30)
            box.kill()
            box.start()
            wait_for(lambda: box.is_up() and status_of(box)["pictures"] > 3, 30)
        assert len([one for one in cloud.events() if one["type"].endswith("detector.refused")]) == 1


def ask_for_clip(asker, asset, since_s):
    """Ask as the room does; give the command's id."""
    now_at = datetime.now(UTC)
    command = Command(
        id=UUID(int=uuid6.uuid7().int),
        action="camera.clip",
        asset=asset,
        arguments={"since_s": since_s, "seconds": 5, "reason": "laporan warga"},
        issued_at=now_at,
        expires_at=now_at + timedelta(seconds=60),
        actor="siti",
    )
    asker.send("commands", command.model_dump_json().encode())
    return str(command.id)


def states_of(cloud, command):
    return [one["state"] for one in cloud.results() if one["command"] == command]


def test_camera_when_it_is_recorded_then_an_event_has_a_clip_and_a_killed_box_leaves_whole_segments(
    make_seeing_box, cloud, asker, box_name, tmp_path
):
    intruder = {"name": "gudang", "kind": "closed", "polygon": [[0, 0.1], [1, 0.1], [1, 0.95], [0, 0.95]]}

    def with_person(n):
        return road((120 + 6 * abs(n % 120 - 60), 200, YELLOW), seed=n)  # he walks to and fro

    with PaintedCamera(lambda n: road(seed=n)) as camera:
        bounds = {"recording": {"min_free_gigabytes": 0.01}}
        site = camera_site(box_name, {"sub": camera.url, "main": camera.url, "zones": [intruder]}, **bounds)
        with make_seeing_box(site) as box:
            wait_for(lambda: box.is_up() and box.status()["recordings"]["cameras"].popitem()[1] == "recording", 30)
            camera.paint = with_person
            wait_for(lambda: event_of(cloud, "intrusion.detected"), 30)
            wait_for(lambda: [one for one in cloud.of("media") if one[4:8] == b"ftyp"], 40)
            answers = [ask_for_clip(asker, site["cameras"][0]["code"], since_s) for since_s in (time.time() - 12, 1e9)]
            wait_for(lambda: states_of(cloud, answers[0])[-1:] == ["confirmed"], 30)
            wait_for(lambda: states_of(cloud, answers[1])[-1:] == ["refused"], 30)
            told = event_of(cloud, "clip.delivered")["data"]["values"]
            assert (told["actor"], told["reason"], told["previous"]) == ("siti", "laporan warga", "")
            assert told["hash"] == chained(told)
            box.kill()
            box.start()
            wait_for(lambda: box.is_up() and list((tmp_path / "vision/recordings").glob("*/*/*-*.mp4")), 30)
    clip = next(one for one in cloud.of("media") if one[4:8] == b"ftyp")
    for playable in (clip, next((tmp_path / "vision/recordings").glob("*/*/*-*.mp4")).read_bytes()):
        with av.open(io.BytesIO(playable)) as container:
            assert sum(1 for _ in container.decode(video=0)) > 20
    assert len([one for one in cloud.events() if one["type"].endswith("intrusion.detected")]) == 1
