"""How what a box told of a film is judged: found, late, false, twice."""

import re

import pytest

from tests.bench.judging import Score, Span, Told, judge_events, together
from tests.bench.marks import Figure, at_most, processor, show, under

TREE = Span("obstacle.detected", 100.0, 160.0)


def test_happening_when_it_is_told_then_the_time_counts_from_its_beginning():
    score = judge_events([TREE], [Told("obstacle.detected", 104.0)])
    assert score.found_s == [("obstacle.detected", 4.0)]
    assert (score.recall(), score.precision()) == (1.0, 1.0)
    assert score.recall("obstacle.detected", within_s=3.0) == 0.0


@pytest.mark.parametrize("told", [[], [Told("obstacle.detected", 99.0)], [Told("obstacle.detected", 170.0)]])
def test_happening_when_nothing_or_too_early_or_too_late_is_told_then_it_is_missed(told):
    score = judge_events([TREE], told)
    assert score.missed == ["obstacle.detected"]
    assert len(score.false) == len(told)


def test_events_when_one_is_told_twice_or_of_something_else_then_they_are_false():
    again, other = Told("obstacle.detected", 150.0), Told("crowd.formed", 120.0)
    score = judge_events([TREE], [Told("obstacle.detected", 110.0), again, other])
    assert score.false == ["crowd.formed", "obstacle.detected"]
    assert score.precision() == pytest.approx(1 / 3)


def test_vehicle_when_it_is_told_a_little_before_its_time_is_up_then_it_is_found():
    stood = Span("vehicle.stopped", 100.0, 160.0, early_s=10.0)
    assert judge_events([stood], [Told("vehicle.stopped", 95.0)]).found_s == [("vehicle.stopped", -5.0)]
    assert judge_events([stood], [Told("vehicle.stopped", 85.0)]).missed == ["vehicle.stopped"]


def test_films_when_added_up_then_counts_that_are_off_do_not_cancel():
    total = together([
        Score(counted=12, crossed=10, off=2, seconds=900, false=["crowd.formed"], kmh_off=[1.0]),
        Score(counted=8, crossed=10, off=2, seconds=900, kmh_off=[2.0, 3.0]),
    ])  # fmt: skip
    assert total.count_error_pct() == pytest.approx(20)
    assert total.false_per_day() == pytest.approx(48)
    assert total.kmh_off == [1.0, 2.0, 3.0]


def test_events_when_one_tells_more_of_a_happening_then_it_is_false_only_where_nothing_happened() -> None:
    water = Span("road.flooded", 100.0, 150.0)
    told = [Told("road.flooded", 104.0), Told("flood.deepened", 130.0)]
    assert judge_events([water], told).false == []
    assert judge_events([water], [*told, Told("flood.deepened", 190.0)]).false == ["flood.deepened"]
    assert judge_events([TREE], [Told("obstacle.detected", 104.0), told[1]]).false == ["flood.deepened"]


def test_figure_when_measured_under_conditions_then_they_stand_behind_it_and_name_the_processor():
    (figure,) = under([at_most("an empty road", 2.6, "%", 5)], f"640x384, 1 thread; {processor()}")
    line = show(figure)
    assert re.fullmatch(r"  an empty road +2\.600 % +<= 5 +met +640x384, 1 thread; .+, \d+ cores", line)
    assert show(Figure("bare", 1, "s")).endswith(" s")
