"""Rollups of the Apache edition: minutes from samples, hours from minutes, days from hours.

The protocol stands in `migrations/0005_rollup_state.sql`. A pass first closes the minutes that have ended, then
makes what was closed, then makes again the hours for which samples came late. Every step is one transaction that
also writes how far it has come, so a job that is killed redoes its step and forgets nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cloud.db.connection import Connection
from cloud.db.locks import ROLLUP_LOCK
from cloud.db.queries import load

Progress = Callable[[str, datetime], None]

# Live samples are in the database within a second; a minute covers a box's pack interval and one reconnection, so
# that in quiet times next to nothing is late.
GRACE = timedelta(seconds=60)
# Writers of samples wait while we wait for the lock: rather try again in the next pass than hold up a regency.
LOCK_TIMEOUT_MS = 2_000

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# An open hour is made anew every five minutes, an open day every hour: 30,000 rows each time, see README.
HOURS_EVERY = timedelta(minutes=5)
DAYS_EVERY = HOUR
# Spans of one transaction when the job catches up after it was not running.
MINUTES_STEP = HOUR
HOURS_STEP = timedelta(hours=12)
DAYS_STEP = timedelta(days=30)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MIDNIGHT = datetime(2000, 1, 1, tzinfo=UTC) - timedelta(hours=7)


@dataclass(frozen=True, slots=True)
class State:
    """How far the rollups have come: the columns of `rollup_state`."""

    complete_until: datetime
    minutes_until: datetime
    hours_until: datetime
    days_until: datetime
    raw_from: datetime


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did.

    Attributes:
        minutes_until: instant below which every closed minute is made.
        late_hours: hours made again for samples that came late.
        lost_hours: late hours whose samples may be partly dropped already; their rollups stay as they are.
    """

    minutes_until: datetime
    late_hours: int
    lost_hours: int


def roll_up(connection: Connection, progress: Progress = lambda _level, _until: None, grace: timedelta = GRACE) -> Pass:
    """Do one pass.

    Args:
        connection: of the database's owner, in autocommit.
        progress: called after each step with the level and how far it has come.
        grace: how long ago a minute must have ended to be closed.

    Raises:
        psycopg.errors.LockNotAvailable: a writer's transaction is open for longer than `LOCK_TIMEOUT_MS`.
    """
    advance(connection, grace)
    for step in (_step_minutes, _step_hours, _step_days):
        for until in _repeat(connection, step):
            progress(step.__name__.removeprefix("_step_"), until)
    late_hours, lost_hours = drain_late(connection, progress)
    return Pass(read_state(connection).minutes_until, late_hours, lost_hours)


def advance(connection: Connection, grace: timedelta = GRACE) -> None:
    """Close the minutes that ended `grace` ago: what is written to them from now on is late."""
    with connection.transaction():
        connection.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
        _run(connection, "lock_exclusively", lock=ROLLUP_LOCK)
        _run(connection, "advance", grace=grace)


def read_state(connection: Connection) -> State:
    """Read how far the rollups have come."""
    row = connection.execute(load("rollup")["read_state"]).fetchone()
    if row is None:
        raise LookupError("rollup_state is empty; the migration that fills it was undone by hand")
    return State(*row)


def drain_late(connection: Connection, progress: Progress = lambda _level, _until: None) -> tuple[int, int]:
    """Make again every hour that waits in `rollup_late`, each in its own transaction.

    Returns:
        (hours made again, hours left as they are because samples below them are dropped).
    """
    done = [_make_late_hour(connection, hour) for hour in _late_hours(connection)]
    for hour, _ in done:
        progress("late", hour)
    return sum(made for _, made in done), sum(not made for _, made in done)


def _late_hours(connection: Connection) -> list[datetime]:
    return [row[0] for row in connection.execute(load("rollup")["late_hours"])]


def _make_late_hour(connection: Connection, hour: datetime) -> tuple[datetime, bool]:
    with connection.transaction():
        # The queue first and the samples in later statements: whatever reported itself here is then visible.
        series_ids = [row[0] for row in connection.execute(load("rollup")["take_late"], {"hour": hour})]
        state = read_state(connection)
        if hour < state.raw_from:
            return hour, False
        stop = max(hour, min(hour + HOUR, state.minutes_until))
        day = floor(hour, DAY)
        _run(connection, "make_minutes", series_ids=series_ids, start=hour, stop=stop)
        _run(connection, "make_hours", series_ids=series_ids, start=hour, stop=hour + HOUR)
        _run(connection, "make_days", series_ids=series_ids, start=day, stop=day + DAY)
        connection.execute(load("wall")["note_late_totals"], {"hour": hour})
    return hour, True


def _repeat(
    connection: Connection, step: Callable[[Connection, State, list[int]], datetime | None]
) -> Iterator[datetime]:
    series_ids = [row[0] for row in connection.execute(load("rollup")["all_series"])]
    while True:
        with connection.transaction():
            until = step(connection, read_state(connection), series_ids)
        if until is None:
            return
        yield until


def _step_minutes(connection: Connection, state: State, series_ids: list[int]) -> datetime | None:
    until = min(state.complete_until, state.minutes_until + MINUTES_STEP)
    if until <= state.minutes_until:
        return None
    _run(connection, "make_minutes", series_ids=series_ids, start=state.minutes_until, stop=until)
    _run(connection, "set_minutes_until", until=until)
    return until


def _step_hours(connection: Connection, state: State, series_ids: list[int]) -> datetime | None:
    until = min(floor(state.minutes_until, HOURS_EVERY), state.hours_until + HOURS_STEP)
    if until <= state.hours_until:
        return None
    start, stop = floor(state.hours_until, HOUR), floor(until, HOUR) + HOUR
    _run(connection, "make_hours", series_ids=series_ids, start=start, stop=stop)
    _run(connection, "set_hours_until", until=until)
    return until


def _step_days(connection: Connection, state: State, series_ids: list[int]) -> datetime | None:
    until = min(floor(state.hours_until, DAYS_EVERY), state.days_until + DAYS_STEP)
    if until <= state.days_until:
        return None
    start, stop = floor(state.days_until, DAY), floor(until, DAY) + DAY
    _run(connection, "make_days", series_ids=series_ids, start=start, stop=stop)
    _run(connection, "set_days_until", until=until)
    return until


def floor(instant: datetime, width: timedelta) -> datetime:
    """Round down to a multiple of a width; days begin at midnight in Pasuruan (+07)."""
    origin = _MIDNIGHT if width == DAY else _EPOCH
    return instant - (instant - origin) % width


def _run(connection: Connection, name: str, **parameters: Any) -> None:
    # Never prepared: a generic plan would not know which chunks the span excludes.
    connection.execute(load("rollup")[name], parameters, prepare=False)
