"""Rollups of the Apache edition against a plain recomputation, whatever comes late and whoever is killed."""

import random
import re
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.db.connection import Connection, connect
from cloud.db.locks import ROLLUP_LOCK
from cloud.db.migration_files import FOLDER
from cloud.db.rollup import DAY, HOUR, MINUTE, advance, floor, read_state, roll_up
from tests.fix_database import Sample, add_asset, add_box, add_series, write_samples

START = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)  # two hours before midnight in Pasuruan
LEVELS = {"sample_1m": MINUTE, "sample_1h": HOUR, "sample_1d": DAY}


class Killed(Exception):
    """Stands for the end of the job between two of its transactions."""


@pytest.fixture
def series(owner: Connection) -> list[int]:
    begin_at(owner, START)
    return add_series(owner, add_asset(owner, add_box(owner), "TD-01.lamp-1"), ["current", "voltage", "energy"])


def begin_at(connection: Connection, instant: datetime) -> None:
    connection.execute(
        """
        UPDATE rollup_state
        SET complete_until = %(at)s, minutes_until = %(at)s, hours_until = %(at)s, days_until = %(at)s
        """,
        {"at": instant},
    )


def pass_until(connection: Connection, instant: datetime, progress: object = None) -> None:
    grace = datetime.now(UTC) - instant
    if callable(progress):
        roll_up(connection, progress, grace)
    else:
        roll_up(connection, grace=grace)


def expected(connection: Connection, width: timedelta) -> dict[tuple[datetime, int], tuple[float, ...]]:
    groups: dict[tuple[datetime, int], list[float]] = defaultdict(list)
    for at, series_id, value in connection.execute("SELECT time, series_id, value FROM sample ORDER BY time"):
        groups[floor(at, width), series_id].append(value)
    return {key: (len(rows), min(rows), max(rows), sum(rows), rows[-1]) for key, rows in groups.items()}


def found(connection: Connection, relation: str) -> dict[tuple[datetime, int], tuple[float, ...]]:
    rows = connection.execute(f"SELECT bucket, series_id, n, min, max, sum, last FROM {relation}")  # noqa: S608 - names above
    return {(row[0], row[1]): row[2:] for row in rows}


def assert_right(connection: Connection, until: datetime) -> None:
    pass_until(connection, floor(until, DAY) + 2 * DAY)
    for relation, width in LEVELS.items():
        assert found(connection, relation) == expected(connection, width), relation
    assert connection.execute("SELECT count(*) FROM rollup_late").fetchone() == (0,)


offsets = st.integers(min_value=-200 * 60, max_value=300 * 60)
samples = st.lists(st.tuples(offsets, st.integers(0, 2), st.integers(-50, 50)), min_size=1, max_size=12)
steps = st.one_of(
    st.tuples(st.just("write"), samples),
    st.tuples(st.just("pass"), st.integers(0, 300)),
    st.tuples(st.just("killed"), st.tuples(st.integers(0, 300), st.integers(1, 4))),
)


def forget_everything(connection: Connection) -> None:
    for relation in ("sample", *LEVELS, "rollup_late"):
        connection.execute(f"DELETE FROM {relation}")  # noqa: S608 - names above
    begin_at(connection, START)


def carry_out(connection: Connection, series: list[int], kind: str, what: object) -> None:
    if kind == "write":
        write_samples(connection, [(START + timedelta(seconds=at), series[n], float(v)) for at, n, v in what])  # type: ignore[attr-defined]
    elif kind == "pass":
        pass_until(connection, START + timedelta(minutes=what))  # type: ignore[arg-type]
    else:
        minutes, left = what  # type: ignore[misc]
        calls = iter(range(left))

        def die(_level: str, _until: datetime) -> None:
            if next(calls, None) is None:
                raise Killed

        with suppress(Killed):
            pass_until(connection, START + timedelta(minutes=minutes), die)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(course=st.lists(steps, min_size=1, max_size=8))
