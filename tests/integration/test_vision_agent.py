"""From a camera's stream to the line: the real agent looks at pictures that come over RTSP."""

from typing import Any

import pytest

from tests.fix_edge import Box, wait_for
from tests.fix_vision import PaintedCamera, driving, road

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
        "vision": {"detector": {"model": "colours.tflite"}} | vision,
        "cameras": [{"code": f"{site}.cam-{n}", "report_s": 2} | one for n, one in enumerate(cameras, 1)],
    }


@pytest.fixture
def make_seeing_box(make_box, broker, colour_models, tmp_path):
    def make(site: dict[str, Any], **more: Any) -> Box:
        return make_box(site, broker.port, models_dir=colour_models, vision_dir=tmp_path / "vision", **more)

    return make


def test_camera_when_vehicles_pass_then_their_volume_and_class_are_sent(make_seeing_box, cloud, box_name):
    with PaintedCamera(driving) as camera:
        box = make_seeing_box(camera_site(box_name, {"sub": camera.url, "lanes": [LANE]}))
        with box:
            asset = f"{box_name.rpartition('-')[0]}.cam-1-timur"
            wait_for(lambda: any(cloud.values(f"{asset}:volume_car")), 30)
            assert any(cloud.values(f"{asset}:volume"))
            assert not any(cloud.values(f"{asset}:volume_bus"))
            assert box.status()["cameras"][f"{box_name.rpartition('-')[0]}.cam-1"]["reason"] == ""


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
