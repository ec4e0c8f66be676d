"""What is asked and answered about warnings."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, HttpUrl, StringConstraints, ValidationError

from cloud.api.models import Answer
from cloud.warning.cap import Area, Category, Certainty, Circle, Info, ResponseType, Severity, Status, Urgency
from cloud.warning.desk import MOST_HOURS, OwnStatus, Wanted
from cloud.warning.rules import refusal

Short = Annotated[str, Field(max_length=500)]
Long = Annotated[str, Field(max_length=10_000)]
Reason = Annotated[str, Field(min_length=3, max_length=500)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Position = tuple[Longitude, Latitude]


# Blanks say nothing: an element without words is no element of CAP.
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]


class InBoth(BaseModel, extra="forbid"):
    """A text in Indonesian and in English; both are asked for, because a warning is for everybody."""

    id: Words
    en: Words


class Around(BaseModel, extra="forbid"):
    """Everything within some kilometres of a place."""

    longitude: Longitude
    latitude: Latitude
    radius_km: Annotated[float, Field(ge=0.05, le=100)]


class WarningRequest(BaseModel, extra="forbid"):
    """A warning to be issued: what is coming, where, until when, and what people should do."""

    status: OwnStatus = Field(description="Exercise and Test never reach the feed of what is real.")
    event: InBoth
    categories: Annotated[list[Category], Field(min_length=1, max_length=5)] = ["Met"]
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    responses: Annotated[list[ResponseType], Field(max_length=5)] = []
    headline: InBoth
    description: InBoth
    instruction: InBoth | None = None
    onset_at: AwareDatetime | None = None
    expires_in_s: Annotated[float, Field(gt=0, le=MOST_HOURS * 3_600)]
    area: InBoth = Field(description="The place in words.")
    polygons: Annotated[
        list[Annotated[list[Position], Field(min_length=4, max_length=2_000)]], Field(max_length=50)
    ] = Field(
        default=[], description="Outlines as in GeoJSON: longitude before latitude, the first point again at the end."
    )
    circles: Annotated[list[Around], Field(max_length=50)] = []
    web: HttpUrl | Literal[""] = ""
    contact: Short = ""
    reason: Reason = Field(description="Why, for the audit; the public does not see it.")
    request_id: Annotated[str, Field(min_length=1, max_length=100)]

    def wanted(self, now: datetime) -> Wanted:
        """Say it as CAP does: one block for each language, with the same areas.

        Raises:
            Ruled: CAP cannot say it, for example a polygon that does not end where it begins.
        """
        expires = (now + timedelta(seconds=self.expires_in_s)).replace(microsecond=0)
        try:
            infos = tuple(self._info(language, now, expires) for language in ("id", "en"))
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise refusal("not_cap", fault=f"{where}: {first['msg']}") from error
        return Wanted(self.status, infos, self.reason, self.request_id)

    def _info(self, language: Literal["id", "en"], now: datetime, expires: datetime) -> Info:
        rings = tuple(tuple((latitude, longitude) for longitude, latitude in ring) for ring in self.polygons)
        circles = tuple(Circle(centre=(one.latitude, one.longitude), radius_km=one.radius_km) for one in self.circles)
        return Info(
            language={"id": "id-ID", "en": "en-US"}[language],
            categories=tuple(self.categories),
            event=getattr(self.event, language),
            responses=tuple(self.responses),
            urgency=self.urgency,
            severity=self.severity,
            certainty=self.certainty,
            effective=now.replace(microsecond=0),
            onset=self.onset_at,
            expires=expires,
            headline=getattr(self.headline, language),
            description=getattr(self.description, language),
            instruction=getattr(self.instruction, language) if self.instruction else "",
            web=str(self.web),
            contact=self.contact,
            areas=(Area(description=getattr(self.area, language), polygons=rings, circles=circles),),
        )


class Warned(Answer):
    """A warning, ours or another's."""

    id: UUID
    source: Literal["regency", "bmkg"] = Field(description="Where bmkg, show: Sumber: BMKG.")
    sender: str
    identifier: str
    sent_at: datetime
    received_at: datetime
    status: Status
    message_type: str
    in_force: bool
    severity: str | None
    urgency: str | None
    certainty: str | None
    event_id: str
    event_en: str
    headline_id: str
    headline_en: str
    description_id: str
    description_en: str
    instruction_id: str
    instruction_en: str
    area: str
    geometry: dict[str, Any] | None = Field(description="GeoJSON MultiPolygon.")
    web: str
    effective_at: datetime | None
    onset_at: datetime | None
    expires_at: datetime | None
    superseded_by: UUID | None
    account: str | None
    reason: str | None


class Gauge(Answer):
    """A river gauge against its stages."""

    gauge: str
    name: str | None
    site: str | None
    site_name: str | None
    district: str | None
    latitude: float | None
    longitude: float | None
    level_at: datetime | None
    liveness: str = Field(description="ok, late, silent, never")
    level_m: float | None
    rate_m_h: float | None
    stage: int | None = Field(description="The Siaga it has reached, 3 first, 1 last; null: none.")
    next_stage: int | None
    next_level_m: float | None
    lead_s: float | None = Field(description="Until the next stage at the present rate; null while it does not rise.")
    severity: int | None = Field(description="0 to 3; null: nobody knows.")


class Reach(Answer):
    """A stretch of river between two gauges, and when what stands above arrives below."""

    upstream: str
    upstream_name: str | None
    upstream_severity: int | None
    downstream: str
    downstream_name: str | None
    downstream_district: str | None
    downstream_severity: int | None
    travel_s: float
    arrives_at: datetime | None
    lead_s: float | None


class Quake(Answer):
    """An earthquake. Source: BMKG."""

    id: str
    at: datetime
    magnitude: float
    depth_km: float
    latitude: float
    longitude: float
    distance_km: float | None = Field(description="From the middle of the regency.")
    place: str
    felt: str
    potential: str


class FeedState(Answer):
    """What another publishes and we read."""

    url: str
    asked_at: datetime
    answered_at: datetime | None
    changed_at: datetime | None
    fault_id: str | None
    fault_en: str | None


class StageRequest(BaseModel, extra="forbid"):
    """A stage to be set."""

    stage: Annotated[int, Field(ge=1, le=5, description="1 ordinary … 5 disaster.")]
    reason: Reason


class Stage(Answer):
    """A stage of the regency, and who set it."""

    id: int
    stage: int
    at: datetime
    account: str
    reason: str
