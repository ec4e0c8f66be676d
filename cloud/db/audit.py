"""Whether the audit chain is whole: by itself, and against anchors that lie outside of the database.

The chain shows what was altered and left out, and `audit_head` that its newest rows were taken away. Whoever owns the
database can write all of that anew; what was written down elsewhere before, he cannot. An anchor is the number and hash
of the newest row: `audit anchor` prints one, and `maintain` writes one into its log each hour.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cloud.db.accounts import one
from cloud.db.connection import Connection
from cloud.db.errors import Misconfigured
from cloud.db.queries import load

# A year of hourly anchors is 2 MB; a line of a log is short.
MAX_LINE_CHARACTERS = 10_000


@dataclass(frozen=True, slots=True)
class Anchor:
    """The newest row of the chain at an instant: its number, and its hash in hexadecimal digits."""

    number: int
    hash: str


def read_anchor(connection: Connection) -> Anchor | None:
    """Give the newest row's number and hash; None where there is no row."""
    row = one(connection, "newest_audit")
    return Anchor(int(row[0]), bytes(row[1]).hex()) if row else None


def find_broken(connection: Connection) -> list[int]:
    """List the audit rows that do not follow from the row before; none means that the chain holds."""
    return [row[0] for row in connection.execute(load("accounts")["broken_audit"])]


def find_lost(connection: Connection, anchors: Iterable[Anchor]) -> list[int]:
    """List the anchors whose row is no longer there, or is another one."""
    lost = []
    for anchor in anchors:
        row = one(connection, "audit_hash_of", id=anchor.number)
        if row is None or bytes(row[0]).hex() != anchor.hash:
            lost.append(anchor.number)
    return lost


def read_anchors(lines: Iterable[str]) -> Iterator[Anchor]:
    """Read anchors from what `audit anchor` printed, or from a log of `maintain`; other lines of a log are left out.

    Raises:
        Misconfigured: there is no anchor at all: an empty file must not prove anything.
    """
    found = False
    for line in lines:
        anchor = _read(line)
        if anchor:
            found = True
            yield anchor
    if not found:
        raise Misconfigured("there is no anchor in this file; it should have lines that `audit anchor` printed")


def _read(line: str) -> Anchor | None:
    if "audit_anchored" not in line or len(line) > MAX_LINE_CHARACTERS:
        return None
    try:
        told = json.loads(line)
        return Anchor(int(told["number"]), str(told["hash"]))
    except (ValueError, KeyError, TypeError):
        return None
