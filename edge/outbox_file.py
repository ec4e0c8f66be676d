"""The outbox's file: SQLite in WAL mode with synchronous=FULL, used by one thread.

Source: SQLite's documentation of `PRAGMA synchronous` (in WAL mode FULL syncs at each commit, which NORMAL does not),
of `PRAGMA auto_vacuum` and of write-ahead logging. The SQL stands here and not in a file of its own: these few
statements are read together with the counting around them.
"""

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from edge.disk import Disk, make_private
from edge.entries import KINDS, Entry, Fate, Kind, Lack, Row, Statistics
from edge.tally import NUMBER_OF, ROW_OVERHEAD_BYTES, TELEMETRY, Tally
from edge.thinning import Thinning

VACUUM_STEP_PAGES = 512
SPARE_PAGES = 64  # kept free inside the file while the disk is short: room for the next transactions
FLOOR_BYTES = 1_048_576  # of payloads: however short the disk, the newest telemetry has this much
LOG_BYTES = 8_388_608  # the write-ahead log is cut back to this; checkpoints at 4 MiB keep it smaller as a rule
CHECKED_BYTES = 67_108_864  # checking a larger file would delay the start; its faults show when they are met
PAGE_BYTES = 4_096  # SQLite's own since 3.12
SET_ASIDE_KEPT = 2  # a failing disk must not fill itself with evidence

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
CREATE TABLE IF NOT EXISTS dropped (seq INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS note (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_PRAGMAS = (
    "auto_vacuum=INCREMENTAL",  # only counts before the first table is made
    "journal_mode=WAL",
    "synchronous=FULL",
    "cache_size=-2048",
    "temp_store=MEMORY",  # a full /tmp must not stop a delete
    f"journal_size_limit={LOG_BYTES}",
)

_LOST_UNTIL = "lost until"  # the last number that was given before this file; what of it is not here has no receipt
_log = structlog.get_logger()


class OutboxFile:
    """One open file. Every method may raise `sqlite3.Error`; none commits but `commit`."""

    def __init__(self, path: Path, max_bytes: int, disk: Disk, last_seq: int = 0) -> None:
        """Open or make the file; a corrupt one is set aside and a new one begun.

        Args:
            path: the file; `-wal` and `-shm` lie beside it.
            max_bytes: telemetry is thinned when payloads and overhead are more.
            disk: telemetry is also thinned while this is short.
            last_seq: the last number that this process has given, whatever file it was in.
        """
        self._path = path
        self._max_bytes = max_bytes
        self._disk = disk
        self._thinned = 0
        self._set_aside = 0
        self._last_seq = self._given_seq = last_seq
        self._open()

    def begin(self) -> None:
        """Begin a transaction."""
        self._changes = self._db.total_changes
        self._db.execute("BEGIN IMMEDIATE")

    def commit(self) -> bool:
        """Make everything since `begin` durable; tell whether there was anything, for nothing costs no sync."""
        self._tally.write()
        self._db.execute("COMMIT")
        return self._db.total_changes > self._changes

    def rollback(self) -> None:
        """Undo everything since `begin`, the counting too."""
        with suppress(sqlite3.Error):
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        self._read_counts()

    def append(self, entries: Sequence[Entry]) -> list[int]:
        """Keep entries and give their numbers."""
        now_s = time.time()
        seqs = []
        for entry in entries:
            number = NUMBER_OF[entry.kind]
            cursor = self._db.execute(
                "INSERT INTO message (kind, created_at, samples, meta, payload) VALUES (?, ?, ?, ?, ?)",
                (number, now_s, entry.samples, entry.meta, entry.payload),
            )
            self._last_seq = cursor.lastrowid or 0
            seqs.append(self._last_seq)
            self._tally.added(number, entry.payload)
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
            (*(NUMBER_OF[kind] for kind in kinds), after, until, rows),
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
        return sum(self._tally.delete("seq BETWEEN ? AND ?", span) for span in ranges)

    def fate(self, seq: int) -> Fate:
        """Say what became of an entry; of others than evidence it is not known whether they were dropped."""
        if self._db.execute("SELECT 1 FROM message WHERE seq = ?", (seq,)).fetchone():
            return "waits"
        is_lost = seq <= int(self.note(_LOST_UNTIL) or 0)
        return (
            "dropped"
            if is_lost or self._db.execute("SELECT 1 FROM dropped WHERE seq = ?", (seq,)).fetchone()
            else "gone"
        )

    def lacks(self, size: int) -> Lack:
        """Say of what there is too little to keep a payload without anything giving way to it."""
        total_bytes = self._tally.total_bytes + size + ROW_OVERHEAD_BYTES
        if total_bytes > self._max_bytes:
            return "bound"
        would_be_short = self._disk.would_be_short(2 * size)  # in the log first, then in the file
        has_room = (
            total_bytes <= FLOOR_BYTES
            or not would_be_short
            or self._free_pages() > 2 * SPARE_PAGES + size // PAGE_BYTES
        )
        return "" if has_room else "disk"

    def note(self, key: str) -> str | None:
        """Give a note that outlives the process."""
        row = self._db.execute("SELECT value FROM note WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set_note(self, key: str, value: str) -> None:
        """Keep a note."""
        self._db.execute("INSERT OR REPLACE INTO note (key, value) VALUES (?, ?)", (key, value))

    def make_room(self) -> None:
        """Thin telemetry until the file keeps to its bound and, on a short disk, need not grow; in a transaction."""
        self._thin(lambda: self._tally.total_bytes > self._max_bytes or self._would_grow())

    def relieve(self) -> None:
        """Win room on a full disk: the ballast first, and telemetry when there is none; outside a transaction.

        The log is copied into the file but not cut: its bytes on the disk stay the outbox's own.
        """
        had_ballast = self._disk.release()
        with suppress(sqlite3.Error):
            self._db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        if had_ballast:
            return
        self.begin()
        self._thin(lambda: self._free_pages() < SPARE_PAGES)
        self.commit()

    def shrink(self) -> None:
        """Give some free pages back to the disk; outside a transaction."""
        if self._free_pages() > VACUUM_STEP_PAGES:
            # as a script: `execute` steps a statement without columns only once, and would free a single page
            self._db.executescript(f"PRAGMA incremental_vacuum({VACUUM_STEP_PAGES})")

    def statistics(self) -> Statistics:
        """Give the figures."""
        oldest = self._db.execute("SELECT created_at FROM message ORDER BY seq LIMIT 1").fetchone()
        return Statistics(
            messages=self._tally.total_messages,
            telemetry=self._tally.messages[TELEMETRY],
            payload_bytes=self._tally.total_bytes,
            oldest_at_s=oldest[0] if oldest else None,
            last_seq=self._last_seq,
            thinned=self._thinned,
            set_aside=self._set_aside,
        )

    def close(self) -> None:
        """Close the file; a disk that refuses even that is known already."""
        with suppress(sqlite3.Error):
            self._db.close()

    def set_aside(self, reason: str) -> None:
        """Put a corrupt file out of the way under a name of its own, and begin a new one."""
        self.close()
        kept = self._path.with_name(f"{self._path.name}.corrupt-{time.time_ns()}")
        self._path.replace(kept)
        for suffix in ("-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        for old in sorted(self._path.parent.glob(f"{self._path.name}.corrupt-*"))[:-SET_ASIDE_KEPT]:
            old.unlink(missing_ok=True)
        self._set_aside += 1
        _log.error("outbox_set_aside", file=str(kept), reason=reason, lost="what had no receipt yet")
        self._connect()

    def _open(self) -> None:
        try:
            self._connect()
        except sqlite3.DatabaseError as error:
            if not is_corrupt(error):
                self.close()
                raise
            self.set_aside(str(error))

    def _connect(self) -> None:
        self._given_seq = max(self._given_seq, self._last_seq)
        self._make_private()
        self._db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        for pragma in _PRAGMAS:
            self._db.execute(f"PRAGMA {pragma}")
        if self._path.stat().st_size <= CHECKED_BYTES:
            check = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
            if check != "ok":
                raise sqlite3.DatabaseError(f"malformed: {check}")
        self._db.executescript(_SCHEMA)
        self._tally = Tally(self._db)
        self._thinning = Thinning(self._db, self._tally)
        self._read_counts()
        if self.note("generation") is None:
            # Part of every correlation: a receipt for an earlier file's messages must not delete this one's.
            self.set_note("generation", secrets.token_hex(4))
        if self._last_seq < self._given_seq:
            self._go_on_after(self._given_seq)

    def _go_on_after(self, last_seq: int) -> None:
        """Number on behind another file: who waits for a number of that must not find it received, or another's here.

        At each opening, not only where the file is set aside: the disk may refuse this, too, and be tried again.
        """
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("DELETE FROM sqlite_sequence WHERE name = 'message'")
        self._db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('message', ?)", (last_seq,))
        self.set_note(_LOST_UNTIL, str(last_seq))
        self._db.execute("COMMIT")
        self._last_seq = last_seq

    def _make_private(self) -> None:
        """Let SQLite find a private file: it makes `-wal` and `-shm` with the same mode."""
        make_private(self._path)
        for beside in self._path.parent.glob(f"{self._path.name}?*"):
            beside.chmod(0o600)  # what an older agent left

    def _read_counts(self) -> None:
        self._tally.read()
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'message'").fetchone()
        self._last_seq = int(row[0]) if row else 0

    def _thin(self, is_over: Callable[[], bool]) -> None:
        before = self._tally.total_messages
        while is_over() and self._thinning.step():
            pass
        self._thinned += before - self._tally.total_messages

    def _would_grow(self) -> bool:
        """Tell whether the next transactions would take more of a short disk."""
        return self._tally.total_bytes > FLOOR_BYTES and self._disk.is_short and self._free_pages() < SPARE_PAGES

    def _free_pages(self) -> int:
        return int(self._db.execute("PRAGMA freelist_count").fetchone()[0])


def is_corrupt(error: sqlite3.Error) -> bool:
    """Tell a damaged file from a full disk or a lock."""
    text = str(error)
    return "malformed" in text or "not a database" in text or "disk image" in text
