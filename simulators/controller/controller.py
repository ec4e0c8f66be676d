"""The controller: inputs, calls, plans, modes and rings, put together in ticks of 0.1 s.

The caller gives the time: `step(now_s, occupied detectors)` lives through every tick up to now and returns what is
displayed.
Two controllers with the same program, steps and commands show the same for ever.
Source: NTCIP 1202 v02 (objects named in `simulators/ntcip/`), NEMA TS 2-2003 section 3.5.
"""

from collections.abc import Collection, Mapping

from simulators.controller.calls import CallBook
from simulators.controller.coordination import Coordinator, FreeStatus
from simulators.controller.displayed import FLASHING, Displayed
from simulators.controller.faults import Faults
from simulators.controller.inputs import Inputs
from simulators.controller.modes import ControlStatus, FlashStatus, Mode, Panel, why_flashing
from simulators.controller.monitor import Monitor
from simulators.controller.program import FLASH, FREE, TICKS_PER_S, Pattern, Program, Split, bit, ticks
from simulators.controller.rings import Rings
from simulators.controller.tables import Tables
from simulators.controller.timetable import DAY_S, planned_pattern

WIB_OFFSET_S = 7 * 3_600
ALL_RED_S = 6  # after power comes and after a flash
_DAY_TICKS = DAY_S * TICKS_PER_S


