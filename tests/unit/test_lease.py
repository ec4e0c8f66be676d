"""The life of a lease on the simulated controller: what it does, and every way in which it ends."""

from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest

from edge.sensors import ntcip_objects as objects
from edge.signals.limits import Limits, RoleLimit
from edge.signals.record import EndReason
from edge.signals.refusals import CODES, Refusal, refuse
from edge.signals.words import ENDS, end_words
from simulators.controller.controller import WIB_OFFSET_S
from simulators.controller.modes import Panel
from simulators.controller.program import Pattern, PlanEntry, Program, Split
from simulators.controller.standard import four_arms, four_stages, three_arms, with_offset
from tests.fix_lease import LIMITS, START_S, Junction

OWN = 2
RESERVED = 16


def at(junction: Junction, seconds: float = 200) -> Junction:
    """Let the controller come up and settle in its own plan, with vehicles waiting everywhere."""
    for waiting, lasts_s in ((range(1, 9), seconds), ((), 0.5), (range(1, 9), 0.5)):  # or they would count as stuck
        junction.occupied = frozenset(waiting)
        junction.run(lasts_s)
    assert junction.controller.pattern == OWN
    return junction


def make(program: Program | None = None, limits: Limits = LIMITS) -> Junction:
    return at(Junction((program or four_arms()).with_plan(PlanEntry(0, OWN)), limits=limits, poll_ticks=5))


def leased(backup_s: int) -> Junction:
    """A junction in the middle of a lease."""
    junction = make()
    junction.controller.backup_time_s = backup_s
    assert junction.ask(duration_s=1_500) is None
    junction.run(150)
    assert junction.controller.pattern == RESERVED
    return junction


def minute_of_day(at_s: float) -> int:
    """Minute of the day in WIB."""
    return int(at_s + WIB_OFFSET_S) % 86_400 // 60


def is_home(junction: Junction) -> bool:
    controller = junction.controller
    return controller.pattern == OWN and controller.system_pattern == 0 and junction.keeper.lease is None


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
    assert junction.do(lambda: junction.keeper.withdraw("L1", "c2")) is None
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


def test_lease_when_the_box_returns_without_the_room_then_nothing_is_written_and_it_ends() -> None:
    junction = leased(60)
    junction.cut_box()
    junction.run(5)
    junction.is_linked = False
    junction.start_box()
    junction.run(44)
    assert junction.line.writes == []
    assert junction.keeper.lease.state == "accepted"
    junction.run(300)
    assert is_home(junction)
    assert junction.told[-1].lease.end == "link_lost"


@pytest.mark.parametrize(("backup_s", "may_be"), [(9, False), (10, True), (59, True), (60, False), (0, False)])
def test_request_when_a_dead_box_would_leave_its_lease_for_too_long_then_refused(
    *, backup_s: int, may_be: bool
) -> None:
    junction = make(limits=replace(LIMITS, max_backup_s=60))
    junction.controller.backup_time_s = backup_s
    refused = junction.ask()
    assert (refused is None) is may_be
    assert may_be or refused.rule == "no_backup"


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


@pytest.mark.parametrize("panel", [Panel.FLASH, Panel.MANUAL])
def test_lease_when_the_key_is_turned_then_it_wins(panel: Panel) -> None:
    junction = make()
    junction.ask()
    junction.run(100)
    junction.controller.turn_panel(panel)
    junction.may_be_cut = True
    junction.run(2)
    assert junction.told[-1].lease.end == "local_override"
    assert junction.controller.system_pattern == 0
    refused = junction.ask(lease="L2")
    assert refused.rule in ("reverting", "local_override", "flashing")
    junction.controller.turn_panel(Panel.AUTO)
    junction.run(300)
    assert is_home(junction)
    assert junction.watcher.breaches == []


@pytest.mark.parametrize("fault", ["discards_sets", "holds_sets", "refuses_sets"])
def test_lease_when_the_controller_only_pretends_then_it_is_found_out_and_reverted(fault: str) -> None:
    junction = make()
    setattr(junction.controller.faults, fault, True)
    junction.ask()
    junction.run(15)
    assert "confirmed" not in junction.states()
    assert "ended" in junction.states()
    assert junction.told[-1].lease.end == "failed"
    setattr(junction.controller.faults, fault, False)
    junction.run(200)
    assert is_home(junction)


