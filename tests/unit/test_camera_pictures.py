"""What a simulated camera's picture shows, and that its truth says the same."""

import json
from dataclasses import replace

import numpy as np
import pytest

from simulators.cameras.director import CROWD, INTRUDER, Director, Order, watched
from simulators.cameras.places import junction
from simulators.cameras.projection import camera
from simulators.cameras.render import Renderer
from simulators.cameras.scene import Kind, Lens, LensState, Moment, Ordered, Pose, Sky, State, Thing
from simulators.cameras.traffic import SIZES, Traffic

VIEW = junction(41)
NOON, NIGHT = Sky(60.0, 40.0), Sky(-30.0, 40.0)


@pytest.fixture(scope="module")
def renderer():
    return Renderer("TST-01.cam-1", VIEW.place, VIEW.pose, 320, 180)


def moment(*things: Thing, sky=NOON, lens=None, ordered=None, at_s=1_700_000_000.0):
    return Moment(at_s, at_s, things, sky, lens or Lens(), ordered or Ordered())


def thing(kind, number=1, ahead_m=0.0):
    x, y, _ = watched(VIEW.place, VIEW.pose)
    return Thing(number, kind, x, y + ahead_m, 0.0, *SIZES[kind])


class NoTraffic:
    def things(self, _at_s, _obstacles):
        return ()


def directed(*orders: tuple[str, float], after_s=60.0):
    director = Director(VIEW.place, VIEW.pose, NoTraffic(), lambda _: NIGHT)
    director.order(tuple(Order(what, amount) for what, amount in orders))
    director.moment(1_000.0)
    return director.moment(1_000.0 + after_s)


def test_a_point_straight_ahead_is_projected_to_the_middle_of_the_picture():
    seen = camera(Pose(10, 20, 8, 90, 0), 640, 360)
    pixels, depth = seen.project(np.array([[60, 20, 8]], np.float32))
    assert pixels[0].tolist() == pytest.approx([320, 180], abs=0.01)
    assert depth[0] == pytest.approx(50, abs=0.01)


def test_a_pixel_of_the_ground_is_projected_back_to_itself():
    seen = camera(Pose(3, -5, 7, 350, -20, 2), 640, 360)
    places, _ = seen.ground()
    spot = np.array([[*places[300, 500], 0.0]], np.float32)
    assert seen.project(spot)[0][0].tolist() == pytest.approx([500.5, 300.5], abs=0.05)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_thing_before_the_lens_changes_the_picture_only_inside_its_box_and_shadow(renderer, kind):
    # overcast: no shadow reaches far
    grey = replace(NOON, cloud=1.0)
    empty, _ = renderer.render(moment(sky=grey))
    shown, truth = renderer.render(moment(thing(kind), sky=grey))
    (box,) = truth.boxes
    assert box.kind is kind
    assert box.visible > 0.5
    changed = np.abs(shown.astype(int) - empty).max(axis=2) > 60
    rows, columns = np.nonzero(changed)
    assert len(rows) > 12, "the thing is not to be seen"
    inside = (columns >= box.left - 3) & (columns <= box.right + 3) & (rows >= box.top - 3) & (rows <= box.bottom + 3)
    assert inside.mean() > 0.97


def test_who_is_covered_by_a_truck_is_hardly_visible(renderer):
    x, y, _ = watched(VIEW.place, VIEW.pose)
    away = np.array([x - VIEW.pose.x_m, y - VIEW.pose.y_m])
    away /= np.linalg.norm(away)
    heading = float(np.degrees(np.arctan2(*away))) + 90
    truck = Thing(1, Kind.TRUCK, x, y, heading, *SIZES[Kind.TRUCK])
    behind = Thing(2, Kind.PERSON, x + 2.4 * away[0], y + 2.4 * away[1], heading, *SIZES[Kind.PERSON])
    _, alone = renderer.render(moment(behind))
    _, both = renderer.render(moment(truck, behind))
    assert alone.boxes[0].visible > 0.6
    assert [box.visible for box in both.boxes if box.number == 2] in ([], [pytest.approx(0.0, abs=0.35)])


def test_the_same_moment_is_painted_alike_by_two_renderers():
    first, second = (Renderer("A", VIEW.place, VIEW.pose, 320, 180) for _ in range(2))
    assert np.array_equal(first.render(moment(thing(Kind.CAR)))[0], second.render(moment(thing(Kind.CAR)))[0])


def test_another_seed_is_another_place():
    other = junction(42)
    one = Renderer("A", VIEW.place, VIEW.pose, 320, 180).render(moment())[0]
    two = Renderer("A", other.place, other.pose, 320, 180).render(moment())[0]
    assert np.abs(one.astype(int) - two).mean() > 15


def test_it_is_darker_by_night_than_by_noon_and_lamps_still_light_the_road(renderer):
    day, _ = renderer.render(moment())
    night, truth = renderer.render(moment(sky=NIGHT))
    unlit, _ = renderer.render(
        moment(sky=NIGHT, ordered=Ordered(lamps_out=frozenset(lamp.name for lamp in VIEW.place.lamps)))
    )
    assert night.mean() < 0.6 * day.mean()
    assert unlit.mean() < 0.8 * night.mean()
    assert truth.dark


