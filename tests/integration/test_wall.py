"""The views of schema wall: silence as a value, and quick enough for the whole regency."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from cloud.db.connection import Connection, connect
from tests.fix_database import add_asset, add_box, add_series, as_role, set_latest


def one(connection: Connection, query: str, *parameters: Any) -> tuple[Any, ...]:
    row = connection.execute(query, parameters).fetchone()
    assert row is not None
    return row


@pytest.fixture
def box(owner: Connection) -> int:
    return add_box(owner)


@pytest.mark.parametrize(
    ("age_s", "state"), [(0, "ok"), (100, "ok"), (130, "late"), (240, "late"), (250, "silent"), (None, "never")]
)
def test_asset_when_last_seen_some_time_ago_then_is_judged_by_its_interval(
    owner: Connection, box: int, age_s: int | None, state: str
) -> None:
    series = add_series(owner, add_asset(owner, box, "TD-01.lamp-1", interval_s=60), ["current", "voltage"])
    if age_s is not None:
        set_latest(owner, series[0], 1.0, timedelta(seconds=age_s))
        set_latest(owner, series[1], 1.0, timedelta(seconds=age_s + 9_000))
    found, age, last_seen_at = one(owner, "SELECT state, age_s, last_seen_at FROM wall.asset_state")
    assert found == state
    assert (age is None) == (last_seen_at is None) == (age_s is None)


def test_asset_when_no_interval_is_stated_then_five_minutes_are_assumed_and_said(owner: Connection, box: int) -> None:
    add_asset(owner, box, "TD-01.lamp-1", interval_s=None)
    assert one(owner, "SELECT expected_interval_s, interval_assumed FROM wall.asset_state") == (300, True)


def test_asset_when_its_clock_runs_ahead_then_counts_as_seen_when_received(owner: Connection, box: int) -> None:
    series = add_series(owner, add_asset(owner, box, "TD-01.lamp-1"), ["current"])
    set_latest(owner, series[0], 1.0, timedelta(seconds=-200))
    owner.execute("UPDATE series_latest SET received_at = now() - INTERVAL '1 hour'")
    assert one(owner, "SELECT state FROM wall.asset_state") == ("silent",)


@pytest.mark.parametrize(
    ("online", "age_s", "state"),
    [(True, 10, "online"), (None, 10, "online"), (True, 200, "silent"), (False, 10, "offline"), (None, None, "never")],
)
def test_box_when_heard_of_then_has_a_state_and_silent_is_a_value(
    owner: Connection,
    box: int,
    online: bool | None,  # noqa: FBT001 - pytest passes by name
    age_s: int | None,
    state: str,
) -> None:
    seen = None if age_s is None else datetime.now(UTC) - timedelta(seconds=age_s)
    owner.execute("UPDATE box SET online = %s, last_seen_at = %s", [online, seen])
    found = one(owner, "SELECT state, silent, age_s IS NULL FROM wall.box_state")
    assert found == (state, state != "online", age_s is None)


def test_site_when_some_of_it_is_silent_then_is_degraded_and_counted(owner: Connection, box: int) -> None:
    owner.execute("UPDATE box SET online = true, last_seen_at = now()")
    series = add_series(owner, add_asset(owner, box, "TD-01.lamp-1"), ["current"])
    set_latest(owner, series[0], 1.0)
    assert one(owner, "SELECT state, assets_ok FROM wall.site_state") == ("ok", 1)
    add_asset(owner, box, "TD-01.lamp-2")
    assert one(owner, "SELECT state, assets_ok, assets_never, boxes FROM wall.site_state") == ("degraded", 1, 1, 1)


def test_series_latest_when_the_newest_is_a_word_then_shows_the_word(owner: Connection, box: int) -> None:
    series = add_series(owner, add_asset(owner, box, "TD-01.signal-1"), ["plan"])[0]
    set_latest(owner, series, None)
    owner.execute("INSERT INTO sample_text SELECT time, series_id, 'P3' FROM series_latest")
    assert one(owner, "SELECT series, value, text FROM wall.series_latest") == ("TD-01.signal-1:plan", None, "P3")


def test_rejected_when_counted_by_hour_then_adds_up_what_rows_stand_for(owner: Connection) -> None:
    owner.execute(
        "INSERT INTO rejected_message (box, topic, reason, count) VALUES ('a','t','not_json',2),('a','t','not_json',3)"
    )
    assert one(owner, "SELECT box, reason, count FROM wall.rejected_1h") == ("a", "not_json", 5)


def test_maintenance_when_the_job_does_not_run_then_lag_grows(owner: Connection) -> None:
    owner.execute("UPDATE rollup_state SET minutes_until = now() - INTERVAL '10 minutes'")
    assert 590 < one(owner, "SELECT lag_s FROM wall.maintenance")[0] < 660


@pytest.fixture
def regency(owner: Connection) -> Connection:
    """30,000 series of 3,000 assets at 300 boxes, one of them with a day of minutes."""
    owner.execute("INSERT INTO site (code, name) SELECT 'S' || n, 'Site ' || n FROM generate_series(1, 300) AS n")
    owner.execute(
        "INSERT INTO box (name, site_id, last_seen_at, online) SELECT code || '-a', id, now(), true FROM site"
    )
    owner.execute(
        "INSERT INTO asset (code, site_id, box_id, expected_interval_s) "
        "SELECT name || '.x-' || n, site_id, id, 60 FROM box, generate_series(1, 10) AS n"
    )
    owner.execute(
        "INSERT INTO series (asset_id, quantity, unit) SELECT id, 'q' || n, 'A' FROM asset, generate_series(1, 10) AS n"
    )
    owner.execute("INSERT INTO series_latest SELECT id, now(), 1, now() FROM series")
    owner.execute(
        "INSERT INTO sample_1m SELECT now() - at * INTERVAL '1 minute', id, 1, 1, 1, 1, 1 "
        "FROM series, generate_series(1, 60) AS at WHERE id <= 1000"
    )
    owner.execute("ANALYZE")
    return owner


def test_states_when_the_regency_has_30000_series_then_cost_a_few_plain_scans(regency: Connection) -> None:
    """A ratio, because machines differ: the yardstick joins the same rows once, without judging anything."""
    yardstick_s = quickest_s(
        regency, "SELECT count(*) FROM series JOIN series_latest ON id = series_id JOIN asset ON asset.id = asset_id"
    )
    for view in ("asset_state", "box_state", "site_state"):
        assert quickest_s(regency, f"SELECT count(state) FROM wall.{view}") < 8 * yardstick_s, view  # noqa: S608 - names above


def test_minutes_when_asked_by_name_then_come_by_index(regency: Connection) -> None:
    code = one(regency, "SELECT asset FROM wall.series WHERE series_id = 7")[0]
    query = "EXPLAIN SELECT avg FROM wall.sample_1m WHERE asset = %s AND quantity = 'q7' AND time > now()"
    plan = "\n".join(row[0] for row in regency.execute(query, [code]))
    assert "Seq Scan on _hyper" not in plan
    assert "Index" in plan


def quickest_s(connection: Connection, query: str) -> float:
    times_s = []
    for _ in range(5):
        began_s = time.perf_counter()
        connection.execute(query).fetchall()
        times_s.append(time.perf_counter() - began_s)
    return min(times_s)


TABLES = ("sample", "series", "box", "account", "token", "rejected_message", "audit", "sample_1m")


def test_wall_reader_when_it_reads_then_gets_views_and_no_table(owner: Connection, database: str) -> None:
    with connect(as_role(database, "wall_reader"), "test", autocommit=True) as reader:
        for view in owner.execute("SELECT viewname FROM pg_views WHERE schemaname = 'wall'").fetchall():
            reader.execute(f"SELECT * FROM wall.{view[0]} LIMIT 1")  # noqa: S608 - the database's own
        for table in TABLES:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(f"SELECT * FROM public.{table}")  # noqa: S608 - names above


def test_wall_reader_when_it_connects_then_is_read_only_and_limited_in_time(database: str) -> None:
    with connect(as_role(database, "wall_reader"), "test", autocommit=True) as reader:
        assert one(reader, "SHOW statement_timeout") == ("30s",)
        assert one(reader, "SHOW default_transaction_read_only") == ("on",)


@pytest.mark.parametrize(
    "order",
    [
        "DELETE FROM sample",
        "UPDATE asset SET code = 'x'",
        "INSERT INTO account (name, role) VALUES ('x', 'admin')",
        "SELECT * FROM token",
        "DROP TABLE sample",
        "UPDATE box SET series_limit = 9",
    ],
)
def test_ingest_when_it_goes_beyond_its_task_then_is_refused(database: str, order: str) -> None:
    with connect(as_role(database, "ingest"), "test") as ingest, pytest.raises(psycopg.errors.InsufficientPrivilege):
        ingest.execute(order)


@pytest.mark.parametrize(
    "order",
    [
        "DELETE FROM token",
        "INSERT INTO sample VALUES (now(), 1, 1)",
        "INSERT INTO role_right VALUES ('viewer', 'siren.sound')",
        "SELECT * FROM audit",
    ],
)
def test_api_when_it_goes_beyond_its_task_then_is_refused(database: str, order: str) -> None:
    with connect(as_role(database, "api"), "test") as api, pytest.raises(psycopg.errors.InsufficientPrivilege):
        api.execute(order)
