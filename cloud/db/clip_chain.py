"""Proves a box's chain of clips: that no record of who got which clip was altered or left out, nor a clip changed.

Each record holds the hash of the one before it and the digests of its clip's parts. The newest has none behind it: so
the audit holds an anchor of each, written as it came, and is itself a chain with anchors outside of the database (see
`audit.py`). Records and anchors in, faults out.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from cloud.db.connection import Connection
from cloud.db.queries import load
from edge.contract.cameras import HASH, PARTS_SHA256, PREVIOUS, chained

FaultKind = Literal["record_altered", "record_missing", "record_added", "record_twice", "part_altered", "not_a_record"]
PARTS_AT_ONCE = 16  # that a statement reads and hashes: 128 MB at most, and the API's may take ten seconds


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it is stored.

    Attributes:
        event: that carries it.
        time: of the event.
        record: its values.
    """

    event: UUID
    time: datetime
    record: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a clip as it is stored.

    Attributes:
        event: that it belongs to.
        sha256: as it was sent with it; hexadecimal digits.
        is_whole: its content still has that digest.
    """

    event: UUID
    sha256: str
    is_whole: bool


@dataclass(frozen=True, slots=True)
class ClipAnchor:
    """What the audit says of a record: that it came, when, and its hash then."""

    event: UUID
    time: datetime
    hash: str | None


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong with a chain, at a record."""

    kind: FaultKind
    event: UUID
    time: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a chain is worth.

    Attributes:
        records: in it.
        faults: none: every record follows from the one before.
        parts_missing: named by records and not stored: not yet here, or older than evidence is kept.
    """

    records: int
    faults: list[Fault]
    parts_missing: int


def judge(records: Iterable[Record], parts: Iterable[Part], anchors: Iterable[ClipAnchor]) -> Verdict:
    """Judge the chain of a box by itself, by what is stored of its clips, and by its anchors."""
    told, anchored = list(records), {one.event: one for one in anchors}
    stored: defaultdict[UUID, dict[str, bool]] = defaultdict(dict)  # digests by event: is it whole?
    for part in parts:
        stored[part.event][part.sha256] = part.is_whole
    # What an anchor names as missing is not named once more at the record that followed it.
    hashes = {str(one.record.get(HASH)) for one in told if one.record} | {str(one.hash) for one in anchored.values()}
    followed = Counter(str(one.record.get(PREVIOUS)) for one in told if one.record)
    faults = [Fault(kind, one.event, one.time) for one in told for kind in _faults(one, hashes, followed, anchored)]
    faults += [Fault("part_altered", one.event, one.time) for one in told if not all(stored[one.event].values())]
    gone = anchored.keys() - {one.event for one in told}
    faults += [Fault("record_missing", event, anchored[event].time) for event in gone]
    missing = sum(len(set(_parts(one)) - stored[one.event].keys()) for one in told)
    return Verdict(len(told), sorted(faults, key=lambda fault: (fault.event, fault.kind)), missing)


def read_chain(connection: Connection, box: str) -> Verdict:
    """Judge a box's chain as it is in the database; reads every clip of it."""
    records = connection.execute(load("cameras")["clip_chain"], {"box": box}).fetchall()
    anchors = connection.execute(load("cameras")["clip_anchors"], {"box": box}).fetchall()
    parts: list[Part] = []
    while page := connection.execute(load("cameras")["clip_parts"], after(box, parts)).fetchall():
        parts += (Part(*row) for row in page)
    return judge((Record(*row) for row in records), parts, (ClipAnchor(*row) for row in anchors))


def after(box: str, parts: Sequence[Part]) -> dict[str, Any]:
    """Name the next parts of a box's clips, for the statement that reads them."""
    last = parts[-1] if parts else Part(UUID(int=0), "", is_whole=True)
    return {"box": box, "event": last.event, "sha256": last.sha256, "limit": PARTS_AT_ONCE}


def list_boxes(connection: Connection) -> list[str]:
    """List the boxes that have, or had, a record."""
    return [row[0] for row in connection.execute(load("cameras")["clip_boxes"])]


def _faults(
    one: Record, hashes: set[str], followed: Counter[str], anchored: Mapping[UUID, ClipAnchor]
) -> Iterable[FaultKind]:
    anchor = anchored.get(one.event)
    if anchor is None:
        yield "record_added"
    if not one.record or HASH not in one.record or PREVIOUS not in one.record:
        yield "not_a_record"
        return
    previous = str(one.record[PREVIOUS])
    if one.record[HASH] != chained(one.record) or (anchor is not None and anchor.hash != one.record[HASH]):
        yield "record_altered"
    if previous and previous not in hashes:
        yield "record_missing"
    if previous and followed[previous] > 1:  # a computer that was swapped begins anew; its anchors say that it did
        yield "record_twice"


def _parts(one: Record) -> list[str]:
    return str((one.record or {}).get(PARTS_SHA256, "")).split()
