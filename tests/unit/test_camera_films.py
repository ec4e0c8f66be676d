"""Films for the evaluation: places no training saw, what happens there, kept on disk, and what is true of the road."""

from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest

from edge.site_vision import Detector
from edge.vision.model import read_model
from edge.vision.tracker import Track
from simulators.cameras.director import GHOST, STOOD, Order
from simulators.training.scenes import CONDITIONS, EVALUATION_FROM, FILMED_FROM, scene
from tests.bench import reels
from tests.bench.evaluation import MODELS, Run, judge, table
from tests.bench.films import DEVELOPMENT_FROM, HZ, Film, films, happenings
from tests.bench.marks import Figure
from tests.bench.reels import THING, sights
from tests.bench.remembered import RememberedPool
from tests.bench.road_truth import RoadTruth
from tests.bench.watching import Numbers, place_of

CAR = reels.KINDS.index("car")


@pytest.fixture(scope="module")
def film():
    return next(films(1, 1.2))


@pytest.fixture(scope="module")
def quiet_film():
    """Four pictures on which nothing is ordered, which are quick to draw."""
    return Film(next(films(1, 1.0, FILMED_FROM + 1)).number, "dusk", None, "", 0.8)


def test_films_when_made_then_their_places_are_neither_of_training_nor_of_the_pictures(film):
    assert film.number >= FILMED_FROM > EVALUATION_FROM + 10_000
    assert film.condition == CONDITIONS[0]
    assert film.drawing["lanes"]
    assert not {one.number for one in films(40, 900)} & {one.number for one in films(40, 900, DEVELOPMENT_FROM)}


def test_film_when_its_middle_third_comes_then_the_tree_lies_there(film):
    assert [len(film.orders(number)) for number in range(film.pictures)] == [0, 0, 1, 1, 0, 0]
    (span,) = film.spans
    assert (span.noun, span.until_s - span.since_s) == ("obstacle.detected", pytest.approx(0.4))


def test_reel_when_it_is_there_and_true_then_it_is_read_and_else_made_anew(quiet_film, tmp_path):
    film, folder = quiet_film, tmp_path
    written = folder / f"{film.name}.npz"
    one = list(sights(film, folder))
    before = written.stat().st_mtime_ns
    assert len(list(sights(film, folder))) == film.pictures
    assert written.stat().st_mtime_ns == before
    assert len(one) == film.pictures
    assert [sight.at_s - film.began_s for sight in one[:2]] == pytest.approx([0, 1 / HZ])
    with np.load(written) as kept:
        columns = dict(kept)
    np.savez_compressed(written, **columns | {"probe": 1})  # what renders has changed
    again = list(sights(film, folder))
    assert int(np.load(written)["probe"]) == int(columns["probe"])
    for was, now in zip(one, again, strict=True):
        assert (was.frame.to_ndarray() == now.frame.to_ndarray()).all()
        assert (was.things == now.things).all()


def test_answers_when_a_film_is_watched_again_then_the_model_is_not_needed(film, tmp_path):
    path = max(MODELS.glob("*.tflite"))
    file = read_model(MODELS, Detector(model=path.name))
    random = np.random.default_rng(3)
    first = RememberedPool(file, tmp_path / film.name)
    pictures = [
        random.integers(0, 256, (first.height_px, first.width_px, 3), np.uint8),
        np.full((first.height_px, first.width_px, 3), 90, np.uint8),
    ]
    told = [first.find(picture) for picture in [*pictures, pictures[0]]]
    first.keep()
    again = RememberedPool(file, tmp_path / film.name)
    for was, now in zip(told, map(again.find, pictures), strict=False):
        assert (was.boxes == now.boxes).all()
        assert (was.scores == now.scores).all()
        assert (was.states, was.classes.tolist()) == (now.states, now.classes.tolist())
    assert (first.fresh, again.fresh) == (2, 0)
    assert again.find(pictures[0][::-1].copy()) is not None
    assert again.fresh == 1


def test_evaluation_when_two_processes_watch_then_it_says_what_one_says(quiet_film, tmp_path):
    wanted = [quiet_film, replace(quiet_film, condition="day")]

    def lines(processes):
        said: list[str] = []
        figures = list(judge(said.append, Run(tmp_path, processes, None), wanted))
        return said, figures

    assert lines(1) == lines(2)


def test_table_when_written_then_conditions_are_columns_and_what_lacks_is_a_dash():
    figures = [Figure("m, day: count error (9 of 10)", 10.0, "%"), Figure("m, all: film", 1.5, "min")]
    assert table(figures) == [
        "|  | day | all |", "| --- | --- | --- |", "| count error | 10 % (9 of 10) | - |", "| film | - | 1.5 min |"
    ]  # fmt: skip


def driving(film, y_m, **more: Any):
    road = film.view.place.roads[0]
    x_m = road.start[0] + road.width_m / 2 - road.width_m / road.lanes / 2
    one = {"picture": 0, "number": 7, "kind": CAR, "x_m": x_m, "y_m": road.start[1] + y_m, "heading_deg": 0,
           "length_m": 4.3, "width_m": 1.7, "height_m": 1.6, "speed_m_s": 5.0} | more  # fmt: skip
    return np.array([tuple(one[name] for name in THING.names)], THING)