class Controller:
    """One signal controller.

    Args:
        program: what it is set to.
        now_s: seconds since 1970; power comes now.

    Attributes:
        faults: what is wrong with it.
        patterns: the pattern table; `set_pattern` writes it.
        splits: the split table; `set_split` writes it.
        system_pattern: 0 own plans, 1 to 253 a pattern, 254 free, 255 flash; `command_pattern` writes it.
        operational_mode: the same from the front panel (coordOperationalMode); it wins.
        pattern: in effect: 1 to 253, 254 free, 255 flash.
        maximum_mode: coordMaximumMode: 2 and 3 let a maximum end greens of a coordinated cycle, 4 does not.
        unit_control: kept for whoever reads it back (dimming, interconnect); nothing hangs on it.
        panel: the police panel's key switch.
        monitor: the conflict monitor.
        displayed: what the street sees.
    """

    def __init__(self, program: Program, now_s: float) -> None:
        self.program = program
        self.faults = Faults()
        self._tables = Tables(program)
        self.patterns, self.splits = self._tables.patterns, self._tables.splits
        self.backup_time_s = program.backup_time_s
        self.operational_mode = 0
        self.maximum_mode = 4
        self.unit_control = 0
        self.panel = Panel.AUTO
        self.monitor = Monitor(program)
        self.displayed: Displayed = FLASHING
        self._tick = ticks(now_s)
        self._clock_set_s = 0.0
        self._calls = CallBook(program)
        self.inputs = Inputs(program.detectors, program.report_period_s, self._tick)
        self._power_up()

    @property
    def now_s(self) -> float:
        """The time up to which it has lived, seconds since 1970."""
        return self._tick / TICKS_PER_S

    @property
    def clock_s(self) -> float:
        """What its own clock shows, seconds since 1970."""
        return self.now_s + self.faults.clock_error_s + self._clock_set_s

    def step(
        self, now_s: float, occupied: Collection[int] = frozenset(), counts: Mapping[int, int] | None = None
    ) -> Displayed:
        """Live up to an instant.

        Args:
            now_s: seconds since 1970; an instant that is past changes nothing.
            occupied: detectors with a vehicle on them, all the while since the last step.
            counts: vehicles that passed each detector since; without it, detectors that become occupied are counted.
        """
        until = ticks(now_s)
        seen = occupied if isinstance(occupied, frozenset) else frozenset(occupied)
        if counts:
            self.inputs.count(counts, self.faults)
        while self._tick < until:
            self._tick += 1
            self._live(seen)
        return self.displayed

    def push_button(self, phase: int) -> None:
        """Take a pedestrian's call."""
        self.rings.calls.pedestrian |= bit(phase) & self._calls.walkable

    def set_pattern(self, number: int, pattern: Pattern) -> None:
        """Write a row of the pattern table; a running pattern takes it up at its next cycle. Raises `KeyError`."""
        self._tables.set_pattern(number, pattern)

    def set_split(self, number: int, phase: int, split: Split) -> None:
        """Write a cell of the split table; a running split takes it up at its next cycle. Raises `KeyError`."""
        self._tables.set_split(number, phase, split)

    def command_pattern(self, pattern: int) -> None:
        """Take the system's command (systemPatternControl); it lapses unless repeated within the backup time."""
        self.system_pattern = pattern
        self._commanded_at = self._tick
        self._backed_up = False

    def refresh_backup(self) -> None:
        """Restart the backup timer: another system control parameter was written."""
        self._commanded_at = self._tick

    def set_clock(self, clock_s: float) -> None:
        """Set its own clock."""
        self._clock_set_s = clock_s - self.now_s - self.faults.clock_error_s

    def turn_panel(self, panel: Panel) -> None:
        """Turn the police panel's key. A flash by key is immediate: the switch stands between controller and lamps."""
        self.panel = panel
        self._advance = False

    def press_advance(self) -> None:
        """Press the officer's button: in manual operation the present greens end as soon as they may."""
        self._advance = True

    def reset_monitor(self) -> None:
        """Reset the conflict monitor at the cabinet."""
        self.monitor.tripped = False

    def cut_power(self) -> None:
        """Let power fail and come back: commands are lost, tables and faults stay."""
        self._power_up()

    def requested_pattern(self) -> tuple[int, ControlStatus]:
        """Say which pattern should run and who wants it: front panel, then system, then the plans by time of day."""
        if self.operational_mode:
            return self.operational_mode, ControlStatus.MANUAL
        if self.panel is Panel.MANUAL:
            return self._planned, ControlStatus.MANUAL
        if self.system_pattern and not self.faults.holds_sets:
            return self.system_pattern, ControlStatus.SYSTEM_CONTROL
        return self._planned, ControlStatus.BACKUP_MODE if self._backed_up else ControlStatus.TIMEBASE

    @property
    def flash_status(self) -> FlashStatus:
        """Why it flashes, if it does."""
        return why_flashing(self.mode, self.panel, is_tripped=self.monitor.tripped)

    @property
    def free_status(self) -> FreeStatus:
        """Why it is not coordinated, if it is not."""
        return FreeStatus.NOT_FREE if self.rings.coordinator else self._why_free

    @property
    def cycle_second(self) -> float:
        """Seconds since local zero; 0 when free."""
        coordinator = self.rings.coordinator
        return (self._tick - coordinator.zero) / TICKS_PER_S if coordinator else 0.0

    @property
    def cycle_left_s(self) -> float:
        """Seconds until the next local zero; 0 when free."""
        coordinator = self.rings.coordinator
        return (coordinator.end - self._tick) / TICKS_PER_S if coordinator else 0.0

    @property
    def sync_second(self) -> float:
        """Seconds since the clock's reference point of the running pattern; 0 when free."""
        coordinator = self.rings.coordinator
        if coordinator is None:
            return 0.0
        return (self._day_tick() - coordinator.plan.offset) % coordinator.plan.cycle / TICKS_PER_S

    @property
    def is_correcting(self) -> bool:
        """Whether the offset is being made good."""
        return bool(self.rings.coordinator and self.rings.coordinator.correction)

    def _power_up(self) -> None:
        self.rings = Rings(self.program)
        self.system_pattern = 0
        self._commanded_at = self._tick
        self._backed_up = self._advance = False
        self._calls.lock_all()
        self._tried = (0, 0)
        self.pattern, self._why_free = FREE, FreeStatus.COMMAND_FREE
        self._planned = planned_pattern(self.program.plans, self.clock_s + WIB_OFFSET_S)
        self._enter_startup()

    def _live(self, seen: frozenset[int]) -> None:
        if self._tick % TICKS_PER_S == 0:
            self._each_second()
        if self.system_pattern:
            self._watch_backup()
        self.inputs.take(self._tick, seen, self.faults)
        match self.mode:
            case Mode.RUNNING | Mode.LEAVING:
                self._run()
            case Mode.STARTUP:
                self._wait_in_red()
            case Mode.FLASHING:
                self._flash()
        if self.mode is not Mode.FLASHING:
            self._guard()

    def _each_second(self) -> None:
        self.inputs.each_second(self._tick)
        self._planned = planned_pattern(self.program.plans, self.clock_s + WIB_OFFSET_S)

    def _watch_backup(self) -> None:
        """Fall back to the own plans one backup time after the last write of a system control parameter."""
        if 0 < ticks(self.backup_time_s) <= self._tick - self._commanded_at:
            self.system_pattern, self._backed_up = 0, True

    def _day_tick(self) -> int:
        return (ticks(self.clock_s) + WIB_OFFSET_S * TICKS_PER_S) % _DAY_TICKS

    def _run(self) -> None:
        wanted, _ = self.requested_pattern()
        coordinator = self.rings.coordinator
        if coordinator is None or self._tick >= coordinator.end:
            self._change_pattern(wanted)
        self._calls.collect(self.rings, self.inputs, self.displayed.greens, self._tick)
        leaving = self.mode is Mode.LEAVING
        self.rings.pushed = self._advance
        self.rings.tick(self._tick, hold=self.panel is Panel.MANUAL and not self._advance, leave=leaving)
        self._calls.note_served(self.rings)
        if leaving and self.rings.is_dark:
            self._enter_flash()

    def _change_pattern(self, wanted: int) -> None:
        """Take up another pattern, at the end of a cycle or out of free operation; or begin the next cycle."""
        if wanted == FLASH:
            self.rings.coordinator, self.pattern, self.mode = None, FLASH, Mode.LEAVING
            self.rings.rearm(self._tick)
            return
        if self.mode is Mode.LEAVING:
            return
        coordinator = self.rings.coordinator
        if coordinator is None and self._tried == (wanted, self._tables.edition):
            return
        if coordinator and coordinator.plan.number == wanted and self._tried == (wanted, self._tables.edition):
            coordinator.roll(self._tick, self._day_tick())
        else:
            self._take_up(wanted)
        self.rings.rearm(self._tick)

    def _take_up(self, wanted: int) -> None:
        self._tried = (wanted, self._tables.edition)
        plan = self._tables.plan(wanted)
        if isinstance(plan, FreeStatus):
            self.rings.coordinator, self.pattern, self._why_free = None, FREE, plan
            self.rings.set_orders(tuple(ring.order for ring in Rings(self.program).rings))
        else:
            zero = self._tick if self.rings.coordinator else None
            self.rings.coordinator = Coordinator(plan, self._tick, self._day_tick(), zero)
            self.rings.set_orders(plan.orders)
            self.pattern = wanted
        self.rings.maximum_counts = self.rings.coordinator is None or self.maximum_mode in (2, 3)
        self.rings.use_maximum2 = self.maximum_mode == 3  # noqa: PLR2004 - coordMaximumMode: maximum2

    def _guard(self) -> None:
        """Show what is switched, unless the monitor or the key sets the junction flashing first."""
        shown = self.rings.displayed()
        if self._advance and shown.yellows & ~self.displayed.yellows:
            self._advance = False
        tripped = self.monitor.tripped or self.monitor.watch(shown, self.faults.shorted_green)
        if tripped or self.panel is Panel.FLASH:
            self._enter_flash()
        elif shown != self.displayed:
            self.displayed = shown

    def _enter_flash(self) -> None:
        self.rings.coordinator, self.pattern, self.mode = None, FLASH, Mode.FLASHING
        self.rings.reset(self._tick)
        self.displayed = FLASHING

    def _flash(self) -> None:
        wanted, _ = self.requested_pattern()
        if not self.monitor.tripped and self.panel is not Panel.FLASH and wanted != FLASH:
            self._calls.lock_all()
            self.rings.reset(self._tick)
            self._enter_startup()

    def _enter_startup(self) -> None:
        self.mode = Mode.STARTUP
        self.pattern, self._tried = FREE, (0, 0)
        self._red_until = self._tick + ticks(ALL_RED_S)
        self.displayed = self.rings.displayed()

    def _wait_in_red(self) -> None:
        if self._tick >= self._red_until:
            self.mode = Mode.RUNNING
            self.rings.begin(self._tick)
            self._calls.note_served(self.rings)
