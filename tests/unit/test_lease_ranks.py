"""Who may end whose lease: superseding, green waves, withdrawals, and the rest between two leases."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from edge.sensors import ntcip_objects as objects
from edge.signals.assemble import limits_of
from edge.signals.desk import _result_of
from edge.signals.endings import longest_wait_s
from edge.signals.keeper import LeaseKeeper
from edge.signals.limits import Asker, Limits, RoleLimit
from edge.site_signals import LeasePlace, RolePlace
from simulators.controller.program import PlanEntry
from simulators.controller.standard import four_arms
from tests.fix_lease import LIMITS, START_S, DirectLine, Junction, drive
from tests.fix_leased import ADMIN, OWN, RESERVED, at, is_home, make, minute_of_day


def test_request_when_held_then_refused_and_a_higher_rank_supersedes_with_both_told() -> None:
    junction = make()
    junction.ask(lease="L1", actor="budi")
    junction.run(100)
    refused = junction.ask(lease="L2")
    assert refused.rule == "held"
    assert "budi" in refused.message_id
    assert junction.ask(lease="L3", phase=4, role="admin") is None
    junction.run(300)
    assert junction.states("L1")[-2:] == ["ended", "reverted"]
    ended = next(told for told in junction.told if told.state == "ended")
    assert (ended.lease.end, ended.lease.detail) == ("superseded", "L3")
    waiting = next(told for told in junction.told if told.state == "waiting")
    assert (waiting.lease.request.lease, waiting.note["superseded"]) == ("L3", "L1")
    assert junction.states("L3")[:4] == ["accepted", "waiting", "applied", "confirmed"]
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
    assert junction.do(lambda: junction.keeper.commit("L1", ADMIN, "c9")) is None
    junction.run(2)
    assert junction.states() == ["accepted", "applied", "confirmed"]


def test_green_wave_when_nobody_commits_then_given_up_and_a_late_commit_refused() -> None:
    junction = make()
    junction.ask(prepare=True)
    junction.run(62)
    assert junction.line.writes == []
    assert junction.states()[-2:] == ["ended", "reverted"]
    assert junction.do(lambda: junction.keeper.commit("L1", ADMIN)).rule == "lease_over"
    assert junction.do(lambda: junction.keeper.commit("L9", ADMIN)).rule == "lease_unknown"


def test_green_wave_when_withdrawn_before_the_commit_then_nothing_was_written() -> None:
    junction = make()
    junction.ask(prepare=True)
    junction.do(lambda: junction.keeper.withdraw("L1", ADMIN))
    junction.run(2)
    assert junction.line.writes == []
    assert junction.keeper.lease is None


def holding(**how: object) -> Junction:
    """A junction on which an operator's lease runs: its pattern is in effect."""
    junction = make(**how)  # type: ignore[arg-type]
    assert junction.ask(lease="L1", actor="budi", duration_s=1_200) is None
    run_until(junction, lambda: junction.controller.pattern == RESERVED)
    return junction


def run_until(junction: Junction, is_so: Callable[[], bool], most_s: int = 400) -> None:
    for _ in range(most_s):
        if is_so():
            return
        junction.run(1)
    raise AssertionError("it did not come so far")


def test_superseding_when_the_first_pattern_runs_then_it_waits_for_the_own_plan_and_says_how_long() -> None:
    junction = holding()
    before_s = junction.clock.at_s
    assert junction.ask(lease="L3", role="admin", phase=4, duration_s=900) is None
    assert junction.states("L3") == ["accepted", "waiting"]
    run_until(junction, lambda: "confirmed" in junction.states("L3"))
    waiting = next(told for told in junction.told if told.state == "waiting")
    assert junction.clock.at_s - before_s > 10, "nothing was waited for: this test tests nothing"
    assert junction.clock.at_s - before_s <= waiting.note["wait_s"]
    run_until(junction, lambda: junction.controller.pattern == RESERVED)
    assert junction.line.rewritten == 0
    assert junction.watcher.breaches == []


