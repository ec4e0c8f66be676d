"""When a lease must end, and why: judged at every poll from what is seen; pure."""

from dataclasses import dataclass

from edge.sensors import ntcip_objects as objects
from edge.signals.limits import Limits
from edge.signals.record import EndReason, Lease
from edge.signals.status import Status
from edge.signals.timing import Timing

PREPARED_S = 60.0  # a green wave that nobody commits within this is given up
SILENCE_S = 10.0  # a controller that does not take the writes for so long has not been changed
UNHEARD_SHARE = 3 / 4  # of the backup time: the end is the box's own, before the controller's timer runs out


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known at a poll.

    Attributes:
        status: of the controller; None when it did not answer.
        unheard_s: since the room was heard last.
        waited_s: since the lease has its present state, or since the first try to write.
        has_run: its pattern has been in effect.
    """

    status: Status | None
    unheard_s: float
    waited_s: float
    has_run: bool


def why_end(lease: Lease, seen: Seen, timing: Timing | None, limits: Limits) -> tuple[EndReason, str] | None:
    """Give why a lease must end, with the fault behind it; None when it may go on.

    Args:
        lease: not ended yet.
        seen: at this poll.
        timing: the controller's; None before it has been read.
        limits: the site's.
    """
    if seen.status is not None and seen.status.is_local:
        return "local_override", ""
    if lease.left_s <= 0:
        return "expired", ""
    if seen.unheard_s > patience_s(timing, limits):
        return "link_lost", ""
    if lease.state == "prepared":
        return ("expired", "not_committed") if lease.spent_s > PREPARED_S else None
    fault = _fault(lease, seen, timing)
    return ("failed", fault) if fault else None


def patience_s(timing: Timing | None, limits: Limits) -> float:
    """Give how long the room may be unheard while a lease holds."""
    return limits.link_loss_s if timing is None else min(limits.link_loss_s, UNHEARD_SHARE * timing.backup_s)


def _fault(lease: Lease, seen: Seen, timing: Timing | None) -> str:
    """Name what the controller does wrong; empty when nothing is."""
    status = seen.status
    if lease.state != "confirmed" and seen.waited_s > SILENCE_S:
        return "not_applied" if status is not None else "controller_silent"
    if lease.state == "confirmed" and not seen.has_run and seen.waited_s > _longest_wait_s(lease):
        return "not_applied"
    if status is None:
        return ""
    if status.is_flashing:
        return "flashing"
    if lease.state == "accepted":
        return "" if status.pattern in (lease.own.pattern, lease.leased.pattern) else "plan_changed"
    return _fault_under_command(lease.leased.pattern, status, timing, has_run=seen.has_run)


def _longest_wait_s(lease: Lease) -> float:
    """Give how long a commanded pattern may wait for the end of a cycle, one that makes an offset good included."""
    return 2.0 * max(lease.own.cycle_s, lease.leased.cycle_s) + SILENCE_S


def _fault_under_command(pattern: int, status: Status, timing: Timing | None, *, has_run: bool) -> str:
    if status.command != pattern:
        return "command_lost" if status.command == objects.PATTERN_STANDBY else "foreign_writer"
    if status.free >= objects.FREE_BAD_PLAN:
        return "plan_rejected"
    if has_run and status.pattern != pattern:
        return "command_lost"
    return "conflicting_display" if timing is not None and _conflicts(status, timing) else ""


def _conflicts(status: Status, timing: Timing) -> bool:
    moving = sorted((status.greens | status.yellows) & set(timing.phases))
    return any(
        not timing.are_compatible(one, other) for place, one in enumerate(moving) for other in moving[place + 1 :]
    )
