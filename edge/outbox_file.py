"""The outbox's file: SQLite in WAL mode with synchronous=FULL, used by one thread.

Source: SQLite's documentation of `PRAGMA synchronous` (in WAL mode FULL syncs at each commit, which NORMAL does not)
and of `PRAGMA auto_vacuum`. The SQL stands here and not in a file of its own: these few statements are read together
with the counting around them.
"""

import random
import secrets
import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from edge.entries import KINDS, Entry, Kind, Row, Statistics

ROW_OVERHEAD_BYTES = 48  # key, record header, index entry; measured 2026-11 at 200-byte payloads
THIN_STEP_ROWS = 2_000  # a step of thinning stays in the milliseconds, so that appends never wait for it
VACUUM_STEP_PAGES = 512
CHECKED_BYTES = 67_108_864  # checking a larger file would delay the start; its faults show when they are met
SET_ASIDE_KEPT = 2  # a failing disk must not fill itself with evidence
_NUMBER = {kind: number for number, kind in enumerate(KINDS)}
_TELEMETRY = _NUMBER["telemetry"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind INTEGER NOT NULL,
    created_at REAL NOT NULL,
    samples INTEGER NOT NULL,
    meta TEXT NOT NULL DEFAULT '',
    payload BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS message_kind ON message (kind, seq);
CREATE TABLE IF NOT EXISTS tally (kind INTEGER PRIMARY KEY, messages INTEGER NOT NULL, bytes INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS note (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""

_log = structlog.get_logger()


class OutboxFile:
    """One open file. Every method may raise `sqlite3.Error`; none commits but `commit`."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        """Open or make the file; a corrupt one is set aside and a new one begun.

        Args:
            path: the file; `-wal` and `-shm` lie beside it.
            max_bytes: telemetry is thinned when payloads and overhead are more.
        """
        self._path = path
        self._max_bytes = max_bytes
        self._thinned = 0
        self._set_aside = 0
        self._sweep: tuple[int, int] | None = None
        self._messages = [0] * len(KINDS)
        self._bytes = [0] * len(KINDS)
        self._last_seq = 0
        self._is_dirty = False  # whether the counts have changed since they were last written
        self._open()

    def begin(self) -> None:
        """Begin a transaction."""
        self._db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make everything since `begin` durable; costs no sync when nothing was written."""
        if self._is_dirty:
            self._write_tally()
        self._db.execute("COMMIT")
        self._is_dirty = False

    def rollback(self) -> None:
        """Undo everything since `begin`, the counting too."""
        with suppress(sqlite3.Error):
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        self._read_tally()

    def append(self, entries: Sequence[Entry]) -> list[int]:
        """Keep entries and give their numbers."""
        now_s = time.time()
        seqs = []
        for entry in entries:
            number = _NUMBER[entry.kind]
            cursor = self._db.execute(
                "INSERT INTO message (kind, created_at, samples, meta, payload) VALUES (?, ?, ?, ?, ?)",
                (number, now_s, entry.samples, entry.meta, entry.payload),
            )
            self._last_seq = cursor.lastrowid or 0
            seqs.append(self._last_seq)
            self._is_dirty = True
            self._messages[number] += 1
            self._bytes[number] += len(entry.payload) + ROW_OVERHEAD_BYTES
        return seqs

    def fetch(self, kinds: Sequence[Kind], after: int, until: int, rows: int, max_bytes: int) -> list[Row]:
        """Give entries in the order of their numbers.

        Args:
            kinds: which.
            after: numbers greater than this.
            until: up to and with this.
            rows: how many at most.
            max_bytes: of payloads, but at least one entry.
        """
        marks = ",".join("?" * len(kinds))
        cursor = self._db.execute(
            f"SELECT seq, kind, created_at, samples, meta, payload FROM message"  # noqa: S608 - only question marks
            f" WHERE kind IN ({marks}) AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
            (*(_NUMBER[kind] for kind in kinds), after, until, rows),
        )
        found: list[Row] = []
        for seq, number, created_at_s, samples, meta, payload in cursor:
            max_bytes -= len(payload)
            if found and max_bytes < 0:
                break
            found.append(Row(seq, KINDS[number], created_at_s, samples, meta, payload))
        cursor.close()
        return found

    def delete(self, ranges: Iterable[tuple[int, int]]) -> int:
        """Delete entries by ranges of numbers, both ends included; give how many there were."""
        return sum(
            self._delete("DELETE FROM message WHERE seq BETWEEN ? AND ? RETURNING kind, length(payload)", span)
            for span in ranges
        )

    def note(self, key: str) -> str | None:
        """Give a note that outlives the process."""
        row = self._db.execute("SELECT value FROM note WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set_note(self, key: str, value: str) -> None:
        """Keep a note."""
        self._db.execute("INSERT OR REPLACE INTO note (key, value) VALUES (?, ?)", (key, value))

    def make_room(self) -> None:
        """Thin telemetry until the file is within its bound, in steps; events and results always stay."""
        before = self._thinned
        while sum(self._bytes) > self._max_bytes and self._thin_step():
            pass
        if self._thinned > before:
            _log.warning("outbox_thinned", messages=self._thinned - before, payload_bytes=sum(self._bytes))

    def shrink(self) -> None:
        """Give some free pages back to the disk; outside a transaction."""
        free = self._db.execute("PRAGMA freelist_count").fetchone()[0]
        if free > VACUUM_STEP_PAGES:
            # as a script: `execute` steps a statement without columns only once, and would free a single page
            self._db.executescript(f"PRAGMA incremental_vacuum({VACUUM_STEP_PAGES})")

    def statistics(self) -> Statistics:
        """Give the figures."""
        oldest = self._db.execute("SELECT created_at FROM message ORDER BY seq LIMIT 1").fetchone()
        return Statistics(
            messages=sum(self._messages),
            telemetry=self._messages[_TELEMETRY],
            payload_bytes=sum(self._bytes),
            oldest_at_s=oldest[0] if oldest else None,
            last_seq=self._last_seq,
            thinned=self._thinned,
            set_aside=self._set_aside,
        )

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def set_aside(self, reason: str) -> None:
        """Put a corrupt file out of the way under a name of its own, and begin a new one."""
        with suppress(sqlite3.Error, AttributeError):
            self._db.close()
        kept = self._path.with_name(f"{self._path.name}.corrupt-{time.time_ns()}")
        self._path.replace(kept)
        for suffix in ("-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        for old in sorted(self._path.parent.glob(f"{self._path.name}.corrupt-*"))[:-SET_ASIDE_KEPT]:
            old.unlink(missing_ok=True)
        self._set_aside += 1
        _log.error("outbox_set_aside", file=str(kept), reason=reason, lost="what had no receipt yet")
        last_seq = self._last_seq
        self._connect()
        # Numbers go on: what was read from the old file may still be under way, and its receipt must free nothing here.
        self._db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('message', ?)", (last_seq,))
        self._last_seq = last_seq

    def _open(self) -> None:
        try:
            self._connect()
        except sqlite3.DatabaseError as error:
            if not is_corrupt(error):
                raise
            self.set_aside(str(error))

    def _connect(self) -> None:
        self._db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA auto_vacuum=INCREMENTAL")  # only counts before the first table is made
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("PRAGMA cache_size=-2048")
        self._db.execute("PRAGMA journal_size_limit=8388608")
        if self._path.stat().st_size <= CHECKED_BYTES:
            check = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
            if check != "ok":
                raise sqlite3.DatabaseError(f"malformed: {check}")
        self._db.executescript(_SCHEMA)
        self._read_tally()
        if self.note("generation") is None:
            # Part of every correlation: a receipt for an earlier file's messages must not delete this one's.
            self.set_note("generation", secrets.token_hex(4))

    def _read_tally(self) -> None:
        self._is_dirty = False
        self._messages = [0] * len(KINDS)
        self._bytes = [0] * len(KINDS)
        for number, messages, size in self._db.execute("SELECT kind, messages, bytes FROM tally"):
            self._messages[number], self._bytes[number] = messages, size
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'message'").fetchone()
        self._last_seq = int(row[0]) if row else 0

    def _write_tally(self) -> None:
        self._db.executemany(
            "INSERT OR REPLACE INTO tally (kind, messages, bytes) VALUES (?, ?, ?)",
            [(number, self._messages[number], self._bytes[number]) for number in range(len(KINDS))],
        )

    def _delete(self, statement: str, values: Sequence[int]) -> int:
        deleted = self._db.execute(statement, values).fetchall()
        for number, size in deleted:
            self._is_dirty = True
            self._messages[number] -= 1
            self._bytes[number] -= size + ROW_OVERHEAD_BYTES
        return len(deleted)

    def _thin_step(self) -> bool:
        """Take one of each two messages out of a stretch of old telemetry; tell whether anything went.

        Which of two goes is drawn: with a fixed choice, two assets that report in turn would lose one of them
        altogether.
        """
        after, until = self._sweep or self._fullest_octave()
        seqs = self._telemetry_between(after, until, THIN_STEP_ROWS)
        if len(seqs) < 2:  # noqa: PLR2004 - a pair
            if self._sweep is not None:
                self._sweep = None
                return True
            return self._drop_oldest()
        self._sweep = (seqs[-1], until)
        first = 1 if after == 0 and len(seqs) > 2 else 0  # noqa: PLR2004 - the very oldest marks where the span begins
        for pair in zip(seqs[first::2], seqs[first + 1 :: 2], strict=False):
            gone = random.choice(pair)  # noqa: S311 - no secret
            self._thinned += self._delete("DELETE FROM message WHERE seq = ? RETURNING kind, length(payload)", (gone,))
        return True

    def _fullest_octave(self) -> tuple[int, int]:
        """Choose where to thin next, as (after, until).

        The newer half of the messages stays whole. Behind it, each stretch is twice as long as the one before, and
        the one that holds most is thinned: so density falls as one over age, and history loses resolution long
        before it loses span.
        """
        oldest, newest = self._db.execute("SELECT min(seq), max(seq) FROM message WHERE kind = 0").fetchone()
        if oldest is None:
            return (0, 0)
        best, best_rows = (0, 0), 0
        near = max(1, self._messages[_TELEMETRY] // 2)
        while newest - near >= oldest:
            after, until = max(0, newest - 2 * near), newest - near
            rows = self._db.execute(
                "SELECT count(*) FROM message WHERE kind = 0 AND seq > ? AND seq <= ?", (after, until)
            ).fetchone()[0]
            if rows > best_rows:
                best, best_rows = (0 if after < oldest else after, until), rows
            near *= 2
        return best

    def _telemetry_between(self, after: int, until: int, rows: int) -> list[int]:
        found = self._db.execute(
            "SELECT seq FROM message WHERE kind = 0 AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
            (after, until, rows),
        )
        return [row[0] for row in found]

    def _drop_oldest(self) -> bool:
        """Drop the oldest telemetry, or the oldest evidence when no telemetry is left."""
        gone = self._delete(
            "DELETE FROM message WHERE seq = (SELECT seq FROM message WHERE kind IN (0, 2) ORDER BY kind, seq LIMIT 1)"
            " RETURNING kind, length(payload)",
            (),
        )
        self._thinned += gone
        return gone > 0


def is_corrupt(error: sqlite3.Error) -> bool:
    """Tell a damaged file from a full disk or a lock."""
    text = str(error)
    return "malformed" in text or "not a database" in text or "disk image" in text
