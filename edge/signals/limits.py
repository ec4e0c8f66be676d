"""Whether a lease may be: every rule, judged on the box against the controller and the site file; pure.

The room has judged already. The box judges again because it is the last one that can: what the room knows of the
controller may be old, and a room may be wrong, or not the room.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.sensors import ntcip_objects as objects
from edge.signals.lengthen import lengthen
from edge.signals.refusals import Refusal, refuse
from edge.signals.status import Status
from edge.signals.timing import Plan, Timing, fits_octets, is_consistent, sides

LEAST_BACKUP_S = 10  # below it a refresh that is sent three times could come too late
COUNT_S = 1  # controllers count their backup time in whole seconds


@dataclass(frozen=True, slots=True)
class RoleLimit:
    """What a role may ask at a junction."""

    extra_green_s: int
    duration_s: int


@dataclass(frozen=True, slots=True)
class Limits:
    """A site's own limits.

    Attributes:
        roles: what each role may ask; a role that is not named has no right.
        phases: which greens may be lengthened; None: all.
        max_cycle_s: longest cycle.
        is_cycle_fixed: the cycle is common with the neighbours and must stay.
        borrow_pct: how much of what others have above their least may be taken.
        least_split_s: more than the controller's own least, by phase, where the place wants it.
        max_backup_s: a lease whose box has died is over within this, from the death on.
        link_loss_s: without the room for so long, a lease ends; in any case before the controller's backup timer.
    """

    roles: Mapping[str, RoleLimit]
    phases: frozenset[int] | None = None
    max_cycle_s: int = 180
    is_cycle_fixed: bool = False
    borrow_pct: float = 100.0
    least_split_s: Mapping[int, int] = field(default_factory=dict)
    max_backup_s: int = 600
    link_loss_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    Attributes:
        lease: its id; the same id is the same lease.
        phase: which green.
        extra_green_s: how much more.
        duration_s: for how long, from the box's acceptance.
        reason: as the operator gave it.
        role: of the operator.
        rank: a higher one supersedes.
        actor: who.
        corridor: of a green wave; empty otherwise.
        prepare: hold the junction and wait for the word to begin.
        command: the command's id, for its results.
    """

    lease: str
    phase: int
    extra_green_s: int
    duration_s: int
    reason: str
    role: str
    rank: int
    actor: str = ""
    corridor: str = ""
    prepare: bool = False
    command: str = ""


def judge_request(request: Request, limits: Limits) -> Refusal | None:  # noqa: PLR0911 - one return per rule
    """Judge what can be judged without the controller."""
    role = limits.roles.get(request.role)
    if role is None:
        return refuse("role_unknown", request.role)
    if limits.phases is not None and request.phase not in limits.phases:
        return refuse("phase_not_leasable", request.phase)
    if request.extra_green_s < 1:
        return refuse("extra_too_small", request.extra_green_s)
    if request.extra_green_s > role.extra_green_s:
        return refuse("extra_over_role", request.extra_green_s, request.role, role.extra_green_s)
    if request.duration_s < 1:
        return refuse("duration_too_short", request.duration_s)
    if request.duration_s > role.duration_s:
        return refuse("duration_over_role", request.duration_s, request.role, role.duration_s)
    return None


def judge_status(status: Status, timing: Timing, reserved: int, limits: Limits) -> Refusal | None:
    """Judge whether the controller is in a state in which anything may be changed."""
    if status.is_flashing:
        return refuse("flashing")
    if status.is_local:
        return refuse("local_override")
    if status.command not in (objects.PATTERN_STANDBY, reserved):
        return refuse("foreign_command", status.command)
    if not status.is_coordinated:
        return refuse("coordination", status.pattern)
    if not LEAST_BACKUP_S <= timing.backup_s <= limits.max_backup_s - COUNT_S:
        return refuse("no_backup", timing.backup_s, LEAST_BACKUP_S, limits.max_backup_s - COUNT_S)
    return None


def plan_lease(
    request: Request, plan: Plan, timing: Timing, reserved: tuple[int, int], limits: Limits
) -> Plan | Refusal:
    """Work out the plan of a lease in the reserved rows, or say which rule forbids it.

    Args:
        request: judged by `judge_request`.
        plan: the controller's own, as it runs.
        timing: the controller's.
        reserved: (pattern, split).
        limits: the site's.
    """
    if request.phase not in timing.phases:
        return refuse("phase_unknown", request.phase)
    if plan.pattern == reserved[0] or plan.split == reserved[1]:
        return refuse("reserved_in_use", *reserved)
    if request.phase not in plan.in_use(timing):
        return refuse("phase_not_served", request.phase, plan.pattern)
    if not is_consistent(plan, timing):
        return refuse("ring_barrier", plan.pattern)
    leased = lengthen(plan, timing, request.phase, request.extra_green_s, limits.borrow_pct, limits.least_split_s)
    leased = leased.written_as(*reserved)
    return judge_plan(request, plan, leased, timing, limits) or leased


def judge_plan(  # noqa: PLR0911 - one return per rule
    request: Request, own: Plan, leased: Plan, timing: Timing, limits: Limits
) -> Refusal | None:
    """Judge a plan that is about to be written, whoever worked it out."""
    short = _too_short(own, leased, timing, limits)
    if short is not None:
        return short
    if sides(leased, timing) != sides(own, timing) or not is_consistent(leased, timing):
        return refuse("ring_barrier", own.pattern)
    if leased.cycle_s != own.cycle_s and limits.is_cycle_fixed:
        return refuse("cycle_fixed", own.cycle_s, request.extra_green_s - (leased.cycle_s - own.cycle_s))
    if leased.cycle_s > limits.max_cycle_s:
        return refuse("maximum_cycle", leased.cycle_s, limits.max_cycle_s)
    green_s = leased.times_s[request.phase] - timing.phases[request.phase].clearance_s
    if green_s > timing.maximum_green_s(request.phase):
        return refuse("maximum_green", request.phase, f"{green_s:g}", f"{timing.maximum_green_s(request.phase):g}")
    if not fits_octets(leased):
        return refuse("not_writable", max(leased.cycle_s, *leased.times_s.values()))
    return None


def _too_short(own: Plan, leased: Plan, timing: Timing, limits: Limits) -> Refusal | None:
    """Find a phase below its least; what the controller's own plan gives less than the site wants is left as it is."""
    for number in leased.in_use(timing):
        given_s, least_s = leased.times_s[number], timing.phases[number].least_split_s
        if given_s < own.times_s.get(number, 0):
            least_s = max(least_s, limits.least_split_s.get(number, 0))
        if given_s < least_s:
            return refuse("minimum", number, given_s, least_s)
    return None
