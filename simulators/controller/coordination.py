"""Coordination: from a pattern and its splits to force-offs in a cycle that follows the clock.

A cycle begins (local zero) where side 1 of the barrier begins. A phase's force-off is the end of its split less yellow
and red clearance. Patterns change only at local zero. A wrong offset is made good by lengthening cycles by up to a
fifth or shortening them by what the coordinated phases can spare; the difference goes to the coordinated phases.
Source: NTCIP 1202 v02, 2.5; FHWA Traffic Signal Timing Manual (2008), chapter 6.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from simulators.controller.program import (
    MAX_PHASES,
    Pattern,
    PhaseTiming,
    Program,
    Split,
    SplitMode,
    bit,
    order_of,
    ticks,
)

_LENGTHEN_SHARE = 0.2
_SHORTEN_SHARE = 0.17
_LATE_SHARE = 0.25  # a force-off so much of a cycle ago is still this service's own: the phase is late
NO_FORCE = 1 << 60


class FreeStatus(IntEnum):
    """Why the controller is not coordinated (NTCIP 1202, localFreeStatus)."""

    NOT_FREE = 2
    COMMAND_FREE = 3
    TRANSITION_FREE = 4
    BAD_PLAN = 7
    BAD_CYCLE = 8
    BAD_OFFSET = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """A pattern, ready to run; times in ticks, masks of phases.

    Attributes:
        number: of the pattern.
        orders: the phases of each ring, in sequence.
        force: force-off by phase number, from local zero; 0 where there is none.
        shifted: phases whose force-off moves with a correction of the offset.
        spare: how much the cycle may be shortened.
    """

    number: int
    cycle: int
    offset: int
    orders: tuple[tuple[int, ...], ...]
    force: tuple[int, ...]
    shifted: int
    spare: int
    coordinated: int
    omitted: int
    minimum_recall: int
    maximum_recall: int
    ped_recall: int


def make_plan(program: Program, number: int, pattern: Pattern, split: Mapping[int, Split]) -> Plan | FreeStatus:
    """Make a plan, or say why it cannot be run."""
    if pattern.cycle_s == 0:
        return FreeStatus.COMMAND_FREE
    if pattern.offset_s >= pattern.cycle_s:
        return FreeStatus.BAD_OFFSET
    orders = tuple(order_of(program, ring, pattern.sequence) for ring in (1, 2))
    cells = {phase.number: split.get(phase.number, Split()) for phase in program.phases}
    modes = {number: cell.mode for number, cell in cells.items()}
    omitted = _mask(modes, {SplitMode.OMITTED})
    fault = _fault(program, orders, cells, ticks(pattern.cycle_s))
    if fault:
        return fault
    ends = _ends(program, orders, cells)
    coordinated = sum(bit(phase) for phase, cell in cells.items() if cell.coordinated and not omitted & bit(phase))
    return Plan(
        number=number,
        cycle=ticks(pattern.cycle_s),
        offset=ticks(pattern.offset_s),
        orders=orders,
        force=tuple(ends.get(phase, 0) - _clearance(program.phase(phase)) for phase in range(MAX_PHASES + 1)),
        shifted=_shifted(program, orders, coordinated),
        spare=_spare(program, cells, coordinated),
        coordinated=coordinated,
        omitted=omitted,
        minimum_recall=_mask(modes, {SplitMode.MINIMUM_RECALL}),
        maximum_recall=_mask(modes, {SplitMode.MAXIMUM_RECALL, SplitMode.MAXIMUM_AND_PEDESTRIAN_RECALL}),
        ped_recall=_mask(modes, {SplitMode.PEDESTRIAN_RECALL, SplitMode.MAXIMUM_AND_PEDESTRIAN_RECALL}),
    )


def _mask(modes: Mapping[int, int], wanted: set[SplitMode]) -> int:
    return sum(bit(phase) for phase, mode in modes.items() if mode in wanted)


def _clearance(phase: PhaseTiming | None) -> int:
    return ticks(phase.yellow_s) + ticks(phase.red_clear_s) if phase else 0


def _fault(
    program: Program, orders: tuple[tuple[int, ...], ...], cells: Mapping[int, Split], cycle: int
) -> FreeStatus | None:
    """Find what makes splits unfit: too short, not meeting at the barrier, not filling the cycle, uncoordinated."""
    served = [phase for phase in program.phases if cells[phase.number].mode != SplitMode.OMITTED]
    for phase in served:
        if ticks(cells[phase.number].time_s) < ticks(phase.minimum_green_s) + _clearance(phase):
            return FreeStatus.BAD_PLAN
    coordinated = [phase for phase in served if cells[phase.number].coordinated]
    if not coordinated or len({phase.side for phase in coordinated}) > 1:
        return FreeStatus.BAD_PLAN
    if len({phase.ring for phase in coordinated}) < len(coordinated):
        return FreeStatus.BAD_PLAN
    sides = [{_side_length(program, ring, side, cells) for ring in orders if ring} - {0} for side in (1, 2)]
    if any(len(lengths) > 1 for lengths in sides):
        return FreeStatus.BAD_PLAN
    return None if sum(sum(lengths) for lengths in sides) == cycle else FreeStatus.BAD_CYCLE


def _side_length(program: Program, ring: tuple[int, ...], side: int, cells: Mapping[int, Split]) -> int:
    on_side = [number for number in ring if (phase := program.phase(number)) and phase.side == side]
    return sum(ticks(cells[number].time_s) for number in on_side if cells[number].mode != SplitMode.OMITTED)


def _ends(program: Program, orders: tuple[tuple[int, ...], ...], cells: Mapping[int, Split]) -> dict[int, int]:
    """Give the end of each phase's split from local zero; side 2 begins where the longest ring of side 1 ends."""
    barrier = max(_side_length(program, ring, 1, cells) for ring in orders)
    ends: dict[int, int] = {}
    for ring in orders:
        at = {1: 0, 2: barrier}
        for number in ring:
            phase = program.phase(number)
            if phase and cells[number].mode != SplitMode.OMITTED:
                at[phase.side] += ticks(cells[number].time_s)
                ends[number] = at[phase.side]
    return ends


