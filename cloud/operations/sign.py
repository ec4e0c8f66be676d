"""A sign: what a source says is wrong, or is over, before anybody has decided what becomes of it.

Events, Grafana's alarms, notices of our own programs, rules and calls all come down to this.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from cloud.operations.incident import ENGINE
from cloud.operations.kinds import Kind, Severity
from cloud.operations.store import Place

NOWHERE = Place()
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
        severity: None where the source says none.
        text_id: a sentence in Indonesian.
        text_en: the same in English.
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
    text_id: str = ""
    text_en: str = ""
    subject: str = ""
    event_type: str = ""
    is_end: bool = False
    begun: str | None = None
    title: str = ""
    actor: str = ENGINE
    address: str | None = None
    content: dict[str, Any] | None = field(default=None)


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
    return f"{name}:{scopes[kind.fold] or sign.subject or sign.ref}"
