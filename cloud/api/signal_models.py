"""What the API answers about signals, and what it takes. Times are seconds, volumes vehicles an hour."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from cloud.api.models import Answer
from cloud.signals.life import LeaseState


def _refuse_control_characters(text: str) -> str:
    """Refuse what is stored nowhere (NUL) or would break the lines of a list."""
    if not text.isprintable():
        told = "has a control character, such as NUL or a line's end; leave it out"
        raise PydanticCustomError("control_character", told)
    return text


Plain = Annotated[str, AfterValidator(_refuse_control_characters)]
Reason = Annotated[Plain, Field(max_length=300, description="Why; it stays in the history and in the audit.")]
Seconds = Annotated[int, Field(strict=True, ge=-100_000, le=1_000_000)]
RequestId = Annotated[
    Plain,
    Field(
        min_length=1,
        max_length=80,
        description="Chosen by whoever asks, new for each wish: the same again (a double click) is the same lease.",
    ),
]


class LeaseRequest(BaseModel, extra="forbid"):
    """A wish for a longer green."""

    phase: Annotated[int, Field(strict=True, ge=-1_000, le=1_000)]
    extra_green_s: Seconds
    duration_s: Seconds
    reason: Reason
    request_id: RequestId | None = None


class CorridorLeaseRequest(BaseModel, extra="forbid"):
    """A wish for a green wave: at every junction of a corridor the phase along it, all or none."""

    extra_green_s: Seconds
    duration_s: Seconds
    reason: Reason
    request_id: RequestId | None = None


class WithdrawalRequest(BaseModel, extra="forbid"):
    """Why a lease is to end."""

    reason: Reason | None = None


class Lease(Answer):
    """A bounded change of a junction's timing. Instants are the room's."""

    id: UUID
    site: str
    site_name: str
    phase: int
    phase_name: str | None
    extra_green_s: int
    duration_s: int
    reason: str
    requester: str
    withdrawn_by: str | None
    role: str
    state: LeaseState
    requested_at: datetime
    accepted_at: datetime | None
    applied_at: datetime | None
    confirmed_at: datetime | None = Field(description="When the room learned that the controller was read back.")
    ends_at: datetime | None
    ended_at: datetime | None
    reverted_at: datetime | None = Field(description="When the room learned that the own plan was read back.")
    end_reason: str | None = Field(description="expired, withdrawn, superseded, link_lost, local_override, failed …")
    rule: str | None = Field(description="The rule by which it was refused or given up.")
    text_id: str | None
    text_en: str | None
    corridor_lease_id: UUID | None
    corridor: str | None
    open: bool = Field(description="Whether it may still change the signals.")
    remaining_s: float | None


class LeaseLine(Answer):
    """Something that was said of a lease."""

    at: datetime
    state: str
    source: Literal["room", "box", "watchdog"]
    box_time: datetime | None = Field(description="By the box's own clock.")
    actor: str | None
    rule: str | None
    text_id: str | None
    text_en: str | None


class LeaseWithLog(Lease, frozen=True):
    """A lease with everything that was said of it."""

    log: list[LeaseLine]


class CorridorLeaseRow(Answer):
    """A corridor lease without its members."""

    id: UUID
    corridor: str
    title: str
    requester: str
    reason: str
    extra_green_s: int
    duration_s: int
    state: str
    requested_at: datetime
    changed_at: datetime
    rule: str | None
    text_id: str | None
    text_en: str | None


class CorridorLease(CorridorLeaseRow, frozen=True):
    """A green wave: all of its leases, or none."""

    leases: list[Lease]


class Junction(Answer):
    """A signalised junction."""

    site: str
    name: str
    district: str | None
    latitude: float | None
    longitude: float | None
    authority: str = Field(description="Who may retime it: regency, or province and whom it has delegated to.")
    controller: str
    box: str
    box_state: str
    corridor: str | None
    corridor_position: int | None
    corridor_phase: int | None
    controller_state: str = Field(description="ok, late, silent, never: whether the controller is heard of.")
    age_s: float | None


class PhaseNow(Answer):
    """A phase as it is now. Null: not known."""

    phase: int
    name: str | None
    ring: int
    barrier: int
    letter: str | None = Field(description="G green, Y yellow, R red, F flashing, - not in use.")
    since_s: float | None = Field(description="For how long it has displayed this, at least.")
    expected_s: float | None = Field(description="For how long yet, if as long as the last time; not a promise.")
    green_s: float | None = Field(description="The last whole green.")
    queue_m: float | None
    volume_per_h: float | None
    occupancy_pct: float | None


class RoleLimit(Answer):
    """The most that a role may ask for."""

    role: str
    extra_green_s: int
    duration_s: int


class JunctionNow(Junction, frozen=True):
    """A junction as it is now."""

    can_be_asked: bool = Field(description="Whether a request can be sent at this instant: line and box are there.")
    displayed_at: datetime | None
    pattern: float | None
    cycle_s: float | None
    cycle_second: float | None
    phases: list[PhaseNow]
    limits: list[RoleLimit]
    lease: Lease | None = Field(description="The open one.")


class PhaseExpectation(Answer):
    """What is expected of a phase."""

    phase: int
    green_s: float
    saturation: float = Field(description="Volume by capacity; above 1 the queue grows.")
    delay_s: float = Field(description="Mean control delay of a vehicle.")
    clears_in_s: float | None = Field(description="Until the queue is gone; null: it never is.")


class Outlook(Answer):
    """What is expected of the junction."""

    cycle_s: float
    delay_veh_h_per_h: float = Field(description="Hours that vehicles lose in each hour.")
    phases: list[PhaseExpectation]


class AdvisedLease(Answer):
    """A request as it is to be posted."""

    method: Literal["POST"] = "POST"
    path: str
    body: dict[str, Any]


class Grant(Answer):
    """Whether a request of whoever asks could be granted now, as far as the room knows; the box judges it anew."""

    possible: bool
    rule: str | None = Field(description="By which it would be refused.")
    text_id: str | None
    text_en: str | None


class Advice(Answer):
    """What would help, by formula. Advice, not action: a person grants it by posting `lease`."""

    site: str
    at: datetime
    observed_s: float = Field(description="Over which the figures below were taken.")
    text_id: str
    text_en: str
    grant: Grant
    lease: AdvisedLease | None = Field(description="Null: nothing would help enough, or too little is known.")
    gain_pct: float = Field(description="By how much the junction's whole delay is expected to fall.")
    critical_flow: float | None = Field(description="Webster's Y; from 1 on no division serves everybody.")
    present: Outlook | None
    leased: Outlook | None
    webster: Outlook | None = Field(description="At Webster's own cycle, for comparison.")
    webster_greens_s: dict[int, float] = Field(description="At the present cycle.")
    max_pressure_greens_s: dict[int, float] = Field(description="At the present cycle.")
    pressures: dict[int, float]
    method: str = "Webster 1958 (division), Varaiya 2013 (max pressure), Highway Capacity Manual 2000 (delay)"
