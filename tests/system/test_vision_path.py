"""From the lens to the database: a camera's stream, the real box, broker, ingester and TimescaleDB."""

import hashlib

import pytest

from tests.fix_database import add_box
from tests.fix_edge import wait_for
from tests.fix_vision import PaintedCamera, driving, road

LANE = {"name": "timur", "polygon": [[0, 0.3], [1, 0.3], [1, 0.9], [0, 0.9]], "line": [[0.5, 0.3], [0.5, 0.9]]}


@pytest.mark.timeout(180)
def test_camera_when_traffic_passes_and_a_tree_falls_then_counts_event_and_picture_are_in_the_database(
    path, make_box, box_name, colour_models, tmp_path
):
    site_code = box_name.rpartition("-")[0]

    def blocked(n):
        picture = road(seed=n)
        picture[60:330] = (20, 220, 20)
        return picture

    with PaintedCamera(driving) as camera:
        site = {
            "site": {"code": site_code, "name": "Test", "district": "Kraton", "latitude": -7.65, "longitude": 112.85},
            "box": box_name,
            "vision": {"detector": {"model": "colours.tflite", "head": "centre_point"}},
            "cameras": [{"code": f"{site_code}.cam-1", "sub": camera.url, "report_s": 2, "lanes": [LANE]}],
        }
        add_box(path.connection, site_code, box_name)
        with make_box(site, path.broker.port, models_dir=colour_models, vision_dir=tmp_path / "vision"):
            wait_for(
                lambda: any(row[:2] == (f"{site_code}.cam-1-timur", "volume_car") and row[3] for row in path.stored()),
                60,
            )
            camera.paint = blocked
            found = path.wait(
                "SELECT type, severity, content_type, sha256, content"
                " FROM event JOIN media ON media.event_id = event.id WHERE type = 'id.satulayar.obstacle.detected'",
                lambda rows: len(rows) > 0,
                60,
            )
    kind, severity, content_type, digest, content = found[0]
    assert (kind, severity, content_type) == ("id.satulayar.obstacle.detected", "critical", "image/jpeg")
    assert bytes(digest) == hashlib.sha256(bytes(content)).digest()
    assert bytes(content).startswith(b"\xff\xd8\xff")
