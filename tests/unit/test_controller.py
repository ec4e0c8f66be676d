"""The ring-barrier controller: what it displays, judged tick by tick, whatever is asked of it."""

import time
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.controller import standard
from simulators.controller.controller import Controller
from simulators.controller.coordination import FreeStatus
from simulators.controller.modes import FlashStatus, Panel
from simulators.controller.program import FLASH, FREE, Pattern, PlanEntry, Split
from tests.fix_signals import Watcher

PROGRAMS = [
    standard.four_arms(),
    standard.three_arms(),
    standard.four_stages(),
    standard.crossing(),
    standard.with_fixed_time(standard.three_arms()),
]
NOON_S = datetime.fromisoformat("2026-11-23T12:00:00+07:00").timestamp()
MORNING_S = datetime.fromisoformat("2026-11-23T08:50:00+07:00").timestamp()


class Street:
    """A controller with the watcher on it."""

    def __init__(self, program, now_s=NOON_S) -> None:
        self.program, self.start_s, self.tick = program, now_s, 0
        self.controller, self.watcher = Controller(program, now_s), Watcher(program)
        self.cut = False

    def live(self, seconds, occupied=frozenset()) -> None:
        for _ in range(round(seconds * 10)):
            self.tick += 1
            shown = self.controller.step(self.start_s + self.tick / 10, occupied)
            self.watcher.see(self.tick, shown, may_be_cut=self.cut)
            self.cut = False

    def letters(self) -> str:
        return "".join(self.controller.displayed.letter(phase.number) for phase in self.program.phases)


detectors = st.frozensets(st.sampled_from([*range(1, 9), *range(11, 19)]), max_size=6)
commands = st.one_of(
    st.tuples(st.just("pattern"), st.sampled_from([0, 1, 2, 3, 7, 16, FREE, FLASH])),
    st.tuples(st.just("split"), st.integers(1, 8), st.integers(0, 90), st.integers(1, 7), st.booleans()),
    st.tuples(st.just("lengthen"), st.integers(1, 8), st.integers(-20, 40)),
    st.tuples(st.just("cycle"), st.integers(0, 255), st.integers(0, 255), st.integers(1, 16)),
    st.tuples(st.just("button"), st.integers(1, 8)),
    st.tuples(st.just("panel"), st.sampled_from(list(Panel))),
    st.tuples(st.just("advance")),
    st.tuples(st.just("clock"), st.sampled_from([-300.0, -61.5, 0.0, 33.3, 300.0])),
    st.tuples(st.just("detector"), st.integers(1, 8), st.sampled_from(["stuck", "chattering", "dead"])),
    st.tuples(st.just("short"), st.integers(0, 8)),
    st.tuples(st.just("reset")),
    st.tuples(st.just("power")),
    st.tuples(st.just("mode"), st.sampled_from([2, 3, 4])),
)
steps = st.lists(st.tuples(commands, detectors, st.floats(0.1, 60.0)), min_size=1, max_size=25)


def _order(street: Street, command) -> None:  # noqa: C901, PLR0912 - a table of commands
    controller = street.controller
    match command:
        case "pattern", number:
            controller.command_pattern(number)
        case "split", phase, time_s, mode, coordinated:
            if street.program.phase(phase):
                controller.set_split(16, phase, Split(time_s, mode, coordinated))
        case "lengthen", phase, more_s:
            cells = dict(controller.splits[3])
            if phase in cells:
                cells[phase] = Split(max(0, cells[phase].time_s + more_s), 2, cells[phase].coordinated)
            for number, cell in cells.items():
                controller.set_split(16, number, cell)
            controller.set_pattern(16, Pattern(controller.patterns[3].cycle_s + more_s, 0, 16, 1))
        case "cycle", cycle_s, offset_s, sequence:
            controller.set_pattern(16, Pattern(cycle_s, offset_s, 16, sequence))
        case "button", phase:
            controller.push_button(phase)
        case "panel", panel:
            controller.turn_panel(panel)
            street.cut = street.cut or panel is Panel.FLASH
        case ("advance",):
            controller.press_advance()
        case "clock", error_s:
            controller.faults.clock_error_s = error_s
        case "detector", number, fault:
            getattr(controller.faults, fault).symmetric_difference_update({number})
        case "short", phase:
            controller.faults.shorted_green = phase
        case ("reset",):
            controller.reset_monitor()
        case ("power",):
            controller.cut_power()
            street.cut = True
        case "mode", maximum_mode:
            controller.maximum_mode = maximum_mode


def _live_with_monitor(street: Street, seconds: float, occupied) -> None:
    """Step tick by tick, since the monitor may cut anything in the tick in which it trips."""
    for _ in range(round(seconds * 10)):
        before = street.controller.monitor.conflicts
        street.tick += 1
        shown = street.controller.step(street.start_s + street.tick / 10, occupied)
        cut = street.cut or street.controller.monitor.conflicts > before
        street.watcher.see(street.tick, shown, may_be_cut=cut)
        street.cut = False


