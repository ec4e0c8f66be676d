"""Films for the evaluation: places no training saw, what happens in their middle third, and who really crosses."""

from dataclasses import replace
from itertools import islice

import pytest

from simulators.cameras.scene import State
from simulators.training.scenes import CONDITIONS, EVALUATION_FROM, FILMED_FROM, scene
from tests.bench.films import HZ, Crossings, films


@pytest.fixture(scope="module")
def film():
    return next(films(1, 1.2))


def test_films_when_made_then_their_places_are_neither_of_training_nor_of_the_pictures(film):
    assert film.scene.number >= FILMED_FROM > EVALUATION_FROM + 10_000
    assert film.scene.condition == CONDITIONS[0]
    assert film.drawing()["lanes"]


def test_film_when_its_middle_third_comes_then_the_tree_lies_there(film):
    states = [truth.state for _, truth, _ in film.pictures()]
    assert states == [State.CLEAR, State.CLEAR, State.OBSTACLE, State.OBSTACLE, State.CLEAR, State.CLEAR]
    (span,) = film.spans()
    assert (span.noun, span.until_s - span.since_s) == ("obstacle.detected", pytest.approx(0.4))


def test_crossings_when_a_body_passes_a_line_then_it_is_counted_once(film):
    crossings = Crossings(film)
    one = next(film.scene.moments(1))
    road = film.scene.view.place.roads[0]
    thing = replace(one.things[0], number=7, x_m=road.start[0] + road.width_m / 4)
    for step in range(400):
        crossings.look(replace(one, things=(replace(thing, y_m=road.start[1] + step),)))
    assert crossings.total == 1


def test_scene_when_its_condition_is_chosen_then_the_rest_follows_from_its_number():
    by_night, again = (scene(EVALUATION_FROM + 1, condition="night") for _ in range(2))
    assert by_night.condition == "night"
    assert by_night.sky.sun_elevation_deg < 0
    assert by_night.sky == again.sky
    assert len(list(islice(by_night.moments(3, 1 / HZ), 3))) == 3
