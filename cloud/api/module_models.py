"""What the API says of modules, and what it takes for them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from cloud.api.models import Answer


class ModuleState(Answer):
    """A public service, its last run, and whether its figures are overdue."""

    module: str
    title_id: str
    title_en: str
    owner: str
    contact: str
    source: str = Field(description="Its kind: http_json, http_csv, http_xlsx, folder, upload, push, sql, computed.")
    state: str | None = Field(description="Of the last run: done, unchanged, failed.")
    ended_at: datetime | None
    fault_id: str | None
    fault_en: str | None
    true_at: datetime | None = Field(description="What its newest figure is about.")
    due_at: datetime | None = Field(description="When it is, or was, to have a newer one.")
    overdue: bool
    uploaders: list[str] = Field(
        description="Accounts that may upload, beside administrators; none: all with the right."
    )


class Figure(Answer):
    """A figure as it is shown now."""

    module: str
    indicator: str
    title_id: str
    title_en: str
    unit: str
    decimals: int
    keys: list[str]
    district_code: str | None
    district: str | None
    value: float | None = Field(description="null: unknown, or kept back because it is about too few people.")
    true_at: datetime | None = Field(description="When it was true: an instant, or a period's beginning.")
    fetched_at: datetime | None = Field(description="When its source last said so.")
    stale: bool
    kept_back: bool
    severity: str | None


class District(Answer):
    """A district with the home ministry's code."""

    code: str
    name: str


class RunLine(Answer):
    """What was left out of a table, and why; never the value."""

    reason: str
    detail_id: str
    detail_en: str
    first_row: int | None
    count: int


class Run(Answer):
    """A run of a module."""

    id: int
    cause: str
    actor: str | None
    due_at: datetime | None
    started_at: datetime
    ended_at: datetime | None
    state: str
    rows: int
    figures: int
    changed: int
    rejected: int
    held: int
    kept_back: int
    fault_id: str | None
    fault_en: str | None
    lines: list[RunLine]


class Stored(Answer):
    """What came of figures that were brought."""

    run: int
    rows: int
    figures: int
    changed: int
    rejected: int
    held: int = Field(description="So unusual that a person must confirm them.")
    kept_back: int = Field(description="Of too few people to be told.")
    lines: list[RunLine]


class Changed(Answer):
    """A figure that an upload would change."""

    indicator: str
    keys: list[str]
    true_at: datetime
    before: float | None
    after: float | None
    is_new: bool


class Drafted(Answer):
    """What an upload would change, once it is confirmed."""

    draft: UUID
    rows: int
    figures: int
    changed: int
    unchanged: int
    rejected: int
    kept_back: int
    changes: list[Changed] = Field(description="The first 200, the largest first.")
    lines: list[RunLine]


class HeldFigure(Answer):
    """A figure that waits for a person."""

    id: int
    module: str
    title_id: str
    title_en: str
    indicator: str
    indicator_id: str
    indicator_en: str
    unit: str
    keys: list[str]
    true_at: datetime
    value: float
    usual: float
    held_at: datetime


class Decision(BaseModel, extra="forbid"):
    """A person's word on a figure that waits."""

    accepted: bool


Objects = Annotated[list[dict[str, Any]], Field(max_length=50_000)]
