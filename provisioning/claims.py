"""Claims: which computer stands in which slot, since when, and who put it there.

A label carries a code that claims its slot once. The book is one SQLite file in the office; it holds fingerprints of
codes, not the codes. A slot that is claimed must be freed (swap, retire) before it can be claimed again.
"""

import datetime as dt
import hashlib
import re
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from provisioning.errors import Misconfigured, Refused

# No I, L, O, U: nothing that is misread on a wet label (Crockford's base 32).
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 10  # 50 bits: nobody guesses one in the field
_QR = re.compile(r"SL1:(?P<regency>[a-z0-9-]+):(?P<box>[A-Z0-9-]+-[a-z]{1,4}):(?P<code>[0-9A-Z]+)")
# A clock before this was never set; what it stamps would be wrong for good.
EARLIEST_AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_TABLES = """
CREATE TABLE IF NOT EXISTS code (
    fingerprint TEXT PRIMARY KEY, box TEXT NOT NULL, issued_at TEXT NOT NULL, used_at TEXT, used_by TEXT
);
CREATE TABLE IF NOT EXISTS claim (
    id INTEGER PRIMARY KEY, box TEXT NOT NULL, hardware TEXT NOT NULL,
    claimed_at TEXT NOT NULL, claimed_by TEXT NOT NULL, ended_at TEXT, ended_by TEXT, reason TEXT
);
CREATE UNIQUE INDEX IF NOT EXISTS claim_of_box ON claim (box) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX IF NOT EXISTS claim_of_hardware ON claim (hardware) WHERE ended_at IS NULL;
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A computer in a slot.

    Attributes:
        box: the slot.
        hardware: the computer: a serial number, or balena's uuid.
        claimed_at: since when.
        claimed_by: who put it there.
        ended_at: until when; None while it stands there.
        reason: why it was taken out.
    """

    box: str
    hardware: str
    claimed_at: dt.datetime
    claimed_by: str
    ended_at: dt.datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """What a label says.

    Attributes:
        regency: code of the regency.
        box: the slot.
        code: claims it once.
    """

    regency: str
    box: str
    code: str

    def text(self) -> str:
        """Write what the QR code holds."""
        return f"SL1:{self.regency}:{self.box}:{self.code}"


def read_label(text: str, regency: str) -> Label:
    """Read what was scanned, or typed.

    Raises:
        Refused: it is none of our labels, or another regency's.
    """
    match = _QR.fullmatch(text.strip())
    if match is None:
        raise Refused("this is no label of Satulayar: scan the one on the box, or type it as it is printed")
    if match["regency"] != regency:
        raise Refused(f"this label belongs to {match['regency']}, this is {regency}: take it back to the office")
    return Label(match["regency"], match["box"], match["code"])


class ClaimBook:
    """The book in one file; safe for several programs at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self._transaction() as book:
                book.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise Misconfigured(f"{path}: the book of claims cannot be opened: {error}") from error

    def issue(self, regency: str, box: str, now_at: dt.datetime) -> Label:
        """Make a new code for a slot. Those that were printed before stay good until one of them is used."""
        label = Label(regency, box, "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH)))
        with self._transaction() as book:
            row = (_fingerprint(label), box, now_at.isoformat())
            book.execute("INSERT INTO code (fingerprint, box, issued_at) VALUES (?, ?, ?)", row)
        return label

    def claim(self, label: Label, hardware: str, by: str, now_at: dt.datetime) -> Claim:
        """Claim a slot for a computer. The same claim once more changes nothing: a phone may send it twice.

        Raises:
            Refused: the code is unknown or used, the slot or the computer is taken (by whom and since when), or the
                clock was never set.
        """
        if now_at < EARLIEST_AT:
            raise Refused(f"the clock says {now_at:%Y-%m-%d}: set it, then claim again")
        with self._transaction() as book:
            present = _active(book, "box", label.box)
            code = book.execute(
                "SELECT box, used_at, used_by FROM code WHERE fingerprint = ?", (_fingerprint(label),)
            ).fetchone()
            if code is None:
                raise Refused(f"nobody printed this code for {label.box}: take a label from the office")
            if present and (present.hardware, present.claimed_by) == (hardware, by) and code[1]:
                return present
            if present:
                raise Refused(f"{label.box} {_taken(present)}: free it first (swap or retire)")
            if code[1]:
                raise Refused(f"this code was used by {code[2]} on {_day(code[1])}: print a new label for {label.box}")
            elsewhere = _active(book, "hardware", hardware)
            if elsewhere:
                raise Refused(
                    f"{hardware} stands in {elsewhere.box} and {_taken(elsewhere)}: move it by freeing that slot"
                )
            row = (label.box, hardware, now_at.isoformat(), by)
            book.execute("INSERT INTO claim (box, hardware, claimed_at, claimed_by) VALUES (?, ?, ?, ?)", row)
            used = (now_at.isoformat(), by, _fingerprint(label))
            book.execute("UPDATE code SET used_at = ?, used_by = ? WHERE fingerprint = ?", used)
        return Claim(label.box, hardware, now_at, by)

    def free(self, box: str, by: str, reason: str, now_at: dt.datetime) -> Claim | None:
        """End the claim of a slot; give it, or None when nobody had it. Codes printed for it are void from now on."""
        with self._transaction() as book:
            present = _active(book, "box", box)
            ended = (now_at.isoformat(), by, reason, box)
            book.execute(
                "UPDATE claim SET ended_at = ?, ended_by = ?, reason = ? WHERE box = ? AND ended_at IS NULL", ended
            )
            void = (now_at.isoformat(), by, box)
            book.execute("UPDATE code SET used_at = ?, used_by = ? WHERE box = ? AND used_at IS NULL", void)
        return present

    def history(self, box: str) -> list[Claim]:
        """Give every computer that ever stood in a slot, the oldest first."""
        with self._transaction() as book:
            return [_read(row) for row in book.execute(f"{_SELECT} WHERE box = ? ORDER BY id", (box,))]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT") if connection.in_transaction else None
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        finally:
            connection.close()


_SELECT = "SELECT box, hardware, claimed_at, claimed_by, ended_at, reason FROM claim"


def _active(book: sqlite3.Connection, column: str, value: str) -> Claim | None:
    row = book.execute(f"{_SELECT} WHERE {column} = ? AND ended_at IS NULL", (value,)).fetchone()
    return _read(row) if row else None


def _read(row: tuple[str, str, str, str, str | None, str | None]) -> Claim:
    ended_at = dt.datetime.fromisoformat(row[4]) if row[4] else None
    return Claim(row[0], row[1], dt.datetime.fromisoformat(row[2]), row[3], ended_at, row[5] or "")


def _taken(claim: Claim) -> str:
    return f"was claimed by {claim.claimed_by} on {_day(claim.claimed_at.isoformat())} for {claim.hardware}"


def _day(instant: str) -> str:
    wib = dt.timezone(dt.timedelta(hours=7))
    return f"{dt.datetime.fromisoformat(instant).astimezone(wib):%d-%m-%Y %H:%M} WIB"


def _fingerprint(label: Label) -> str:
    return hashlib.sha256(label.text().encode()).hexdigest()
