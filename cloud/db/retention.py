"""Retention: what is older than the settings say is dropped, a chunk at a time; evidence also where it is too much."""

from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from cloud.db.connection import Connection
from cloud.db.queries import load
from cloud.db.settings import DbSettings

log = structlog.get_logger(__name__)

RAW, MINUTES, HOURS = ("sample", "sample_text"), ("sample_1m",), ("sample_1h",)
# Rows of one DELETE: short enough that nobody waits for its locks.
DELETE_LIMIT = 10_000
# Evidence is megabytes a piece.
DELETE_MEDIA_LIMIT = 200


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
    refused_before = present - timedelta(days=settings.rejected_retention_d)
    refused = sum(
        _delete(connection, name, DELETE_LIMIT, before=refused_before)
        for name in ("delete_rejected", "delete_operations_refused")
    )
    media = _forget_media(connection, settings, present)
    proof = _forget_proof(connection, present - timedelta(days=settings.proof_retention_d))
    if dropped or refused or media or proof:
        log.info("old_samples_dropped", chunks=dropped, rejected_messages=refused, media=media, proof=proof)
    return dropped


def _forget_media(connection: Connection, settings: DbSettings, present: datetime) -> int:
    before = present - timedelta(days=settings.media_retention_d)
    deleted = _delete(connection, "delete_media", DELETE_MEDIA_LIMIT, before=before)
    deleted += _delete(connection, "delete_media_beyond", DELETE_MEDIA_LIMIT, most=settings.media_max_bytes)
    connection.execute(load("retention")["delete_media_days"], {"now": present})
    connection.execute(load("announcements")["forget_sound"], {"now": present})
    return deleted


def _forget_proof(connection: Connection, before: datetime) -> int:
    """Forget photos of incidents that were closed before an instant, and who was told of them."""
    photos = _delete(connection, "delete_photos", DELETE_MEDIA_LIMIT, before=before)
    return photos + _delete(connection, "delete_notifications", DELETE_LIMIT, before=before)


def _drop(connection: Connection, relations: tuple[str, ...], remember: str, before: datetime) -> int:
    statements = load("retention")
    with connection.transaction():
        # In one transaction: whoever sees the chunks gone also sees from when on they are.
        connection.execute(statements[remember], {"before": before})
        return sum(_drop_chunks(connection, relation, before) for relation in relations)


def _drop_chunks(connection: Connection, relation: str, before: datetime) -> int:
    rows = connection.execute(load("retention")["drop_chunks"], {"relation": relation, "before": before})
    return len(rows.fetchall())


def _delete(connection: Connection, name: str, limit: int, **parameters: Any) -> int:
    """Run a deletion until it finds less than its limit, a transaction each time."""
    total = 0
    while True:
        deleted = connection.execute(load("retention")[name], parameters | {"limit": limit}).rowcount
        total += deleted
        if deleted < limit:
            return total
