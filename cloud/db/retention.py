"""Retention: what is older than the settings say is dropped, a chunk at a time."""

from datetime import UTC, datetime, timedelta

import structlog

from cloud.db.connection import Connection
from cloud.db.migration_files import Edition
from cloud.db.queries import load
from cloud.db.settings import DbSettings

log = structlog.get_logger(__name__)

# Rows of one DELETE: short enough that nobody waits for its locks.
DELETE_LIMIT = 10_000


def forget_old(connection: Connection, settings: DbSettings, edition: Edition, now: datetime | None = None) -> int:
    """Drop what has outlived its retention; days are kept for good.

    Args:
        connection: of the database's owner, in autocommit.
        settings: how long each level is kept.
        edition: `set_raw_from` guards only rollups that we make ourselves.
        now: the present, for tests.

    Returns:
        number of dropped chunks.
    """
    present = now or datetime.now(UTC)
    dropped = _drop_raw(connection, present - timedelta(days=settings.raw_retention_d), edition)
    dropped += _drop(connection, "sample_1m", present - timedelta(days=settings.minute_retention_d))
    if settings.hour_retention_d is not None:
        dropped += _drop(connection, "sample_1h", present - timedelta(days=settings.hour_retention_d))
    deleted = _delete_rejected(connection, present - timedelta(days=settings.rejected_retention_d))
    if dropped or deleted:
        log.info("old_samples_dropped", chunks=dropped, rejected_messages=deleted)
    return dropped


def _drop_raw(connection: Connection, before: datetime, edition: Edition) -> int:
    with connection.transaction():
        if edition == "apache":
            connection.execute(load("retention")["set_raw_from"], {"before": before})
        return sum(_drop(connection, relation, before) for relation in ("sample", "sample_text"))


def _drop(connection: Connection, relation: str, before: datetime) -> int:
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
