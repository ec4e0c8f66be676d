"""A lease over a controller that fails, pretends, or is taken over by somebody else."""

import pytest

from simulators.controller.modes import Panel
from simulators.controller.program import Split
from tests.fix_leased import ADMIN, OWN, RESERVED, is_home, leased, make


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
    assert junction.controller.system_pattern == 0


def test_lease_when_the_controller_does_not_take_its_end_then_it_is_not_told_as_reverted() -> None:
    junction = leased(60)
    junction.controller.faults.discards_sets = True
    junction.do(lambda: junction.keeper.withdraw("L1", ADMIN))
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


@pytest.mark.parametrize("backup_s", [0, 5, 900])
def test_lease_when_its_backup_time_is_changed_then_it_ends_before_the_box_could_die(backup_s: int) -> None:
    junction = leased(60)
    junction.controller.backup_time_s = backup_s
    junction.run(1)
    assert (junction.told[-1].lease.end, junction.told[-1].lease.detail) == ("failed", "no_backup")
    assert junction.controller.system_pattern == 0
    junction.cut_box()
    junction.run(200)
    assert junction.controller.pattern == OWN


def test_lease_when_its_backup_time_becomes_much_shorter_then_it_is_refreshed_in_time() -> None:
    junction = leased(120)
    junction.controller.backup_time_s = 12
    junction.run(60)
    assert junction.keeper.lease.state == "confirmed"
    assert junction.controller.system_pattern == RESERVED


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
