"""Retention: what is older than the settings say is dropped, a chunk at a time."""

from datetime import UTC, datetime, timedelta

import structlog

from cloud.db.connection import Connection
from cloud.db.queries import load
from cloud.db.settings import DbSettings

log = structlog.get_logger(__name__)

RAW, MINUTES, HOURS = ("sample", "sample_text"), ("sample_1m",), ("sample_1h",)
# Rows of one DELETE: short enough that nobody waits for its locks.
DELETE_LIMIT = 10_000


def forget_old(connection: Connection, settings: DbSettings, now: datetime | None = None) -> int:
    """Drop what has outlived its retention; days are kept for good.

    Args:
        connection: of the database's owner, in autocommit.
        settings: how long each level is kept.
        now: the present, for tests.

    Returns:
        number of dropped chunks.
    """
    present = now or datetime.now(UTC)
    dropped = _drop(connection, RAW, "set_raw_from", present - timedelta(days=settings.raw_retention_d))
    dropped += _drop(connection, MINUTES, "set_minutes_from", present - timedelta(days=settings.minute_retention_d))
    if settings.hour_retention_d is not None:
        dropped += _drop(connection, HOURS, "set_hours_from", present - timedelta(days=settings.hour_retention_d))
    deleted = _delete_rejected(connection, present - timedelta(days=settings.rejected_retention_d))
    if dropped or deleted:
        log.info("old_samples_dropped", chunks=dropped, rejected_messages=deleted)
    return dropped


def _drop(connection: Connection, relations: tuple[str, ...], remember: str, before: datetime) -> int:
    statements = load("retention")
    with connection.transaction():
        # In one transaction: whoever sees the chunks gone also sees from when on they are.
        connection.execute(statements[remember], {"before": before})
        return sum(_drop_chunks(connection, relation, before) for relation in relations)


def _drop_chunks(connection: Connection, relation: str, before: datetime) -> int:
    rows = connection.execute(load("retention")["drop_chunks"], {"relation": relation, "before": before})
    return len(rows.fetchall())


def _delete_rejected(connection: Connection, before: datetime) -> int:
    total = 0
    while True:
        deleted = connection.execute(
            load("retention")["delete_rejected"], {"before": before, "limit": DELETE_LIMIT}
        ).rowcount
        total += deleted
        if deleted < DELETE_LIMIT:
            return total
