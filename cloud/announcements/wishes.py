"""What is asked for, and what the database knows of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from cloud.requests.desk import Place

Kind = Literal["clip", "voice"]
Language = Literal["id", "jv", "mad", "en"]


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is to be said.

    Attributes:
        clip: to be played; None: somebody speaks.
        loudspeakers: where.
        emergency: before everything else, at any hour.
        times: of a clip.
        incident: number of the one that it is for.
        warning: that it tells of.
        request_id: chosen by whoever asks; the same again is the same announcement.
    """

    clip: UUID | None
    loudspeakers: Sequence[str]
    reason: str
    request_id: str
    emergency: bool = False
    times: int = 1
    incident: int | None = None
    warning: UUID | None = None


@dataclass(frozen=True, slots=True)
class NewClip:
    """What is to be kept.

    Attributes:
        text: that was spoken; empty of a recording.
        engine: that spoke it.
    """

    name: str
    language: Language
    request_id: str
    text: str = ""
    engine: str = ""


@dataclass(frozen=True, slots=True)
class Speaker(Place):
    """A loudspeaker and its box."""

    agency: str


@dataclass(frozen=True, slots=True)
class KnownClip:
    """A clip as an earlier request made it."""

    id: UUID
    name: str
    language: str
    text: str
    origin: str


@dataclass(frozen=True, slots=True)
class KnownAnnouncement:
    """An announcement as an earlier request made it."""

    id: UUID
    kind: str
    clip_id: UUID | None
    emergency: bool
    times: int
    reason: str


@dataclass(frozen=True, slots=True)
class ClipSound:
    """A clip's sound."""

    sound: bytes | None
    sha256: str
    seconds: float
    retired_at: datetime | None
    name: str


@dataclass(frozen=True, slots=True)
class Speaking:
    """Somebody who speaks."""

    account: str
    asset: str
    emergency: bool


@dataclass(frozen=True, slots=True)
class Named:
    """Something by its id."""

    id: UUID