@pytest.mark.parametrize(("limits", "longer_s"), [(LIMITS, 7), (replace(LIMITS, borrow_pct=0.0), 30)])
def test_superseding_when_its_cycle_is_longer_then_its_first_green_is_whole_too(limits: Limits, longer_s: int) -> None:
    """Also over a lease whose own cycle was longer, so that the controller is making an offset good in between."""
    junction = holding(limits=limits)
    junction.ask(lease="L3", role="admin", extra_green_s=30, duration_s=900)
    run_until(junction, lambda: any(t.state == "shown" and t.lease.request.lease == "L3" for t in junction.told))
    shown = next(told for told in junction.told if told.state == "shown" and told.lease.request.lease == "L3")
    assert shown.lease.leased.cycle_s == shown.lease.own.cycle_s + longer_s
    assert shown.note["green_time"] >= shown.note["leased_green_s"] - 1
    if limits == LIMITS:
        assert shown.note["green_time"] <= shown.note["leased_green_s"] + 1


def test_superseding_when_the_plan_changes_while_it_waits_then_it_lengthens_the_new_one() -> None:
    program = four_arms().with_plan(PlanEntry(0, OWN), PlanEntry(minute_of_day(START_S + 420), 1))
    junction = at(Junction(program, poll_ticks=5))
    junction.ask(lease="L1", duration_s=1_200)
    junction.run(190)
    assert junction.ask(lease="L3", role="admin", duration_s=900) is None
    run_until(junction, lambda: "confirmed" in junction.states("L3"))
    confirmed = next(told.lease for told in junction.told if told.state == "confirmed" and told.lease.own.pattern == 1)
    assert confirmed.request.lease == "L3"


def test_superseding_when_withdrawn_while_it_waits_then_nothing_of_it_is_written() -> None:
    junction = holding()
    junction.ask(lease="L3", role="admin", phase=4)
    junction.run(1)
    assert junction.do(lambda: junction.keeper.withdraw("L3", ADMIN)) is None
    junction.run(300)
    assert junction.states("L3") == ["accepted", "waiting", "ended", "reverted"]
    assert is_home(junction)


def test_green_wave_when_prepared_over_a_lower_rank_then_he_holds_on_until_the_commit() -> None:
    junction = holding()
    assert junction.ask(lease="W", role="admin", prepare=True, corridor="c1") is None
    junction.run(20)
    assert junction.states("L1")[-1] in ("confirmed", "shown")
    assert junction.keeper.lease.request.lease == "L1"
    assert junction.do(lambda: junction.keeper.commit("W", ADMIN, "c9")) is None
    assert (junction.keeper.lease.end, junction.keeper.lease.detail) == ("superseded", "W")
    run_until(junction, lambda: "confirmed" in junction.states("W"))
    assert junction.states("W") == ["accepted", "waiting", "applied", "confirmed"]


def test_green_wave_when_prepared_over_a_holder_and_never_committed_then_he_never_notices() -> None:
    junction = holding()
    junction.ask(lease="W", role="admin", prepare=True)
    junction.run(65)
    assert junction.states("W") == ["accepted", "ended", "reverted"]
    assert next(told for told in junction.told if told.state == "ended").lease.detail == "not_committed"
    assert junction.keeper.lease.request.lease == "L1"
    assert junction.controller.system_pattern == RESERVED


def test_green_wave_when_it_cannot_begin_any_more_then_the_commit_is_refused_and_the_holder_stays() -> None:
    junction = holding()
    junction.ask(lease="W", role="admin", prepare=True)
    junction.controller.faults.missing = frozenset({".".join(map(str, objects.MAX_TIMEBASE_ACTIONS))})
    refused = junction.do(lambda: junction.keeper.commit("W", ADMIN))
    assert refused.rule == "controller_unfit"
    assert junction.keeper.lease.request.lease == "L1"
    assert junction.keeper.lease.state == "confirmed"


def test_green_wave_when_its_holder_ends_by_himself_before_the_commit_then_it_can_be_committed_still() -> None:
    junction = holding()
    junction.ask(lease="W", role="admin", prepare=True)
    junction.do(lambda: junction.keeper.withdraw("L1", ADMIN))
    junction.run(1)
    assert junction.do(lambda: junction.keeper.commit("W", ADMIN)) is None
    run_until(junction, lambda: "confirmed" in junction.states("W"))


