"""A junction without sockets: the simulated controller behind the driver's interface, time that is turned by hand,
and a disk that keeps what was synced when the power goes.
"""

import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

from edge.clock import Clock
from edge.errors import Refused, Unavailable
from edge.sensors import ntcip_objects as objects
from edge.sensors.ntcip import Whitelist
from edge.sensors.ntcip_objects import Oid, Value
from edge.signals import status
from edge.signals.keeper import LeaseKeeper
from edge.signals.limits import Limits, Request, RoleLimit
from edge.signals.record import Told
from simulators.controller.controller import Controller
from simulators.controller.modes import Panel
from simulators.controller.program import Program, SplitMode, bit
from simulators.controller.timetable import action_pattern
from tests.fix_promises import RESERVED, Promises
from tests.fix_signals import Watcher

START_S = 1_795_300_000.0
HIGHEST = 8
DETECTORS = 8
LIMITS = Limits(
    roles={"operator": RoleLimit(30, 1_800, 1), "admin": RoleLimit(60, 3_600, 2)},
    max_cycle_s=150,
    link_loss_s=60.0,
    rest_s=0.0,
)
ASC = objects.MAX_PHASES[:-3]


class PowerCut(BaseException):
    """The box loses power in the middle of whatever it does."""


class HandClock(Clock):
    """Both clocks, turned by hand.

    Attributes:
        at_s: since the start.
        wall_error_s: how far the box's wall clock is off.
    """

    def __init__(self) -> None:
        self.at_s = 0.0
        self.wall_error_s = 0.0

    def now_s(self) -> float:
        return START_S + self.at_s + self.wall_error_s

    def monotonic_s(self) -> float:
        return 1_000.0 + self.at_s


class Disk:
    """Notes that outlive the process; `full` refuses them."""

    def __init__(self, may_cut: Callable[[], None] = lambda: None) -> None:
        self.notes: dict[str, str] = {}
        self.is_full = False
        self.syncs = 0
        self._may_cut = may_cut

    async def note(self, key: str) -> str | None:
        return self.notes.get(key)

    async def set_note(self, key: str, value: str) -> None:
        self._may_cut()
        if self.is_full:
            raise Unavailable("disk is full")
        self.notes[key] = value
        self.syncs += 1
        self._may_cut()


