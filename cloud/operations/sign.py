"""A sign: what a source says is wrong, or is over, before anybody has decided what becomes of it.

Events, Grafana's alarms, notices of our own programs, rules and calls all come down to this.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from cloud.operations.incident import ENGINE
from cloud.operations.kinds import Kind, Severity
from cloud.operations.store import Place
from cloud.said import LONGEST, Said, tell

NOWHERE = Place()
LONGEST_SUBJECT = 120
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
Source = Literal["event", "alert", "notice", "rule", "call"]


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that one source says.

    Attributes:
        source: which sort of source.
        ref: its name there; the same twice is the same.
        kind: of incident.
        at: when it was so.
        place: where.
        came_at: when we were told, by the database's clock; None: now.
        since: since when it was a part of something else, which is over.
        severity: None where the source says none.
        said: what the source says; None for nothing.
        text: what a person says, as it was typed.
        subject: what it is about, where that is no asset of the registry.
        event_type: of an event.
        is_end: it says that it is over.
        begun: the ref of what is over; None where the source cannot tell.
        title: in place of the kind's, as people report it.
        actor: who says so.
        address: from where.
        content: of a notice, to be looked at again after a shelf has ended.
    """

    source: Source
    ref: str
    kind: str
    at: datetime
    place: Place = NOWHERE
    severity: Severity | None = None
    said: Said | None = None
    text: str = ""
    subject: str = ""
    event_type: str = ""
    is_end: bool = False
    begun: str | None = None
    title: str = ""
    actor: str = ENGINE
    address: str | None = None
    content: dict[str, Any] | None = field(default=None)
    since: datetime | None = None
    came_at: datetime | None = None

    @property
    def text_id(self) -> str:
        """In Indonesian."""
        return tell(self.said.code, self.said.values, "id") if self.said else self.text[:LONGEST]

    @property
    def text_en(self) -> str:
        """In English; what a person says stays as it was said."""
        return tell(self.said.code, self.said.values, "en") if self.said else self.text[:LONGEST]


def key_of(sign: Sign, name: str, kind: Kind) -> str:
    """Write the key under which a kind's incident of this sign's place is known.

    Args:
        sign: whose place.
        name: of the kind, which need not be the sign's own.
        kind: says within which place it folds.
    """
    place = sign.place
    scopes = {
        "asset": place.asset or sign.subject or place.box or place.site,
        "box": place.box or place.site,
        "site": place.site,
        "district": place.district,
        "regency": "regency",
        "call": None,
    }
    return f"{name}:{shorten(scopes[kind.fold] or sign.subject or sign.ref)}"


def shorten(subject: str) -> str:
    """Bound what a key is about, so that an index can hold it; two that are long and differ stay different."""
    if len(subject) <= LONGEST_SUBJECT:
        return subject
    return f"{subject[: LONGEST_SUBJECT - 9]}~{hashlib.sha256(subject.encode()).hexdigest()[:8]}"


def sane(at: datetime, now: datetime) -> datetime:
    """Bound an instant that another program tells: nothing is noticed before there was any of this, nor after now."""
    return min(max(at, EARLIEST), now)