def test_lease_when_its_rows_change_before_it_is_read_back_then_it_is_not_confirmed() -> None:
    junction = make()
    junction.ask()
    while "applied" not in junction.states():
        junction.run(0.1)
    junction.controller.set_split(RESERVED, 2, Split(90))
    junction.run(1)
    assert "confirmed" not in junction.states()
    assert junction.told[-1].lease.detail == "not_applied"


def test_lease_when_the_conflict_monitor_trips_then_it_ends_as_flashing() -> None:
    junction = leased(60)
    junction.controller.faults.shorted_green = 4
    junction.may_be_cut = True
    while not junction.controller.monitor.tripped:
        junction.run(0.1)
    junction.run(1)
    assert (junction.told[-1].lease.end, junction.told[-1].lease.detail) == ("failed", "flashing")
    assert junction.controller.system_pattern == 0
    assert junction.ask(lease="L2").rule == "flashing"


def test_lease_when_its_rows_were_edited_while_the_box_was_away_then_rows_that_run_are_not_written() -> None:
    junction = leased(60)
    junction.cut_box()
    junction.controller.set_split(RESERVED, 2, Split(50))
    junction.start_box()
    junction.run(2)
    assert junction.line.rewritten == 0
    assert junction.keeper.lease.detail == "not_applied"
    assert junction.controller.system_pattern == 0


def test_lease_when_the_controller_does_not_take_its_end_then_it_is_not_told_as_reverted() -> None:
    junction = leased(60)
    junction.controller.faults.discards_sets = True
    junction.do(lambda: junction.keeper.withdraw("L1"))
    junction.run(5)
    assert junction.states()[-1] == "ended"
    assert junction.ask(lease="L2").rule == "reverting"
    junction.controller.faults.discards_sets = False
    junction.run(1)
    assert junction.controller.system_pattern == 0
    assert junction.states()[-1] == "ended"  # its pattern still runs
    junction.run(200)
    assert junction.states()[-1] == "reverted"
    assert is_home(junction)


def test_lease_when_another_system_commands_then_it_is_left_to_it() -> None:
    junction = make()
    junction.ask()
    junction.run(100)
    junction.controller.command_pattern(3)
    junction.run(5)
    ended = next(told.lease for told in junction.told if told.state == "ended")
    assert (ended.end, ended.detail) == ("failed", "foreign_writer")
    assert junction.controller.system_pattern == 3


def test_lease_when_its_rows_are_edited_by_another_then_it_ends() -> None:
    junction = make()
    junction.ask()
    junction.run(100)
    junction.controller.set_split(RESERVED, 2, Split(90))
    junction.run(25)
    ended = next(told.lease for told in junction.told if told.state == "ended")
    assert (ended.end, ended.detail) == ("failed", "foreign_writer")
    junction.run(200)
    assert is_home(junction)


def test_lease_when_the_controller_loses_power_then_it_ends() -> None:
    junction = make()
    junction.ask()
    junction.run(100)
    junction.controller.cut_power()
    junction.may_be_cut = True
    junction.run(300)
    assert junction.told[-1].lease.end == "failed"
    assert is_home(junction)


@pytest.mark.parametrize("cut_at", range(1, 12))
def test_lease_when_power_is_cut_at_any_write_then_it_goes_on_after(cut_at: int) -> None:
    junction = make()
    junction.cut_in = cut_at
    junction.ask(duration_s=600)
    junction.run(23)
    was_up, was_accepted = junction.is_up, bool(junction.disk.notes)
    if not was_up:
        junction.start_box()
    junction.run(250)
    if was_accepted:
        assert junction.keeper.lease.state == "confirmed"
        assert junction.controller.pattern == RESERVED
    junction.run(700)
    assert is_home(junction)
    assert junction.watcher.breaches == []


