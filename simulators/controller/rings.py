"""The two rings: which phase is green, when it may end, who is next, and that both cross the barrier together.

Nothing in here asks how a phase came to be wanted; nothing outside ends a green, a yellow, a red clearance, a walk or a
pedestrian clearance. Source: NEMA TS 2-2003, 3.5.3 and 3.5.4.
"""

from simulators.controller.coordination import NO_FORCE, Coordinator
from simulators.controller.displayed import Displayed
from simulators.controller.program import MAX_PHASES, Program, bit, order_of, ticks
from simulators.controller.ring import Calls, Ending, Ped, Ring, State, Timing, show

_YIELD_GRACE = ticks(5)  # the rings reach their yield points a little apart


class Rings:
    """Both rings of a program.

    Attributes:
        calls: who waits; the caller renews it each tick.
        coordinator: the plan that runs; None is free operation.
        use_maximum2: the second maximum holds.
        maximum_counts: the maximum ends a green at all; not usual while coordinated.
        pushed: an officer at the cabinet wants the next stage.
        served: phases that turned green in this tick.
        unserved: phases that were ended in this tick while vehicles still came.
        endings: why each phase's latest green ended.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._timings = {phase.number: Timing(phase) for phase in program.phases}
        self._sides = {phase.number: phase.side for phase in program.phases}
        self._side_masks = {
            side: sum(bit(phase.number) for phase in program.phases if phase.side == side) for side in (1, 2)
        }
        self.rings = [Ring(number, order_of(program, number, 1)) for number in (1, 2)]
        self._red_from = [-NO_FORCE] * (MAX_PHASES + 1)
        self.calls = Calls()
        self.coordinator: Coordinator | None = None
        self.use_maximum2 = False
        self.maximum_counts = True
        self.pushed = False
        self.served = 0
        self.unserved = 0
        self.endings: dict[int, Ending] = {}

    def set_orders(self, orders: tuple[tuple[int, ...], ...]) -> None:
        """Take another sequence; what is green stays so."""
        for ring, order in zip(self.rings, orders, strict=True):
            ring.order = order

    @property
    def is_dark(self) -> bool:
        """Whether every signal is red and nobody is about to be green."""
        return all(ring.state is State.RED for ring in self.rings)

    def reset(self, tick: int) -> None:
        """Put all to red, as after a flash; pedestrian calls and endings are forgotten."""
        for ring in self.rings:
            if ring.phase:
                self._red_from[ring.phase] = tick
            ring.__init__(ring.number, ring.order)  # type: ignore[misc]  # the same ring, new

    def begin(self, tick: int) -> None:
        """Turn green for the first time: the last phases of the first side that has any."""
        side = 1 if self._side_masks[1] else 2
        for ring in self.rings:
            own = [phase for phase in ring.order if self._sides[phase] == side]
            if own:
                self._start(ring, own[-1], tick)

    def tick(self, tick: int, *, hold: bool = False, leave: bool = False) -> None:
        """Live one tick.

        Args:
            tick: now.
            hold: greens stay.
            leave: greens end as soon as they may, and nothing starts: a flash is to come.
        """
        self.served = self.unserved = 0
        for ring in self.rings:
            self._time(ring, tick)
        if leave:
            self._leave(tick)
            return
        if not hold:
            self._end_greens(tick)
        for ring in self.rings:
            if ring.state is State.RED:
                self._start_next(ring, tick)

    def displayed(self) -> Displayed:
        """Give what the street sees."""
        return show(self.rings, self._side_masks[1] | self._side_masks[2])

    def extend(self, phases: int, tick: int) -> None:
        """Let vehicles extend the greens of these phases."""
        for ring in self.rings:
            if ring.state is State.GREEN and phases & bit(ring.phase):
                ring.passage_until = tick + self._timings[ring.phase].passage

    def rearm(self, tick: int) -> None:
        """Give greens the force-offs of a cycle or plan that begins now."""
        for ring in self.rings:
            if ring.state is not State.GREEN:
                continue
            if self.coordinator is None:
                ring.force, ring.max_from = NO_FORCE, -1
            elif ring.force > tick or self.coordinator.plan.coordinated & bit(ring.phase):
                ring.force = self.coordinator.next_force_off(ring.phase, tick)

    def _time(self, ring: Ring, tick: int) -> None:
        if ring.state is State.GREEN:
            self._time_walk(ring, tick)
        elif ring.state is State.YELLOW and tick >= ring.until:
            ring.state, ring.until = State.RED_CLEAR, tick + self._timings[ring.phase].red
            self._red_from[ring.phase] = tick
        if ring.state is State.RED_CLEAR and tick >= ring.until:
            ring.state = State.RED

    def _time_walk(self, ring: Ring, tick: int) -> None:
        if ring.ped is Ped.WALK:
            if tick >= ring.ped_until:
                ring.ped, ring.ped_until = Ped.CLEAR, tick + self._timings[ring.phase].ped_clear
        elif ring.ped is Ped.CLEAR:
            if tick >= ring.ped_until:
                ring.ped = Ped.DONT_WALK
        elif self.calls.pedestrian & bit(ring.phase) and self._has_time_to_walk(ring, tick):
            self._walk(ring, tick)

    def _has_time_to_walk(self, ring: Ring, tick: int) -> bool:
        timing = self._timings[ring.phase]
        if self.coordinator is not None:
            return ring.force - tick >= timing.walk + timing.ped_clear
        return self._wish(ring, tick) is None

    def _walk(self, ring: Ring, tick: int) -> None:
        timing = self._timings[ring.phase]
        self.calls.pedestrian &= ~bit(ring.phase)
        if timing.walk:
            ring.ped, ring.ped_until = Ped.WALK, tick + timing.walk

    def _leave(self, tick: int) -> None:
        for ring in self.rings:
            ring.next = 0
            if ring.state is State.GREEN and self._may_end(ring, tick):
                self._end(ring, 0, Ending.NONE, tick)

    def _may_end(self, ring: Ring, tick: int) -> bool:
        return tick >= ring.minimum_until and ring.ped is Ped.DONT_WALK

    def _end_greens(self, tick: int) -> None:
        """End what may and should end: within a side each ring by itself, across the barrier both at once."""
        crossing = 0
        for ring in self.rings:
            if ring.state is State.RED and ring.next == 0:
                crossing += 1  # it has nothing to do on this side
            elif ring.state is State.GREEN and not self._is_held(ring, tick):
                wish = self._wish(ring, tick)
                ending = self._ending(ring, tick, waits=wish is not None)
                if wish is None or ending is Ending.NONE:
                    continue
                if wish:
                    self._end(ring, wish, ending, tick)
                else:
                    ring.ending = ending
                    crossing += 1
        if crossing == len(self.rings):
            self._cross(tick)

    def _is_held(self, ring: Ring, tick: int) -> bool:
        """Tell whether coordination holds a green before its yield point."""
        coordinator = self.coordinator
        if coordinator is None or self.pushed or tick >= ring.force:
            return False
        return bool(coordinator.plan.coordinated & bit(ring.phase))

    def _wish(self, ring: Ring, tick: int) -> int | None:
        """Find who is next: a phase of this side, 0 for across the barrier, None when nobody else waits."""
        side, calls = self._sides[ring.phase], self._callable(ring, tick)
        if not calls:
            return None
        own = [phase for phase in ring.order if self._sides[phase] == side]
        place = own.index(ring.phase)
        for phase in own[place + 1 :]:
            if calls & bit(phase):
                return phase
        if calls & self._side_masks[3 - side]:
            return 0
        return next((phase for phase in own[:place] if calls & bit(phase)), None)

    def _callable(self, ring: Ring, tick: int) -> int:
        calls = (self.calls.vehicle | self.calls.pedestrian) & ~bit(ring.phase)
        coordinator = self.coordinator
        if coordinator is None:
            return calls
        calls &= ~coordinator.plan.omitted
        if coordinator.plan.coordinated & bit(ring.phase) and not 0 <= tick - ring.force < _YIELD_GRACE:
            return self._in_time(ring, calls, coordinator, tick)
        return calls

    def _in_time(self, ring: Ring, calls: int, coordinator: Coordinator, tick: int) -> int:
        """Keep the calls that can still be served in this cycle when a coordinated phase rests past its yield point."""
        kept, clear = 0, self._timings[ring.phase].clear
        for phase, timing in self._timings.items():
            if calls & bit(phase):
                needed = timing.walk + timing.ped_clear if self.calls.pedestrian & bit(phase) else 0
                if coordinator.force_off(phase, tick) - tick >= clear + max(timing.minimum, needed):
                    kept |= bit(phase)
        return kept

    def _ending(self, ring: Ring, tick: int, *, waits: bool) -> Ending:
        """Say why a green should end now, or that it should not."""
        if not waits:
            ring.max_from = -1
            return Ending.NONE
        if ring.max_from < 0:
            ring.max_from = tick
        if not self._may_end(ring, tick):
            return Ending.NONE
        if tick >= ring.force:
            return Ending.FORCE_OFF
        if tick >= ring.passage_until and not self.calls.maximum & bit(ring.phase):
            return Ending.GAP_OUT
        return Ending.MAX_OUT if self._is_over_maximum(ring, tick) else Ending.NONE

    def _is_over_maximum(self, ring: Ring, tick: int) -> bool:
        if self.pushed:
            return True
        timing = self._timings[ring.phase]
        return self.maximum_counts and tick - ring.max_from >= (timing.max2 if self.use_maximum2 else timing.max1)

    def _end(self, ring: Ring, following: int, ending: Ending, tick: int) -> None:
        mask = bit(ring.phase)
        if ending in (Ending.MAX_OUT, Ending.FORCE_OFF) and tick < ring.passage_until:
            self.unserved |= mask
        if self.coordinator is not None:
            self.coordinator.ended(ring.phase, ring.force)
        self.endings[ring.phase] = ending
        ring.state, ring.until, ring.next = State.YELLOW, tick + self._timings[ring.phase].yellow, following

    def _cross(self, tick: int) -> None:
        active = next((ring.phase for ring in self.rings if ring.state is State.GREEN), 0)
        if not active:
            return
        side = 3 - self._sides[active]
        wanted = {ring.number: self._entry(ring, side) for ring in self.rings}
        if not any(wanted.values()):
            return
        for ring in self.rings:
            following = wanted[ring.number]
            if ring.state is State.GREEN:
                self._end(ring, following, ring.ending, tick)
            ring.next = following

    def _entry(self, ring: Ring, side: int) -> int:
        """Choose a ring's first phase on a side: called, or by dual entry; 0 stays red."""
        calls = self.calls.vehicle | self.calls.pedestrian
        omitted = self.coordinator.plan.omitted if self.coordinator else 0
        own = [phase for phase in ring.order if self._sides[phase] == side and not omitted & bit(phase)]
        called = next((phase for phase in own if calls & bit(phase)), 0)
        return called or next((phase for phase in reversed(own) if self._timings[phase].dual), 0)

    def _start_next(self, ring: Ring, tick: int) -> None:
        other = self.rings[2 - ring.number]
        if not ring.next:
            self._join(ring, other)
        if not ring.next or tick - self._red_from[ring.next] < self._timings[ring.next].revert:
            return
        if other.state is State.RED:
            free = not other.next or self._sides[other.next] == self._sides[ring.next]
        else:
            free = self._sides[other.phase] == self._sides[ring.next]
        if free:
            self._start(ring, ring.next, tick)

    def _join(self, ring: Ring, other: Ring) -> None:
        """Let a ring that rests in red join the other's side, or begin anywhere when both rest."""
        calls = self.calls.vehicle | self.calls.pedestrian
        if self.coordinator is not None:
            calls &= ~self.coordinator.plan.omitted
        if other.state is State.GREEN:
            calls &= self._side_masks[self._sides[other.phase]]
        elif other.state is not State.RED or other.next:
            return
        ring.next = next((phase for phase in ring.order if calls & bit(phase)), 0)

    def _start(self, ring: Ring, phase: int, tick: int) -> None:
        timing = self._timings[phase]
        ring.state, ring.phase, ring.next, ring.ending = State.GREEN, phase, 0, Ending.NONE
        ring.green_from, ring.minimum_until, ring.passage_until = tick, tick + timing.minimum, tick + timing.passage
        ring.max_from, ring.ped = -1, Ped.DONT_WALK
        ring.force = self.coordinator.force_off(phase, tick) if self.coordinator else NO_FORCE
        self.served |= bit(phase)
        if (self.calls.pedestrian | self.calls.ped_recall) & bit(phase):
            self._walk(ring, tick)
