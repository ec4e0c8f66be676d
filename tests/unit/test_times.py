"""What a box's clock is worth: any time is judged, none raises."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cloud.ingest.times import Told, judge, judge_told
from edge.contract.limits import EARLIEST_TIME_S, MAX_CLOCK_AHEAD_S, MAX_EVENT_AHEAD_S
from edge.contract.rejected import Reason, Rejected

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
NOW_S = NOW.timestamp()
ZONES = st.integers(-1_439, 1_439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(), ZONES)
@example(datetime(1, 1, 1), timezone(timedelta(hours=14)))  # noqa: DTZ001 - the zone is the second argument
@example(datetime(9999, 12, 31, 23, 59, 59, 999_999), timezone(timedelta(hours=-12)))  # noqa: DTZ001 - the same
def test_time_when_of_any_year_and_zone_then_is_told_or_refused(naive: datetime, zone: timezone):
    found = judge_told(naive.replace(tzinfo=zone), NOW_S)
    if isinstance(found, Told):
        assert EARLIEST_TIME_S <= found.at.timestamp() <= NOW_S + MAX_CLOCK_AHEAD_S


@given(st.floats())
def test_sample_time_when_any_number_then_is_right_or_refused(time_s: float):
    assert (judge(time_s, NOW_S) is None) == (NOW_S - 2 * 366 * 86_400 <= time_s <= NOW_S + MAX_CLOCK_AHEAD_S)


@pytest.mark.parametrize(
    ("ahead_s", "wanted"),
    [
        (-5.0, Told(NOW - timedelta(seconds=5), suspect=False)),
        (MAX_CLOCK_AHEAD_S, Told(NOW + timedelta(seconds=300), suspect=False)),
        (MAX_CLOCK_AHEAD_S + 1, Told(NOW, suspect=True)),
        (MAX_EVENT_AHEAD_S, Told(NOW, suspect=True)),
    ],
)
def test_event_time_when_ahead_within_a_day_then_is_the_moment_of_arrival(ahead_s: float, wanted: Told):
    assert judge_told(NOW + timedelta(seconds=ahead_s), NOW_S) == wanted


def test_event_time_when_more_than_a_day_ahead_then_is_refused_with_the_remedy():
    found = judge_told(NOW + timedelta(seconds=MAX_EVENT_AHEAD_S + 1), NOW_S)
    assert isinstance(found, Rejected)
    assert found.reason is Reason.TIME_IN_FUTURE
    assert "86400 s" in found.detail
    assert "set the clock" in found.detail
