"""Named statements, settings and the choice of resolution: no database needed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.api import settings as api_settings
from cloud.api.auth import FAILURE_REFILL_S, MAX_ADDRESSES, MAX_FAILURES, FailureLimit
from cloud.api.resolution import Horizons, choose_days, list_levels
from cloud.db import queries
from cloud.db import settings as db_settings
from cloud.db.errors import Misconfigured
from cloud.db.rollup import DAY, HOUR, floor
from cloud.errors import Misconfigured as AnyMisconfigured


def test_statements_when_loaded_then_each_has_a_name_and_a_description() -> None:
    for path in sorted(queries.FOLDER.glob("*.sql")):
        statements = queries.load(path.stem)
        assert statements, path
        assert all(text.startswith("-- ") for text in statements.values())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("-- name: a\nSELECT 1;", "no description"),
        ("-- name: a\n-- d\nSELECT 1;\n-- name: a\n-- d\nSELECT 2;", "twice"),
    ],
)
def test_statements_when_wrongly_written_then_are_refused(text: str, told: str) -> None:
    with pytest.raises(Misconfigured, match=told):
        queries._split(text, "x.sql")


def test_statements_when_the_file_is_missing_then_says_so() -> None:
    with pytest.raises(Misconfigured, match="missing"):
        queries.load("nothing")


def test_settings_when_a_variable_is_misspelt_then_names_the_right_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SATULAYAR_DB_DNS", "x")
    with pytest.raises(Misconfigured, match="did you mean SATULAYAR_DB_DSN"):
        db_settings.read_settings()
    monkeypatch.setenv("SATULAYAR_API_PROT", "1")
    with pytest.raises(AnyMisconfigured, match="did you mean SATULAYAR_API_PORT"):
        api_settings.read_settings()


def test_settings_when_a_level_would_outlive_its_source_then_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SATULAYAR_DB_MINUTE_RETENTION_D", "20")
    with pytest.raises(Misconfigured, match="at least raw_retention_d"):
        db_settings.read_settings()


def test_settings_when_retention_is_shorter_than_an_outage_then_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SATULAYAR_DB_RAW_RETENTION_D", "7")
    with pytest.raises(Misconfigured, match="SATULAYAR_DB_RAW_RETENTION_D"):
        db_settings.read_settings()


instants = st.datetimes(datetime(2000, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@given(start=instants, span=st.timedeltas(timedelta(seconds=1), timedelta(days=40_000)), points=st.integers(2, 5_000))
def test_days_when_chosen_then_never_give_more_points_than_asked(start: datetime, span: timedelta, points: int) -> None:
    width = choose_days(start, start + span, points) * DAY
    origin = datetime(1999, 12, 31, 17, tzinfo=UTC)
    first, last = (start - origin) // width, (start + span - timedelta(microseconds=1) - origin) // width
    assert last - first + 1 <= points


def test_levels_when_older_than_the_retention_then_are_left_out() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    horizons = Horizons(now - 90 * DAY, now - 730 * DAY, datetime(1970, 1, 1, tzinfo=UTC))
    assert list_levels(now - HOUR, horizons) == ["raw", "1m", "1h", "1d"]
    assert list_levels(now - 100 * DAY, horizons) == ["1m", "1h", "1d"]
    assert list_levels(now - 1_000 * DAY, horizons) == ["1h", "1d"]


@given(at=instants)
def test_days_when_rounded_down_then_begin_at_seventeen_utc(at: datetime) -> None:
    begin = floor(at, DAY)
    assert begin <= at < begin + DAY
    assert (begin.hour, begin.minute, begin.second, begin.microsecond) == (17, 0, 0, 0)


def test_failures_when_too_many_then_are_told_so_and_recover_one_by_one() -> None:
    now_s = [0.0]
    limit = FailureLimit(lambda: now_s[0])
    assert [limit.count("a") for _ in range(MAX_FAILURES + 1)] == [False] * MAX_FAILURES + [True]
    assert not limit.count("b")
    now_s[0] += FAILURE_REFILL_S
    assert [limit.count("a"), limit.count("a")] == [False, True]


def test_failures_when_addresses_are_many_then_memory_is_bounded() -> None:
    limit = FailureLimit(lambda: 0.0)
    for number in range(MAX_ADDRESSES + 50):
        limit.count(str(number))
    assert len(limit._levels) == MAX_ADDRESSES
