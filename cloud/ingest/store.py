"""One transaction per batch, and what is done when it fails.

The way is optimistic: a sorted batch is copied straight into the hypertable. Only where a sample of it is there
already does it go through a staging table and `ON CONFLICT DO NOTHING`, at about half the speed; and while repeats
keep coming (a box sends again what has no receipt) the batches go there at once.
"""

import time
from collections.abc import Callable
from operator import itemgetter
from typing import Any, NamedTuple

import psycopg
from psycopg import Connection
from psycopg.types.json import Jsonb

from cloud.db.locks import ROLLUP_LOCK
from cloud.db.queries import load
from cloud.ingest.batch import Batch
from cloud.ingest.quota import counted_bytes
from cloud.ingest.reports import Evidence, Happening, Outcome, Said
from cloud.ingest.rows import Rows

_SQL = load("ingest")
_STAGE_FOR_S = 1.0  # after a repeat: an outage's repeats come for seconds, not for one batch
_MAX_REJECTED_PAYLOAD = 65_536

Cursor = psycopg.Cursor[tuple[Any, ...]]


class Stored(NamedTuple):
    """What a transaction did.

    Attributes:
        samples: that were new.
        late: of them, how many series and hours the rollups must look at again.
        staged: whether it went through staging.
    """

    samples: int
    late: int
    staged: bool


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

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def commit(self, batch: Batch) -> Stored:
        """Store a batch, all of it or nothing.

        Raises:
            psycopg.Error: nothing of it is stored.
        """
        if self._monotonic() >= self._stage_until_s:
            try:
                stored, late = self._transact(batch, staged=False)
            except psycopg.errors.UniqueViolation:
                self._stage_until_s = self._monotonic() + _STAGE_FOR_S
            else:
                return Stored(stored, late, staged=False)
        stored, late = self._transact(batch, staged=True)
        if stored < len(batch.rows):
            self._stage_until_s = self._monotonic() + _STAGE_FOR_S
        return Stored(stored, late, staged=True)

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
        """Write all that is not a numeric sample; most batches have none of it.

        Sorted by key, each of them: two ingesters may have to wait for each other, but never in a circle.
        """
        if batch.texts:
            series, times_s, values = (list(column) for column in zip(*sorted(batch.texts), strict=True))
            cursor.execute(_SQL["insert_text"], {"times": times_s, "series": series, "values": values})
        self._write_events(cursor, sorted(batch.events, key=lambda item: item.event.id))
        self._write_media(cursor, sorted(batch.media, key=lambda item: (item.box.id, item.event, item.sha256)))
        if batch.statuses:
            # Stable: of one box the later one comes later.
            cursor.executemany(_SQL["update_status"], sorted(map(_status_row, batch.statuses), key=itemgetter("box")))
        if batch.results:
            rows = map(_result_row, batch.results)
            cursor.executemany(_SQL["insert_result"], sorted(rows, key=itemgetter("command", "box", "state")))
        if batch.refusals:
            cursor.executemany(_SQL["insert_rejected"], _rejected_rows(batch))

    @staticmethod
    def _write_events(cursor: Cursor, happenings: list[Happening]) -> None:
        for happening in happenings:
            row = _event_row(happening)
            if cursor.execute(_SQL["insert_event"], row).rowcount:
                cursor.execute(_SQL["announce_event"], row)

    @staticmethod
    def _write_media(cursor: Cursor, pieces: list[Evidence]) -> None:
        for piece in pieces:
            row = _media_row(piece)
            if cursor.execute(_SQL["insert_media"], row).rowcount:
                cursor.execute(_SQL["count_media"], row)

    def _roll_back(self) -> None:
        try:
            self._connection.execute("ROLLBACK")
        except psycopg.Error:
            # The connection is gone, and with it the transaction: the first error tells more than this one.
            self._connection.close()


def _event_row(happening: Happening) -> dict[str, Any]:
    event = happening.event
    return {
        "id": event.id,
        "type": event.type,
        "source": event.source,
        "subject": event.subject,
        "box": happening.box.id,
        "time": happening.told.at,
        "clock_suspect": happening.told.suspect,
        "received_s": happening.message.received_s,
        "severity": event.data.severity,
        "payload": Jsonb(event.model_dump(mode="json", exclude_none=True)),
    }


def _media_row(piece: Evidence) -> dict[str, Any]:
    return {
        "event": piece.event,
        "box": piece.box.id,
        "content_type": piece.message.content_type,
        "sha256": piece.sha256,
        "content": piece.message.payload,
        "bytes": counted_bytes(piece),
        "received_s": piece.message.received_s,
    }


def _status_row(said: Said) -> dict[str, Any]:
    return {
        "box": said.box.id,
        "online": said.status.state == "online",
        "session": str(said.status.session),
        "status": Jsonb(said.status.model_dump(mode="json")),
        "received_s": said.message.received_s,
    }


def _result_row(outcome: Outcome) -> dict[str, Any]:
    return {
        "command": outcome.result.command,
        "state": outcome.result.state,
        "box": outcome.box.id,
        "time": outcome.told.at,
        "received_s": outcome.message.received_s,
        "reason": outcome.result.reason,
        "detail": outcome.result.detail,
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
