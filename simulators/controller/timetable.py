"""Which pattern a controller's plans want at an instant; pure."""

from collections.abc import Sequence

from simulators.controller.program import FREE, PlanEntry

DAY_S = 86_400
_THURSDAY = 3  # 1970-01-01


def planned_pattern(plans: Sequence[PlanEntry], local_s: float) -> int:
    """Give the pattern of the latest entry of the day that has begun; before the first one, yesterday's last goes on.

    Args:
        plans: by time of day.
        local_s: seconds since 1970 on the controller's own clock, in its zone.
    """
    minute, weekday = local_s % DAY_S // 60, int(local_s // DAY_S + _THURSDAY) % 7
    today = [entry for entry in plans if weekday in entry.weekdays]
    begun = [entry for entry in today if entry.at_min <= minute] or today[-1:]
    return max(begun, key=lambda entry: entry.at_min).pattern if begun else FREE


def action_pattern(plans: Sequence[PlanEntry], number: int) -> int:
    """Give the pattern of an action, from 1 on, as a controller lists its plans; 0 for one that is not set."""
    return plans[number - 1].pattern if number <= len(plans) else 0
