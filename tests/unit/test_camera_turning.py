"""Vehicles that turn at a simulated junction, the gates drawn on its picture, and what is true of their ways."""

import cv2
import numpy as np
import pytest

from edge.vision.shapes import contains
from simulators.cameras.arms import arms
from simulators.cameras.drawn import drawn_gates
from simulators.cameras.places import crossing, street
from simulators.cameras.projection import camera
from simulators.cameras.scene import Kind
from simulators.cameras.turning import TurningTraffic
from tests.bench.evaluation import SETS, Run, judge
from tests.bench.films import FILMED_FROM, TURNING_FROM, Film, turnings
from tests.bench.reels import KINDS, THING
from tests.bench.turning import Told, WayTruth, judge_turnings
from tests.bench.watching import place_of

SEED = 995_001
VIEW = crossing(SEED)
STEP_S = 0.2


@pytest.fixture(scope="module")
def courses():
    """Two minutes of traffic: what is there at each step."""
    traffic = TurningTraffic(VIEW.place, 5, 200.0)
    found = []
    for _ in range(600):
        traffic.step(STEP_S)
        found.append([one for one in traffic.things() if one.kind is not Kind.PERSON])
    return found


def nearest_arm(thing):
    """The arm that a vehicle is on by where it is; None in the junction."""
    for arm in arms(VIEW.place):
        turn = np.radians(arm.heading_deg)
        east, north = thing.x_m - arm.start[0], thing.y_m - arm.start[1]
        along, aside = east * np.sin(turn) + north * np.cos(turn), -east * np.cos(turn) + north * np.sin(turn)
        if along > arm.begins_m + 6 and abs(aside) < arm.road.width_m / 2:
            return arm.name, aside > 0
    return None


def test_arms_when_a_junction_is_made_then_each_way_that_leads_from_it_is_one():
    assert [arm.name for arm in arms(VIEW.place)] == ["utara", "timur", "selatan", "barat"]
    assert arms(street(7).place) == []


def test_traffic_when_it_turns_then_everybody_keeps_left_and_all_turns_are_made(courses):
    ways = {}
    for things in courses:
        for thing in things:
            if (place := nearest_arm(thing)) is not None:
                ways.setdefault(thing.number, []).append(place)
    turns = set()
    for places in ways.values():
        came, went = places[0], places[-1]
        assert not came[1]
        if went[1]:
            assert went[0] != came[0]
            order = ["utara", "timur", "selatan", "barat"]
            turns.add((order.index(went[0]) - order.index(came[0])) % 4)
    assert turns == {1, 2, 3}


def test_traffic_when_ways_cross_then_nobody_drives_through_another(courses):
    met = 0
    for things in courses[::3]:
        for number, one in enumerate(things):
            for other in things[number + 1 :]:
                if np.hypot(one.x_m - other.x_m, one.y_m - other.y_m) < 8:
                    shared, _ = cv2.rotatedRectangleIntersection(outline(one), outline(other))
                    met += shared != cv2.INTERSECT_NONE
    assert met <= 2  # corners of long bodies, which a bend brings nearer to their neighbours


def outline(thing):
    return (thing.x_m, thing.y_m), (thing.length_m, thing.width_m), 90 - thing.heading_deg


def test_traffic_when_its_seed_is_the_same_then_it_is_the_same(courses):
    again = TurningTraffic(VIEW.place, 5, 200.0)
    for _ in range(50):
        again.step(STEP_S)
    assert [one for one in again.things() if one.kind is not Kind.PERSON] == courses[49]


def test_gates_when_drawn_then_the_box_reads_them_and_each_lies_on_its_arm():
    drawing = drawn_gates(VIEW)
    place = place_of(next(turnings(1, 10.0, SEED)))
    assert [zone.model_dump()["name"] for zone in place.zones] == [zone["name"] for zone in drawing["zones"]]
    assert len(place.movements) == len(place.zones) * (len(place.zones) - 1)
    eye = camera(VIEW.pose, 640, 360)
    for arm in arms(VIEW.place):
        polygon = next(zone.polygon for zone in place.zones if zone.name == arm.name)
        spots = [(*arm.spot(arm.begins_m + off_m, 0.0), 0.0) for off_m in (-0.5, 2.0)]
        pixels, _ = eye.project(np.array(spots, np.float32))
        assert contains(polygon, pixels / np.array([640, 360], np.float32)).tolist() == [False, True]


def test_films_of_turnings_when_made_then_no_other_set_has_their_places():
    sets = [{film.number for film in SETS[name](40, 150.0)} for name in ("measure", "development")]
    sets += [{film.number for film in SETS[name](4, 150.0)} for name in ("turning", "turning-development")]
    assert sum(map(len, sets)) == len(set().union(*sets)) == 88
    assert min(sets[2]) == TURNING_FROM > FILMED_FROM + 30_000  # happenings begin at 10,000
    film = next(turnings(1, 10.0))
    assert film.name == f"{film.number}-day-nothing-10s"
    assert film.orders(0) == ()


def test_truth_when_a_vehicle_goes_from_gate_to_gate_then_its_way_is_known_and_due_until_shortly_before_the_end():
    film = next(turnings(1, 60.0, SEED))
    place = place_of(film)
    north, _, south, _ = arms(film.view.place)
    truth = WayTruth(film, place)
    for number, began_s in ((7, 5.0), (8, 54.5), (9, -4.0)):  # one is due, one too late, one is through too early
        for step in range(70):
            along = north.ends_m / 4 - step * STEP_S * 8
            x, y = north.spot(along, 0.0)
            row = {"picture": 0, "number": number, "kind": KINDS.index(Kind.CAR), "x_m": x, "y_m": y}
            at_s = began_s + step * STEP_S
            if 0 <= at_s < 60:
                truth.look(np.array([tuple(row.get(name, 0) for name in THING.names)], THING), film.began_s + at_s)
    assert truth.ways()[7] == (north.name, south.name)
    assert truth.due() == {7}


def test_judging_when_movements_are_told_then_each_vehicle_is_right_wrong_or_missing():
    names = {1: "a-b", 2: "a-b", 3: "b-a", 4: "a-c", 5: "b-c"}
    told = [(1, "a-b"), (2, "a-c"), (0, "b-a"), (5, "b-a"), (1, "a-b")]
    score = judge_turnings(names, {1, 2, 3, 4}, told, 60.0)
    assert (score.turned, score.turned_right, score.turned_wrong) == (4, 1, 1)
    assert (score.turns_counted, score.turns_off) == (4, 0)  # 5 is not due: counts neither way
    assert score.turns_off_by_way == 0  # a-b twice, a-c and b-a once: right by chance, and so it is read


def test_box_when_it_always_sees_right_then_it_counts_who_turns_and_the_figures_say_so(tmp_path):
    film = Film(SEED + 10, "day", None, "", 12.0, turns=True)
    said: list[str] = []
    figures = {one.name: one for one in judge(said.append, Run(tmp_path, 1, None), [film])}
    (told,) = (one for name, one in figures.items() if name.startswith("always right, all: movements told right"))
    assert told.value >= 0.5
    assert "movement by movement" in said[0]
    assert not [name for name in figures if "obstacle" in name]
    assert Told(place_of(film)).told == []