def test_road_truth_when_a_vehicle_passes_a_line_then_it_is_counted_timed_and_covers_it(film):
    truth = RoadTruth(film, place_of(film))
    for step in range(400):
        on_foot = driving(film, float(step), kind=0, number=8)
        truth.look(np.concatenate([driving(film, float(step)), on_foot]), film.began_s + step / HZ)
    reports = [lane.report() for lane in truth.lanes]
    assert sum(report["volume"] for report in reports) == 1
    (passed,) = [report for report in reports if report["volume"]]
    assert passed["speed"] == pytest.approx(18)
    assert 0 < passed["occupancy"] < 3
    assert truth.spans() == []


def test_road_truth_when_a_vehicle_stands_in_a_lane_then_it_queues_and_blocks_until_it_leaves(film):
    place = place_of(film)
    truth = RoadTruth(film, place)
    (zone,) = (zone for zone in place.zones if zone.kind == "carriageway")
    middle = np.mean(zone.polygon, axis=0)
    ahead = next(
        y for y in range(400) if np.hypot(*(truth._fractions(_at(driving(film, float(y))))[0][0] - middle)) < 0.2
    )
    for step in range(100):
        truth.look(driving(film, float(ahead), speed_m_s=0.0), 10.0 + step * zone.stopped_s / 50)
    assert max(lane.report()["queue_length"] for lane in truth.lanes) == pytest.approx(4.3, abs=0.01)
    (span,) = truth.spans()
    assert span.noun == "vehicle.stopped"
    assert span.since_s == pytest.approx(10 + zone.stopped_s, abs=zone.stopped_s / 50)


def _at(things):
    return np.stack([things["x_m"], things["y_m"]], axis=1)


def test_numbers_when_a_second_track_lies_on_a_body_then_its_number_has_not_changed():
    boxes = np.zeros(1, reels.BOX)
    boxes[0] = (0, 5, CAR, 100, 100, 200, 200, 1.0)
    edges = np.array([100, 100, 200, 200], np.float32) / np.array([640, 360, 640, 360], np.float32)

    def track(number, shift):
        return Track(number, (edges + shift).astype(np.float32), np.zeros(2, np.float32), 1.0, 0.0, hits=9)

    sight = reels.Sight(None, 1.0, np.zeros(0, THING), boxes)
    numbers = Numbers()
    numbers.look([track(1, 0.01)], sight)
    numbers.look([track(1, 0.01), track(2, 0.0)], sight)
    assert (numbers.of, numbers.switches) == ({5: 1}, 0)
    numbers.look([track(2, 0.0)], sight)
    assert (numbers.of, numbers.switches) == ({5: 2}, 1)


def test_happenings_when_made_then_each_place_shows_what_is_ordered_there():
    made = list(happenings(9))
    assert {film.order.what for film in made} >= {"breakdown", "wrong_way", "intruder", "lamp_out", "camera_turned"}
    for film in made:
        place_of(film)  # a site file takes it
        kinds = {zone["kind"] for zone in film.drawing["zones"]}
        assert "closed" in kinds or film.order.what != "intruder"
        assert "lamp" in kinds or film.order.what != "lamp_out"


@pytest.mark.parametrize("what", ["breakdown", "wrong_way"])
def test_director_when_a_vehicle_is_ordered_then_it_stands_or_comes_against_the_traffic_and_goes_with_the_order(what):
    made = next(one for one in happenings(9) if one.order.what == what)
    director = made.scene().director
    director.order((Order(what, 1.0),))
    shown = [
        [one for one in director.moment(made.began_s + step / HZ).things if one.number in (STOOD, GHOST)]
        for step in range(75)
    ]
    if what == "breakdown":
        assert all(len(one) == 1 and one[0].speed_m_s == 0 for one in shown)
        assert len({(one[0].x_m, one[0].y_m) for one in shown}) == 1
    else:
        assert (len(shown[0]), len(shown[-1])) == (1, 0)
        ways = [one[0].y_m for one in shown if one]
        assert np.ptp(ways) > 50
    director.order(())
    assert not [one for one in director.moment(made.began_s + 60).things if one.number in (STOOD, GHOST)]


def test_scene_when_its_condition_is_chosen_then_the_rest_follows_from_its_number():
    by_night, again = (scene(EVALUATION_FROM + 1, condition="night") for _ in range(2))
    assert by_night.condition == "night"
    assert by_night.sky.sun_elevation_deg < 0
    assert by_night.sky == again.sky
    assert len(list(islice(by_night.moments(3, 1 / HZ), 3))) == 3


def test_film_when_named_then_its_files_tell_what_it_shows():
    assert Film(3, "day", Order("flood", 0.35), "road.flooded", 900.0).name == "3-day-flood-0.35-900s"