def test_withdrawal_when_it_overtakes_its_request_then_the_lease_never_begins() -> None:
    junction = make()
    assert junction.do(lambda: junction.keeper.withdraw("L1", ADMIN)) is None
    refused = junction.ask()
    assert refused.rule == "lease_over"
    junction.cut_box()
    junction.start_box()
    junction.run(1)
    assert junction.ask().rule == "lease_over"
    assert junction.line.writes == []


def test_withdrawals_when_there_are_many_of_unknown_leases_then_the_book_stays_small() -> None:
    junction = make()
    for number in range(300):
        junction.do(lambda number=number: junction.keeper.withdraw(f"X{number}", ADMIN))
    assert len(junction.disk.notes["lease"]) < 10_000


@pytest.mark.parametrize("verb", ["withdraw", "commit"])
@pytest.mark.parametrize(
    ("asker", "may"),
    [
        (Asker("siti", "admin"), True),
        (Asker("tono", "admin"), True),
        (Asker("siti", ""), True),
        (Asker("budi", "operator"), False),
        (Asker("budi", "viewer"), False),
        (Asker("", ""), False),
    ],
)
def test_word_when_it_comes_from_somebody_then_only_the_holder_or_an_equal_or_higher_rank_is_obeyed(
    *, verb: str, asker: Asker, may: bool
) -> None:
    junction = make()
    junction.ask(role="admin", actor="siti", prepare=True)
    refused = junction.do(lambda: getattr(junction.keeper, verb)("L1", asker))
    assert (refused is None) is may
    assert may or refused.rule == "not_holder"
    assert (junction.keeper.lease.state == "prepared") is not may


def test_rank_when_roles_are_of_one_rank_then_none_supersedes() -> None:
    equals = replace(LIMITS, roles={"operator": RoleLimit(30, 1_800), "admin": RoleLimit(60, 3_600)})
    junction = make(limits=equals)
    junction.ask(lease="L1")
    assert junction.ask(lease="L2", role="admin").rule == "held"


def test_rest_when_a_lease_has_run_then_the_own_plan_has_its_turn_before_the_next() -> None:
    junction = holding(limits=replace(LIMITS, rest_s=100.0))
    junction.do(lambda: junction.keeper.withdraw("L1", ADMIN))
    run_until(junction, lambda: junction.keeper.lease is None)
    refused = junction.ask(lease="L2", role="admin")
    assert refused.rule == "resting"
    assert "100" in refused.message_id
    junction.run(50)
    junction.cut_box()
    junction.start_box()  # a restart begins the rest anew: it is not a way round it
    junction.run(60)
    assert junction.ask(lease="L2").rule == "resting"
    junction.run(41)
    assert junction.ask(lease="L2") is None


def test_rest_when_the_pattern_never_ran_then_there_is_none() -> None:
    junction = make(limits=replace(LIMITS, rest_s=100.0))
    run_until(junction, lambda: 20 < junction.controller.cycle_left_s < 60)
    junction.ask(lease="L1")
    junction.run(3)
    assert junction.states()[-1] == "confirmed"
    junction.do(lambda: junction.keeper.withdraw("L1", ADMIN))
    junction.run(2)
    assert junction.ask(lease="L2") is None
    assert "confirmed" not in junction.states("L2")


def test_rest_when_withdrawn_before_the_pattern_was_seen_then_the_own_plan_has_its_turn_all_the_same() -> None:
    junction = make(limits=replace(LIMITS, rest_s=600.0))
    junction.ask(lease="L1")
    while junction.controller.pattern != RESERVED:
        junction.run(0.1)
    junction.do(lambda: junction.keeper.withdraw("L1", ADMIN))  # between the local zero and the next poll
    run_until(junction, lambda: junction.keeper.lease is None)
    assert junction.ask(lease="L2").rule == "resting"
    assert junction.told[-1].note == {"rest_s": 600.0}, "the room is told, so that it need not ask in vain"


