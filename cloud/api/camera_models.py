"""What the API answers about cameras, and what it takes. Instants are UTC, days are those of Pasuruan (WIB)."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints
from pydantic_core import PydanticCustomError

from cloud.api.models import Answer, AssetState, Evidence, SaidByBox
from cloud.api.signal_models import Plain, RequestId
from edge.contract.cameras import MOST_CLIP_S, MOST_LIVE_HZ, MOST_LIVE_S

_YEARS = (2000, 2200)
RequestState = Literal["requested", "sent", "accepted", "applied", "confirmed", "refused", "failed", "expired"]
CameraReason = Annotated[
    Plain,
    StringConstraints(strip_whitespace=True),
    Field(min_length=3, max_length=200, description="Why; it stays in the audit and in the box's own record."),
]


def _is_of_our_time(at: datetime) -> datetime:
    """Refuse instants with which nobody can reckon: the year 1, the year 9999."""
    if not _YEARS[0] <= at.year <= _YEARS[1]:
        raise PydanticCustomError(
            "year", "the year must be from {first} to {last}", {"first": _YEARS[0], "last": _YEARS[1]}
        )
    return at


class Trouble(Answer):
    """Something that is wrong with a camera now."""

    event: UUID
    type: str
    severity: str | None
    since: datetime
    message_id: str | None
    message_en: str | None


class NewestPicture(Answer):
    """The newest picture that is evidence; its content is at /v1/media/{event}/{sha256}."""

    event: UUID
    type: str
    time: datetime
    sha256: str


class Camera(Answer):
    """A camera, and how it is."""

    camera: str
    name: str | None
    site: str | None
    site_name: str | None
    district: str | None
    latitude: float | None
    longitude: float | None
    box: str
    box_silent: bool = Field(description="Whether its box is silent, so that nothing newer is known.")
    state: AssetState = Field(description="Whether it is heard of: ok within 2 expected intervals, late within 4.")
    last_seen_at: datetime | None
    age_s: float | None
    health: list[Trouble] = Field(description="What its box has told and not yet told the end of, oldest first.")
    other_boxes: list[str] = Field(description="Boxes that watch it too, which none should: its counts come twice.")
    picture: NewestPicture | None
    frame_rate_hz: float | None = Field(description="Pictures a second of the stream that is looked at.")
    frame_rate_at: datetime | None
    recorded_yesterday_pct: float | None = Field(description="Of all of yesterday (WIB); null where nothing is known.")
    recorded_yesterday_hours: int = Field(description="Hours of yesterday that were accounted for, of 24.")


class RecordedHour(Answer):
    """How much of an hour is recorded."""

    hour: datetime = Field(description="Its beginning.")
    recorded_pct: float


class RecordedDay(Answer):
    """How much of a day is recorded; hours without an account count as not recorded."""

    day: date
    recorded_pct: float | None = Field(description="Null where the box has given no account at all of that day.")
    hours: int = Field(description="Full hours of it so far, at most 24.")
    accounted: int = Field(description="Of these, hours of which the box has given account.")


class Coverage(Answer):
    """What of a camera is recorded on its box."""

    camera: str
    days: list[RecordedDay] = Field(description="Newest first, as far as today.")
    hours: list[RecordedHour] = Field(description="Oldest first.")


class ClipRequest(BaseModel, extra="forbid"):
    """A wish for a part of a recording."""

    since: Annotated[AwareDatetime, AfterValidator(_is_of_our_time)] = Field(
        description="Its beginning, with offset.", examples=["2026-11-22T10:00:00+07:00"]
    )
    seconds: Annotated[float, Field(ge=1, le=MOST_CLIP_S)]
    reason: CameraReason
    request_id: RequestId | None = None


class LiveRequest(BaseModel, extra="forbid"):
    """A wish to see a camera now, for a while."""

    seconds: Annotated[float, Field(ge=1, le=MOST_LIVE_S)] = 60.0
    hz: Annotated[float, Field(ge=0.1, le=MOST_LIVE_HZ, description="Pictures a second.")] = 1.0
    reason: CameraReason
    request_id: RequestId | None = None


class CameraRequest(SaidByBox):
    """Something that was asked of a camera's box: a clip or a live view."""

    id: UUID
    action: Literal["camera.clip", "camera.live"]
    camera: str
    site: str | None
    box: str
    requester: str
    role: str
    reason: str
    arguments: dict[str, Any] = Field(description="Of the command: since_s (seconds since 1970) and seconds; hz.")
    requested_at: datetime
    expires_at: datetime = Field(description="From then on the box does not begin with it.")
    sent_at: datetime | None
    state: RequestState = Field(description="expired also: its box was not there in time.")
    rule: str | None = Field(description="Of a refusal or failure: why, by its name.")
    told_at: datetime | None
    event: UUID | None = Field(description="Whose evidence the clip is.")
    parts: int = Field(description="So many files the clip has; 0 while that is not known.")
    recorded_pct: float | None = Field(description="How much of the span is recorded at all.")
    evidence: list[Evidence] = Field(description="The parts that are here, in their order; each plays on its own.")


class LiveView(Answer):
    """A live view that was asked for."""

    request: CameraRequest
    ends_at: datetime
    picture: str = Field(description="Where its pictures are; ask with `after` of the one before.")