def test_a_tree_on_the_road_is_seen_and_said(renderer):
    ordered = directed(("tree", 2.0)).ordered
    clear, before = renderer.render(moment())
    fallen, after = renderer.render(moment(ordered=ordered))
    assert (before.state, after.state) == (State.CLEAR, State.OBSTACLE)
    assert (np.abs(fallen.astype(int) - clear).max(axis=2) > 40).mean() > 0.01


def test_water_rises_slowly_to_what_was_ordered_and_its_class_follows():
    shallow, deep = directed(("flood", 0.4), after_s=5.0), directed(("flood", 0.4), after_s=60.0)
    assert shallow.ordered.flood_m == pytest.approx(0.1)
    assert shallow.ordered.state() is State.FLOOD_SHALLOW
    assert deep.ordered.state() is State.FLOOD_DEEP


def test_a_crowd_stands_where_the_camera_looks(renderer):
    crowd = directed(("crowd", 30))
    assert crowd.ordered.state() is State.CROWD
    _, truth = renderer.render(replace(crowd, sky=NOON))
    assert sum(box.number >= CROWD for box in truth.boxes) >= 20


def test_somebody_in_the_yard_is_named_in_the_truth(renderer):
    _, truth = renderer.render(directed(("intruder", 1.0)))
    assert truth.intruder == INTRUDER


def test_a_lamp_that_is_out_is_named_and_its_light_is_gone(renderer):
    out = directed(("lamp_out", 1.0))
    (name,) = out.ordered.lamps_out
    lit, _ = renderer.render(moment(sky=NIGHT, at_s=out.at_s))
    dark, truth = renderer.render(replace(out, sky=NIGHT))
    assert truth.lamps_out == (name,)
    assert dark.mean() < lit.mean()


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ("lens_dirty", LensState.DIRTY),
        ("lens_covered", LensState.COVERED),
        ("lens_defocused", LensState.DEFOCUSED),
        ("camera_turned", LensState.TURNED),
    ],
)
def test_a_lens_fault_changes_the_picture_and_is_said(renderer, fault, state):
    clean, _ = renderer.render(moment())
    spoiled, truth = renderer.render(replace(directed((fault, {"camera_turned": 35.0}.get(fault, 0.9))), sky=NOON))
    assert truth.lens is state
    assert np.abs(spoiled.astype(int) - clean).mean() > 6


def test_a_covered_lens_shows_no_detail(renderer):
    covered, _ = renderer.render(moment(thing(Kind.BUS), lens=Lens(covered=1.0)))
    middle = covered[60:120, 80:240].astype(float).mean(axis=2)
    assert middle.std() < 12


def test_a_frozen_picture_stays_while_its_truth_goes_on(renderer):
    before, _ = renderer.render(moment(thing(Kind.CAR)))
    frozen, truth = renderer.render(moment(thing(Kind.CAR, ahead_m=6.0), lens=Lens(frozen=True), at_s=1_700_000_009.0))
    assert np.array_equal(before, frozen)
    assert truth.lens is LensState.FROZEN
    assert truth.at_s == 1_700_000_009.0


def test_rain_makes_two_pictures_of_one_scene_differ(renderer):
    wet = replace(NOON, rain_mm_h=40.0, wet=1.0, cloud=1.0)
    one, _ = renderer.render(moment(sky=wet))
    two, _ = renderer.render(moment(sky=wet))
    assert (np.abs(one.astype(int) - two).max(axis=2) > 12).mean() > 0.02


def test_the_cameras_own_wrong_clock_is_written_into_the_picture(renderer):
    right, _ = renderer.render(moment())
    wrong, truth = renderer.render(replace(moment(), clock_s=1_700_003_600.0))
    assert truth.clock_s - truth.at_s == 3_600.0
    assert np.abs(right[:12, :160].astype(int) - wrong[:12, :160]).max() > 60


def test_truth_is_one_line_of_json(renderer):
    _, truth = renderer.render(moment(thing(Kind.MOTORCYCLE)))
    read = json.loads(truth.line())
    assert read["boxes"][0]["kind"] == "motorcycle"
    assert "\n" not in truth.line()


def test_traffic_stops_before_a_tree_and_nobody_drives_through_anybody():
    traffic = Traffic(VIEW.place, 5, per_lane_h=600.0)
    traffic.warm_up(30.0)
    obstacles = directed(("tree", 2.0)).ordered.obstacles
    for _ in range(300):
        traffic.step(0.2, obstacles)
    for lane in traffic._lanes:
        if not lane.walk:
            assert all(mover.speed_m_s >= 0 for mover in lane.movers)
            _assert_nobody_overlaps(lane)


def _assert_nobody_overlaps(lane):
    for number, mover in enumerate(lane.movers):
        for ahead in lane.movers[:number]:
            beside = abs(ahead.side_m - mover.side_m) >= (ahead.thing.width_m + mover.thing.width_m) / 2
            assert beside or mover.s <= ahead.s - ahead.thing.length_m + 0.05 or mover.s > ahead.s


def test_own_traffic_is_the_same_for_the_same_seed():
    first, second = (Traffic(VIEW.place, 9) for _ in range(2))
    first.warm_up()
    second.warm_up()
    assert first.things() == second.things()
