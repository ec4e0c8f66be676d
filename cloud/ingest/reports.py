"""What boxes send beside samples: events, evidence of them, statuses, results of commands.

Each reader gives a value to store, or a `Rejected` that says why not; none raises for a payload.
"""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from pydantic import ValidationError

from cloud.ingest.messages import Inbound
from cloud.ingest.registry import Box
from cloud.ingest.times import Told, judge_told
from edge.contract import topics
from edge.contract.commands import Result
from edge.contract.events import Event, decode_event, first_fault
from edge.contract.limits import MAX_EVENT_BYTES, MAX_MEDIA_BYTES
from edge.contract.rejected import Reason, Rejected
from edge.contract.status import Status, decode_status

# How each kind of evidence begins: (offset, bytes). ITU-T T.81 annex B (SOI marker), ISO/IEC 14496-12 section 4.3.
_MEDIA_BEGIN = {"image/jpeg": (0, b"\xff\xd8\xff"), "video/mp4": (4, b"ftyp")}


@dataclass(frozen=True, slots=True)
class Happening:
    """An event with its box, and when it happened."""

    box: Box
    event: Event
    told: Told
    message: Inbound


@dataclass(frozen=True, slots=True)
class Evidence:
    """A picture or clip of an event; `sha256` are the digest's octets."""

    box: Box
    event: UUID
    sha256: bytes
    message: Inbound


@dataclass(frozen=True, slots=True)
class Outcome:
    """One state of a command, and when it came about."""

    box: Box
    result: Result
    told: Told
    message: Inbound


@dataclass(frozen=True, slots=True)
class Said:
    """What a box, or its will, says of itself."""

    box: Box
    status: Status
    message: Inbound


def read_event(box: Box, message: Inbound) -> Happening | Rejected:
    """Read an event of this box."""
    event = decode_event(message.payload)
    if isinstance(event, Rejected):
        return event
    if event.source != f"{topics.ROOT}/{box.name}":
        return Rejected(Reason.NOT_CLOUDEVENT, f"source is {event.source!r}; {topics.ROOT}/{box.name} sent it")
    if "\\u0000" in message.payload.decode(errors="replace"):
        return Rejected(Reason.BAD_TEXT, "a NUL character; the database stores none")
    told = judge_told(event.time, message.received_s)
    return told if isinstance(told, Rejected) else Happening(box, event, told, message)


def read_media(box: Box, event_id: str, message: Inbound) -> Evidence | Rejected:
    """Read evidence; its event may still be on its way, so whose that is shows only when both are there."""
    if len(message.payload) > MAX_MEDIA_BYTES:
        return Rejected(Reason.TOO_LARGE, f"{len(message.payload)} bytes; evidence has at most {MAX_MEDIA_BYTES}")
    try:
        event = UUID(event_id)
    except ValueError:
        return Rejected(Reason.NOT_MEDIA, f"{event_id[:80]!r} is not the id of an event")
    begin = _MEDIA_BEGIN.get(message.content_type)
    if begin is None:
        return Rejected(Reason.NOT_MEDIA, f"content type {message.content_type[:80]!r}; use image/jpeg or video/mp4")
    if not message.payload.startswith(begin[1], begin[0]):
        return Rejected(Reason.NOT_MEDIA, f"empty, or no {message.content_type} by its first bytes")
    digest = hashlib.sha256(message.payload)
    if message.sha256.lower() != digest.hexdigest():
        return Rejected(Reason.NOT_MEDIA, "user property sha256 is missing, or not the payload's: hex, 64 digits")
    return Evidence(box, event, digest.digest(), message)


def read_status(box: Box, message: Inbound) -> Said | Rejected:
    """Read a status."""
    status = decode_status(message.payload)
    if isinstance(status, Rejected):
        return status
    told = judge_told(status.at, message.received_s)
    return told if isinstance(told, Rejected) else Said(box, status, message)


def read_result(box: Box, message: Inbound) -> Outcome | Rejected:
    """Read one state of a command."""
    if len(message.payload) > MAX_EVENT_BYTES:
        return Rejected(Reason.TOO_LARGE, f"{len(message.payload)} bytes; a result has at most {MAX_EVENT_BYTES}")
    try:
        result = Result.model_validate_json(message.payload)
    except ValidationError as error:
        return Rejected(Reason.NOT_RESULT, first_fault(error))
    told = judge_told(result.at, message.received_s)
    return told if isinstance(told, Rejected) else Outcome(box, result, told, message)
