"""High-resolution events on the box: a file bounded by days and bytes, for whoever wants to look closer than a minute.

Telemetry carries the summaries; the events themselves stay here. A power cut may cost the last seconds: they are a
record and no promise, so the file is not synced at each write.
"""

import asyncio
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import structlog

from edge.signals.hires import HiresEvent

KEPT_S = 7 * 86_400.0
BYTES_MAX = 268_435_456  # seven days at ten events a second, 38 octets each, measured 2026-11-22
CUT_SHARE = 0.1  # of the rows, oldest first, when the file has grown beyond its bytes
WAITING_MAX = 5_000
WRITE_S = 5.0
_PRUNE_EVERY = 120  # writes; ten minutes
_SCHEMA = """
CREATE TABLE IF NOT EXISTS event (at REAL NOT NULL, code INTEGER NOT NULL, parameter INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS event_at ON event (at);
"""
_log = structlog.get_logger()


class EventLog:
    """The file of one controller; a disk that refuses costs events and nothing else."""

    def __init__(self, path: Path, bytes_max: int = BYTES_MAX) -> None:
        """Prepare; the first write opens the file.

        Args:
            path: its directory exists.
            bytes_max: beyond it the oldest events go, however young they are.
        """
        self._bytes_max = bytes_max
        self._path = path
        self._db: sqlite3.Connection | None = None
        self._waiting: list[HiresEvent] = []
        self._written_s = 0.0
        self._writes = 0
        self.lost = 0

    def add(self, events: Iterable[HiresEvent]) -> None:
        """Take events; those that the disk does not take in time are lost and counted."""
        self._waiting.extend(events)
        over = len(self._waiting) - WAITING_MAX
        if over > 0:
            del self._waiting[:over]
            self.lost += over

    async def write_due(self, now_s: float, wall_s: float) -> None:
        """Write what has come, if it is time.

        Args:
            now_s: monotonic.
            wall_s: seconds since 1970; what is older than `KEPT_S` goes.
        """
        if now_s - self._written_s < WRITE_S or not self._waiting:
            return
        self._written_s = now_s
        taken, self._waiting = self._waiting, []
        try:
            await asyncio.to_thread(self.write, taken, wall_s)
        except sqlite3.Error as error:
            self.lost += len(taken)
            _log.warning("hires_events_lost", events=len(taken), reason=str(error))

    def write(self, events: Iterable[HiresEvent], wall_s: float) -> None:
        """Write events and let the old go; raises `sqlite3.Error`."""
        db = self._db = self._db or self._open()
        with db:
            db.executemany(
                "INSERT INTO event (at, code, parameter) VALUES (?, ?, ?)",
                [(event.time_s, event.code, event.parameter) for event in events],
            )
        self._writes += 1
        if self._writes % _PRUNE_EVERY == 1 and wall_s > 0:
            with db:
                db.execute("DELETE FROM event WHERE at < ?", (wall_s - KEPT_S,))
            self._cut(db)
            db.executescript("PRAGMA incremental_vacuum(2000)")  # `execute` would step once and free a single page

    def between(self, from_s: float, until_s: float, rows: int = 10_000) -> list[HiresEvent]:
        """Give events of a time, oldest first; raises `sqlite3.Error`."""
        db = self._db = self._db or self._open()
        found = db.execute(
            "SELECT at, code, parameter FROM event WHERE at >= ? AND at < ? ORDER BY at, rowid LIMIT ?",
            (from_s, until_s, rows),
        )
        return [HiresEvent(*row) for row in found]

    def close(self) -> None:
        """Write what waits and close the file."""
        with suppress(sqlite3.Error):
            self.write(self._waiting, 0.0)
        self._waiting = []
        if self._db is not None:
            self._db.close()
            self._db = None

    def _cut(self, db: sqlite3.Connection) -> None:
        """Let the oldest events go while what is in use is beyond the file's bytes."""
        while _bytes_in_use(db) > self._bytes_max:
            first, last = db.execute("SELECT min(rowid), max(rowid) FROM event").fetchone()
            if first is None:
                return
            with db:
                db.execute("DELETE FROM event WHERE rowid <= ?", (first + max(1, int((last - first) * CUT_SHARE)),))

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, check_same_thread=False)
        db.execute("PRAGMA auto_vacuum=INCREMENTAL")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        db.execute("PRAGMA cache_size=-1024")
        db.execute("PRAGMA journal_size_limit=4194304")
        db.executescript(_SCHEMA)
        return db


def _bytes_in_use(db: sqlite3.Connection) -> int:
    pages, free, size = (
        db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)
