"""The life of a lease on the simulated controller: what it does, and how it ends when something dies."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from edge.sensors import ntcip_objects as objects
from simulators.controller.program import PlanEntry, Program
from simulators.controller.standard import four_arms, four_stages, three_arms, with_offset
from tests.fix_lease import LIMITS, START_S, Junction
from tests.fix_leased import ADMIN, OWN, RESERVED, at, is_home, leased, make, minute_of_day


@pytest.mark.parametrize("program", [four_arms(), three_arms(), four_stages()])
def test_lease_when_granted_then_confirmed_at_once_shown_and_reverted_at_its_end(program: Program) -> None:
    junction = make(program)
    assert junction.ask(duration_s=400) is None
    junction.run(1)
    assert junction.states() == ["accepted", "applied", "confirmed"]
    junction.run(250)
    assert junction.controller.pattern == RESERVED
    shown = next(told.note for told in junction.told if told.state == "shown")
    assert shown["green_time"] >= shown["leased_green_s"] - 1  # more while an offset is made good
    assert shown["leased_green_s"] == shown["own_green_s"] + 10
    own, leased = junction.told[0].lease.own, junction.told[0].lease.leased
    assert leased.times_s[2] == own.times_s[2] + 10
    junction.run(400)
    assert junction.states() == ["accepted", "applied", "confirmed", "shown", "ended", "reverted"]
    assert junction.told[-1].lease.end == "expired"
    assert is_home(junction)
    assert junction.watcher.breaches == []


def test_lease_when_withdrawn_then_home_and_told() -> None:
    junction = make()
    junction.ask()
    junction.run(150)
    assert junction.do(lambda: junction.keeper.withdraw("L1", ADMIN, "c2")) is None
    junction.run(1)
    assert junction.controller.system_pattern == 0  # at once, and not by the backup timer
    junction.run(300)
    assert is_home(junction)
    assert junction.told[-1].lease.end == "withdrawn"
    assert junction.told[-1].lease.withdraw_command == "c2"


@pytest.mark.parametrize("backup_s", [20, 60])
def test_lease_when_the_box_dies_then_the_controller_obeys_nobody_one_backup_time_after_the_last_write(
    backup_s: int,
) -> None:
    junction = leased(backup_s)
    writes = len(junction.line.writes)
    while len(junction.line.writes) == writes:
        junction.run(0.1)
    junction.cut_box()  # in the worst moment: the command has just been given again
    junction.run(backup_s - 0.2)
    assert junction.controller.system_pattern == RESERVED
    junction.run(0.2)
    assert junction.controller.system_pattern == 0
    junction.run(200)
    assert junction.controller.pattern == OWN


@pytest.mark.parametrize("backup_s", [20, 60, 120])
def test_lease_when_the_room_is_lost_then_the_box_ends_it_before_the_backup_time(backup_s: int) -> None:
    junction = leased(backup_s)
    junction.is_linked = False
    junction.run(min(LIMITS.link_loss_s, 0.75 * backup_s) - 1)
    assert junction.keeper.lease.state == "confirmed"
    junction.run(2)
    assert junction.controller.system_pattern == 0
    assert junction.keeper.lease.end == "link_lost"
    junction.run(300)
    assert is_home(junction)


@pytest.mark.parametrize("fault", ["silent", "refuses_sets", "discards_sets"])
def test_lease_when_the_room_is_lost_and_the_controller_takes_nothing_then_its_own_timer_ends_it(fault: str) -> None:
    junction = leased(60)
    junction.is_linked = False
    setattr(junction.controller.faults, fault, True)
    junction.run(60.1)
    assert junction.controller.system_pattern == 0


def test_lease_when_the_room_is_lost_and_the_controller_later_then_nothing_has_wound_up_its_timer_meanwhile() -> None:
    junction = leased(60)
    junction.is_linked = False
    junction.run(40)  # the box could still repeat its command
    junction.controller.faults.silent = True
    junction.run(20.1)
    assert junction.controller.system_pattern == 0


def test_lease_when_the_line_is_lost_for_a_moment_then_it_goes_on() -> None:
    junction = leased(60)
    for _ in range(5):
        junction.is_linked = False
        junction.run(35)
        junction.is_linked = True
        junction.run(5)
    assert junction.keeper.lease.state == "confirmed"
    assert junction.controller.system_pattern == RESERVED


@pytest.mark.parametrize("is_linked", [True, False])
@pytest.mark.parametrize("after_s", [0.2, 5, 200])
def test_lease_when_the_box_restarts_then_it_ends_and_only_its_end_is_written(
    *, is_linked: bool, after_s: float
) -> None:
    junction = leased(60)
    junction.cut_box()
    junction.run(after_s)
    junction.is_linked = is_linked
    junction.start_box()
    junction.run(2)
    assert [value for _, value in junction.line.writes] == [objects.PATTERN_STANDBY][: after_s < 60]
    assert junction.controller.system_pattern == 0
    junction.run(200)
    ended = next(told.lease for told in junction.told if told.state == "ended")
    assert (ended.end, ended.detail) == ("failed", "box_restarted")
    assert is_home(junction)
    assert junction.watcher.breaches == []


def test_lease_when_the_power_is_cut_and_the_clock_stood_still_then_it_is_not_longer_for_it() -> None:
    """A box without a clock of its own does not know how long it was off."""
    junction = make()
    junction.ask(duration_s=300)
    junction.run(200)
    junction.cut_box()
    junction.run(40)
    junction.clock.wall_error_s = -40
    junction.start_box()
    junction.run(1)
    assert junction.controller.system_pattern == 0
    assert junction.keeper.lease.state == "ended"


@pytest.mark.parametrize("program", [four_arms, three_arms, four_stages])
@pytest.mark.parametrize("offset_s", [0, 37])
def test_lease_when_its_cycle_is_longer_then_its_first_green_is_whole(
    program: Callable[[], Program], offset_s: int
) -> None:
    junction = make(with_offset(program(), offset_s), replace(LIMITS, borrow_pct=0.0))
    assert junction.ask(extra_green_s=20) is None
    junction.run(330)
    shown = next(told for told in junction.told if told.state == "shown")
    assert shown.lease.leased.cycle_s == shown.lease.own.cycle_s + 20
    assert shown.note["green_time"] == pytest.approx(shown.note["leased_green_s"], abs=1)
    assert junction.watcher.breaches == []


def test_lease_when_the_controller_does_not_tell_its_time_then_the_own_offset_is_kept() -> None:
    junction = make(with_offset(four_arms(), 37), replace(LIMITS, borrow_pct=0.0))
    junction.controller.faults.missing = frozenset({".".join(map(str, objects.GLOBAL_TIME))})
    assert junction.ask(extra_green_s=20) is None
    assert junction.told[-1].lease.leased.offset_s == 37


def test_lease_when_the_plan_changes_by_time_of_day_then_it_holds_and_its_end_takes_up_the_plan_of_that_moment() -> (
    None
):
    other = 1
    program = four_arms().with_plan(PlanEntry(0, OWN), PlanEntry(minute_of_day(START_S + 400), other))
    junction = at(Junction(program, poll_ticks=5))
    junction.ask(duration_s=420)
    junction.run(400)
    assert junction.controller._planned == other
    assert junction.controller.pattern == RESERVED
    junction.run(250)
    assert junction.told[-1].state == "reverted"
    assert junction.told[-1].lease.end == "expired"
    assert junction.controller.pattern == other
    assert junction.watcher.breaches == []


@pytest.mark.parametrize("cut_at", range(1, 12))
def test_lease_when_power_is_cut_at_any_write_then_it_ends_and_the_next_one_is_granted(cut_at: int) -> None:
    junction = make()
    junction.cut_in = cut_at
    junction.ask(duration_s=600)
    junction.run(23)
    if not junction.is_up:
        junction.start_box()
    junction.run(250)
    if "accepted" in junction.states():
        assert junction.told[-1].lease.detail == "box_restarted"
    assert is_home(junction)
    assert junction.ask(lease="L2", duration_s=100) is None
    junction.run(300)
    assert "confirmed" in junction.states("L2")
    assert is_home(junction)
    assert junction.watcher.breaches == []


def test_lease_when_the_box_returns_after_its_time_then_its_end_is_told() -> None:
    junction = make()
    junction.ask(duration_s=120)
    junction.run(60)
    junction.cut_box()
    junction.run(200)
    junction.start_box()
    junction.run(2)
    assert junction.states()[-2:] == ["ended", "reverted"]
    junction.run(150)
    assert junction.told[-1].lease.detail == "box_restarted"
    assert is_home(junction)


@pytest.mark.parametrize("error_s", [-300.0, 300.0])
def test_lease_when_the_wall_clock_jumps_then_its_length_stays(error_s: float) -> None:
    junction = make()
    junction.ask(duration_s=300)
    junction.run(10)
    junction.clock.wall_error_s = error_s
    junction.run(280)
    assert junction.keeper.lease.state == "confirmed"
    junction.run(20)
    assert junction.keeper.lease is None or junction.keeper.lease.state == "ended"


def test_lease_when_the_disk_fills_up_while_it_runs_then_it_still_ends() -> None:
    junction = make()
    junction.ask(duration_s=100)
    junction.run(50)
    junction.disk.is_full = True
    junction.run(300)
    assert junction.controller.pattern == OWN
    assert junction.controller.system_pattern == 0
    junction.disk.is_full = False
    junction.run(5)
    assert is_home(junction)


def test_book_when_it_cannot_be_read_then_the_controller_is_brought_home() -> None:
    junction = make()
    junction.ask()
    junction.run(100)
    junction.cut_box()
    junction.disk.notes["lease"] = "{nonsense"
    junction.start_box()
    junction.run(5)
    assert junction.controller.system_pattern == 0
