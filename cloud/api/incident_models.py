"""What the API says of incidents, crews and shelves, and what it is asked."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from cloud.operations.acts import Form
from cloud.operations.dispatches import Word
from cloud.operations.incident import State
from cloud.operations.kinds import Severity
from cloud.operations.reports import Call
from cloud.said import Language, tell


class Incident(BaseModel):
    """Something the room must handle, from open to verified."""

    id: UUID
    incident: str = Field(description="Its number as people say it: INS-0012.")
    kind: str
    key: str
    category: str
    agency: str
    severity: Severity
    priority: int = Field(description="1 is handled first, 4 last.")
    title_id: str
    title_en: str
    detail_id: str
    detail_en: str
    site: str | None
    site_name: str | None
    district: str | None
    asset: str | None
    asset_name: str | None
    box: str | None
    latitude: float | None
    longitude: float | None
    state: State
    clock: Literal["acknowledge", "arrive", "resolve", "verify"] | None
    clock_state: Literal["within", "near", "over", "none"]
    due_at: datetime | None
    happened_at: datetime
    opened_at: datetime
    changed_at: datetime
    last_seen_at: datetime
    condition_ended_at: datetime | None
    owner: str | None
    resolved_by: str | None
    acknowledged_at: datetime | None
    dispatched_at: datetime | None
    on_site_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    due_acknowledge_at: datetime | None
    due_arrive_at: datetime | None
    due_resolve_at: datetime | None
    escalation: int
    count: int
    reopened: int
    merged_into: str | None
    version: int
    crews: list[str]
    picture_event: UUID | None = Field(description="Event of the newest picture: /v1/media/{event}/{sha256}.")
    picture_sha256: str | None


class LogLine(BaseModel):
    """One thing that was done or said."""

    id: int
    at: datetime
    actor: str
    address: str | None
    action: str
    from_state: State | None
    to_state: State | None
    code: str | None = Field(description="Which sentence the engine, or a source, says; null: what a person typed.")
    params: dict[str, Any] | None = Field(description="Values of that sentence.")
    text: str = Field(description="The sentence in the language that was asked for, or what a person typed.")
    detail: dict[str, Any]

    def told_in(self, language: Language) -> Self:
        """Tell it in a language."""
        if self.code is None:
            return self
        return self.model_copy(update={"text": tell(self.code, self.params or {}, language)})


class SourceMedia(BaseModel):
    """A piece of evidence: /v1/media/{ref}/{sha256}."""

    content_type: str
    sha256: str
    bytes: int


class IncidentSource(BaseModel):
    """One source that an incident was made of."""

    source: Literal["event", "alert", "notice", "rule", "call"]
    ref: str
    asset: str | None
    at: datetime
    received_at: datetime
    ended_at: datetime | None
    severity: Severity
    text_id: str
    text_en: str
    media: list[SourceMedia]


class Dispatch(BaseModel):
    """A crew that was sent."""

    id: UUID
    incident: str
    crew: str
    ordered_by: str
    ordered_at: datetime
    note: str
    accepted_at: datetime | None
    on_way_at: datetime | None
    arrived_at: datetime | None
    done_at: datetime | None
    declined_at: datetime | None
    recalled_at: datetime | None


class IncidentPhoto(BaseModel):
    """A photo from the spot: /v1/incidents/{incident}/photos/{id}."""

    id: UUID
    dispatch_id: UUID | None
    account: str
    taken_at: datetime
    received_at: datetime
    latitude: float | None
    longitude: float | None
    sha256: str
    bytes: int
    distance_km: float | None = Field(default=None, description="From the incident; null where nobody knows.")


class IncidentWhole(Incident):
    """An incident with all that is known of it."""

    sources: list[IncidentSource]
    log: list[LogLine]
    dispatches: list[Dispatch]
    photos: list[IncidentPhoto]
    may: list[str] = Field(description="Acts that its state allows now, whoever asks.")


class CrewProposal(BaseModel):
    """A crew that could be sent; those that suit come first, the nearest of them on top."""

    crew: str
    agency: str
    suits: bool = Field(description="It has the skills, is on shift and free.")
    distance_km: float | None = Field(description="Straight there; null where nobody knows where the crew is.")
    lacks: list[str]
    busy_with: list[str]
    on_shift: bool
    position_at: datetime | None


class CrewState(BaseModel):
    """A crew as it is now."""

    id: int
    name: str
    agency: str
    skills: list[str]
    on_duty: bool
    on_shift: bool
    latitude: float | None
    longitude: float | None
    position_at: datetime | None
    busy_with: list[str]


class CrewOrder(BaseModel):
    """What a crew has to do, with all that it needs to know."""

    dispatch: Dispatch
    incident: Incident
    needs_photo: bool = Field(description="Its end needs a photo with a position.")


class KindShown(BaseModel):
    """A kind of incident, for forms."""

    kind: str
    title_id: str
    title_en: str
    category: str
    agency: str
    severity: Severity
    skills: list[str]
    needs_photo: bool


class ShelfShown(BaseModel):
    """A key that makes no incident for now."""

    key: str
    until: datetime
    author: str
    reason: str
    at: datetime
    count: int


Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Words = Annotated[str, Field(max_length=2_000, pattern=r"^[^\x00]*$")]


class _Body(BaseModel, extra="forbid"):
    """What is sent; a misspelt field is refused."""


class ActBody(_Body):
    """What every act may carry."""

    text: Words = Field(default="", description="A reason or a remark.")
    version: int | None = Field(
        default=None, ge=1, le=2**31 - 1, description="Of the incident that the form was filled from."
    )
    act_id: UUID | None = Field(default=None, description="Made by whoever asks: what is sent twice is done once.")

    def form(self) -> Form:
        """Give it to the desk."""
        return Form(self.text, self.version, self.act_id)


class MergeBody(ActBody):
    """What it becomes a part of."""

    into: Annotated[str, Field(max_length=80)]


class DispatchBody(ActBody):
    """Which crew is sent."""

    crew: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00]*$")]


class CallBody(_Body):
    """What somebody reported."""

    kind: Annotated[str, Field(max_length=40)] = "other"
    request_id: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00]+$")]
    place: Annotated[str, Field(max_length=80, pattern=r"^[^\x00]*$", description="Code of a site or an asset.")] = ""
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    title: Annotated[str, Field(max_length=120, pattern=r"^[^\x00]*$")] = ""
    text: Words = ""
    severity: Severity | None = None

    def call(self) -> Call:
        """Give it to the desk."""
        return Call(**self.model_dump())


class WordBody(_Body):
    """What a crew says; it may be sent much later than it was meant."""

    act_id: UUID
    at: AwareDatetime | None = Field(default=None, description="When it was meant, by the phone's clock.")
    text: Words = ""
    latitude: Latitude | None = None
    longitude: Longitude | None = None

    def word(self) -> Word:
        """Give it to the desk."""
        return Word(Form(self.text, None, self.act_id), self.at, self.latitude, self.longitude)


class PositionBody(_Body):
    """Where a crew is."""

    latitude: Latitude
    longitude: Longitude
    at: AwareDatetime | None = None


class ShelfBody(_Body):
    """Which key, until when, why."""

    key: Annotated[str, Field(min_length=3, max_length=200, pattern=r"^[^\x00]+$")]
    until: AwareDatetime
    reason: Words


class LiftBody(_Body):
    """Which key."""

    key: Annotated[str, Field(min_length=3, max_length=200, pattern=r"^[^\x00]+$")]