@settings(max_examples=60, deadline=None)
@given(program=st.sampled_from(PROGRAMS), orders=steps)
def test_displayed_signals_when_anything_is_asked_in_any_order_then_never_unsafe(program, orders) -> None:
    street = Street(program)
    street.live(10)
    for command, occupied, seconds in orders:
        _order(street, command)
        _live_with_monitor(street, seconds, occupied)
    assert street.watcher.breaches == []


@settings(max_examples=40, deadline=None)
@given(program=st.sampled_from(PROGRAMS), busy=st.lists(detectors, min_size=20, max_size=40))
def test_everybody_when_all_keep_calling_then_served_within_two_cycles(program, busy) -> None:
    street = Street(program)
    everybody = frozenset(phase.number for phase in program.phases)
    street.live(30)
    for some in busy[:5]:
        street.live(7.3, some)
    before = dict(street.watcher.greens)
    street.live(2.5 * program.patterns[2].cycle_s, everybody)
    assert street.watcher.breaches == []
    assert all(count > before[phase] for phase, count in street.watcher.greens.items())


def test_two_controllers_when_stepped_alike_then_show_the_same() -> None:
    one, other = Controller(PROGRAMS[0], NOON_S), Controller(PROGRAMS[0], NOON_S)
    for second in range(1, 400):
        occupied = frozenset({1 + second % 8})
        shown = one.step(NOON_S + second, occupied)
        for tenth in range(10, 0, -1):
            last = other.step(NOON_S + second - (tenth - 1) / 10, occupied)
        assert shown == last


def test_pattern_when_commanded_then_taken_up_at_the_end_of_the_cycle_only() -> None:
    street = Street(PROGRAMS[0])
    street.live(40)
    assert street.controller.pattern == 2
    street.controller.command_pattern(3)
    left_s = street.controller.cycle_left_s
    street.live(left_s - 0.2)
    assert street.controller.pattern == 2
    street.controller.command_pattern(3)
    street.live(0.3)
    assert street.controller.pattern == 3


def test_pattern_when_not_commanded_again_within_backup_time_then_own_plan_again() -> None:
    street = Street(PROGRAMS[0])
    street.controller.command_pattern(3)
    street.live(59)
    assert street.controller.system_pattern == 3
    street.live(2)
    assert street.controller.system_pattern == 0
    assert street.controller.requested_pattern()[1].name == "BACKUP_MODE"
    street.live(150)
    assert street.controller.pattern == 2


def test_split_when_lengthened_in_the_reserved_pattern_then_its_green_is_longer_by_that() -> None:
    program = PROGRAMS[0]
    greens = {}
    for more_s in (0, 20):
        street = Street(program)
        for phase, cell in program.splits[2].items():
            longer = cell.time_s + (more_s if phase in (2, 6) else 0)
            street.controller.set_split(16, phase, Split(longer, coordinated=cell.coordinated))
        street.controller.set_pattern(16, Pattern(program.patterns[2].cycle_s + more_s, 0, 16, 1))
        street.controller.backup_time_s = 0
        street.controller.command_pattern(16)
        lengths = []
        street.live(1_200, frozenset(range(1, 9)))
        for _ in range(6_000):
            street.live(0.1, frozenset(range(1, 9)))
            lengths.append("G" in street.letters()[1])
        greens[more_s] = _longest_run(lengths) / 10
        assert street.controller.pattern == 16
        assert street.watcher.breaches == []
    assert greens[20] - greens[0] == pytest.approx(20, abs=0.2)


def _longest_run(lit: list[bool]) -> int:
    longest = run = 0
    for on in lit:
        run = run + 1 if on else 0
        longest = max(longest, run)
    return longest


@pytest.mark.parametrize(
    ("pattern", "cell", "why"),
    [
        (Pattern(100, 0, 16, 1), Split(11, coordinated=True), FreeStatus.BAD_PLAN),
        (Pattern(101, 0, 16, 1), None, FreeStatus.BAD_CYCLE),
        (Pattern(100, 100, 16, 1), None, FreeStatus.BAD_OFFSET),
        (Pattern(100, 0, 16, 1), Split(36, coordinated=False), FreeStatus.BAD_PLAN),
        (Pattern(0, 0, 16, 1), None, FreeStatus.COMMAND_FREE),
    ],
)
def test_plan_when_it_does_not_add_up_then_free_with_the_reason(pattern, cell, why) -> None:
    street = Street(PROGRAMS[0])
    for phase, given_cell in PROGRAMS[0].splits[2].items():
        changed = cell if cell and phase in (2, 6) else given_cell
        street.controller.set_split(16, phase, changed)
    street.controller.set_pattern(16, pattern)
    street.controller.backup_time_s = 0
    street.controller.command_pattern(16)
    street.live(150)
    assert street.controller.pattern == FREE
    assert street.controller.free_status is why


