"""An incident as it is held for a change, and what changes it: each step a function from one to the next.

Pure: no clock, no database. `desk.py` (people) and `opening.py` (sources) hold the row, take a step, and write it down.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from cloud.operations.errors import refusal
from cloud.operations.kinds import LEAST_PRIORITY, SEVERITIES, Clocks, Kind, KindsFile, Severity
from cloud.operations.spans import say_wib

State = Literal["open", "acknowledged", "dispatched", "on_site", "resolved", "closed", "cancelled", "merged"]
OVER: frozenset[str] = frozenset(("closed", "cancelled", "merged"))
BEING_DONE: frozenset[str] = frozenset(("acknowledged", "dispatched", "on_site"))
NOT_YET_RESOLVED = BEING_DONE | {"open"}

ENGINE = "satulayar"
MAX_ESCALATION = 3


@dataclass(frozen=True, slots=True)
class Incident:
    """A row of `incident`, as far as steps look at it or change it."""

    id: UUID
    number: int
    kind: str
    key: str
    agency: str
    severity: Severity
    priority: int
    title_id: str
    title_en: str
    detail_id: str
    detail_en: str
    site_id: int | None
    box_id: int | None
    asset_id: int | None
    latitude: float | None
    longitude: float | None
    state: State
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
    look_at: datetime | None
    escalation: int
    count: int
    reopened: int
    merged_into: UUID | None
    version: int

    @property
    def name(self) -> str:
        """What people call it."""
        return f"INS-{self.number:04}"

    @property
    def due_at(self) -> datetime | None:
        """When the clock that runs is over."""
        if self.state == "open":
            return self.due_acknowledge_at
        if self.state in ("acknowledged", "dispatched") and self.due_arrive_at:
            return self.due_arrive_at
        return self.due_resolve_at if self.state in BEING_DONE | {"resolved"} else None


Step = Callable[[Incident], Incident]


def clocks_of(kind: Kind, *, late: bool) -> Clocks:
    """Give the clocks of a new incident; what is told late cannot be met within minutes any more."""
    return Clocks() if late else kind.clocks


def start_clocks(incident: Incident, clocks: Clocks, now: datetime) -> Incident:
    """Let the clocks run from now on."""
    return replace(
        incident,
        due_acknowledge_at=now + clocks.acknowledge,
        due_arrive_at=now + clocks.arrive if clocks.arrive else None,
        due_resolve_at=now + clocks.resolve,
        escalation=0,
    )


def acknowledge(incident: Incident, account: str, now: datetime) -> Incident:
    """Take an incident up; again by the same account changes nothing.

    Raises:
        Ruled: somebody else has, or it is over.
    """
    if incident.state in BEING_DONE and incident.owner == account:
        return incident
    if incident.state in BEING_DONE and incident.owner and incident.acknowledged_at:
        raise refusal("acknowledged_by", owner=incident.owner, at=say_wib(incident.acknowledged_at))
    _require(incident, {"open"} | BEING_DONE, "acknowledge")
    at = incident.acknowledged_at or now
    state: State = "acknowledged" if incident.state == "open" else incident.state
    return replace(incident, state=state, owner=account, acknowledged_at=at, escalation=0)


def take_over(incident: Incident, account: str) -> Incident:
    """Become its owner in somebody's place, as at the change of shifts."""
    _require(incident, BEING_DONE, "take_over")
    return replace(incident, owner=account)


def send_crew(incident: Incident, account: str, now: datetime) -> Incident:
    """Note that a crew was sent; whoever sends it has taken the incident up."""
    _require(incident, NOT_YET_RESOLVED, "dispatch")
    if incident.state == "open":
        incident = acknowledge(incident, account, now)
    state: State = "on_site" if incident.state == "on_site" else "dispatched"
    return replace(incident, state=state, dispatched_at=incident.dispatched_at or now)


def call_back(incident: Incident, *, crews_left: int, was_there: bool) -> Incident:
    """Note that a crew does not go after all; where another one was there and is done, it stays so."""
    if incident.state not in ("dispatched", "on_site") or crews_left or was_there:
        return incident
    return replace(incident, state="acknowledged")


def arrive(incident: Incident, at: datetime) -> Incident:
    """Note that a crew is there."""
    if incident.state == "on_site":
        return incident
    _require(incident, {"acknowledged", "dispatched"}, "arrived")
    return replace(incident, state="on_site", on_site_at=at, escalation=0)


def resolve(incident: Incident, account: str, now: datetime) -> Incident:
    """Note that it is over; somebody else has to verify that."""
    _require(incident, BEING_DONE, "resolve")
    return replace(incident, state="resolved", resolved_by=account, resolved_at=now, escalation=0)


def verify(incident: Incident, account: str, crew: frozenset[str], now: datetime) -> Incident:
    """Close it, by somebody who neither resolved it nor was of the crews that did.

    Args:
        incident: resolved.
        account: who verifies.
        crew: accounts of the crews that were done there.
        now: the instant.

    Raises:
        Ruled: it is not resolved, or this account has done so itself.
    """
    _require(incident, {"resolved"}, "verify")
    if account == incident.resolved_by or account in crew:
        raise refusal("same_person", account=account)
    return replace(incident, state="closed", closed_at=now)