def test_lease_when_the_box_returns_after_its_end_then_it_is_told_as_expired() -> None:
    junction = make()
    junction.ask(duration_s=120)
    junction.run(60)
    junction.cut_box()
    junction.run(200)
    junction.start_box()
    junction.run(2)
    assert junction.states()[-2:] == ["ended", "reverted"]
    junction.run(150)
    assert junction.told[-1].lease.end == "expired"
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


def test_request_when_it_comes_twice_then_it_is_one_lease() -> None:
    junction = make()
    assert junction.ask() is None
    assert junction.ask() is None
    junction.run(1)
    assert junction.ask() is None
    assert junction.states() == ["accepted", "applied", "confirmed"]
    junction.do(lambda: junction.keeper.withdraw("L1"))
    junction.run(200)
    assert junction.ask().rule == "lease_over"
    junction.cut_box()
    junction.start_box()
    junction.run(1)
    assert junction.ask().rule == "lease_over"


def test_request_when_held_then_refused_and_a_higher_rank_supersedes_with_both_told() -> None:
    junction = make()
    junction.ask(lease="L1", rank=1, actor="budi")
    junction.run(100)
    refused = junction.ask(lease="L2", rank=1)
    assert refused.rule == "held"
    assert "budi" in refused.message_id
    assert junction.ask(lease="L3", rank=2, phase=4, role="admin") is None
    junction.run(300)
    assert junction.states("L1")[-2:] == ["ended", "reverted"]
    ended = next(told for told in junction.told if told.state == "ended")
    assert (ended.lease.end, ended.lease.detail) == ("superseded", "L3")
    accepted = next(told for told in junction.told if told.state == "accepted" and told.lease.request.lease == "L3")
    assert accepted.note == {"superseded": "L1"}
    assert junction.states("L3")[:3] == ["accepted", "applied", "confirmed"]
    assert junction.controller.pattern == RESERVED
    junction.run(600)
    assert is_home(junction)
    assert junction.watcher.breaches == []


def test_green_wave_when_prepared_then_nothing_is_written_until_the_commit() -> None:
    junction = make()
    assert junction.ask(prepare=True, corridor="c1") is None
    junction.run(10)
    assert junction.line.writes == []
    assert junction.ask(lease="L2").rule == "held"
    assert junction.do(lambda: junction.keeper.commit("L1", "c9")) is None
    junction.run(1)
    assert junction.states() == ["accepted", "applied", "confirmed"]


def test_green_wave_when_nobody_commits_then_given_up_and_a_late_commit_refused() -> None:
    junction = make()
    junction.ask(prepare=True)
    junction.run(62)
    assert junction.line.writes == []
    assert junction.states()[-2:] == ["ended", "reverted"]
    assert junction.do(lambda: junction.keeper.commit("L1")).rule == "lease_over"
    assert junction.do(lambda: junction.keeper.commit("L9")).rule == "lease_unknown"


def test_green_wave_when_withdrawn_before_the_commit_then_nothing_was_written() -> None:
    junction = make()
    junction.ask(prepare=True)
    junction.do(lambda: junction.keeper.withdraw("L1"))
    junction.run(2)
    assert junction.line.writes == []
    assert junction.keeper.lease is None


@pytest.mark.parametrize(
    ("how", "rule"),
    [
        ({"extra_green_s": 0}, "extra_too_small"),
        ({"extra_green_s": -10}, "extra_too_small"),
        ({"extra_green_s": 31}, "extra_over_role"),
        ({"duration_s": 0}, "duration_too_short"),
        ({"duration_s": 86_400}, "duration_over_role"),
        ({"role": "viewer"}, "role_unknown"),
        ({"phase": 0}, "phase_unknown"),
        ({"phase": 12}, "phase_unknown"),
    ],
)
def test_request_when_it_breaks_a_rule_then_refused_by_its_name_in_two_languages(how: dict, rule: str) -> None:
    junction = make()
    refused = junction.ask(**how)
    assert isinstance(refused, Refusal)
    assert refused.rule == rule
    assert refused.rule in CODES
    assert refused.message_id != refused.message_en
    junction.run(5)
    assert junction.line.writes == []
    assert junction.told == []


