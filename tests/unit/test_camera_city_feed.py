"""Vehicles between two answers of the city, the sky over a camera, and what is read from SUMO's network."""

import math

import numpy as np
import pytest

from simulators.cameras.city_feed import Snapshot, between
from simulators.cameras.projection import camera
from simulators.cameras.scene import Kind
from simulators.cameras.sky_feed import SkyFeed
from simulators.cameras.streets import junction_view
from simulators.city.network import DEFAULT_HOME
from simulators.errors import Misconfigured

NET = DEFAULT_HOME / "city.net.xml"
MIDDAY_S = 1_795_323_600.0  # 2026-11-22T12:00+07:00


def test_a_vehicle_is_halfway_at_half_time_and_its_middle_is_behind_its_front():
    one = Snapshot(10.0, {7: (7, "car", 0.0, 0.0, 90.0, 10.0)})
    two = Snapshot(11.0, {7: (7, "car", 10.0, 0.0, 90.0, 10.0)})
    (thing,) = between(one, two, 10.5)
    assert thing.kind is Kind.CAR
    assert (thing.x_m, thing.y_m) == pytest.approx((5.0 - thing.length_m / 2, 0.0))


def test_a_vehicle_turns_the_short_way_round():
    one = Snapshot(0.0, {1: (1, "bus", 0.0, 0.0, 350.0, 5.0)})
    two = Snapshot(1.0, {1: (1, "bus", 0.0, 0.0, 10.0, 5.0)})
    (thing,) = between(one, two, 0.5)
    assert thing.heading_deg % 360 == pytest.approx(0.0, abs=1e-6)
    assert thing.kind is Kind.BUS


def test_who_has_just_come_stands_where_it_is_and_who_has_gone_is_not_there():
    one = Snapshot(0.0, {1: (1, "car", 0.0, 0.0, 0.0, 5.0)})
    two = Snapshot(1.0, {2: (2, "motorcycle", 50.0, 50.0, 0.0, 5.0)})
    (thing,) = between(one, two, 0.2)
    assert (thing.number, thing.kind) == (2, Kind.MOTORCYCLE)
    assert thing.x_m == 50.0


def test_a_vehicle_that_slows_down_shows_its_brake_lights():
    one = Snapshot(0.0, {1: (1, "car", 0.0, 0.0, 0.0, 9.0)})
    assert between(one, Snapshot(1.0, {1: (1, "car", 0.0, 8.0, 0.0, 6.0)}), 0.5)[0].braking
    assert not between(one, Snapshot(1.0, {1: (1, "car", 0.0, 9.0, 0.0, 9.2)}), 0.5)[0].braking


def test_before_the_city_has_answered_nobody_is_there():
    assert between(Snapshot(0.0), Snapshot(0.0), 5.0) == ()


@pytest.mark.parametrize("arm", [0, 1, 2])
def test_a_camera_of_a_junction_looks_into_its_arm(arm):
    view = junction_view(NET, "TD-01", arm, 11)
    road = view.place.roads[arm]
    seen = camera(view.pose, 640, 360)
    share = 45.0 / math.dist(road.start, road.end)
    spot = [one + (two - one) * share for one, two in zip(road.start, road.end, strict=True)]
    pixels, depth = seen.project(np.array([[*spot, 0.0]], np.float32))
    assert depth[0] > 20
    assert 100 < pixels[0, 0] < 540
    assert 0 < pixels[0, 1] < 300


def test_sumos_lanes_lie_on_the_painted_road():
    view = junction_view(NET, "TD-01", 0, 11)
    lanes = (
        (829.93, 11788.94),
        (833.16, 11789.29),
    )  # where two lanes to the north leave the junction, see city.net.xml
    for x, y in lanes:
        assert any(_off_axis(road, x, y) < road.width_m / 2 for road in view.place.roads)


def _off_axis(road, x, y):
    (x1, y1), (x2, y2) = road.start, road.end
    return abs((x - x1) * (y2 - y1) - (y - y1) * (x2 - x1)) / math.dist(road.start, road.end)


def test_a_junction_that_there_is_not_is_refused():
    with pytest.raises(Misconfigured, match="no junction 'NIL-01'"):
        junction_view(NET, "NIL-01", 0, 1)


def test_the_sun_stands_high_in_the_south_at_noon_of_november_and_low_in_the_west_before_it_sets():
    sky = SkyFeed(-7.67, 112.69, lambda at_s: at_s)
    noon, evening = sky(MIDDAY_S - 40 * 60), sky(MIDDAY_S + 5 * 3_600)
    assert noon.sun_elevation_deg > 75
    assert 120 < noon.sun_bearing_deg < 240
    assert 0 < evening.sun_elevation_deg < 15
    assert 230 < evening.sun_bearing_deg < 290


def test_the_road_gets_wet_in_rain_and_dries_after_it():
    sky = SkyFeed(-7.67, 112.69, lambda at_s: at_s)
    sky.rain_mm_h = 30.0
    wet = sky(MIDDAY_S)
    sky.rain_mm_h = 0.0
    later, much_later = sky(MIDDAY_S + 300), sky(MIDDAY_S + 3_600)
    assert wet.wet == 1.0
    assert 0 < later.wet < 1
    assert much_later.wet == 0