def reopen(incident: Incident, clocks: Clocks, now: datetime) -> Incident:
    """Open it again: verification failed, or the same has come back."""
    _require(incident, {"resolved", "closed", "cancelled"}, "reopen")
    state: State = "acknowledged" if incident.owner and incident.state == "resolved" else "open"
    cleared = replace(
        incident,
        state=state,
        owner=incident.owner if state == "acknowledged" else None,
        resolved_by=None,
        resolved_at=None,
        closed_at=None,
        on_site_at=None,
        acknowledged_at=incident.acknowledged_at if state == "acknowledged" else None,
        dispatched_at=None,
        reopened=incident.reopened + 1,
        condition_ended_at=None,
    )
    return start_clocks(cleared, clocks, now)


def cancel(incident: Incident, account: str, now: datetime) -> Incident:
    """End it as nothing: a false alarm, an exercise."""
    _require(incident, NOT_YET_RESOLVED, "cancel")
    return replace(incident, state="cancelled", closed_at=now, owner=incident.owner or account)


def merge(incident: Incident, into: Incident, now: datetime) -> Incident:
    """Make it a part of another one that is not over."""
    if incident.id == into.id:
        raise refusal("itself")
    _require(incident, NOT_YET_RESOLVED | {"resolved"}, "merge")
    _require(into, NOT_YET_RESOLVED | {"resolved"}, "merge")
    return replace(incident, state="merged", merged_into=into.id, closed_at=now)


def unmerge(incident: Incident, before: State) -> Incident:
    """Take it out of the other one again, as it was; its crews stay where they went, and its clocks ran on.

    Args:
        incident: merged.
        before: the state in which it was merged.
    """
    _require(incident, {"merged"}, "unmerge")
    taken_up: State = "acknowledged" if incident.owner else "open"
    state: State = "resolved" if before == "resolved" else taken_up
    return replace(incident, state=state, merged_into=None, closed_at=None)


def take_in(host: Incident, other: Incident) -> Incident:
    """Let an incident be at least as grave and as urgent as one that becomes a part of it."""

    def earlier(one: datetime | None, two: datetime | None) -> datetime | None:
        return min((at for at in (one, two) if at is not None), default=None)

    return replace(
        host,
        severity=max(host.severity, other.severity, key=SEVERITIES.index),
        priority=min(host.priority, other.priority),
        due_acknowledge_at=earlier(host.due_acknowledge_at, other.due_acknowledge_at),
        due_arrive_at=earlier(host.due_arrive_at, other.due_arrive_at),
        due_resolve_at=earlier(host.due_resolve_at, other.due_resolve_at),
    )


def close_itself(incident: Incident, now: datetime) -> Incident:
    """Close what was over before anybody had taken it up: the sensor that began it is what verifies it."""
    _require(incident, {"open"}, "close")
    return replace(incident, state="closed", resolved_by=ENGINE, resolved_at=now, closed_at=now)


def grow(incident: Incident, file: KindsFile, kind: Kind, severity: Severity) -> Incident:
    """Raise severity and priority to what a further source says; nothing ever lowers them by itself."""
    if SEVERITIES.index(severity) <= SEVERITIES.index(incident.severity):
        return incident
    priority = min(incident.priority, file.priority_of(kind, severity))
    return replace(incident, severity=severity, priority=priority)


def escalate(incident: Incident) -> Incident:
    """Tell the next level of the roster."""
    return replace(incident, escalation=incident.escalation + 1)


def escalate_at(incident: Incident, clocks: Clocks) -> datetime | None:
    """Say when the next level has to be told: when the clock is over, then after each half of the first one.

    None: nobody is left to be told, or no clock runs.
    """
    if incident.due_at is None or incident.escalation >= MAX_ESCALATION:
        return None
    due_at = incident.due_at
    if incident.state == "resolved" and incident.resolved_at:
        # Whoever verifies has as long as somebody had to take it up.
        due_at = max(due_at, incident.resolved_at + clocks.acknowledge)
    return due_at + incident.escalation * max(clocks.acknowledge / 2, timedelta(seconds=30))


def next_look(incident: Incident, kind: Kind) -> datetime | None:
    """Say when its clocks have to be looked at again, where nothing happens until then; None: never."""
    instants = [at for at in (escalate_at(incident, kind.clocks),) if at]
    if incident.state == "open" and incident.condition_ended_at and kind.closes_itself:
        instants.append(incident.condition_ended_at + kind.closes_itself)
    return min(instants, default=None)


def priority_for(file: KindsFile, kind: Kind, severity: Severity, *, late: bool) -> int:
    """Give the priority of a new incident; what is told late is looked at last."""
    return LEAST_PRIORITY if late else file.priority_of(kind, severity)


def acts_allowed(state: str) -> list[str]:
    """List the acts that a state allows, by their names in the API; whether a person may is another matter."""
    allowed = {
        "acknowledge": {"open"},
        "take-over": BEING_DONE,
        "dispatch": NOT_YET_RESOLVED,
        "resolve": BEING_DONE,
        "verify": {"resolved"},
        "reopen": {"resolved", "closed", "cancelled"},
        "cancel": NOT_YET_RESOLVED,
        "merge": NOT_YET_RESOLVED | {"resolved"},
        "unmerge": {"merged"},
    }
    return [act for act, states in allowed.items() if state in states]


def _require(incident: Incident, states: frozenset[str] | set[str], act: str) -> None:
    if incident.state not in states:
        raise refusal("state", incident=incident.name, state=incident.state, act=act)
