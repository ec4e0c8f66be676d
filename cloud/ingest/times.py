"""When something happened, as far as the clock of its box is to be believed.

A sample from the future is refused: it would stay "newest" until the world has caught up with it. An event is worth
more than its time (a siren was switched on, whatever the clock says): up to a day ahead it is stored at the moment of
its arrival, which is the latest instant at which it can have happened, and marked.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from edge.contract.limits import EARLIEST_TIME_S, MAX_AGE_S, MAX_CLOCK_AHEAD_S, MAX_EVENT_AHEAD_S
from edge.contract.rejected import Reason, Rejected

REMEDY = "set the clock of the box"


@dataclass(frozen=True, slots=True)
class Told:
    """An instant that a box told.

    Attributes:
        at: when it happened, at the latest.
        suspect: True when the box's clock was ahead, and `at` is when its message came.
    """

    at: datetime
    suspect: bool


def judge(time_s: float, now_s: float, most_ahead_s: float = MAX_CLOCK_AHEAD_S) -> Rejected | None:
    """Say what is wrong with a time, if anything.

    Args:
        time_s: seconds since 1970; may be infinite or not a number.
        now_s: the present, the same.
        most_ahead_s: seconds by which it may lie in the future.
    """
    if time_s > now_s + most_ahead_s:
        return Rejected(Reason.TIME_IN_FUTURE, f"more than {most_ahead_s:.0f} s ahead: {REMEDY}")
    if not time_s >= earliest_s(now_s):
        return Rejected(Reason.TIME_TOO_OLD, f"more than {MAX_AGE_S / 86_400:.0f} days ago: {REMEDY}")
    return None


def earliest_s(now_s: float) -> float:
    """Give the oldest time that is stored, seconds since 1970."""
    return max(EARLIEST_TIME_S, now_s - MAX_AGE_S)


def judge_told(at: datetime, received_s: float) -> Told | Rejected:
    """Take the time of an event or a result for what it is worth.

    Args:
        at: what the box says; aware, any year.
        received_s: when its message came, seconds since 1970.
    """
    # A difference, because `timestamp()` and a change of zone fail at either end of the calendar.
    told_s = (at - datetime.fromtimestamp(0, UTC)).total_seconds()
    wrong = judge(told_s, received_s, MAX_EVENT_AHEAD_S)
    if wrong is not None:
        return wrong
    if told_s > received_s + MAX_CLOCK_AHEAD_S:
        return Told(datetime.fromtimestamp(received_s, UTC), suspect=True)
    return Told(at, suspect=False)
