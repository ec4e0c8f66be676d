"""How many messages of each kind the outbox holds, and their size: kept beside the rows rather than counted."""

import sqlite3
from collections.abc import Sequence

from edge.entries import KINDS, Kind

ROW_OVERHEAD_BYTES = 48  # key, record header, index entry; measured 2026-11 at 200-byte payloads
NUMBER_OF: dict[Kind, int] = {kind: number for number, kind in enumerate(KINDS)}
TELEMETRY = NUMBER_OF["telemetry"]
MEDIA = NUMBER_OF["media"]


class Tally:
    """The counting of one open file; it is written with the transaction that changed it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Read what stands in the file."""
        self._db = db
        self.read()

    @property
    def total_messages(self) -> int:
        """Count all messages."""
        return sum(self.messages)

    @property
    def total_bytes(self) -> int:
        """Add up payloads and the rows' overhead."""
        return sum(self.bytes)

    def read(self) -> None:
        """Take up what the file says, as after a rollback."""
        self._is_dirty = False
        self.messages = [0] * len(KINDS)
        self.bytes = [0] * len(KINDS)
        for number, messages, size in self._db.execute("SELECT kind, messages, bytes FROM tally"):
            self.messages[number], self.bytes[number] = messages, size

    def write(self) -> None:
        """Write the counts, if they have changed."""
        if not self._is_dirty:
            return
        self._db.executemany(
            "INSERT OR REPLACE INTO tally (kind, messages, bytes) VALUES (?, ?, ?)",
            [(number, self.messages[number], self.bytes[number]) for number in range(len(KINDS))],
        )
        self._is_dirty = False

    def added(self, number: int, payload: bytes) -> None:
        """Count a message that was put in."""
        self._is_dirty = True
        self.messages[number] += 1
        self.bytes[number] += len(payload) + ROW_OVERHEAD_BYTES

    def delete(self, condition: str, values: Sequence[int] = ()) -> int:
        """Delete messages and count them; give how many there were.

        Args:
            condition: of the rows, in SQL of our own.
            values: for its question marks.
        """
        statement = f"DELETE FROM message WHERE {condition} RETURNING kind, length(payload)"  # noqa: S608 - our own SQL
        deleted = self._db.execute(statement, values).fetchall()
        for number, size in deleted:
            self._is_dirty = True
            self.messages[number] -= 1
            self.bytes[number] -= size + ROW_OVERHEAD_BYTES
        return len(deleted)