def test_rollups_when_writes_passes_and_kills_mix_then_equal_a_plain_recomputation(
    owner: Connection, series: list[int], course: list[tuple[str, object]]
) -> None:
    forget_everything(owner)
    for kind, what in course:
        carry_out(owner, series, kind, what)
    assert_right(owner, START + timedelta(minutes=300))


def test_minute_when_closed_then_is_there_and_the_open_one_is_not(owner: Connection, series: list[int]) -> None:
    write_samples(owner, [(START + timedelta(seconds=second), series[0], 1.0) for second in (0, 59, 60)])
    pass_until(owner, START + MINUTE)
    assert list(found(owner, "sample_1m")) == [(START, series[0])]


def test_open_hour_and_day_when_five_minutes_and_an_hour_passed_then_show(owner: Connection, series: list[int]) -> None:
    write_samples(owner, [(START, series[0], 4.0)])
    pass_until(owner, START + 5 * MINUTE)
    assert found(owner, "sample_1h")[START, series[0]] == (1, 4.0, 4.0, 4.0, 4.0)
    pass_until(owner, START + HOUR)
    assert (floor(START, DAY), series[0]) in found(owner, "sample_1d")


def test_day_when_midnight_passes_in_pasuruan_then_begins_at_seventeen_utc(
    owner: Connection, series: list[int]
) -> None:
    write_samples(owner, [(START + timedelta(hours=1, minutes=59), series[0], 1.0), (START + 2 * HOUR, series[0], 2.0)])
    assert_right(owner, START + 2 * HOUR)
    assert [bucket.astimezone(UTC).hour for bucket, _ in found(owner, "sample_1d")] == [17, 17]


def test_late_backlog_when_hours_are_closed_then_only_its_series_are_made_again(
    owner: Connection, series: list[int]
) -> None:
    write_samples(owner, [(START, series[0], 1.0), (START, series[1], 1.0)])
    pass_until(owner, START + 3 * HOUR)
    owner.execute("UPDATE sample_1m SET n = 77 WHERE series_id = %s", [series[1]])  # what is not touched keeps this
    write_samples(owner, [(START + timedelta(seconds=5), series[0], 9.0)])
    pass_until(owner, START + 3 * HOUR)
    minutes = found(owner, "sample_1m")
    assert minutes[START, series[0]] == (2, 1.0, 9.0, 10.0, 9.0)
    assert minutes[START, series[1]][0] == 77


def test_late_hour_when_raw_samples_are_dropped_then_keeps_its_rollup(owner: Connection, series: list[int]) -> None:
    write_samples(owner, [(START, series[0], 1.0), (START + timedelta(seconds=1), series[0], 2.0)])
    assert_right(owner, START)
    owner.execute("DELETE FROM sample")
    owner.execute("UPDATE rollup_state SET raw_from = %s", [START + DAY])
    write_samples(owner, [(START + timedelta(seconds=2), series[0], 3.0)])
    done = roll_up(owner, grace=datetime.now(UTC) - START - 2 * DAY)
    assert (done.late_hours, done.lost_hours) == (0, 1)
    assert found(owner, "sample_1h")[START, series[0]][0] == 2


def test_advance_when_a_writer_is_in_its_transaction_then_waits_or_gives_up(owner: Connection, database: str) -> None:
    with connect(database, "test") as writer:
        writer.execute("SELECT pg_advisory_xact_lock_shared(%s)", [ROLLUP_LOCK])
        before = read_state(owner)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            advance(owner)
        assert read_state(owner) == before
    advance(owner)


def test_community_definitions_when_run_as_plain_views_then_give_what_the_job_gives(
    owner: Connection, series: list[int]
) -> None:
    """The Community edition cannot run here, but what its aggregates select can."""
    dice = random.Random(7)
    write_samples(owner, [(START + timedelta(seconds=n * 37), dice.choice(series), float(n)) for n in range(500)])
    assert_right(owner, START + 6 * HOUR)
    text = (FOLDER / "0006_rollups.community.sql").read_text().partition("SELECT add_continuous")[0]
    text = re.sub(r"MATERIALIZED VIEW (\w+)\nWITH \(.*?\) AS", r"VIEW community.\1 AS", text).replace(
        "WITH NO DATA", ""
    )
    owner.execute("CREATE SCHEMA community")
    owner.execute("SET search_path = community, public")
    owner.execute(text)
    for relation in LEVELS:
        assert found(owner, f"community.{relation}") == found(owner, f"public.{relation}"), relation


