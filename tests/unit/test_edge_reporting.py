"""Report by exception."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edge.reporting import Reporter
from edge.sensors.reading import Reading

ON, OFF = True, False
STILL = Reading("KRT-01.gauge-1", "water_level", "m", 1_000.0, 1.0, dead_band=0.1, max_silence_s=60.0)


def at(time_s: float, value: Any) -> Reading:
    return replace(STILL, time_s=time_s, value=value)


def test_a_value_when_first_seen_then_is_due() -> None:
    assert Reporter().is_due(STILL)


def test_a_value_when_within_the_dead_band_then_is_not_due() -> None:
    reporter = Reporter()
    reporter.is_due(STILL)
    assert not reporter.is_due(at(1_001, 1.09))
    assert reporter.is_due(at(1_002, 1.11))


def test_a_value_when_it_creeps_then_is_measured_from_what_was_reported() -> None:
    reporter = Reporter()
    reporter.is_due(STILL)
    assert [reporter.is_due(at(1_000 + step, 1 + step * 0.04)) for step in (1, 2, 3)] == [False, False, True]


def test_a_value_when_silent_for_long_then_is_due() -> None:
    reporter = Reporter()
    reporter.is_due(STILL)
    assert not reporter.is_due(at(1_059.9, 1.0))
    assert reporter.is_due(at(1_060, 1.0))


def test_a_value_when_silence_is_unlimited_then_is_due_only_by_moving() -> None:
    reporter = Reporter()
    reporter.is_due(replace(STILL, max_silence_s=None))
    assert not reporter.is_due(replace(STILL, time_s=1e9, max_silence_s=None))


def test_a_switch_when_it_turns_then_is_due_whatever_the_dead_band() -> None:
    reporter = Reporter()
    reporter.is_due(at(1, OFF))
    assert reporter.is_due(at(2, ON))
    assert not reporter.is_due(at(3, ON))


def test_the_clock_when_set_back_then_the_next_value_is_due() -> None:
    reporter = Reporter()
    reporter.is_due(STILL)
    assert reporter.is_due(at(10, 1.0))


def test_everything_when_forgotten_then_is_due_again() -> None:
    reporter = Reporter()
    reporter.is_due(STILL)
    reporter.forget()
    assert reporter.is_due(STILL)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=200))
def test_any_course_when_reported_then_is_never_further_off_than_the_dead_band(course: list[float]) -> None:
    reporter = Reporter()
    shown = None
    for second, value in enumerate(course):
        if reporter.is_due(at(second, value)):
            shown = value
        assert shown is not None
        assert abs(shown - value) <= STILL.dead_band
