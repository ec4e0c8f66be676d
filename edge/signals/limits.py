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
    """What a role may ask at a junction; a higher rank supersedes and may withdraw a lower one's lease."""

    extra_green_s: int
    duration_s: int
    rank: int = 1


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
        rest_s: between two leases of the junction, so that its own plan has its turn.
    """

    roles: Mapping[str, RoleLimit]
    phases: frozenset[int] | None = None
    max_cycle_s: int = 180
    is_cycle_fixed: bool = False
    borrow_pct: float = 100.0
    least_split_s: Mapping[int, int] = field(default_factory=dict)
    max_backup_s: int = 600
    link_loss_s: float = 120.0
    rest_s: float = 120.0

    def rank(self, role: str) -> int:
        """Give the rank of a role; below all others when it has no right here."""
        return self.roles[role].rank if role in self.roles else -1

    def bears_backup(self, backup_s: int) -> bool:
        """Tell whether a controller's backup time ends a lease of a dead box soon enough, and not a living one's."""
        return LEAST_BACKUP_S <= backup_s <= self.max_backup_s - COUNT_S

    def may_lengthen(self, phase: int) -> bool:
        """Tell whether the site lets the room lengthen a green."""
        return self.phases is None or phase in self.phases


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    Attributes:
        lease: its id; the same id is the same lease.
        phase: which green.
        extra_green_s: how much more.
        duration_s: for how long, from the box's acceptance.
        reason: as the operator gave it.
        role: of the operator; its rank is the site file's.
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
    actor: str = ""
    corridor: str = ""
    prepare: bool = False
    command: str = ""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who withdraws or commits a lease; the role may be empty."""

    name: str = ""
    role: str = ""


def judge_asker(asker: Asker, held: Request | None, limits: Limits) -> Refusal | None:
    """Judge who withdraws or commits: whoever asked for the lease, or a role of at least that rank.

    Args:
        asker: who.
        held: the lease; None when it has not come yet, and then every role with a right will do.
        limits: of the site.
    """
    if held is None:
        return None if asker.role in limits.roles else refuse("role_unknown", asker.role or "?")
    is_holder = bool(asker.name) and asker.name == held.actor
    if is_holder or (asker.role in limits.roles and limits.rank(asker.role) >= limits.rank(held.role)):
        return None
    return refuse("not_holder", held.actor or held.role, limits.rank(held.role))


def judge_request(request: Request, limits: Limits) -> Refusal | None:  # noqa: PLR0911 - one return per rule
    """Judge what can be judged without the controller."""
    role = limits.roles.get(request.role)
    if role is None:
        return refuse("role_unknown", request.role)
    if not limits.may_lengthen(request.phase):
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


def judge_status(status: Status, reserved: int, limits: Limits) -> Refusal | None:
    """Judge whether the controller is in a state in which anything may be changed."""
    if status.is_flashing:
        return refuse("flashing")
    if status.is_local:
        return refuse("local_override")
    if status.command not in (objects.PATTERN_STANDBY, reserved):
        return refuse("foreign_command", status.command)
    if not status.is_coordinated:
        return refuse("coordination", status.pattern)
    if not limits.bears_backup(status.backup_s):
        return refuse("no_backup", status.backup_s, LEAST_BACKUP_S, limits.max_backup_s - COUNT_S)
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
    leased = lengthen(
        plan, timing, request.phase, request.extra_green_s, limits.borrow_pct, limits.least_split_s, limits.phases
    )
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
    longer = _too_long(own, leased, timing, limits)
    if longer is not None:
        return longer
    if not fits_octets(leased):
        return refuse("not_writable", max(leased.cycle_s, *leased.times_s.values()))
    return None


def _too_long(own: Plan, leased: Plan, timing: Timing, limits: Limits) -> Refusal | None:
    """Find a phase that grows beyond its greatest, or that may not grow; the partner in the other ring grows, too."""
    for number in leased.in_use(timing):
        if leased.times_s[number] <= own.times_s[number]:
            continue
        if not limits.may_lengthen(number):
            return refuse("partner_not_leasable", number)
        green_s, most_s = leased.times_s[number] - timing.phases[number].clearance_s, timing.maximum_green_s(number)
        if green_s > most_s:
            return refuse("maximum_green", number, f"{green_s:g}", f"{most_s:g}")
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