def _shifted(program: Program, orders: tuple[tuple[int, ...], ...], coordinated: int) -> int:
    """Find the phases that end later when the coordinated phases are lengthened: themselves and all after them."""
    side = next(phase.side for phase in program.phases if coordinated & bit(phase.number))
    mask = 0
    for ring in orders:
        sides = {number: phase.side for number in ring if (phase := program.phase(number))}
        last = [number for number in ring if sides[number] == side]
        first = next((number for number in ring if coordinated & bit(number)), last[-1] if last else 0)
        for place, number in enumerate(ring):
            if sides[number] > side or (first in ring and place >= ring.index(first)):
                mask |= bit(number)
    return mask


def _spare(program: Program, cells: Mapping[int, Split], coordinated: int) -> int:
    """Find by how much every coordinated phase can be shortened and still hold its minimum, walk and clearances."""
    spares = []
    for phase in program.phases:
        if coordinated & bit(phase.number):
            least = ticks(max(phase.minimum_green_s, phase.walk_s + phase.ped_clear_s)) + _clearance(phase)
            spares.append(ticks(cells[phase.number].time_s) - least)
    return max(0, min(spares))


class Coordinator:
    """A plan that runs.

    Args:
        plan: what to run.
        tick: now.
        day_tick: ticks since midnight on the controller's own clock.
        zero: local zero; None takes up the cycle where the clock has it (from free operation).
    """

    def __init__(self, plan: Plan, tick: int, day_tick: int, zero: int | None = None) -> None:
        self.plan = plan
        self.correction = 0
        self._last_force = [-NO_FORCE] * (MAX_PHASES + 1)
        if zero is None:
            self.zero = tick - (day_tick - plan.offset) % plan.cycle
        else:
            self.zero = zero
            self._correct(day_tick)

    @property
    def end(self) -> int:
        """The next local zero."""
        return self.zero + self.plan.cycle + self.correction

    def roll(self, tick: int, day_tick: int) -> None:
        """Begin the next cycle of the same plan."""
        self.zero = tick
        self._correct(day_tick)

    def ended(self, phase: int, force: int) -> None:
        """Note which force-off a phase's service belonged to."""
        self._last_force[phase] = force

    def force_off(self, phase: int, tick: int) -> int:
        """Give the force-off of a service that begins (or goes on) now; in the past when the phase is late."""
        earliest = max(self._last_force[phase] + self.plan.cycle // 2, tick - round(self.plan.cycle * _LATE_SHARE))
        shift = self.correction if self.plan.shifted & bit(phase) else 0
        this = self.zero + self.plan.force[phase] + shift
        for force in (this - self.plan.cycle, this, self.end + self.plan.force[phase]):
            if force > earliest:
                return force
        return self.end + self.plan.cycle + self.plan.force[phase]

    def next_force_off(self, phase: int, tick: int) -> int:
        """Give the next force-off that is still to come."""
        shift = self.correction if self.plan.shifted & bit(phase) else 0
        this = self.zero + self.plan.force[phase] + shift
        return this if this > tick else self.end + self.plan.force[phase]

    def _correct(self, day_tick: int) -> None:
        plan = self.plan
        late = (day_tick - plan.offset) % plan.cycle
        shorten = min(late, plan.spare, round(plan.cycle * _SHORTEN_SHARE))
        if late <= plan.cycle // 2 and (shorten or not late):
            self.correction = -shorten
        else:
            self.correction = min(plan.cycle - late, round(plan.cycle * _LENGTHEN_SHARE))
