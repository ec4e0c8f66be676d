"""What the API answers with. Instants are ISO 8601 with offset, in UTC unless asked otherwise; units are UCUM."""

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field, computed_field

Item = TypeVar("Item")

AssetState = Literal["ok", "late", "silent", "never"]
BoxState = Literal["online", "silent", "offline", "never"]
SiteState = Literal["ok", "degraded", "silent", "empty"]
Resolution = Literal["raw", "1m", "1h", "1d"]


class Answer(BaseModel, frozen=True):
    """Base of all answers."""


class SaidByBox(Answer):
    """What a box says of a request, in its own words, which it gives as `Indonesian | English`."""

    detail: str | None = Field(description="The box's own words, Indonesian | English.")

    @computed_field(description="The same in Indonesian.")  # type: ignore[prop-decorator]
    @property
    def detail_id(self) -> str | None:
        """In Indonesian."""
        return self.detail.split(" | ")[0] if self.detail else None

    @computed_field(description="The same in English.")  # type: ignore[prop-decorator]
    @property
    def detail_en(self) -> str | None:
        """In English; what came in one language stays so."""
        return self.detail.split(" | ")[-1] if self.detail else None


class Page(Answer, Generic[Item]):
    """A part of a list."""

    items: list[Item]
    next: str | None = Field(description="Give this as `after` to get the following part; null at the end.")


class Site(Answer):
    """A place, and how what stands there is doing."""

    site: str
    name: str
    district: str | None
    latitude: float | None = Field(description="Degrees north, WGS 84.")
    longitude: float | None = Field(description="Degrees east, WGS 84.")
    state: SiteState = Field(description="degraded: something is silent; silent: every box is; empty: no box.")
    boxes: int
    boxes_silent: int
    assets: int
    assets_ok: int
    assets_late: int
    assets_silent: int
    assets_never: int
    last_seen_at: datetime | None


class Box(Answer):
    """An edge computer's slot, and whether it is alive."""

    box: str
    site: str
    site_name: str
    state: BoxState = Field(description="silent: nothing for 120 s; offline: it or its will said so.")
    silent: bool = Field(description="Whether the state is any but online.")
    online: bool | None = Field(description="What the box said last of itself.")
    last_seen_at: datetime | None
    age_s: float | None = Field(description="Seconds since then.")
    status_at: datetime | None
    status: dict[str, Any] | None = Field(description="Its last status message.")


class Asset(Answer):
    """A thing that is observed, and whether it is heard of."""

    asset: str
    name: str | None
    kind: str
    site: str | None
    site_name: str | None
    district: str | None
    latitude: float | None
    longitude: float | None
    box: str
    box_silent: bool = Field(description="Whether the box that reads it is silent, which explains its own silence.")
    state: AssetState = Field(description="ok within 2 expected intervals, late within 4, then silent.")
    last_seen_at: datetime | None
    age_s: float | None = Field(description="Seconds since then.")
    expected_interval_s: float
    interval_assumed: bool = Field(description="Whether nobody stated the interval.")


class Series(Answer):
    """One quantity of one asset in one unit."""

    series_id: int
    series: str = Field(description="asset:quantity")
    asset: str
    asset_name: str | None
    kind: str
    site: str | None
    quantity: str
    unit: str | None = Field(description="UCUM code.")
    created_at: datetime


class Latest(Answer):
    """The newest sample of a series."""

    series_id: int
    series: str
    asset: str
    asset_name: str | None
    kind: str
    site: str | None
    quantity: str
    unit: str | None
    time: datetime
    value: float | None = Field(description="Truth values are 0 or 1; null where `text` has a word.")
    text: str | None
    received_at: datetime
    age_s: float


class Point(Answer):
    """A sample, or what many samples come to."""

    time: datetime = Field(description="Instant of the sample, or start of the minute, hour or day.")
    value: float | None = Field(default=None, description="The sample, or the mean.")
    text: str | None = Field(default=None, description="The word, for a series of words.")
    min: float | None = None
    max: float | None = None
    last: float | None = None
    n: int | None = Field(default=None, description="Number of samples.")


class History(Answer):
    """A series over a span of time."""

    series_id: int
    series: str
    unit: str | None
    start: datetime = Field(serialization_alias="from")
    stop: datetime = Field(serialization_alias="to")
    resolution: Resolution
    width_s: float | None = Field(description="Seconds that a point stands for; null for samples as measured.")
    truncated: bool = Field(description="Whether points were left out at the end; only for a stated resolution.")
    points: list[Point]


class Rejected(Answer):
    """Something that was refused."""

    id: int
    received_at: datetime
    box: str | None
    topic: str
    reason: str
    detail: str | None
    count: int
    excerpt: str | None = Field(description="The beginning of what was sent; bytes outside ASCII as octal escapes.")


class Evidence(Answer):
    """A picture or clip of an event; its content is at /v1/media/{event}/{sha256}."""

    sha256: str = Field(description="Hex; what its box sent.")
    content_type: str
    bytes: int
    position: int = Field(description="From 0; parts of a clip play in this order.")


class Event(Answer):
    """Something a box noticed."""

    id: UUID
    type: str
    severity: str | None
    time: datetime
    clock_suspect: bool = Field(
        description="The box's clock ran ahead: `time` is when the event came, the payload keeps the box's own word."
    )
    received_at: datetime
    box: str
    asset: str | None
    site: str | None
    source: str
    subject: str | None
    payload: Any
    media: int = Field(description="Number of pieces of evidence.")
    evidence: list[Evidence] = Field(default=[], description="Them, in the order in which they are to be looked at.")


class Quantity(Answer):
    """A quantity of the contract's catalogue."""

    name: str
    unit: str
    kind: str
    low: float | None
    high: float | None
    title_id: str
    title_en: str
