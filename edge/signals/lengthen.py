"""From a plan to the same plan with a longer green: who gives the time, and when the cycle grows instead; pure.

The cycle stays as long as others can give: a cycle that changes loses the coordination with the neighbours. Others
give from what they have above their least split, in proportion to it; what is then missing makes the cycle longer.
Both rings of a side grow together, or one would wait at the barrier while the other is cut.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from edge.signals.timing import Plan, Timing, sides


def lengthen(
    plan: Plan,
    timing: Timing,
    phase: int,
    extra_s: int,
    borrow_pct: float = 100.0,
    least_split_s: Mapping[int, int] = MappingProxyType({}),
    leasable: frozenset[int] | None = None,
) -> Plan:
    """Give the plan in which `phase` has `extra_s` more.

    Args:
        plan: consistent, see `is_consistent`; `phase` is in use.
        timing: the controller's.
        phase: which green.
        extra_s: above 0.
        borrow_pct: how much of what a phase has above its least split it may be made to give, 0 to 100.
        least_split_s: by phase, where the place wants more than the controller's own least.
        leasable: phases that may grow along in the other ring; None: all. One that cannot grow far enough, or may
            not, does so only where there is no other: the rules then refuse the plan.
    """
    ring = timing.phases[phase].ring
    divided = sides(plan, timing)
    own = next(side for side in divided if phase in side.get(ring, ()))
    others = [side for side in divided if side is not own]
    times_s = dict(plan.times_s)
    slack = _slack(plan, timing, borrow_pct, least_split_s)
    beside = [number for number in own[ring] if number != phase]
    within_s, across_s = sum(slack[number] for number in beside), [_side_slack(side, slack) for side in others]
    given_s = min(extra_s, within_s + sum(across_s))
    from_within_s, *from_sides_s = _share(given_s, [within_s, *across_s])
    _take(times_s, beside, from_within_s, slack)
    for side, taken_s in zip(others, from_sides_s, strict=True):
        for numbers in side.values():
            _take(times_s, numbers, taken_s, slack)
    times_s[phase] += extra_s
    longer_s = extra_s - given_s
    grown_s = sum(from_sides_s) + longer_s
    for other, numbers in own.items():
        if other != ring:
            times_s[_partner(plan, timing, numbers, grown_s, leasable)] += grown_s
    return replace(plan, times_s=times_s, cycle_s=plan.cycle_s + longer_s)


def _slack(plan: Plan, timing: Timing, borrow_pct: float, more_s: Mapping[int, int]) -> dict[int, int]:
    least_s = {number: max(timing.phases[number].least_split_s, more_s.get(number, 0)) for number in timing.phases}
    return {
        number: max(0, int((plan.times_s[number] - least_s[number]) * borrow_pct / 100))
        for number in plan.in_use(timing)
    }


def _side_slack(side: Mapping[int, list[int]], slack: Mapping[int, int]) -> int:
    """Every ring of a side must give the same, so the poorest decides."""
    return min(sum(slack[number] for number in numbers) for numbers in side.values())


def _share(total_s: int, shares: Sequence[int]) -> list[int]:
    """Divide whole seconds in proportion, none above its share; the rest goes to the first with room."""
    whole = sum(shares)
    parts = [total_s * share // whole if whole else 0 for share in shares]
    for position, share in enumerate(shares):
        more = min(total_s - sum(parts), share - parts[position])
        parts[position] += more
    return parts


def _take(times_s: dict[int, int], numbers: Sequence[int], taken_s: int, slack: Mapping[int, int]) -> None:
    for number, part in zip(numbers, _share(taken_s, [slack[number] for number in numbers]), strict=True):
        times_s[number] -= part


def _partner(plan: Plan, timing: Timing, numbers: Sequence[int], grown_s: int, leasable: frozenset[int] | None) -> int:
    """Choose who grows in another ring: who may, and can, and of those the longest."""

    def fitness(number: int) -> tuple[bool, bool, int]:
        green_s = plan.times_s[number] + grown_s - timing.phases[number].clearance_s
        may = leasable is None or number in leasable
        return may, green_s <= timing.maximum_green_s(number), plan.times_s[number]

    return max(numbers, key=fitness)