class DirectLine:
    """The driver's interface onto a simulated controller: the same objects, whitelist and errors, no datagrams.

    Attributes:
        loss: probability that a request, or its answer, is lost.
        writes: everything that was written, in order.
        late: takes a set that the network delivers later: once only, or a second time.
        rewritten: how often rows were written while they ran.
    """

    def __init__(self, controller: Controller, may_cut: Callable[[], None] = lambda: None, seed: int = 0) -> None:
        self.controller = controller
        self.loss = 0.0
        self.writes: list[tuple[Oid, int]] = []
        self.late: Callable[[Sequence[tuple[Oid, int]]], None] | None = None
        self.rewritten = 0
        self._whitelist = Whitelist()
        self._may_cut = may_cut
        self._random = random.Random(seed)

    def reserve(self, pattern: int, split: int) -> None:
        self._whitelist.reserve(pattern, split)

    def close(self) -> None:
        pass

    async def get(self, oids: Sequence[Oid]) -> dict[Oid, Value]:
        self._answer()
        faults = self.controller.faults
        found: dict[Oid, Value] = {}
        for oid in oids:
            if ".".join(map(str, oid)) in faults.missing:
                raise Refused("noSuchName")
            value = self._read(oid)
            found[oid] = bytes([value % 256]) if faults.wrong_types and isinstance(value, int) else value
        return found

    async def set(self, values: Sequence[tuple[Oid, int]]) -> None:
        for oid, value in values:
            self._whitelist.check(oid, value)
        self._may_cut()
        self._answer()
        if self.controller.faults.refuses_sets:
            raise Refused("genErr")
        is_row = any(oid != objects.SYSTEM_PATTERN_CONTROL for oid, _ in values)
        self.rewritten += is_row and self.controller.pattern == RESERVED
        if self.late is not None:
            self.late(values)
            if self._random.random() < 0.5:  # it arrives once, later; otherwise twice
                raise Unavailable("no answer")
        self.carry_out(values)
        self._may_cut()
        self._answer()

    def carry_out(self, values: Sequence[tuple[Oid, int]]) -> None:
        """Write, when the datagram is there."""
        if not self.controller.faults.discards_sets:
            for oid, value in values:
                self.writes.append((oid, value))
                self._write(oid, value)

    def _answer(self) -> None:
        if self.controller.faults.silent or self._random.random() < self.loss:
            raise Unavailable("no answer")

    def _read(self, oid: Oid) -> Value:  # noqa: PLR0911 - one return per table
        tail = oid[len(ASC) :]
        match tail:
            case (1, 2, 1, column, number):
                return self._phase(column, number)
            case (1, 4, 1, column, 1):
                return self._group(column)
            case (2, 4, 1, column, 1):
                inputs = self.controller.inputs
                seen = inputs.active if column == objects.DETECTORS_ACTIVE else inputs.alarmed
                return sum(bit(number) for number in seen if number <= DETECTORS)
            case (4, 7, 1, column, number):
                row = self.controller.patterns[number]
                return (number, row.cycle_s, row.offset_s, row.split, row.sequence)[column - 1]
            case (4, 9, 1, column, split, phase):
                cell = self.controller.splits[split][phase]
                return (split, phase, cell.time_s, int(cell.mode), int(cell.coordinated))[column - 1]
            case (5, 3, 1, 2, action):
                return action_pattern(self.controller.program.plans, action)
            case _:
                return self._scalar(oid)

    def _scalar(self, oid: Oid) -> int:
        controller = self.controller
        return {
            objects.MAX_PHASES: HIGHEST,
            objects.MAX_PATTERNS: controller.program.max_patterns,
            objects.MAX_SPLITS: controller.program.max_splits,
            objects.MAX_TIMEBASE_ACTIONS: 16,
            objects.UNIT_BACKUP_TIME: controller.backup_time_s,
            objects.UNIT_CONTROL_STATUS: int(controller.requested_pattern()[1]),
            objects.UNIT_FLASH_STATUS: int(controller.flash_status),
            objects.SHORT_ALARM_STATUS: 0,
            objects.COORD_OPERATIONAL_MODE: controller.operational_mode,
            objects.COORD_MAXIMUM_MODE: controller.maximum_mode,
            objects.COORD_PATTERN_STATUS: controller.pattern,
            objects.LOCAL_FREE_STATUS: int(controller.free_status),
            objects.COORD_CYCLE_STATUS: round(controller.cycle_left_s),
            objects.SYSTEM_PATTERN_CONTROL: controller.system_pattern,
            objects.GLOBAL_TIME: int(controller.clock_s),
        }[oid]

    def _phase(self, column: int, number: int) -> Value:
        phase = self.controller.program.phase(number)
        if phase is None:
            return b"" if column == objects.PHASE_CONCURRENCY else 0
        others = self.controller.program.phases
        concurrent = [other.number for other in others if other.ring != phase.ring and other.side == phase.side]
        return {
            objects.PHASE_WALK: phase.walk_s,
            objects.PHASE_PED_CLEAR: phase.ped_clear_s,
            objects.PHASE_MINIMUM_GREEN: phase.minimum_green_s,
            objects.PHASE_MAXIMUM_1: phase.maximum1_s,
            objects.PHASE_MAXIMUM_2: phase.maximum2_s,
            objects.PHASE_YELLOW: round(phase.yellow_s * 10),
            objects.PHASE_RED_CLEAR: round(phase.red_clear_s * 10),
            objects.PHASE_PASSAGE: round(phase.passage_s * 10),
            objects.PHASE_RING: phase.ring,
            objects.PHASE_CONCURRENCY: bytes(concurrent),
        }[column]

    def _group(self, column: int) -> int:
        shown, calls = self.controller.displayed, self.controller.rings.calls
        return {
            objects.REDS: shown.reds,
            objects.YELLOWS: shown.yellows,
            objects.GREENS: shown.greens,
            objects.DONT_WALKS: shown.dont_walks,
            objects.PED_CLEARS: shown.ped_clears,
            objects.WALKS: shown.walks,
            objects.VEH_CALLS: calls.vehicle,
            objects.PED_CALLS: calls.pedestrian,
            objects.PHASE_ONS: shown.greens | shown.yellows,
        }[column]

    def _write(self, oid: Oid, value: int) -> None:
        tail = oid[len(ASC) :]
        match tail:
            case (4, 14, 0):
                self.controller.command_pattern(value)
            case (4, 7, 1, column, number):
                field = ("", "cycle_s", "offset_s", "split", "sequence")[column - 1]
                row = self.controller.patterns[number]
                self.controller.set_pattern(number, replace(row, **{field: value}))
            case (4, 9, 1, column, split, phase):
                cell = self.controller.splits[split][phase]
                field, kind = {3: ("time_s", int), 4: ("mode", SplitMode), 5: ("coordinated", bool)}[column]
                self.controller.set_split(split, phase, replace(cell, **{field: kind(value)}))
            case _:
                raise AssertionError(f"{oid} was written")


