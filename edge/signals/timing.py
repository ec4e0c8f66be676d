"""What a controller's program says: its phases, its rings, and the plan that runs; all pure.

Source of the terms: NEMA TS 2 section 3.5 (rings, barriers, concurrency); NTCIP 1202 v02.19 sections 2.2 and 2.5.7
(pattern) and 2.5.9 (split). A split's time holds a phase's green, yellow and red clearance.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from edge.sensors.ntcip_objects import MAXIMUM_1, MAXIMUM_2, OCTET_MAX, SPLIT_OMITTED


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase as the controller is programmed; nothing here is ever written.

    Attributes:
        number: from 1.
        ring: from 1; a ring shows one phase at a time.
        concurrent: phases of other rings that may be green together with it.
        minimum_green_s: least green.
        walk_s: least walk; 0 where nobody crosses.
        ped_clear_s: flashing don't-walk.
        maximum_1_s: greatest green, first set.
        maximum_2_s: the same, second set.
        yellow_s: yellow change.
        red_clear_s: all-red after it.
        passage_s: how long one vehicle extends the green.
    """

    number: int
    ring: int
    concurrent: frozenset[int]
    minimum_green_s: float
    walk_s: float
    ped_clear_s: float
    maximum_1_s: float
    maximum_2_s: float
    yellow_s: float
    red_clear_s: float
    passage_s: float = 0.0

    @property
    def clearance_s(self) -> float:
        """Yellow and all-red."""
        return self.yellow_s + self.red_clear_s

    @property
    def least_split_s(self) -> int:
        """The shortest split that holds the minimum green, or walk and its clearance, and yellow and all-red."""
        return math.ceil(max(self.minimum_green_s, self.walk_s + self.ped_clear_s) + self.clearance_s - 1e-9)


@dataclass(frozen=True, slots=True)
class Timing:
    """The program of a controller.

    Attributes:
        phases: by number; only those that belong to a ring.
        max_patterns: rows of its pattern table.
        max_splits: rows of its split table.
        maximum_mode: `coordMaximumMode`.
    """

    phases: Mapping[int, Phase]
    max_patterns: int
    max_splits: int
    maximum_mode: int

    def are_compatible(self, one: int, other: int) -> bool:
        """Tell whether two phases may be green together, by the concurrency of both."""
        return one == other or (other in self.phases[one].concurrent and one in self.phases[other].concurrent)

    def maximum_green_s(self, number: int) -> float:
        """Give the greatest green that a split can reach; infinite where coordination inhibits the maximum."""
        phase = self.phases[number]
        return {MAXIMUM_1: phase.maximum_1_s, MAXIMUM_2: phase.maximum_2_s}.get(self.maximum_mode, math.inf)


@dataclass(frozen=True, slots=True)
class Plan:
    """One pattern with its split.

    Attributes:
        pattern: its row.
        cycle_s: length of the cycle.
        offset_s: of the cycle against the coordination's zero.
        sequence: its row of the sequence table.
        split: its row of the split table.
        times_s: split time by phase.
        modes: split mode by phase.
        coordinated: coordPhase by phase.
    """

    pattern: int
    cycle_s: int
    offset_s: int
    sequence: int
    split: int
    times_s: Mapping[int, int]
    modes: Mapping[int, int]
    coordinated: Mapping[int, int]

    def in_use(self, timing: Timing) -> list[int]:
        """Name the phases that have a part of the cycle."""
        return [
            number
            for number in sorted(timing.phases)
            if self.times_s.get(number, 0) > 0 and self.modes.get(number) != SPLIT_OMITTED
        ]

    def written_as(self, pattern: int, split: int) -> "Plan":
        """Give the same plan in other rows."""
        return replace(self, pattern=pattern, split=split)

    def same_timing(self, other: "Plan") -> bool:
        """Compare what the controller would do, not where it is written."""
        return self.written_as(0, 0) == other.written_as(0, 0)


Sides = list[dict[int, list[int]]]


def sides(plan: Plan, timing: Timing) -> Sides:
    """Divide the phases in use by barriers: for each side of a barrier, the phases of each ring.

    Phases stand on one side when they are concurrent, directly or by way of another.
    """
    left = set(plan.in_use(timing))
    found: Sides = []
    while left:
        side = {min(left)}
        while grown := {other for other in left - side if any(timing.are_compatible(other, one) for one in side)}:
            side |= grown
        # phases of one ring on one side need not be concurrent with anything that is in use
        left -= side
        rings: dict[int, list[int]] = {}
        for number in sorted(side):
            rings.setdefault(timing.phases[number].ring, []).append(number)
        found.append(rings)
    return found


def ring_lengths_s(side: Mapping[int, list[int]], plan: Plan) -> dict[int, int]:
    """Give the time that each ring needs on one side."""
    return {ring: sum(plan.times_s[number] for number in numbers) for ring, numbers in side.items()}


def is_consistent(plan: Plan, timing: Timing) -> bool:
    """Tell whether all rings reach every barrier together and the sides fill the cycle."""
    lengths = [set(ring_lengths_s(side, plan).values()) for side in sides(plan, timing)]
    return all(len(each) == 1 for each in lengths) and sum(next(iter(each)) for each in lengths) == plan.cycle_s


def fits_octets(plan: Plan) -> bool:
    """Tell whether every number can be written: the standard gives one octet."""
    return all(0 <= value <= OCTET_MAX for value in (plan.cycle_s, plan.offset_s, *plan.times_s.values()))
