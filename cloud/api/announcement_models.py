"""What the API answers about announcements, and what it takes. Instants are UTC."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from cloud.announcements.speech import MOST_TEXT
from cloud.announcements.wishes import Language
from cloud.api.models import Answer, SaidByBox
from cloud.api.paging import Query, Text
from cloud.api.signal_models import Plain, RequestId
from edge.contract.announcements import MOST_TIMES

Reason = Annotated[Plain, Field(min_length=3, max_length=500)]
Name = Annotated[Plain, Field(min_length=1, max_length=100)]
Codes = Annotated[list[Annotated[str, Field(max_length=80)]], Field(min_length=1, max_length=50)]
State = Literal["requested", "sent", "accepted", "applied", "confirmed", "refused", "failed", "expired"]
Grade = Literal["heard", "played", "received", "distorted"]
IncidentNumber = Annotated[int, Field(ge=1, le=2_147_483_647, description="Number of the incident that it is for.")]


class Loudspeaker(Answer):
    """A loudspeaker as it is."""

    loudspeaker: str
    name: str | None
    site: str | None
    site_name: str | None
    district: str | None
    latitude: float | None
    longitude: float | None
    box: str
    box_silent: bool
    agency: str
    playing: bool | None
    seen_at: datetime | None
    announcement: UUID | None = Field(description="The newest one.")


class Clip(Answer):
    """Sound that can be announced."""

    id: UUID
    name: str
    language: Language
    origin: Literal["recorded", "spoken", "voice"]
    text: str = Field(description="What is said, where a program speaks it.")
    engine: str = Field(description="The program that spoke it.")
    seconds: float
    level_db: float = Field(description="Root mean square, dB of full scale.")
    sha256: str
    account: str
    made_at: datetime
    retired_at: datetime | None
    is_kept: bool = Field(description="Whether its sound is still kept; hash and length always are.")


class SpokenClip(BaseModel, extra="forbid"):
    """A text that a program is to speak."""

    text: Annotated[Plain, Field(min_length=2, max_length=MOST_TEXT)]
    name: Name
    language: Literal["id", "en"] = "id"
    request_id: RequestId


class RecordedQuery(BaseModel, extra="forbid"):
    """What a recording is."""

    name: Name
    language: Language = "id"
    request_id: RequestId


class Order(BaseModel, extra="forbid"):
    """Where, why, and which request this is: the same `request_id` again is the same announcement."""

    loudspeakers: Codes
    reason: Reason
    request_id: RequestId
    emergency: bool = Field(default=False, description="Before everything else and at any hour; for heads of shift.")
    incident: IncidentNumber | None = None
    warning: UUID | None = None


class PlayOrder(Order):
    """A clip is to be played."""

    clip: UUID
    times: Annotated[int, Field(ge=1, le=MOST_TIMES)] = 1


class StopOrder(BaseModel, extra="forbid"):
    """What a loudspeaker says is to end."""

    reason: Reason
    request_id: RequestId


class PlaceTold(SaidByBox):
    """What became of an announcement at one loudspeaker."""

    loudspeaker: str
    name: str | None
    site: str | None
    site_name: str | None
    box: str
    state: State
    grade: Grade | None = Field(
        description=(
            "What proves a confirmed one: heard (by its own microphone), played (it says so), received (its RTCP"
            " reports, no more), distorted (played, overdriven)."
        )
    )
    rule: str | None
    told_at: datetime | None


class Announcement(Answer):
    """What somebody had said, and what became of it at each loudspeaker."""

    id: UUID
    kind: Literal["clip", "voice"]
    emergency: bool
    times: int
    requested_at: datetime
    account: str
    role: str
    reason: str
    ended_at: datetime | None
    clip_id: UUID | None = Field(description="Of live voice its recording, once it is over.")
    clip: str | None
    said: str | None
    language: str | None
    seconds: float | None
    sha256: str | None
    incident: int | None
    warning: UUID | None
    places: list[PlaceTold]


class AnnouncementQuery(Query):
    """Filters of /v1/announcements."""

    loudspeaker: Text | None = None
    incident: IncidentNumber | None = None


class ProposalQuery(BaseModel, extra="forbid"):
    """Of what a text is to be proposed."""

    warning: UUID | None = None
    incident: IncidentNumber | None = None


class Proposal(Answer):
    """A text that a person reads before anybody hears it."""

    text: str
    language: Literal["id"] = "id"
    longest: int = Field(default=MOST_TEXT, description="The most characters that can be spoken.")
    can_speak: bool = Field(description="Whether this server has a program that speaks.")
