"""What a controller is set to: phases, detectors, patterns, splits and plans by time of day.

Source: NEMA TS 2-2003 section 3.5 (actuated controller), NTCIP 1202 v02 sections 2.2, 2.3 and 2.5 (names and ranges).
Times are in s here, as people write them; the machine counts ticks of 0.1 s.
"""

from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Self

TICKS_PER_S = 10
MAX_PHASES = 8
FREE = 254
FLASH = 255


class SplitMode(IntEnum):
    """What a split does to its phase (NTCIP 1202, splitMode)."""

    OTHER = 1
    NONE = 2
    MINIMUM_RECALL = 3
    MAXIMUM_RECALL = 4
    PEDESTRIAN_RECALL = 5
    MAXIMUM_AND_PEDESTRIAN_RECALL = 6
    OMITTED = 7


@dataclass(frozen=True, slots=True)
class PhaseTiming:
    """One phase. A site without pedestrian signals has `walk_s` 0.

    Attributes:
        number: 1 to 8.
        ring: 1 or 2.
        side: of the barrier, 1 or 2; phases of both rings on one side may be green together.
        passage_s: how long a vehicle extends the green.
        maximum1_s: longest green while somebody else waits, not coordinated; `maximum2_s` on demand.
        recall: what calls it without a detector: none, minimum, maximum.
        pedestrian_recall: walk in each cycle.
        locking: a call is remembered after the vehicle has left the detector.
        dual_entry: turns green with the other ring though nobody calls it.
    """

    number: int
    ring: int
    side: int
    minimum_green_s: int = 8
    passage_s: float = 2.5
    maximum1_s: int = 40
    maximum2_s: int = 60
    yellow_s: float = 3.0
    red_clear_s: float = 2.0
    red_revert_s: float = 2.0
    walk_s: int = 0
    ped_clear_s: int = 0
    recall: str = "none"
    pedestrian_recall: bool = False
    locking: bool = False
    dual_entry: bool = True


@dataclass(frozen=True, slots=True)
class DetectorSetup:
    """One vehicle detector.

    Attributes:
        number: 1 and up.
        call_phase: the phase it calls and extends.
        switch_phase: the phase it extends while its own is not green; 0: none.
        calls: it calls (a stop-line detector).
        extends: it extends the green.
        no_activity_min: silent for longer is an alarm; 0: never.
        max_presence_min: occupied for longer is an alarm; 0: never.
        erratic_counts_min: more counts a minute are an alarm; 0: never.
    """

    number: int
    call_phase: int
    switch_phase: int = 0
    calls: bool = True
    extends: bool = True
    no_activity_min: int = 0
    max_presence_min: int = 5
    erratic_counts_min: int = 120


@dataclass(frozen=True, slots=True)
class Pattern:
    """One row of the pattern table; a cycle of 0 s stands for free operation."""

    cycle_s: int = 0
    offset_s: int = 0
    split: int = 1
    sequence: int = 1


@dataclass(frozen=True, slots=True)
class Split:
    """One cell of the split table: a phase's share of the cycle, yellow and red clearance included."""

    time_s: int = 0
    mode: int = SplitMode.NONE
    coordinated: bool = False


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """From this minute of the day in WIB on, this pattern (1 to 253, 254 free, 255 flash), on these weekdays."""

    at_min: int
    pattern: int
    weekdays: frozenset[int] = frozenset(range(7))  # 0 is Monday


@dataclass(frozen=True, slots=True)
class Program:
    """Everything a controller is set to when it leaves the workshop.

    Attributes:
        patterns: by number; rows that are not named are empty.
        splits: by number, then by phase.
        plans: by time of day; the latest entry before now holds.
        backup_time_s: without a write of a system command for so long, the controller goes back to its plans; 0: never.
        report_period_s: of volumes and occupancies.
    """

    phases: tuple[PhaseTiming, ...]
    detectors: tuple[DetectorSetup, ...] = ()
    patterns: dict[int, Pattern] = field(default_factory=dict)
    splits: dict[int, dict[int, Split]] = field(default_factory=dict)
    plans: tuple[PlanEntry, ...] = (PlanEntry(0, FREE),)
    max_patterns: int = 16
    max_splits: int = 16
    backup_time_s: int = 60
    report_period_s: int = 60

    def __post_init__(self) -> None:
        numbers = [phase.number for phase in self.phases]
        if not numbers or len(set(numbers)) != len(numbers) or not set(numbers) <= set(range(1, MAX_PHASES + 1)):
            raise ValueError(f"phases must be different numbers from 1 to {MAX_PHASES}: {numbers}")
        for phase in self.phases:
            if phase.ring not in (1, 2) or phase.side not in (1, 2):
                raise ValueError(f"phase {phase.number}: ring and side are 1 or 2")

    def phase(self, number: int) -> PhaseTiming | None:
        """Give a phase, or None."""
        return next((phase for phase in self.phases if phase.number == number), None)

    def with_plan(self, *plans: PlanEntry) -> Self:
        """Give the same program with other plans by time of day."""
        return replace(self, plans=plans)


def bit(phase: int) -> int:
    """Give a phase's bit in a group (bit 0 is phase 1)."""
    return 1 << (phase - 1)


def phases_of(bits: int) -> list[int]:
    """Give the phases of a mask."""
    return [phase for phase in range(1, MAX_PHASES + 1) if bits & bit(phase)]


def ticks(seconds: float) -> int:
    """Convert s to ticks of 0.1 s."""
    return round(seconds * TICKS_PER_S)


def order_of(program: Program, ring: int, sequence: int) -> tuple[int, ...]:
    """Give a ring's phases in the order of a sequence: sequences 1 to 16 swap the four pairs in all ways."""
    swaps = sequence - 1
    ordered: list[int] = []
    for side in (1, 2):
        pair = sorted(phase.number for phase in program.phases if phase.ring == ring and phase.side == side)
        place = (ring - 1) * 2 + side - 1
        ordered += reversed(pair) if swaps >> place & 1 else pair
    return tuple(ordered)
