"""What the outbox keeps: entries going in, rows coming out, and its figures."""

from dataclasses import dataclass
from typing import Literal

from edge.disk import DiskWord

Kind = Literal["telemetry", "event", "media", "result"]
Fate = Literal["waits", "dropped", "gone"]  # for its receipt; for want of room, unsent; with its receipt
Lack = Literal["", "bound", "disk"]  # of nothing; what waits is as much as may; the file system is short
KINDS: tuple[Kind, ...] = ("telemetry", "event", "media", "result")


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be kept: a payload ready for the wire.

    Attributes:
        kind: decides the topic and what may be dropped.
        payload: as it goes on the wire.
        samples: records of a telemetry pack.
        meta: what the topic or the properties need beside it; for media `event-id content-type sha256`.
    """

    kind: Kind
    payload: bytes
    samples: int = 0
    meta: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """An entry that is kept, under its number."""

    seq: int
    kind: Kind
    created_at_s: float
    samples: int
    meta: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Statistics:
    """Figures of the outbox, kept up to date rather than counted.

    Attributes:
        messages: without a receipt.
        telemetry: of these, telemetry.
        payload_bytes: their payloads with the rows' overhead.
        oldest_at_s: when the oldest was put in, seconds since 1970; None when there is none.
        last_seq: highest number ever given.
        thinned: messages given up for want of room, since the start.
        set_aside: files found corrupt, since the start.
        disk: how the disk is, in a word.
        disk_free_bytes: what it has left for anybody.
        disk_used_pct: what is taken of it.
    """

    messages: int = 0
    telemetry: int = 0
    payload_bytes: int = 0
    oldest_at_s: float | None = None
    last_seq: int = 0
    thinned: int = 0
    set_aside: int = 0
    disk: DiskWord = "ok"
    disk_free_bytes: int = 0
    disk_used_pct: float = 0.0
