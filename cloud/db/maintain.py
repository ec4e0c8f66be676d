"""The long-running job of the database: rollups (Apache edition), retention, and in a thread what the wall keeps.

One works at a time (advisory lock); another one that is started stands by, so two may run for safety. When the
database goes away the job waits and connects again; nothing is lost, because every step is restartable.
"""

import threading
import time
from datetime import datetime

import psycopg
import structlog

from cloud import errors
from cloud.db.audit import read_anchor
from cloud.db.connection import Connection, connect, translated
from cloud.db.locks import MAINTENANCE_LOCK
from cloud.db.migrate import read_edition
from cloud.db.migration_files import Edition
from cloud.db.retention import forget_old
from cloud.db.rollup import roll_up
from cloud.db.settings import DbSettings
from cloud.db.wall import keep_wall, make_totals, pulse

log = structlog.get_logger(__name__)

APPLICATION = "satulayar-db maintain"
# Chunks are a day wide: looking for old ones more often than hourly finds nothing.
RETENTION_EVERY_S = 3_600.0
# A step of the catch-up that takes longer than this is told, so that long work shows progress.
QUIET_S = 5.0


def maintain(settings: DbSettings, stopping: threading.Event) -> None:
    """Work until told to stop.

    Args:
        settings: interval and retention.
        stopping: set by the signal handler; the pass under way is finished first.

    Raises:
        Misconfigured: the schema is not this program's, or the role may not do this.
    """
    # A rollup that catches up takes minutes, in which the wall must not stand still: a thread with its own connection.
    wall = threading.Thread(target=keep_wall, args=(settings, stopping), name="wall")
    wall.start()
    try:
        while not stopping.is_set():
            try:
                _serve(settings, stopping)
            except errors.Unavailable as error:
                log.warning("database_lost", error=str(error), retry_in_s=settings.maintain_interval_s)
                stopping.wait(settings.maintain_interval_s)
    finally:
        stopping.set()
        wall.join()


def maintain_once(settings: DbSettings) -> None:
    """Do one pass of everything, waiting for a pass of another job that is under way.

    Raises:
        Unavailable: the database is not there.
        Misconfigured: as `maintain`.
    """
    with translated(), connect(settings.dsn, APPLICATION, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [MAINTENANCE_LOCK])
        edition = read_edition(connection)
        _roll_up(connection, edition)
        pulse(connection)
        make_totals(connection)
        forget_old(connection, settings)


def _serve(settings: DbSettings, stopping: threading.Event) -> None:
    with translated(), connect(settings.dsn, APPLICATION, autocommit=True) as connection:
        if not _become_the_one(connection, stopping):
            return
        edition = read_edition(connection)
        log.info("maintenance_started", edition=edition)
        forgotten_at_s = -RETENTION_EVERY_S
        while not stopping.is_set():
            _roll_up(connection, edition)
            if time.monotonic() - forgotten_at_s >= RETENTION_EVERY_S:
                forget_old(connection, settings)
                _anchor_audit(connection)
                forgotten_at_s = time.monotonic()
            stopping.wait(settings.maintain_interval_s)


def _anchor_audit(connection: Connection) -> None:
    """Write down in the log, which is not the database, how far the audit chain has come: see `audit.py`."""
    anchor = read_anchor(connection)
    if anchor:
        log.info("audit_anchored", number=anchor.number, hash=anchor.hash)


def _become_the_one(connection: Connection, stopping: threading.Event) -> bool:
    while not stopping.is_set():
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [MAINTENANCE_LOCK]).fetchone()
        if row and row[0]:
            return True
        # Asked again rather than waited for: a waiting statement could not be stopped by a signal.
        stopping.wait(1.0)
    return False


def _roll_up(connection: Connection, edition: Edition) -> None:
    if edition != "apache":
        return
    began_s = time.monotonic()
    told_s = began_s

    def tell(level: str, until: datetime) -> None:
        nonlocal told_s
        if time.monotonic() - told_s >= QUIET_S:
            told_s = time.monotonic()
            log.info("rollup_advanced", level=level, until=until.isoformat())

    try:
        done = roll_up(connection, tell)
    except psycopg.errors.LockNotAvailable:
        log.warning("rollup_postponed", reason="a writer of samples holds its transaction open")
        return
    log.info(
        "rollup_finished",
        minutes_until=done.minutes_until.isoformat(),
        late_hours=done.late_hours,
        lost_hours=done.lost_hours,
        took_s=round(time.monotonic() - began_s, 3),
    )
