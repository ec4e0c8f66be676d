"""The offset of a plan whose cycle was lengthened, so that its first cycle needs no correction; pure.

Why: a controller takes up a pattern at local zero and holds that against the clock: (time of day - offset) modulo the
cycle must be zero. With another cycle it hardly ever is, and the controller makes the difference good in its first
one or two cycles by lengthening them or, worse, by cutting the coordinated green: a lease of 20 s could begin with a
green that is shorter than before. Source: NTCIP 1202 v02.19 sections 2.5.7.3 (patternOffsetTime) and 2.5.12
(coordCycleStatus, counting down to local zero).
"""

from dataclasses import dataclass

from edge.signals.timing import Plan

WIB_S = 7 * 3_600
DAY_S = 86_400
LEAD_S = 5  # a local zero that is nearer may be over before the rows are written and the command is given
SYNC_S = 2.0  # globalTime and coordCycleStatus give whole seconds each


@dataclass(frozen=True, slots=True)
class ControllerClock:
    """What a controller says of the time.

    Attributes:
        global_s: `globalTime`: seconds since 1970 in UTC, by its own clock.
        left_s: `coordCycleStatus`: until local zero.
    """

    global_s: int
    left_s: int


def spare_correction(own: Plan, leased: Plan, clock: ControllerClock) -> int:
    """Give the offset with which the next local zero of the own plan is one of the leased plan, too.

    The own offset is kept where the controller's clock does not explain its present cycle: it is making an offset
    good, its reference is another than midnight in WIB, or its clock is set to another zone.

    Args:
        own: runs now.
        leased: is taken up at the next local zero.
        clock: read now.
    """
    seen_s = (clock.global_s + 0.5 + WIB_S) % DAY_S + clock.left_s
    late_s = (seen_s - own.offset_s + own.cycle_s / 2) % own.cycle_s - own.cycle_s / 2
    if abs(late_s) > SYNC_S:
        return own.offset_s
    zero_s = round(seen_s - late_s) + (own.cycle_s if clock.left_s < LEAD_S else 0)
    return zero_s % DAY_S % leased.cycle_s