def test_rest_when_the_controller_was_silent_while_the_pattern_ran_then_the_own_plan_has_its_turn() -> None:
    junction = make(limits=replace(LIMITS, rest_s=600.0))
    run_until(junction, lambda: 5 < junction.controller.cycle_left_s < 8)
    junction.ask(lease="L1", duration_s=200)
    junction.run(3)
    junction.controller.faults.silent = True
    junction.run(200)
    assert junction.controller.pattern == OWN, "its backup timer has ended what nobody saw"
    junction.controller.faults.silent = False
    run_until(junction, lambda: junction.keeper.lease is None)
    assert not junction.told[-1].lease.has_run
    assert junction.ask(lease="L2").rule == "resting"


def test_rest_when_the_box_was_dead_while_the_pattern_ran_then_the_own_plan_has_its_turn() -> None:
    junction = make(limits=replace(LIMITS, rest_s=600.0))
    run_until(junction, lambda: 5 < junction.controller.cycle_left_s < 8)
    junction.ask(lease="L1")
    junction.run(2)
    junction.cut_box()
    junction.run(250)
    assert junction.controller.pattern == OWN
    junction.start_box()
    run_until(junction, lambda: junction.keeper.lease is None)
    assert junction.ask(lease="L2").rule == "resting"


def test_rest_when_somebody_else_ran_the_reserved_pattern_then_the_own_plan_has_its_turn() -> None:
    junction = holding(limits=replace(LIMITS, rest_s=100.0))
    junction.do(lambda: junction.keeper.withdraw("L1", ADMIN))
    run_until(junction, lambda: junction.keeper.lease is None)
    junction.run(101)
    while junction.controller.pattern != RESERVED:
        junction.controller.command_pattern(RESERVED)
        junction.run(0.1)
    run_until(junction, lambda: junction.controller.pattern == OWN)
    assert junction.ask(lease="L2").rule == "resting"
    junction.run(101)
    assert junction.ask(lease="L2") is None


def test_superseding_when_it_would_be_over_before_its_turn_then_refused_and_the_holder_stays() -> None:
    junction = holding()
    longest_s = round(longest_wait_s(junction.keeper.lease))
    refused = junction.ask(lease="L2", role="admin", actor="siti", duration_s=longest_s)
    assert refused.rule == "shorter_than_wait"
    assert str(longest_s) in refused.message_id
    junction.run(100)
    assert junction.states("L2") == []
    assert junction.keeper.lease.state == "confirmed"
    assert junction.controller.pattern == RESERVED
    assert junction.ask(lease="L3", role="admin", duration_s=longest_s + 60) is None
    run_until(junction, lambda: "confirmed" in junction.states("L3"))


def test_superseding_when_nothing_was_written_yet_then_there_is_no_wait_and_it_may_be_short() -> None:
    junction = make()
    junction.ask(lease="L1", prepare=True)
    assert junction.ask(lease="L2", role="admin", duration_s=60) is None
    junction.run(3)
    assert junction.states("L2")[-1] == "confirmed"


def test_green_wave_when_too_little_of_it_is_left_at_the_commit_then_refused_and_the_holder_stays() -> None:
    junction = holding()
    longest_s = round(longest_wait_s(junction.keeper.lease))
    assert junction.ask(lease="W", role="admin", prepare=True, duration_s=longest_s + 20) is None
    junction.run(30)
    assert junction.do(lambda: junction.keeper.commit("W", ADMIN)).rule == "shorter_than_wait"
    assert junction.keeper.lease.request.lease == "L1"
    assert junction.keeper.lease.state == "confirmed"


def test_request_when_another_waits_already_then_is_told_who_holds_and_who_waits() -> None:
    three = replace(LIMITS, roles={**LIMITS.roles, "chief": RoleLimit(60, 3_600, 3)})
    junction = holding(limits=three)
    assert junction.ask(lease="L2", role="admin", actor="siti") is None
    refused = junction.ask(lease="L3", role="chief", actor="tono")
    assert refused.rule == "awaited"
    for text in (refused.message_id, refused.message_en):
        assert "budi" in text
        assert "siti" in text
    run_until(junction, lambda: "confirmed" in junction.states("L2"))
    assert junction.ask(lease="L3", role="chief", actor="tono") is None, "then the chief may"