def test_plans_by_time_of_day_when_nine_strikes_then_the_day_pattern_at_the_next_cycle() -> None:
    street = Street(PROGRAMS[0], MORNING_S)
    street.live(300)
    assert street.controller.pattern == 3
    street.live(500)
    assert street.controller.pattern == 2
    assert street.watcher.breaches == []


def test_plan_when_the_clock_is_minutes_off_then_its_own_clock_decides() -> None:
    street = Street(PROGRAMS[0], MORNING_S)
    street.controller.faults.clock_error_s = 660.0
    street.live(200)
    assert street.controller.pattern == 2
    assert street.controller.clock_s == pytest.approx(MORNING_S + 860)


def test_flash_when_commanded_then_only_after_the_clearances_and_back_through_red() -> None:
    street = Street(PROGRAMS[0])
    street.live(60)
    street.controller.backup_time_s = 0
    street.controller.command_pattern(FLASH)
    street.live(200)
    assert street.letters() == "F" * 8
    assert street.controller.flash_status is FlashStatus.AUTOMATIC
    street.controller.command_pattern(0)
    street.live(3)
    assert street.letters() == "R" * 8
    street.live(60)
    assert street.controller.pattern == 2
    assert street.watcher.breaches == []


def test_key_when_turned_to_flash_then_at_once_whatever_the_system_commands() -> None:
    street = Street(PROGRAMS[1])
    street.live(60)
    street.controller.command_pattern(3)
    street.controller.turn_panel(Panel.FLASH)
    street.cut = True
    street.live(0.1)
    assert street.letters() == "FFFF"
    assert street.controller.flash_status is FlashStatus.LOCAL_MANUAL


def test_key_when_manual_then_the_system_is_not_heard_and_the_button_moves_on() -> None:
    street = Street(PROGRAMS[2])
    street.live(30)
    street.controller.turn_panel(Panel.MANUAL)
    street.controller.command_pattern(3)
    shown = street.letters()
    street.live(200, frozenset({1, 2, 3, 4}))
    assert street.letters() == shown
    assert street.controller.requested_pattern()[1].name == "MANUAL"
    street.controller.press_advance()
    street.live(30, frozenset({1, 2, 3, 4}))
    assert street.letters() != shown
    assert street.watcher.breaches == []


def test_monitor_when_a_green_is_shorted_then_flash_before_the_conflict_is_seen() -> None:
    street = Street(PROGRAMS[0])
    street.live(60)
    street.controller.faults.shorted_green = 4 if street.letters()[3] != "G" else 2
    _live_with_monitor(street, 60, frozenset())
    assert street.letters() == "F" * 8
    assert street.controller.monitor.conflicts == 1
    assert street.controller.flash_status is FlashStatus.FAULT_MONITOR
    street.controller.faults.shorted_green = 0
    street.live(30)
    assert street.letters() == "F" * 8
    street.controller.reset_monitor()
    street.live(30)
    assert "G" in street.letters()
    assert street.watcher.breaches == []


def test_sets_when_held_by_a_fault_then_shown_but_not_run() -> None:
    street = Street(PROGRAMS[0])
    street.controller.faults.holds_sets = True
    street.controller.backup_time_s = 0
    street.controller.command_pattern(3)
    street.live(300)
    assert street.controller.system_pattern == 3
    assert street.controller.pattern == 2


def test_detectors_when_stuck_dead_or_chattering_then_alarmed_and_served_each_cycle() -> None:
    program = standard.four_stages().with_plan(PlanEntry(0, FREE))
    street = Street(program)
    street.controller.faults.stuck.add(3)
    street.controller.faults.chattering.add(11)
    for _ in range(420):
        street.live(1.0, frozenset({1} if street.tick % 70 < 10 else {}))
    alarms = {number: channel.alarms for number, channel in street.controller.inputs.channels.items()}
    assert alarms[3] == 2
    assert alarms[11] == 4
    assert alarms[1] == 0
    assert street.watcher.greens[3] > 3


def test_report_when_a_period_ends_then_volume_and_occupancy_in_half_per_cent() -> None:
    street = Street(PROGRAMS[0])
    for _ in range(13):
        street.live(3.0, frozenset({2}))
        street.live(3.0)
    report = street.controller.inputs.report
    assert report.sequence == 1
    assert report.volumes[2] == 10
    assert report.occupancies[2] == pytest.approx(100, abs=2)


def test_report_when_the_host_counts_then_its_counts_stand() -> None:
    controller = Controller(PROGRAMS[0], NOON_S)
    for second in range(1, 62):
        controller.step(NOON_S + second, frozenset({2}), {2: 3})
    assert controller.inputs.report.volumes[2] == 180


def test_step_when_twelve_junctions_run_at_ten_times_real_time_then_less_than_half_a_core() -> None:
    controller = Controller(PROGRAMS[0], NOON_S)
    began_s = time.process_time()
    for second in range(1, 301):
        controller.step(NOON_S + second, frozenset({1 + second % 8, 11 + second % 8}))
    spent_s = time.process_time() - began_s
    assert spent_s * 12 * 10 / 300 < 0.5
