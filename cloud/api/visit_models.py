"""What phones of crews send and get: visits and their pieces."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from cloud.api.claims import Plain
from cloud.api.models import Answer
from edge.contract.names import AssetCode, BoxName

# A clock before this was never set.
EARLIEST_AT = datetime(2026, 1, 1, tzinfo=UTC)
_LEAST_AT, _MOST_AT = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
At = Annotated[AwareDatetime, Field(ge=_LEAST_AT, lt=_MOST_AT, description="When it was done, by the phone's clock.")]


class ClaimPiece(BaseModel):
    """Binds a computer to the slot."""

    kind: Literal["claim"]
    label: Plain
    hardware: Plain


class PositionPiece(BaseModel):
    """Where the phone was, in degrees of WGS 84; accuracy in metres, where it came from a receiver."""

    kind: Literal["position"]
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    accuracy_m: Annotated[float, Field(ge=0, le=1e6)] | None = None


class ExercisePiece(BaseModel):
    """What a person tried by hand, and whether it did what it should."""

    kind: Literal["exercise"]
    asset: AssetCode
    what: Literal["siren", "lamp", "camera"]
    good: bool


class NotePiece(BaseModel):
    """What a person wrote."""

    kind: Literal["note"]
    text: Annotated[str, Field(max_length=4_000, pattern=r"^[^\x00]*$")]


class DonePiece(BaseModel):
    """The crew leaves."""

    kind: Literal["done"]


Piece = Annotated[ClaimPiece | PositionPiece | ExercisePiece | NotePiece | DonePiece, Field(discriminator="kind")]


class PieceSent(BaseModel):
    """A piece of a visit; the ids are made on the phone, so that what is sent twice is stored once."""

    id: UUID
    box: BoxName
    at: At
    piece: Piece


class CommandSent(BaseModel):
    """Something that the box shall do while the crew is there."""

    id: UUID
    box: BoxName
    at: At
    action: Literal["measure", "siren"]
    asset: AssetCode | None = None


class PieceTaken(Answer):
    """What became of a piece."""

    id: UUID
    state: Literal["taken", "refused"]
    rule: str | None = None
    text_id: str | None = None
    text_en: str | None = None


class Slot(Answer):
    """A slot as a phone takes it along."""

    box: str
    site: str
    site_name: str
    district: str | None
    latitude: float | None
    longitude: float | None
    hardware: str | None
    claimed_at: datetime | None
    claimed_by: str | None
    assets: list[dict[str, Any]]


class Slots(Answer):
    """Slots, in parts, and whose they are."""

    regency: str
    account: str
    items: list[Slot]
    next: str | None


class PieceRow(Answer):
    """A piece as it is stored."""

    id: UUID
    visit_id: UUID
    account: str = Field(description="Who sent it: a phone may change hands.")
    kind: str
    at: datetime
    received_at: datetime
    content: dict[str, Any]
    rule: str | None
    text_id: str | None
    text_en: str | None


class VisitRow(Answer):
    """A visit."""

    id: UUID
    box_id: int = Field(exclude=True)
    box: str
    site: str
    site_name: str
    account: str
    received_at: datetime


class VisitListed(VisitRow):
    """A visit in a list."""

    done: bool


class CommandResult(Answer):
    """What the box said of a command."""

    command_id: UUID
    state: str
    time: datetime
    reason: str | None
    detail: str | None


class BoxReport(Answer):
    """What the box reported of itself for this visit, with its signature."""

    event: UUID
    time: datetime
    received_at: datetime
    signed: dict[str, Any]


class Visit(VisitRow):
    """A visit with everything that is known of it."""

    pieces: list[PieceRow]
    results: list[CommandResult]
    reports: list[BoxReport]
