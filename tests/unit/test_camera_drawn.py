"""What is drawn on a simulated camera's picture: read by the box's own model, and where the vehicles drive."""

import cv2
import numpy as np
import pytest
import yaml

from edge.site import load_site
from simulators.cameras.drawn import drawn
from simulators.cameras.places import View, junction, street
from simulators.cameras.projection import camera
from simulators.cameras.site_part import site_part
from simulators.cameras.streets import junction_view
from simulators.cameras.traffic import Traffic
from simulators.city.network import DEFAULT_HOME
from simulators.modbus.profile import PROFILES_DIR
from simulators.regency.derive import modbus_ports, site_file
from simulators.regency.load import DEFAULT_FILE, load_regency

NET_FILE = DEFAULT_HOME / "city.net.xml"
VIEWS = [junction(41), street(7), junction_view(NET_FILE, "TD-01", 0, 11)]


def test_every_camera_of_the_demonstration_when_its_box_reads_it_then_has_lanes_and_a_calibration(tmp_path) -> None:
    regency, seen = load_regency(DEFAULT_FILE), 0
    for site in regency.sites:
        content = site_file(site, modbus_ports(regency)) | site_part(site, 15_540, NET_FILE)
        path = tmp_path / f"{site.code}.yaml"
        path.write_text(yaml.safe_dump(content))
        for place in load_site(path, PROFILES_DIR)[0].cameras:
            assert len(place.calibration) >= 4, place.code
            assert place.lanes, place.code
            assert place.credentials_variable == "SATULAYAR_CAMERA_LOGIN"
            seen += 1
    assert seen >= 4


@pytest.mark.parametrize("view", VIEWS)
def test_calibration_when_it_is_used_then_gives_back_the_ground(view: View) -> None:
    pairs = drawn(view)["calibration"]
    at, ground = (np.array([pair[part] for pair in pairs]) for part in ("at", "ground"))
    matrix, _ = cv2.findHomography(at, ground - ground[0])
    again = cv2.perspectiveTransform(at[None], matrix)[0] + ground[0]
    assert np.abs(again - ground).max() < 0.25


def test_vehicles_when_in_a_lane_then_drive_along_its_arrow() -> None:
    view = street(7)
    seen = camera(view.pose, 640, 360)
    traffic = Traffic(view.place, 3, 700.0, 0.0)
    traffic.warm_up(60.0)
    checked = 0
    for lane in drawn(view)["lanes"]:
        polygon = np.array(lane["polygon"], np.float32)
        arrow = np.array(lane["arrow"][1]) - np.array(lane["arrow"][0])
        for thing in traffic.things():
            turn = np.radians(thing.heading_deg)
            ends = [(thing.x_m, thing.y_m, 0.0), (thing.x_m + np.sin(turn), thing.y_m + np.cos(turn), 0.0)]
            pixels, depth = seen.project(np.array(ends, np.float32))
            shares = pixels / (640, 360)
            if depth.min() > 2 and cv2.pointPolygonTest(polygon, shares[0].tolist(), measureDist=False) > 0:
                checked += 1
                assert float((shares[1] - shares[0]) @ arrow) > 0
    assert checked
