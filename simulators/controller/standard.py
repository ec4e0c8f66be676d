"""Programs of usual junctions: four arms, three arms, four arms one after another, a crossing for people on foot.

Phases after NEMA: even ones go straight on (2 and 6 on the main road, 4 and 8 on the other), odd ones turn across the
opposing traffic (1 and 5 from the main road, 3 and 7 from the other). Detector n calls phase n; detector 10 + n lies
upstream of it and only extends.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from simulators.controller.program import (
    FREE,
    DetectorSetup,
    Pattern,
    PhaseTiming,
    PlanEntry,
    Program,
    Split,
    SplitMode,
)

ADVANCE = 10  # detector number of a phase's upstream detector, less the phase
RESERVED = 16  # pattern and split that nobody else uses
_MAIN, _SIDE = (2, 6), (4, 8)
_HOUR_MIN = 60
_NIGHT = 1


def four_arms() -> Program:
    """Eight phases: two rings, turns across before straight on."""
    turns = {"minimum_green_s": 5, "maximum1_s": 20, "maximum2_s": 30, "passage_s": 2.0, "dual_entry": False}
    phases = (
        PhaseTiming(1, 1, 1, **turns),  # type: ignore[arg-type]  # mypy sees one type for all values
        _through(2, 1, 1),
        PhaseTiming(3, 1, 2, **turns),  # type: ignore[arg-type]
        _through(4, 1, 2),
        PhaseTiming(5, 2, 1, **turns),  # type: ignore[arg-type]
        _through(6, 2, 1),
        PhaseTiming(7, 2, 2, **turns),  # type: ignore[arg-type]
        _through(8, 2, 2),
    )
    night = dict.fromkeys((1, 3, 5, 7), 12) | dict.fromkeys((2, 6), 28) | dict.fromkeys((4, 8), 28)
    day = dict.fromkeys((1, 5), 15) | dict.fromkeys((2, 6), 36) | dict.fromkeys((3, 7), 15) | dict.fromkeys((4, 8), 34)
    peak = dict.fromkeys((1, 5), 20) | dict.fromkeys((2, 6), 46) | dict.fromkeys((3, 7), 20) | dict.fromkeys((4, 8), 34)
    return with_patterns(phases, {1: night, 2: day, 3: peak})


def three_arms() -> Program:
    """Five phases: main road 2 and 6 with the turn across 1, the third arm 4 with its walkers."""
    phases = (
        PhaseTiming(1, 1, 1, minimum_green_s=5, maximum1_s=20, maximum2_s=30, passage_s=2.0, dual_entry=False),
        _through(2, 1, 1),
        _through(6, 2, 1),
        _through(4, 1, 2),
    )
    night = {1: 14, 2: 30, 6: 44, 4: 26}
    day = {1: 18, 2: 42, 6: 60, 4: 30}
    peak = {1: 22, 2: 56, 6: 78, 4: 32}
    return with_patterns(phases, {1: night, 2: day, 3: peak})


def four_stages() -> Program:
    """Four arms, one after another, in one ring: the usual way of the region."""
    phases = (_through(1, 1, 1), _through(2, 1, 1), _through(3, 1, 2), _through(4, 1, 2))
    night = {1: 24, 2: 24, 3: 24, 4: 24}
    day = {1: 32, 2: 32, 3: 28, 4: 28}
    peak = {1: 40, 2: 40, 3: 30, 4: 30}
    return with_patterns(phases, {1: night, 2: day, 3: peak}, coordinated=(2,))


def crossing() -> Program:
    """A crossing on a straight road: 2 and 6 for vehicles, 4 for a side lane and for people on foot."""
    phases = (_through(2, 1, 1, walk_s=0), _through(6, 2, 1, walk_s=0), _through(4, 1, 2))
    night, day, peak = {2: 34, 6: 34, 4: 26}, {2: 50, 6: 50, 4: 26}, {2: 70, 6: 70, 4: 26}
    return with_patterns(phases, {1: night, 2: day, 3: peak})


def with_patterns(
    phases: Iterable[PhaseTiming], shares_s: Mapping[int, Mapping[int, int]], coordinated: tuple[int, ...] = _MAIN
) -> Program:
    """Make a program of phases with patterns 1 night, 2 day, 3 peak (more if given) from their splits in s."""
    phases = tuple(phases)
    patterns = {number: Pattern(_cycle_s(phases, shares), 0, number, 1) for number, shares in shares_s.items()}
    splits = {
        number: {phase: Split(time_s, coordinated=phase in coordinated) for phase, time_s in shares.items()}
        for number, shares in shares_s.items()
    }
    return Program(phases, _detectors(phases), patterns, splits, day_plans())


def day_plans() -> tuple[PlanEntry, ...]:
    """Give the day of a main road: free at night, peaks in the morning and the afternoon."""
    return (
        PlanEntry(0, FREE),
        PlanEntry(5 * _HOUR_MIN, 1),
        PlanEntry(6 * _HOUR_MIN, 3),
        PlanEntry(9 * _HOUR_MIN, 2),
        PlanEntry(15 * _HOUR_MIN + 30, 3),
        PlanEntry(18 * _HOUR_MIN + 30, 2),
        PlanEntry(21 * _HOUR_MIN, 1),
        PlanEntry(23 * _HOUR_MIN, FREE),
    )


def with_offset(program: Program, offset_s: int) -> Program:
    """Give the same program with all its patterns at another offset."""
    patterns = {
        number: replace(pattern, offset_s=offset_s % pattern.cycle_s) for number, pattern in program.patterns.items()
    }
    return replace(program, patterns=patterns)


def with_fixed_time(program: Program) -> Program:
    """Give the same program with patterns in which every phase takes its whole split, called or not, also at night."""
    splits = {
        number: {phase: replace(cell, mode=SplitMode.MAXIMUM_RECALL) for phase, cell in cells.items()}
        for number, cells in program.splits.items()
    }
    plans = tuple(replace(plan, pattern=_NIGHT) if plan.pattern == FREE else plan for plan in program.plans)
    return replace(program, splits=splits, plans=plans)


def _through(number: int, ring: int, side: int, walk_s: int = 7) -> PhaseTiming:
    main = number in _MAIN
    return PhaseTiming(
        number,
        ring,
        side,
        minimum_green_s=10 if main else 8,
        walk_s=walk_s,
        ped_clear_s=9 if walk_s else 0,
        recall="minimum" if main else "none",
    )


def _detectors(phases: tuple[PhaseTiming, ...]) -> tuple[DetectorSetup, ...]:
    stop_lines = [DetectorSetup(phase.number, phase.number) for phase in phases]
    advance = [DetectorSetup(ADVANCE + phase.number, phase.number, calls=False) for phase in phases]
    return tuple(sorted(stop_lines + advance, key=lambda setup: setup.number))


def _cycle_s(phases: tuple[PhaseTiming, ...], shares: Mapping[int, int]) -> int:
    rings = ([shares[phase.number] for phase in phases if phase.ring == ring] for ring in (1, 2))
    return max(sum(ring) for ring in rings)
