"""Proves a box's chain of clips: that no record of who got which clip was altered or left out, nor a clip changed.

Each record holds the hash of the one before it and the digests of its clip's parts. Pure: records in, faults out.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from edge.contract.cameras import HASH, PARTS_SHA256, PREVIOUS, chained

FaultKind = Literal["record_altered", "record_missing", "record_twice", "part_altered", "not_a_record"]


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it is stored.

    Attributes:
        event: that carries it.
        time: of the event.
        record: its values.
        whole: digests of its parts that are stored as they were sent.
        altered: digests of parts whose content is another now.
    """

    event: UUID
    time: datetime
    record: Mapping[str, Any] | None
    whole: list[str]
    altered: list[str]


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


def judge(records: Iterable[Record]) -> Verdict:
    """Judge the chain of a box; the record that was told last can be missing unseen, but its request is known."""
    told = list(records)
    hashes = {str(one.record.get(HASH)) for one in told if one.record}
    followed = Counter(str(one.record.get(PREVIOUS)) for one in told if one.record)
    faults = [Fault(kind, one.event, one.time) for one in told for kind in _faults(one, hashes, followed)]
    missing = sum(len(set(_parts(one)) - set(one.whole) - set(one.altered)) for one in told)
    return Verdict(len(told), faults, missing)


def _faults(one: Record, hashes: set[str], followed: Counter[str]) -> Iterable[FaultKind]:
    if not one.record or HASH not in one.record or PREVIOUS not in one.record:
        yield "not_a_record"
        return
    previous = str(one.record[PREVIOUS])
    if one.record[HASH] != chained(one.record):
        yield "record_altered"
    if previous and previous not in hashes:
        yield "record_missing"
    if followed[previous] > 1:
        yield "record_twice"
    if one.altered:
        yield "part_altered"


def _parts(one: Record) -> list[str]:
    return str((one.record or {}).get(PARTS_SHA256, "")).split()