def test_sample_when_its_minute_closes_before_its_commit_then_is_in_the_minute(
    owner: Connection, database: str, series: list[int]
) -> None:
    with connect(database, "test") as writer:
        writer.execute("SELECT pg_advisory_xact_lock_shared(%s)", [ROLLUP_LOCK])
        writer.execute("SELECT complete_until FROM rollup_state")
        writer.execute("INSERT INTO sample VALUES (%s, 7, %s)", [START, series[0]])
        job = threading.Thread(target=pass_until, args=(owner, START + 5 * MINUTE))
        job.start()
        wait_for_lock_waiter(writer)
        writer.commit()
        job.join()
    assert found(owner, "sample_1m")[START, series[0]] == (1, 7.0, 7.0, 7.0, 7.0)


def wait_for_lock_waiter(connection: Connection) -> None:
    deadline_s = time.monotonic() + 1.5
    while time.monotonic() < deadline_s:
        row = connection.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").fetchone()
        if row and row[0]:
            return
    pytest.fail("the job did not wait for the writer")


def test_rollups_when_writers_race_with_the_job_then_lose_nothing(
    owner: Connection, database: str, series: list[int]
) -> None:
    clock = Clock()
    writers = [threading.Thread(target=write_until, args=(database, series, clock, seed)) for seed in (1, 2)]
    for writer in writers:
        writer.start()
    while clock.minutes < 150:
        clock.minutes += 3
        pass_until(owner, clock.front)
    clock.stopped = True
    for writer in writers:
        writer.join()
    assert clock.late > 0
    assert_right(owner, clock.front)


class Clock:
    """Time runs fast here, so that many minutes close while writers write to them."""

    def __init__(self) -> None:
        self.minutes = 0
        self.stopped = False
        self.late = 0

    @property
    def front(self) -> datetime:
        return START + timedelta(minutes=self.minutes)


def write_until(database: str, series: list[int], clock: Clock, seed: int) -> None:
    dice = random.Random(seed)
    with connect(database, "test", autocommit=True) as connection:
        while not clock.stopped:
            back = timedelta(seconds=dice.randrange(0, 600), microseconds=dice.randrange(1_000_000))
            batch: list[Sample] = [
                (clock.front - back + timedelta(milliseconds=n), dice.choice(series), float(n)) for n in range(5)
            ]
            write_samples(connection, batch)
            clock.late += 1


def test_maintain_when_killed_again_and_again_then_forgets_nothing(owner: Connection, database: str) -> None:
    asset = add_asset(owner, add_box(owner), "TD-01.det-1")
    series = add_series(owner, asset, [f"q{n}" for n in range(40)])
    begin_at(owner, floor(datetime.now(UTC), DAY) - 3 * DAY)
    owner.execute(
        """
        INSERT INTO sample (time, series_id, value)
        SELECT at + series_id * INTERVAL '1 ms', series_id, extract(minute FROM at)
        FROM unnest(%s::integer[]) AS series_id,
            generate_series(now() - INTERVAL '2 days', now() - INTERVAL '5 minutes', INTERVAL '2 minutes') AS at
        """,
        [series],
    )
    for delay_s in kill_delays():
        kill_after(database, delay_s)
    write_samples(owner, [(datetime.now(UTC) - timedelta(hours=30), series[0], 5.0)])
    roll_up(owner)
    until = read_state(owner).minutes_until
    assert_right(owner, until)


def kill_delays() -> Iterator[float]:
    # Python and psycopg take about half a second to start: the kills fall into the job's first second of work.
    dice = random.Random(20261122)
    for _ in range(2):
        yield 0.45 + 0.5 * dice.random()


def kill_after(database: str, delay_s: float) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "cloud.db", "maintain", "--dsn", database], stderr=subprocess.DEVNULL
    ) as job:
        time.sleep(delay_s)
        job.kill()
