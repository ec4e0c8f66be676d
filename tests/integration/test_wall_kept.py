"""What is kept for lists, gauges, rates and sizes: the same as the truth it stands for."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from cloud.db.connection import Connection, connect
from cloud.db.wall import make_totals, pulse
from tests.fix_database import add_asset, add_box, add_series, set_latest

OLD = "UPDATE wall_pulse SET at = now() - INTERVAL '1 hour'"


@contextlib.contextmanager
def of_old_pulse(dsn: str) -> Iterator[Connection]:
    """A look at a regency whose pulse has stopped; nothing stays."""
    with connect(dsn, "test") as connection:
        connection.execute(OLD)
        yield connection
        connection.rollback()


@pytest.mark.parametrize(
    "asked",
    [
        "SELECT asset, name, kind, site, site_name, district, box, state FROM wall.asset_now ORDER BY asset",
        "SELECT kind, state, n FROM wall.state_count ORDER BY kind, state",
        "SELECT site, district, latitude, state, severity, boxes, assets_ok FROM wall.site_now ORDER BY site",
        "SELECT asset, name, kind, site, district, state FROM wall.asset_troubled ORDER BY asset",
        "SELECT asset, name, site, district, state FROM wall.kind_troubled WHERE kind = 'detector' ORDER BY asset",
        "SELECT box, site, state FROM wall.box_now ORDER BY box",
        "SELECT asset, kind, site, value FROM wall.alive_asset ORDER BY asset",
        "SELECT gauge, level_m, round(rate_m_h::numeric, 2), severity, siaga_1_m FROM wall.gauge ORDER BY gauge",
        "SELECT asset, rate_mm_h, last_hour_mm, last_24h_mm FROM wall.rain ORDER BY asset",
    ],
)
def test_view_when_the_pulse_is_fresh_or_old_then_answers_alike(regency_database: str, asked: str) -> None:
    with connect(regency_database, "test", autocommit=True) as owner:
        pulse(owner)
        kept = owner.execute(asked.encode()).fetchall()
    with of_old_pulse(regency_database) as connection:
        assert connection.execute("SELECT is_fresh FROM wall.pulse").fetchone() == (False,)
        assert connection.execute(asked.encode()).fetchall() == kept
    assert kept


def test_counts_and_figures_when_nothing_moves_then_no_row_is_written_again(owner: Connection) -> None:
    series = add_series(owner, add_asset(owner, add_box(owner), "TD-01.lamp-1"), ["lamp_fault"], "1")[0]
    set_latest(owner, series, 0.0)
    written = "SELECT xmin FROM wall_count UNION ALL SELECT xmin FROM wall_figure UNION ALL SELECT xmin FROM wall_gauge"
    pulse(owner)
    before = owner.execute(written).fetchall()
    pulse(owner)
    assert owner.execute(written).fetchall() == before


def test_count_when_a_state_has_nobody_left_then_is_not_shown(owner: Connection) -> None:
    series = add_series(owner, add_asset(owner, add_box(owner), "TD-01.lamp-1"), ["lamp_fault"], "1")[0]
    counted = "SELECT state, n FROM wall.state_count WHERE kind = 'lamp_panel'"
    for age, state in ((timedelta(0), "ok"), (timedelta(hours=1), "silent")):
        set_latest(owner, series, 0.0, age)
        pulse(owner)
        assert owner.execute(counted).fetchall() == [(state, 1)]


def test_kind_when_it_is_corrected_then_is_found_under_its_new_name_with_its_old_age(owner: Connection) -> None:
    add_asset(owner, add_box(owner), "TD-01.x-1")
    pulse(owner)
    found = "SELECT since FROM wall.kind_troubled WHERE kind = %s"
    since = owner.execute(found, ["lamp_panel"]).fetchall()
    owner.execute("UPDATE asset SET kind = 'camera'")
    pulse(owner)
    assert owner.execute(found, ["camera"]).fetchall() == since
    assert owner.execute(found, ["lamp_panel"]).fetchall() == []


def test_rain_when_it_has_fallen_then_is_told_for_the_hour_and_for_the_day(owner: Connection) -> None:
    gauge = add_asset(owner, add_box(owner), "KRT-01.gauge-1")
    rate, total = add_series(owner, gauge, ["rain_rate", "rain_total"], "mm")
    set_latest(owner, rate, 4.0)
    set_latest(owner, total, 12.0)
    put = "INSERT INTO {} SELECT date_trunc('minute', now()) - %s, %s, 1, %s, %s, 1, 1"
    owner.execute(put.format("sample_1m"), [timedelta(minutes=50), total, 9.5, 9.5])
    owner.execute(put.format("sample_1m"), [timedelta(minutes=2), total, 12.0, 12.0])
    owner.execute(put.format("sample_1h"), [timedelta(hours=20), total, 2.0, 3.0])
    owner.execute(put.format("sample_1h"), [timedelta(hours=1), total, 9.0, 12.0])
    told = "SELECT last_hour_mm, last_24h_mm FROM wall.rain"
    assert owner.execute(told).fetchall() == [(2.5, 10.0)]
    pulse(owner)
    assert owner.execute(told).fetchall() == [(2.5, 10.0)]
    assert owner.execute("SELECT hour_mm, day_mm FROM wall_gauge").fetchall() == [(2.5, 10.0)]


@pytest.mark.parametrize(("counted", "per_s"), [(-600.0, [(12.0,)]), (600.0, [])])
def test_rate_of_intake_when_the_counter_grows_then_is_by_the_seconds_between_and_none_where_it_fell(
    owner: Connection, counted: float, per_s: list[tuple[float]]
) -> None:
    with owner.transaction():  # in which it stays the same instant
        owner.execute(
            """
            INSERT INTO total_1m SELECT 0, 'platform', 'samples_stored',
            date_trunc('minute', now()) - INTERVAL '1 minute', 1, %s, extract(EPOCH FROM now()) - 50, 0
            """,
            [counted],
        )
        pulse(owner)
    rate = "SELECT samples_per_s FROM wall.ingest WHERE level = '1m' AND samples_per_s IS NOT NULL"
    assert owner.execute(rate).fetchall() == per_s


def test_platform_when_hours_are_made_then_a_year_is_shown_by_hours_and_days(owner: Connection) -> None:
    owner.execute(
        """
        INSERT INTO total_1m
        SELECT 0, 'platform', 'lag', date_trunc('hour', now()) - n * INTERVAL '1 day', 9, 1, 0.1, 10
        FROM generate_series(0, 2) AS n
        """
    )
    make_totals(owner)
    for level in ("1h", "1d"):
        shown = owner.execute("SELECT lag_p50_s, lag_p99_s FROM wall.ingest WHERE level = %s", [level]).fetchall()
        assert set(shown) == {(0.1, 10.0)}
        assert len(shown) == 3


def test_junctions_when_hours_are_made_then_the_worst_of_the_last_day_come_first(owner: Connection) -> None:
    for n in (1, 2):
        phase = add_asset(owner, add_box(owner, f"TD-0{n}", f"TD-0{n}-a"), f"TD-0{n}.phase-1")
        series = add_series(owner, phase, ["split_failures"], "1")[0]
        owner.execute("UPDATE asset SET kind = 'signal_phase'")
        for age in (timedelta(hours=2), timedelta(hours=30)):
            owner.execute(
                "INSERT INTO sample_1h SELECT date_trunc('hour', now() - %s), %s, 1, 0, 0, %s, 0", [age, series, n]
            )
    make_totals(owner)
    asked = "SELECT site, split_failures FROM wall.worst_junction ORDER BY split_failures DESC"
    assert owner.execute(asked).fetchall() == [("TD-02", 2.0), ("TD-01", 1.0)]
    owner.execute("DELETE FROM total_1h WHERE bucket > now() - INTERVAL '1 day'")
    owner.execute("DELETE FROM sample_1h")
    make_totals(owner)
    assert owner.execute(asked).fetchall() == []


def test_incidents_when_days_are_made_then_are_as_the_incidents_themselves_say(regency_database: str) -> None:
    with connect(regency_database, "test", autocommit=True) as owner:
        make_totals(owner)
        told = "SELECT day, category, sum(opened), sum(verified), sum(late) FROM {} GROUP BY 1, 2 ORDER BY 1, 2"
        kept = owner.execute(told.format("wall.incident_total").encode()).fetchall()
        assert kept == owner.execute(told.format("wall.incident_day").encode()).fetchall()
        assert len(kept) > 100
        mean = "SELECT sum(acknowledge_s) / sum(acknowledged), sum(resolve_s) / sum(resolved) FROM wall.incident_total"
        truth = """
            SELECT avg(extract(EPOCH FROM acknowledged_at - opened_at))::float8,
                avg(extract(EPOCH FROM resolved_at - opened_at))::float8 FROM incident
        """
        assert owner.execute(mean).fetchone() == pytest.approx(owner.execute(truth).fetchone())


def test_sizes_when_totals_are_made_then_are_of_every_hypertable_and_of_the_whole(owner: Connection) -> None:
    before = owner.execute("SELECT bytes FROM wall.database_size").fetchone()
    make_totals(owner)
    sizes = dict(owner.execute("SELECT relation, bytes FROM wall.relation_size").fetchall())
    assert {"sample", "sample_1m", "sample_1h", "sample_1d", "sample_text"} <= sizes.keys()
    after = owner.execute("SELECT bytes FROM wall.database_size").fetchone()
    assert before
    assert after
    assert after[0] == pytest.approx(before[0], rel=0.5)


@pytest.fixture
def service(owner: Connection) -> Connection:
    """A module with one indicator of two places, by the day."""
    owner.execute(
        """
        INSERT INTO module (name, manifest) VALUES ('m', '{"period": "day", "fresh_for": "36:00:00",
        "indicators": {"i": {"title": {"id": "I", "en": "I"}, "unit": "1", "across": "sum"}}}')
        """
    )
    owner.execute("INSERT INTO indicator (module_id, name, dimensions) SELECT id, 'i', '{place}' FROM module")
    for place in ("a", "b"):
        owner.execute("INSERT INTO indicator_cell (indicator_id, keys) SELECT id, ARRAY[%s] FROM indicator", [place])
    owner.execute("INSERT INTO module_run (module_id, cause) SELECT id, 'schedule' FROM module")
    return owner


def figure(owner: Connection, place: str, day: int, value: float | None) -> None:
    owner.execute(
        "INSERT INTO indicator_value (cell_id, true_at, value, known_from, run_id) "
        "SELECT cell.id, %s, %s, now(), run.id FROM indicator_cell AS cell, module_run AS run WHERE keys = ARRAY[%s]",
        [datetime(2026, 1, day, tzinfo=UTC), value, place],
    )


def test_course_when_a_place_has_not_spoken_yet_then_its_day_is_not_drawn(service: Connection) -> None:
    for place, day, value in (("a", 1, 1.0), ("a", 2, 2.0), ("b", 2, 3.0), ("a", 3, 4.0)):
        figure(service, place, day, value)
    drawn = "SELECT extract(DAY FROM time), value FROM wall.indicator_course WHERE module = 'm' ORDER BY 1"
    # On the first day the second place was not there yet; on the third it is missing.
    assert service.execute(drawn).fetchall() == [(1, 1.0), (2, 5.0)]
    figure(service, "b", 3, None)
    assert service.execute(drawn).fetchall() == [(1, 1.0), (2, 5.0), (3, None)]
    # What one place keeps back is missing in the sum, too, and no 0.
    now = "SELECT value FROM wall.indicator WHERE module = 'm' AND indicator = 'i'"
    assert service.execute(now).fetchall() == [(None,)]


def test_indicator_when_one_is_asked_for_then_the_others_are_not_computed(service: Connection) -> None:
    service.execute(
        """
        INSERT INTO module (name, manifest)
        SELECT 'n' || k, manifest FROM module, generate_series(1, 20) AS k WHERE name = 'm'
        """
    )
    service.execute(
        "INSERT INTO indicator (module_id, name, dimensions) SELECT id, 'i', '{}' FROM module WHERE name <> 'm'"
    )
    service.execute(
        "INSERT INTO indicator_cell (indicator_id, keys) SELECT id, '{}' FROM indicator WHERE dimensions = '{}'"
    )
    service.execute("ANALYZE")
    plan = service.execute(
        "EXPLAIN (FORMAT TEXT) SELECT value FROM wall.indicator WHERE module = 'm' AND indicator = 'i'"
    ).fetchall()
    assert not any("CTE" in row[0] for row in plan)
