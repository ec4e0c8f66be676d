"""When a lease must end, and why: judged at every poll from what is seen; pure."""

from dataclasses import dataclass

from edge.sensors import ntcip_objects as objects
from edge.signals.limits import Limits
from edge.signals.record import EndReason, Lease
from edge.signals.status import Status
from edge.signals.timing import Timing
from edge.signals.words import Fault

PREPARED_S = 60.0  # a green wave that nobody commits within this is given up
SILENCE_S = 10.0  # a controller that does not take the writes for so long has not been changed
UNHEARD_SHARE = 3 / 4  # of the backup time: the end is the box's own, before the controller's timer runs out

Why = tuple[EndReason, Fault]


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known at a poll.

    Attributes:
        status: of the controller; None when it did not answer.
        unheard_s: since the room was heard last.
        waited_s: since the lease has its present state, or since the first try to write; 0 for one that only follows.
        backup_s: the controller's backup time as it was read last; None before it has been.
    """

    status: Status | None
    unheard_s: float
    waited_s: float
    backup_s: int | None


def why_end(lease: Lease, seen: Seen, timing: Timing | None, limits: Limits) -> Why | None:
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
    if seen.unheard_s > patience_s(seen.backup_s, limits):
        return "link_lost", ""
    if lease.state == "prepared":
        return ("expired", "not_committed") if lease.spent_s > PREPARED_S else None
    fault = _fault(lease, seen, timing, limits)
    return ("failed", fault) if fault else None


def patience_s(backup_s: int | None, limits: Limits) -> float:
    """Give how long the room may be unheard while a lease holds."""
    return limits.link_loss_s if backup_s is None else min(limits.link_loss_s, UNHEARD_SHARE * backup_s)


def longest_wait_s(lease: Lease) -> float:
    """Give how long a pattern may wait for the end of a cycle, one that makes an offset good included."""
    return 2.0 * max(lease.own.cycle_s, lease.leased.cycle_s) + SILENCE_S


def _fault(lease: Lease, seen: Seen, timing: Timing | None, limits: Limits) -> Fault:
    """Name what the controller does wrong; empty when nothing is."""
    status = seen.status
    if _is_late(lease, seen):
        return "not_applied" if status is not None else "controller_silent"
    if status is None:
        return ""
    if status.is_flashing:
        return "flashing"
    if not limits.bears_backup(status.backup_s):
        return "no_backup"
    return "" if lease.state == "waiting" else _fault_of_writes(lease, status, timing)


def _is_late(lease: Lease, seen: Seen) -> bool:
    if lease.state == "confirmed":
        return not lease.has_run and seen.waited_s > longest_wait_s(lease)
    return seen.waited_s > SILENCE_S


def _fault_of_writes(lease: Lease, status: Status, timing: Timing | None) -> Fault:
    if lease.state == "accepted":
        return "" if status.pattern in (lease.own.pattern, lease.leased.pattern) else "plan_changed"
    return _fault_under_command(lease, status, timing)


def _fault_under_command(lease: Lease, status: Status, timing: Timing | None) -> Fault:
    pattern = lease.leased.pattern
    if status.command != pattern:
        return "command_lost" if status.command == objects.PATTERN_STANDBY else "foreign_writer"
    if status.free >= objects.FREE_BAD_PLAN:
        return "plan_rejected"
    if lease.has_run and status.pattern != pattern:
        return "command_lost"
    return "conflicting_display" if timing is not None and _conflicts(status, timing) else ""


def _conflicts(status: Status, timing: Timing) -> bool:
    moving = sorted((status.greens | status.yellows) & set(timing.phases))
    return any(
        not timing.are_compatible(one, other) for place, one in enumerate(moving) for other in moving[place + 1 :]
    )