def test_withdrawal_when_the_disk_is_full_and_the_box_restarts_then_the_lease_is_over_all_the_same() -> None:
    junction = holding()
    junction.disk.is_full = True
    assert junction.do(lambda: junction.keeper.withdraw("L1", ADMIN, "c2")) is None
    junction.run(1)
    junction.cut_box()
    junction.disk.is_full = False
    junction.start_box()
    junction.run(300)
    assert junction.states("L1")[-2:] == ["ended", "reverted"]
    assert is_home(junction)
    assert junction.ask(lease="L1").rule == "lease_over"
    assert junction.promises.broken == []


def test_rest_when_a_higher_rank_supersedes_then_it_need_not_wait_for_it() -> None:
    junction = holding(limits=replace(LIMITS, rest_s=1_000.0))
    assert junction.ask(lease="L3", role="admin") is None
    run_until(junction, lambda: "confirmed" in junction.states("L3"))
    junction.do(lambda: junction.keeper.withdraw("L3", ADMIN))
    run_until(junction, lambda: junction.keeper.lease is None)
    assert junction.ask(lease="L4", role="admin").rule == "resting"


def test_command_that_no_lease_explains_when_another_is_prepared_then_is_withdrawn_all_the_same() -> None:
    junction = make()
    junction.ask(lease="A", duration_s=300)
    junction.run(150)
    junction.do(lambda: junction.keeper.withdraw("A", ADMIN))
    while junction.keeper.lease:
        junction.run(1)
    assert junction.ask(lease="B", prepare=True) is None
    junction.run(1)
    junction.controller.command_pattern(RESERVED)  # a set of A that the network delivers late
    junction.run(3)
    assert junction.controller.system_pattern == 0
    assert junction.states("B") == ["accepted"]
    junction.run(600)
    assert is_home(junction)


def test_commands_when_the_book_is_not_yet_recalled_then_are_refused_and_the_book_is_whole() -> None:
    junction = make()
    junction.ask(lease="L1", duration_s=600)
    junction.run(100)
    junction.cut_box()
    junction.told.clear()
    keeper = LeaseKeeper(
        DirectLine(junction.controller),
        junction.limits,
        junction.disk,
        "lease",
        tell=junction._tell,
        clock=junction.clock,
    )
    early = [drive(keeper.withdraw("L1", ADMIN)), drive(keeper.commit("L1", ADMIN))]
    assert [refusal.rule for refusal in early] == ["disk", "disk"]
    junction.keeper, junction.is_up = keeper, True
    drive(keeper.recall())
    junction.run(200)
    assert [told.state for told in junction.told][-2:] == ["ended", "reverted"]
    assert is_home(junction)


def test_result_when_superseded_before_it_was_confirmed_then_names_the_rule_and_not_the_other_lease() -> None:
    junction = make()
    junction.ask(prepare=True, command="11111111-1111-1111-1111-111111111111", actor="budi")
    junction.run(1)
    assert junction.ask(lease="22222222-2222-2222-2222-222222222222", role="admin") is None
    junction.run(3)
    results = [found for told in junction.told if (found := _result_of(told)) is not None]
    assert results[0] == ("11111111-1111-1111-1111-111111111111", "failed", "superseded")


def test_roles_when_a_site_file_knows_no_head_of_shift_then_he_may_what_operators_may() -> None:
    operator = RolePlace(extra_green_s=30, duration_s=1_800, rank=1)
    limits = limits_of(LeasePlace(roles={"operator": operator}))
    assert limits.roles["head_of_shift"] == limits.roles["operator"]
    own = RolePlace(extra_green_s=45, duration_s=2_400, rank=2)
    assert limits_of(LeasePlace(roles={"operator": operator, "head_of_shift": own})).rank("head_of_shift") == 2
    assert "head_of_shift" not in limits_of(LeasePlace(roles={"admin": own})).roles
