"""Which leases are granted: every rule, judged on the box against the controller as it is."""

import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from edge import signals
from edge.sensors import ntcip_objects as objects
from edge.signals.limits import Limits, RoleLimit
from edge.signals.record import EndReason
from edge.signals.refusals import CODES, Refusal, refuse
from edge.signals.words import ENDS, FAULTS, Fault, end_words
from simulators.controller.modes import Panel
from simulators.controller.program import Pattern, PlanEntry
from simulators.controller.standard import four_arms
from tests.fix_lease import LIMITS, START_S, Junction
from tests.fix_leased import ADMIN, OWN, RESERVED, at, make, minute_of_day


@pytest.mark.parametrize(("backup_s", "may_be"), [(9, False), (10, True), (59, True), (60, False), (0, False)])
def test_request_when_a_dead_box_would_leave_its_lease_for_too_long_then_refused(
    *, backup_s: int, may_be: bool
) -> None:
    junction = make(limits=replace(LIMITS, max_backup_s=60))
    junction.controller.backup_time_s = backup_s
    junction.run(0.5)
    refused = junction.ask()
    assert (refused is None) is may_be
    assert may_be or refused.rule == "no_backup"


def test_request_when_it_comes_twice_then_it_is_one_lease() -> None:
    junction = make()
    assert junction.ask() is None
    assert junction.ask() is None
    junction.run(1)
    assert junction.ask() is None
    assert junction.states() == ["accepted", "applied", "confirmed"]
    junction.do(lambda: junction.keeper.withdraw("L1", ADMIN))
    junction.run(200)
    assert junction.ask().rule == "lease_over"
    junction.cut_box()
    junction.start_box()
    junction.run(1)
    assert junction.ask().rule == "lease_over"


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
    junction.run(0.5)
    assert junction.ask().rule == "no_backup"


def test_request_when_the_disk_is_full_then_refused_and_nothing_written() -> None:
    junction = make()
    junction.disk.is_full = True
    assert junction.ask().rule == "disk"
    junction.run(5)
    assert junction.line.writes == []


@pytest.mark.parametrize("pattern", [1, OWN, 3])
def test_request_when_any_own_pattern_uses_the_reserved_split_then_refused(pattern: int) -> None:
    program = four_arms().with_plan(PlanEntry(0, OWN))
    program.patterns[pattern] = Pattern(program.patterns[pattern].cycle_s, 0, RESERVED, 1)
    program.splits[RESERVED] = dict(program.splits[pattern])
    junction = at(Junction(program, poll_ticks=5))
    before = dict(junction.controller.splits[RESERVED])
    assert junction.ask().rule == "reserved_in_use"
    junction.run(2)
    assert junction.controller.splits[RESERVED] == before


def test_request_when_the_timetable_uses_the_reserved_pattern_then_refused() -> None:
    program = four_arms().with_plan(PlanEntry(0, OWN), PlanEntry(minute_of_day(START_S - 3_600), RESERVED))
    program = program.with_plan(*program.plans, PlanEntry(minute_of_day(START_S - 1_800), OWN))
    assert at(Junction(program, poll_ticks=5)).ask().rule == "reserved_in_use"


def test_request_when_the_controller_does_not_tell_its_timetable_then_refused() -> None:
    junction = make()
    junction.controller.faults.missing = frozenset({".".join(map(str, objects.MAX_TIMEBASE_ACTIONS))})
    assert junction.ask().rule == "controller_unfit"


def test_request_when_the_partner_in_the_other_ring_may_not_grow_then_refused_by_its_number() -> None:
    few = replace(LIMITS, phases=frozenset({2, 4}))
    refused = make(limits=few).ask(phase=2)
    assert refused.rule == "partner_not_leasable"
    assert "6" in refused.message_id


def test_request_when_only_the_shorter_partner_may_grow_then_it_does() -> None:
    junction = make(limits=replace(LIMITS, phases=frozenset({2, 5}), borrow_pct=0.0))
    assert junction.ask(phase=2) is None
    own, leased = junction.told[0].lease.own, junction.told[0].lease.leased
    assert {phase for phase in own.times_s if leased.times_s[phase] > own.times_s[phase]} == {2, 5}


def test_request_when_the_partner_would_pass_its_maximum_then_refused_by_its_number() -> None:
    program = four_arms()
    short = tuple(
        replace(phase, maximum1_s=15) if phase.number in (5, 6) else replace(phase, maximum1_s=120)
        for phase in program.phases
    )
    junction = make(replace(program, phases=short), replace(LIMITS, borrow_pct=0.0))
    junction.controller.maximum_mode = objects.MAXIMUM_1
    refused = junction.ask(phase=2)
    assert refused.rule == "maximum_green"
    assert "6" in refused.message_id or "5" in refused.message_id


@pytest.mark.parametrize("rule", sorted(CODES))
def test_refusal_when_said_then_two_whole_sentences_that_differ(rule: str) -> None:
    said = refuse(rule, 11, 22, 33)
    assert "{" not in said.detail
    assert said.message_id != said.message_en
    for sentence in (said.message_id, said.message_en):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert "{" not in sentence
    assert len(said.detail) < 500  # a result has room for no more


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_end_when_a_fault_is_behind_it_then_it_is_named_in_two_languages(fault: str) -> None:
    said_id, said_en = end_words("failed", fault)
    assert said_id != said_en
    assert fault not in said_id + said_en, "a bare code"
    assert said_id.startswith("gagal, ")
    assert said_en.startswith("failed, ")


def test_refusals_when_listed_then_they_are_those_that_the_box_says() -> None:
    edge = Path(signals.__file__).parent.parent
    said = {
        code
        for file in [*edge.glob("signals/*.py"), edge / "commands.py"]
        for code in re.findall(r'refuse\("(\w+)"', file.read_text(encoding="utf-8"))
    }
    assert said == CODES


def test_faults_when_listed_then_every_one_has_words() -> None:
    assert set(FAULTS) == set(get_args(Fault)) - {""}


def test_refusal_when_the_lease_is_over_then_its_end_is_in_the_readers_language() -> None:
    said = refuse("lease_over", end_words("link_lost"))
    assert "hubungan ke ruang kendali putus" in said.message_id
    assert "the line to the room is lost" in said.message_en
    assert set(ENDS) == set(get_args(EndReason))
