"""Keeps the tables that the wall reads: the pulse every few seconds, totals of hours and days as they are rolled up.

Nothing here is the truth: what is missed or thrown away is made again. The views of schema `wall` look at how old the
pulse is and turn to the truth where it has stopped, so that a dead job makes the wall slower, never wrong.
"""

import threading
import time
from datetime import UTC, datetime, timedelta

import structlog

from cloud import errors
from cloud.db.connection import Connection, connect, translated
from cloud.db.locks import PULSE_LOCK
from cloud.db.queries import load
from cloud.db.rollup import DAY, HOUR, floor
from cloud.db.settings import DbSettings

log = structlog.get_logger(__name__)

APPLICATION = "satulayar-db wall"
# A state is shown at most this much late; the views give the pulse up after 30 s.
PULSE_EVERY_S = 5.0
# The hour under way is made anew as often as its rollup is (rollup.HOURS_EVERY).
TOTALS_EVERY_S = 300.0
# Where TimescaleDB's own policies keep the rollups nobody tells which hours they made again: these are looked at daily.
COMMUNITY_LOOKS_BACK = timedelta(days=10)
# Spans of one transaction when the totals catch up.
HOURS_STEP = timedelta(days=2)
DAYS_STEP = timedelta(days=60)
_STEPS = ("pulse_assets", "pulse_sites", "pulse_figures")
_WITH_TOTALS = (
    *("make_worst_junctions", "make_incident_days", "make_relation_sizes"),
    *("forget_minute_totals", "forget_site_totals"),
)


def pulse(connection: Connection) -> float:
    """Bring the tables of what is now up to date, in one transaction.

    Args:
        connection: of the database's owner, in autocommit.

    Returns:
        seconds it took.
    """
    began_s = time.monotonic()
    begun_at = datetime.now(UTC)
    with connection.transaction():
        for step in _STEPS:
            connection.execute(load("wall")[step])
        connection.execute(load("wall")["pulse_beat"], {"begun_at": begun_at})
    return time.monotonic() - began_s


def make_totals(connection: Connection, *, look_back: timedelta = timedelta(0)) -> None:
    """Make the totals of hours and days up to now, the open ones as far as they are, and those that came late.

    Args:
        connection: of the database's owner, in autocommit.
        look_back: how far behind what is made already to make it again.
    """
    hours_until, days_until, now = _state(connection)
    _make_span(connection, "make_hour_totals", floor(min(hours_until, now) - look_back, HOUR), now, HOURS_STEP)
    _make_span(connection, "make_day_totals", floor(min(days_until, now) - look_back, DAY), now, DAYS_STEP)
    _make_late(connection)
    _make(connection, "make_platform_hours", floor(min(hours_until, now), HOUR), now)
    _make(connection, "make_platform_days", floor(min(days_until, now), DAY), now)
    for statement in _WITH_TOTALS:
        connection.execute(load("wall")[statement], {})
    # The hour before is made once more in the next pass: its rollup may have been open when it was read.
    connection.execute(load("wall")["set_totals"], {"hours": now - HOUR, "days": now - DAY})


def keep_wall(settings: DbSettings, stopping: threading.Event) -> None:
    """Work until told to stop; the database may go away and come back.

    Args:
        settings: where the database is.
        stopping: set by the signal handler.
    """
    while not stopping.is_set():
        try:
            with translated(), connect(settings.dsn, APPLICATION, autocommit=True) as connection:
                _serve(connection, stopping)
        except errors.CloudError as error:
            log.warning("pulse_lost", error=str(error), retry_in_s=settings.maintain_interval_s)
            stopping.wait(settings.maintain_interval_s)


def _serve(connection: Connection, stopping: threading.Event) -> None:
    if not _become_the_one(connection, stopping):
        return
    is_community = connection.execute("SHOW timescaledb.license").fetchone() == ("timescale",)
    totals_at_s = looked_back_at_s = float("-inf")
    while not stopping.is_set():
        took_s = pulse(connection)
        now_s = time.monotonic()
        if now_s - totals_at_s >= TOTALS_EVERY_S:
            looks_back = is_community and now_s - looked_back_at_s >= DAY.total_seconds()
            make_totals(connection, look_back=COMMUNITY_LOOKS_BACK if looks_back else timedelta(0))
            looked_back_at_s = now_s if looks_back else looked_back_at_s
            totals_at_s = now_s
            log.info("wall_kept", pulse_s=round(took_s, 3), totals_s=round(time.monotonic() - now_s, 3))
        stopping.wait(PULSE_EVERY_S)


def _become_the_one(connection: Connection, stopping: threading.Event) -> bool:
    while not stopping.is_set():
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [PULSE_LOCK]).fetchone()
        if row and row[0]:
            return True
        stopping.wait(1.0)
    return False


def _state(connection: Connection) -> tuple[datetime, datetime, datetime]:
    row = connection.execute(load("wall")["read_totals"]).fetchone()
    if row is None:
        raise LookupError("total_state is empty; the migration that fills it was undone by hand")
    return row[0], row[1], row[2]


def _make_late(connection: Connection) -> None:
    """Make again what was rolled up again, hour by hour, with its day."""
    with connection.transaction():
        hours = [row[0] for row in connection.execute(load("wall")["take_late_totals"])]
        for hour in sorted(hours):
            _make(connection, "make_hour_totals", hour, hour + HOUR)
        for day in sorted({floor(hour, DAY) for hour in hours}):
            _make(connection, "make_day_totals", day, day + DAY)


def _make_span(connection: Connection, statement: str, start: datetime, stop: datetime, step: timedelta) -> None:
    while start < stop:
        until = min(start + step, stop)
        _make(connection, statement, start, until)
        start = until


def _make(connection: Connection, statement: str, start: datetime, stop: datetime) -> None:
    # Never prepared: a generic plan would not know which chunks the span excludes.
    connection.execute(load("wall")[statement], {"start": start, "stop": stop}, prepare=False)