def test_request_when_the_cycle_would_be_too_long_then_refused() -> None:
    tight = Limits(roles={"operator": RoleLimit(60, 600)}, max_cycle_s=110)
    assert make(limits=tight).ask(extra_green_s=60).rule == "maximum_cycle"


def test_request_when_the_cycle_belongs_to_the_corridor_then_only_what_others_can_give() -> None:
    fixed = Limits(roles={"operator": RoleLimit(60, 600)}, is_cycle_fixed=True)
    assert make(limits=fixed).ask(extra_green_s=60).rule == "cycle_fixed"
    assert make(limits=fixed).ask(extra_green_s=10) is None


def test_request_when_only_some_phases_may_be_leased_then_others_are_refused() -> None:
    few = Limits(roles={"operator": RoleLimit(60, 600)}, phases=frozenset({2, 6}))
    assert make(limits=few).ask(phase=4).rule == "phase_not_leasable"


def test_request_when_the_junction_flashes_is_local_free_or_silent_then_refused() -> None:
    junction = make()
    junction.controller.turn_panel(Panel.FLASH)
    junction.run(1)
    assert junction.ask().rule == "flashing"
    junction.controller.turn_panel(Panel.AUTO)
    junction.run(200)
    junction.controller.operational_mode = 1
    junction.run(1)
    assert junction.ask().rule == "local_override"
    junction.controller.operational_mode = 0
    junction.controller.faults.silent = True
    junction.run(1)
    assert junction.ask().rule == "controller_silent"
    junction.controller.faults.silent = False
    junction.controller.faults.wrong_types = True
    junction.run(1)
    assert junction.ask().rule in ("controller_silent", "controller_unfit")
    junction.controller.faults.wrong_types = False
    junction.run(1)
    junction.controller.operational_mode = 0
    junction.controller.command_pattern(254)
    junction.run(1)
    assert junction.ask().rule == "foreign_command"
    junction.controller.command_pattern(0)
    junction.run(1)
    assert junction.ask() is None


def test_request_when_the_maximum_holds_in_coordination_then_refused() -> None:
    junction = make()
    junction.controller.maximum_mode = 2
    assert junction.ask(extra_green_s=30).rule == "maximum_green"


def test_request_when_the_backup_timer_is_off_then_refused() -> None:
    junction = make()
    junction.controller.backup_time_s = 0
    assert junction.ask().rule == "no_backup"


def test_request_when_the_disk_is_full_then_refused_and_nothing_written() -> None:
    junction = make()
    junction.disk.is_full = True
    assert junction.ask().rule == "disk"
    junction.run(5)
    assert junction.line.writes == []


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


def test_request_when_the_own_plan_uses_the_reserved_rows_then_refused() -> None:
    program = four_arms().with_plan(PlanEntry(0, OWN))
    program.patterns[OWN] = Pattern(program.patterns[OWN].cycle_s, 0, RESERVED, 1)
    program.splits[RESERVED] = dict(program.splits[2])
    assert at(Junction(program)).ask().rule == "reserved_in_use"


@pytest.mark.parametrize("rule", sorted(CODES))
def test_refusal_when_said_then_two_whole_sentences_that_differ(rule: str) -> None:
    said = refuse(rule, 11, 22, 33)
    assert said.message_id != said.message_en
    for sentence in (said.message_id, said.message_en):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert "{" not in sentence
    assert len(said.detail) < 500  # a result has room for no more


def test_refusal_when_the_lease_is_over_then_its_end_is_in_the_readers_language() -> None:
    said = refuse("lease_over", end_words("link_lost"))
    assert "hubungan ke ruang kendali putus" in said.message_id
    assert "the line to the room is lost" in said.message_en
    assert set(ENDS) == set(get_args(EndReason))


def test_book_when_it_cannot_be_read_then_the_controller_is_brought_home() -> None:
    junction = make()
    junction.ask()
    junction.run(100)
    junction.cut_box()
    junction.disk.notes["lease"] = "{nonsense"
    junction.start_box()
    junction.run(5)
    assert junction.controller.system_pattern == 0