def drive(work: Coroutine[Any, Any, Any]) -> Any:
    """Run what never really waits."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waited for something")


class Junction:
    """A controller, a box, and time.

    Attributes:
        told: transitions that the box has told, over its restarts.
        is_linked: whether the box hears the room.
        is_up: whether the box has power.
        cut_in: the box loses power at the so-manieth write or sync from now.
    """

    def __init__(self, program: Program, *, limits: Limits = LIMITS, poll_ticks: int = 2, seed: int = 0) -> None:
        self.program = program
        self.clock = HandClock()
        self.controller = Controller(program, START_S)
        self.watcher = Watcher(program)
        self.limits = limits
        self.promises = Promises(self, program)
        self.told: list[Told] = []
        self.is_linked = True
        self.is_up = True
        self.cut_in = 0
        self.may_be_cut = True
        self.occupied: frozenset[int] = frozenset()
        self.disk = Disk(self._may_cut)
        self.seed = seed
        self._in_flight: list[tuple[int, Sequence[tuple[Oid, int]]]] = []
        self._is_recalling = False
        self._late_ticks = 0
        self._poll_ticks = poll_ticks
        self._tick = 0
        self.loss = 0.0
        self.start_box()

    def start_box(self) -> None:
        """Give the box power; it knows what its disk knows."""
        before = self.line.rewritten if hasattr(self, "line") else 0
        self.line = DirectLine(self.controller, self._may_cut, self.seed)
        self.line.rewritten = before
        self.line.loss = self.loss
        self.keeper = LeaseKeeper(self.line, self.limits, self.disk, "lease", tell=self._tell, clock=self.clock)
        self.is_up, self.cut_in = True, 0
        self.promises.started()
        self._is_recalling = True
        self.delay(self._late_ticks / 10)
        drive(self.keeper.recall())
        self._is_recalling = False

    def delay(self, seconds: float) -> None:
        """Let the network carry sets late, or a second time, from now on; 0: no more."""
        self.promises.late_s = max(self.promises.late_s, seconds)
        self.line.late = self._delay if seconds else None
        self._late_ticks = round(seconds * 10)

    def _delay(self, values: Sequence[tuple[Oid, int]]) -> None:
        self._in_flight.append((self._tick + self._late_ticks, values))

    @property
    def is_overridden(self) -> bool:
        """Whether key or front panel of the controller decide."""
        return self.controller.panel is not Panel.AUTO or self.controller.operational_mode != 0

    @property
    def is_sound(self) -> bool:
        """Whether nothing stands between box and controller."""
        faults = self.controller.faults
        is_clear = not (faults.discards_sets or faults.refuses_sets or faults.silent or faults.wrong_types)
        return self.is_up and is_clear and not faults.missing and not self.loss and self.line.late is None

    def cut_box(self) -> None:
        self.is_up = False

    def ask(self, **how: Any) -> Any:
        """Ask for a lease; give the refusal, or None."""
        wanted = {
            "lease": "L1", "phase": 2, "extra_green_s": 10, "duration_s": 600, "reason": "antrean", "role": "operator",
        } | how  # fmt: skip
        return self.do(lambda: self.keeper.request(Request(**wanted)))

    def do(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """Let the box do something; a power cut stops it in the middle."""
        if not self.is_up:
            return None
        try:
            return drive(work())
        except PowerCut:
            self.cut_box()
            return None
        except Unavailable:
            return None

    def run(self, seconds: float) -> None:
        """Let time pass, judging every tenth of a second of what is displayed."""
        for _ in range(round(seconds * 10)):
            self._tick += 1
            self.clock.at_s = self._tick / 10
            self._deliver()
            flashed = self.controller.displayed.flashing
            shown = self.controller.step(START_S + self.clock.at_s, self.occupied)
            self.watcher.see(self._tick, shown, may_be_cut=self.may_be_cut or flashed != shown.flashing)
            self.may_be_cut = False
            if self.is_up and self._tick % self._poll_ticks == 0:
                self.do(self.poll)
            self.promises.see(0.1)

    def _deliver(self) -> None:
        due = [values for tick, values in self._in_flight if tick <= self._tick]
        self._in_flight = [one for one in self._in_flight if one[0] > self._tick]
        for values in due:
            self.line.carry_out(values)

    async def poll(self) -> None:
        self.line.loss = self.loss
        seen = None
        try:
            values = await self.line.get(status.oids(HIGHEST, DETECTORS))
            seen = status.read(values, HIGHEST, DETECTORS, self.clock.monotonic_s(), self.clock.now_s())
        except (Unavailable, Refused, TypeError):
            seen = None
        await self.keeper.tick(seen, is_linked=self.is_linked)

    def states(self, lease: str = "L1") -> list[str]:
        return [told.state for told in self.told if told.lease.request.lease == lease]

    async def _tell(self, told: Told) -> None:
        self.told.append(told)
        self.promises.told(told, is_again=self._is_recalling)

    def _may_cut(self) -> None:
        if self.cut_in:
            self.cut_in -= 1
            if not self.cut_in:
                raise PowerCut
