"""Which telemetry goes when there is no room: history loses resolution long before it loses span.

The newer half of the messages stays whole. Behind it density falls as one over age. Events and results always stay;
evidence goes, oldest first, when no telemetry is left.
"""

import random
import sqlite3
import time

import structlog

from edge.entries import Statistics
from edge.tally import MEDIA, TELEMETRY, Tally

DROPPED_MAX = 1_000  # pieces of evidence; who waits for the receipt of his asks within seconds, or after a restart
STEP_ROWS = 2_000  # a step stays in the milliseconds, so that appends never wait for it
SAY_EVERY_S = 60.0  # a full disk must not be filled with the log of it
_log = structlog.get_logger()


class Thinning:
    """Goes over the telemetry of one open file, step by step."""

    def __init__(self, db: sqlite3.Connection, tally: Tally) -> None:
        """Begin nowhere."""
        self._db = db
        self._tally = tally
        self._sweep: tuple[int, int] | None = None

    def step(self) -> bool:
        """Take one of each two messages out of a stretch of old telemetry; tell whether there may be more.

        Which of two goes is drawn: with a fixed choice, two assets that report in turn would lose one of them
        altogether.
        """
        after, until = self._sweep or self._fullest_octave()
        seqs = self._telemetry_between(after, until)
        if len(seqs) < 2:  # noqa: PLR2004 - a pair
            if self._sweep is not None:
                self._sweep = None
                return True
            return self._drop_oldest()
        self._sweep = (seqs[-1], until)
        first = 1 if after == 0 and len(seqs) > 2 else 0  # noqa: PLR2004 - the very oldest marks where the span begins
        for pair in zip(seqs[first::2], seqs[first + 1 :: 2], strict=False):
            self._tally.delete("seq = ?", (random.choice(pair),))  # noqa: S311 - no secret
        return True

    def _fullest_octave(self) -> tuple[int, int]:
        """Choose where to thin next, as (after, until).

        Behind the newer half, each stretch is twice as long as the one before, and the one that holds most is thinned.
        """
        oldest, newest = self._db.execute("SELECT min(seq), max(seq) FROM message WHERE kind = 0").fetchone()
        if oldest is None:
            return (0, 0)
        best, best_rows = (0, 0), 0
        near = max(1, self._tally.messages[TELEMETRY] // 2)
        while newest - near >= oldest:
            after, until = max(0, newest - 2 * near), newest - near
            rows = self._db.execute(
                "SELECT count(*) FROM message WHERE kind = 0 AND seq > ? AND seq <= ?", (after, until)
            ).fetchone()[0]
            if rows > best_rows:
                best, best_rows = (0 if after < oldest else after, until), rows
            near *= 2
        return best

    def _telemetry_between(self, after: int, until: int) -> list[int]:
        found = self._db.execute(
            "SELECT seq FROM message WHERE kind = 0 AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
            (after, until, STEP_ROWS),
        )
        return [row[0] for row in found]

    def _drop_oldest(self) -> bool:
        """Drop the oldest telemetry, or the oldest evidence when no telemetry is left."""
        oldest = "SELECT seq, kind FROM message WHERE kind IN (0, 2) ORDER BY kind, seq LIMIT 1"
        for seq, kind in self._db.execute(oldest).fetchall():
            self._tally.delete("seq = ?", (seq,))
            if kind == MEDIA:
                self._remember(seq)
            return True
        return False

    def _remember(self, seq: int) -> None:
        """Remember that evidence was dropped: nobody must take it for receipted."""
        self._db.execute("INSERT OR IGNORE INTO dropped (seq) VALUES (?)", (seq,))
        eldest = "SELECT seq FROM dropped ORDER BY seq DESC LIMIT 1 OFFSET ?"
        self._db.execute(f"DELETE FROM dropped WHERE seq <= ({eldest})", (DROPPED_MAX,))  # noqa: S608 - our own SQL


class ThinningLog:
    """Says now and then how much was thinned."""

    def __init__(self) -> None:
        """Begin having said nothing."""
        self._said = 0
        self._said_s = -SAY_EVERY_S

    def look(self, figures: Statistics) -> None:
        """Say how much has gone since it was last said, if that is long enough ago."""
        if figures.thinned > self._said and time.monotonic() - self._said_s >= SAY_EVERY_S:
            _log.warning("outbox_thinned", messages=figures.thinned - self._said, payload_bytes=figures.payload_bytes)
            self._said, self._said_s = figures.thinned, time.monotonic()
