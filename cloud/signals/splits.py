"""How green may be divided: Webster, max-pressure, and the longer green of a lease. Pure; rings and barriers hold.

Sources: F. V. Webster, "Traffic Signal Settings", Road Research Technical Paper 39 (1958): cycle of least delay
C = (1.5 L + 5) / (1 - Y), greens in proportion to the flow ratios y. P. Varaiya, "Max pressure control of a network of
signalized intersections", Transportation Research Part C 36 (2013): serve what has the greatest pressure, saturation
flow times the queue upstream less the one downstream; in cyclic form (T. Le et al., Part C 58, 2015) greens in
proportion to the pressures.

Green here is effective green, taken to be the displayed one; the time lost in each phase is its yellow and red
clearance (the start-up is about as long as the part of the yellow that is driven through: Webster, section 2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

CYCLE_RANGE_S = (40.0, 180.0)
MOST_FLOW_RATIO = 0.95  # above it the formula's cycle runs away: no cycle serves what comes


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a phase in the ring-barrier diagram.

    Attributes:
        lost_s: of its split, that nobody can use.
        least_green_s: below which nothing is taken.
    """

    phase: int
    ring: int
    barrier: int
    lost_s: float
    least_green_s: float

    @property
    def least_s(self) -> float:
        """The shortest split."""
        return self.least_green_s + self.lost_s


Groups = dict[int, dict[int, list[Slot]]]


def group(slots: Sequence[Slot]) -> Groups:
    """Sort phases by barrier, then by ring."""
    groups: Groups = {}
    for slot in sorted(slots, key=lambda slot: (slot.barrier, slot.ring, slot.phase)):
        groups.setdefault(slot.barrier, {}).setdefault(slot.ring, []).append(slot)
    return groups


def critical_flow(slots: Sequence[Slot], ratios: Mapping[int, float]) -> tuple[float, float]:
    """Give Webster's Y and L: over all barriers, the ring that needs most.

    Args:
        slots: all phases.
        ratios: volume by saturation flow, by phase.
    """
    flow, lost_s = 0.0, 0.0
    for rings in group(slots).values():
        ring = max(rings.values(), key=lambda phases: sum(ratios[slot.phase] for slot in phases))
        flow += sum(ratios[slot.phase] for slot in ring)
        lost_s += sum(slot.lost_s for slot in ring)
    return flow, lost_s


def webster_cycle_s(flow: float, lost_s: float) -> float:
    """Give the cycle of least delay, within what a junction may have."""
    low, high = CYCLE_RANGE_S
    return high if flow >= MOST_FLOW_RATIO else min(high, max(low, (1.5 * lost_s + 5) / (1 - flow)))


def least_cycle_s(slots: Sequence[Slot]) -> float:
    """Give the shortest cycle in which everybody gets the least green."""
    return sum(_least_sides_s(group(slots)).values())


def divide(slots: Sequence[Slot], weights: Mapping[int, float], cycle_s: float) -> dict[int, float]:
    """Divide a cycle in proportion to weights, nobody below the least; give the greens by phase.

    A cycle that cannot hold everybody's least green is made as long as `least_cycle_s`.
    """
    groups = group(slots)
    least_s = _least_sides_s(groups)
    cycle_s = max(cycle_s, sum(least_s.values()))
    wanted = {
        barrier: max(sum(weights[slot.phase] for slot in ring) for ring in rings.values())
        for barrier, rings in groups.items()
    }
    lengths_s = _fill(cycle_s, wanted, least_s)
    greens_s: dict[int, float] = {}
    for barrier, rings in groups.items():
        for ring in rings.values():
            splits_s = _fill(
                lengths_s[barrier],
                {slot.phase: weights[slot.phase] for slot in ring},
                {slot.phase: slot.least_s for slot in ring},
            )
            greens_s |= {slot.phase: splits_s[slot.phase] - slot.lost_s for slot in ring}
    return greens_s


def lengthen(
    slots: Sequence[Slot], greens_s: Mapping[int, float], cycle_s: float, phase: int, extra_s: float
) -> tuple[dict[int, float], float]:
    """Give greens and cycle with one green longer, as the box works a lease out.

    Others give what they have above their least, in proportion to it; what is missing makes the cycle longer. Both
    rings of a side grow together.
    """
    groups = group(slots)
    own = next(slot for slot in slots if slot.phase == phase)
    slack_s = {slot.phase: max(0.0, greens_s[slot.phase] - slot.least_green_s) for slot in slots}
    beside = [slot for slot in groups[own.barrier][own.ring] if slot.phase != phase]
    others = {
        barrier: min(sum(slack_s[slot.phase] for slot in ring) for ring in rings.values())
        for barrier, rings in groups.items()
        if barrier != own.barrier
    }
    within_s = sum(slack_s[slot.phase] for slot in beside)
    there_is_s = within_s + sum(others.values())
    given_s = min(extra_s, there_is_s)
    share = given_s / there_is_s if there_is_s else 0.0
    after_s = dict(greens_s)
    _take(after_s, beside, within_s * share, slack_s)
    for barrier, gives_s in others.items():
        for ring in groups[barrier].values():
            _take(after_s, ring, gives_s * share, slack_s)
    after_s[phase] += extra_s
    _grow(after_s, groups[own.barrier], own.ring, extra_s - within_s * share)
    return after_s, cycle_s + extra_s - given_s


def _least_sides_s(groups: Groups) -> dict[int, float]:
    """Give the least time between two barriers, by barrier."""
    return {
        barrier: max(sum(slot.least_s for slot in ring) for ring in rings.values()) for barrier, rings in groups.items()
    }


def _take(greens_s: dict[int, float], ring: Sequence[Slot], taken_s: float, slack_s: Mapping[int, float]) -> None:
    whole_s = sum(slack_s[slot.phase] for slot in ring)
    for slot in ring:
        greens_s[slot.phase] -= taken_s * slack_s[slot.phase] / whole_s if whole_s else 0.0


def _grow(greens_s: dict[int, float], rings: Mapping[int, Sequence[Slot]], own_ring: int, grown_s: float) -> None:
    for ring, slots in rings.items():
        if ring != own_ring:
            greens_s[max(slots, key=lambda slot: greens_s[slot.phase]).phase] += grown_s


def _fill(total_s: float, wanted: Mapping[int, float], least_s: Mapping[int, float]) -> dict[int, float]:
    """Divide in proportion to what is wanted; whoever would come below the least gets it, and the rest is divided."""
    given_s: dict[int, float] = {}
    while len(given_s) < len(wanted):
        left = [key for key in wanted if key not in given_s]
        room_s = total_s - sum(given_s.values())
        whole = sum(wanted[key] for key in left)
        shares_s = {key: room_s * (wanted[key] / whole if whole > 0 else 1 / len(left)) for key in left}
        short = [key for key in left if shares_s[key] < least_s[key]]
        if not short or len(short) == len(left):
            return given_s | (shares_s if not short else _scale(room_s, {key: least_s[key] for key in left}))
        given_s |= {key: least_s[key] for key in short}
    return given_s


def _scale(total_s: float, least_s: Mapping[int, float]) -> dict[int, float]:
    whole_s = sum(least_s.values())
    return {key: total_s * value / whole_s for key, value in least_s.items()}
