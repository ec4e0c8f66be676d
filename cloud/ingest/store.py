"""One transaction per batch, and what is done when it fails.

The way is optimistic: a sorted batch is copied straight into the hypertable. Only where a sample of it is there
already does it go through a staging table and `ON CONFLICT DO NOTHING`, at about half the speed; and while repeats
keep coming (a box sends again what has no receipt) the batches go there at once.
"""

import time
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.types.json import Jsonb

from cloud.db.locks import ROLLUP_LOCK
from cloud.db.queries import load
from cloud.ingest.batch import Batch
from cloud.ingest.rows import Rows

_SQL = load("ingest")
_STAGE_FOR_S = 1.0  # after a repeat: an outage's repeats come for seconds, not for one batch
_MAX_REJECTED_PAYLOAD = 65_536

Cursor = psycopg.Cursor[tuple[Any, ...]]


class Store:
    """Writes batches.

    Args:
        connection: in autocommit mode; a transaction is opened in so many words, to save round trips.
        monotonic: seconds, for how long to stage.
    """

    def __init__(
        self, connection: Connection[tuple[Any, ...]], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._connection = connection
        self._monotonic = monotonic
        self._stage_until_s = 0.0
        connection.execute(_SQL["make_staging"])

    def commit(self, batch: Batch) -> tuple[int, int, bool]:
        """Store a batch, all of it or nothing.

        Returns:
            (samples stored, samples late for the rollups, whether it went through staging).

        Raises:
            psycopg.Error: nothing of it is stored.
        """
        if self._monotonic() >= self._stage_until_s:
            try:
                stored, late = self._transact(batch, staged=False)
            except psycopg.errors.UniqueViolation:
                self._stage_until_s = self._monotonic() + _STAGE_FOR_S
            else:
                return stored, late, False
        stored, late = self._transact(batch, staged=True)
        if stored < len(batch.rows):
            self._stage_until_s = self._monotonic() + _STAGE_FOR_S
        return stored, late, True

    def _transact(self, batch: Batch, *, staged: bool) -> tuple[int, int]:
        with self._connection.cursor() as cursor:
            try:
                complete_until_us = self._begin(cursor)
                stored = self._write_rows(cursor, batch.rows, staged=staged)
                late = self._note_late(cursor, batch.rows, complete_until_us)
                self._write_rest(cursor, batch)
                cursor.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise
        return stored, late

    def _begin(self, cursor: Cursor) -> float:
        """Open a transaction and learn how far the rollups have come, in microseconds since 1970.

        Three statements in one round trip. The lock must be held before `complete_until` is read, and the last
        statement has a snapshot of its own.
        """
        cursor.execute(f"BEGIN; SELECT pg_advisory_xact_lock_shared({ROLLUP_LOCK}); {_SQL['complete_until']}")
        while cursor.nextset():
            pass
        row = cursor.fetchone()
        return float("-inf") if row is None else float(row[0]) * 1e6

    def _write_rows(self, cursor: Cursor, rows: Rows, *, staged: bool) -> int:
        if not len(rows):
            return 0
        with cursor.copy(_SQL["copy_staging" if staged else "copy_samples"]) as copy:
            copy.write(rows.copy_payload())
        if not staged:
            return len(rows)
        return cursor.execute(_SQL["merge_staging"]).rowcount

    @staticmethod
    def _note_late(cursor: Cursor, rows: Rows, complete_until_us: float) -> int:
        hours = rows.late_hours(complete_until_us)
        if hours:
            cursor.executemany(_SQL["note_late"], hours)
        return sum(len(series) for _, series in hours)

    def _write_rest(self, cursor: Cursor, batch: Batch) -> None:
        """Write all that is not a numeric sample; most batches have none of it."""
        if batch.texts:
            series, times_s, values = (list(column) for column in zip(*batch.texts, strict=True))
            cursor.execute(_SQL["insert_text"], {"times": times_s, "series": series, "values": values})
        if batch.events:
            self._write_events(cursor, batch)
        if batch.media:
            cursor.executemany(_SQL["insert_media"], [_media_row(item) for item in batch.media])
        if batch.statuses:
            cursor.executemany(_SQL["update_status"], [_status_row(*item) for item in batch.statuses])
        if batch.results:
            cursor.executemany(_SQL["insert_result"], [_result_row(*item) for item in batch.results])
        if batch.refusals:
            cursor.executemany(_SQL["insert_rejected"], _rejected_rows(batch))

    @staticmethod
    def _write_events(cursor: Cursor, batch: Batch) -> None:
        for item in batch.events:
            row = _event_row(*item)
            if cursor.execute(_SQL["insert_event"], row).rowcount:
                cursor.execute(_SQL["announce_event"], row)

    def _roll_back(self) -> None:
        try:
            self._connection.execute("ROLLBACK")
        except psycopg.Error:
            # The connection is gone, and with it the transaction: the first error tells more than this one.
            self._connection.close()


def _event_row(box: Any, event: Any, message: Any) -> dict[str, Any]:
    return {
        "id": event.id,
        "type": event.type,
        "source": event.source,
        "subject": event.subject,
        "box": box.id,
        "time": event.time,
        "received_s": message.received_s,
        "severity": event.data.severity,
        "payload": Jsonb(event.model_dump(mode="json", exclude_none=True)),
    }


def _media_row(item: Any) -> dict[str, Any]:
    return {
        "event": item.event,
        "position": 0,
        "content_type": item.content_type,
        "sha256": item.sha256,
        "content": item.content,
        "received_s": item.received_s,
    }


def _status_row(box: Any, status: Any, message: Any) -> dict[str, Any]:
    return {
        "box": box.id,
        "online": status.state == "online",
        "session": str(status.session),
        "status": Jsonb(status.model_dump(mode="json")),
        "received_s": message.received_s,
    }


def _result_row(box: Any, result: Any, message: Any) -> dict[str, Any]:
    return {
        "command": result.command,
        "state": result.state,
        "box": box.id,
        "time": result.at,
        "received_s": message.received_s,
        "reason": result.reason,
        "detail": result.detail,
    }


def _rejected_rows(batch: Batch) -> list[dict[str, Any]]:
    """Fold the refusals of a batch by topic and reason: the first stands for all, with their count."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for refusal in batch.refusals:
        message, rejected = refusal.message, refusal.rejected
        row = rows.setdefault(
            (message.topic, rejected.reason),
            {
                "received_s": message.received_s,
                "box": message.topic.split("/")[2] if message.topic.count("/") > 1 else None,
                "topic": message.topic.replace("\0", "\ufffd"),
                "reason": rejected.reason.value,
                "detail": rejected.detail.replace("\0", "\ufffd"),
                "count": 0,
                "payload": message.payload[:_MAX_REJECTED_PAYLOAD],
            },
        )
        row["count"] += refusal.count
    return list(rows.values())
