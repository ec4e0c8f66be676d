"""What the API says of modules, and what it takes for them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from cloud.api.models import Answer
from cloud.modules.store import Change


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
    due_at: datetime | None = Field(description="When the first of its figures is, or was, to have a newer one.")
    overdue: bool
    figures_late: int = Field(description="Figures that are overdue, indicators that have none yet among them.")
    figures_waited_for: int = Field(description="Of so many.")
    uploaders: list[str] = Field(
        description="Accounts that may upload, beside administrators; none: all with the right."
    )


class Figure(Answer):
    """A figure as it is shown now, or was at an instant."""

    cell_id: int = Field(description="Of its place: an indicator with a code for each of its dimensions.")
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
    fetched_at: datetime | None = Field(
        description="When its source last said so; of another instant: since when it was shown."
    )
    known_from: datetime | None = Field(description="Since when it is shown.")
    due_at: datetime | None = Field(description="Until when it looks fresh.")
    stale: bool
    kept_back: bool
    severity: str | None


class Correction(Answer):
    """A figure that was shown, and is shown otherwise since."""

    cell_id: int
    indicator: str
    title_id: str
    title_en: str
    unit: str
    decimals: int
    keys: list[str]
    district: str | None
    true_at: datetime
    before: float | None = Field(description="null: it was kept back.")
    after: float | None = Field(description="null: it is kept back since.")
    shown_from: datetime
    corrected_at: datetime
    run: int
    cause: str
    actor: str | None


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


class Drafted(Answer):
    """What an upload would change, once it is confirmed."""

    draft: UUID
    rows: int
    figures: int
    changed: int
    unchanged: int
    rejected: int
    kept_back: int
    held: int = Field(description="So unusual that they would wait for a person.")
    changes: list[Change] = Field(description="The first 200, the largest first.")
    lines: list[RunLine]


class Decision(BaseModel, extra="forbid"):
    """A person's word on a figure that waits."""

    accepted: bool


Objects = Annotated[list[dict[str, Any]], Field(max_length=50_000)]
