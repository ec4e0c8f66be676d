"""What the API says of incidents, crews and shelves, and what it is asked."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from cloud.operations.incident import State
from cloud.operations.kinds import Severity


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
    text: str
    detail: dict[str, Any]


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


class IncidentWhole(Incident):
    """An incident with all that is known of it."""

    sources: list[IncidentSource]
    log: list[LogLine]
