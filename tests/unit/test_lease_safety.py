"""The safety property: whatever is asked, breaks, restarts or interferes, the street is never shown anything unsafe.

Hypothesis draws a junction and a history: requests (many of them absurd), withdrawals, commits, power cuts of the box
at any write or sync, power cuts of the controller, changes of its backup
time, faults of its protocol, datagrams that are lost, late or come
twice, the police key, a lamp's short circuit, another system that commands and edits, a plan that changes by time of
day, clocks that jump, a full disk, a lost line. After every tenth of a second the displayed signals are judged by a
watcher that knows only the program, and the command by a judge that knows what was granted. At the end everything is
healed, the lease is ended in one of four ways, and the controller must be back on its own plan.

An ordinary test run draws the same sixty histories each time. `SATULAYAR_TEST_SEQUENCES=1000` searches on: as many new
ones, others at each run; what is found is printed as an `@example` to be pinned here.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, example, given, settings
from hypothesis import strategies as st

from edge.sensors import ntcip_objects as objects
from edge.signals.limits import Limits
from edge.signals.refusals import CODES
from simulators.controller.modes import Panel
from simulators.controller.program import PlanEntry, Program
from simulators.controller.standard import crossing, four_arms, four_stages, three_arms
from tests.fix_history import (
    FAULTS,
    LEASES,
    History,
    check_home,
    check_lives,
    end_by_death,
    end_by_losing_the_line,
    end_by_time,
    end_by_withdrawal,
    locked_state,
)
from tests.fix_lease import LIMITS, Junction
from tests.fix_leased import RESERVED

SEARCHED = int(os.environ.get("SATULAYAR_TEST_SEQUENCES", "0"))
PROGRAMS: list[Callable[[], Program]] = [four_arms, three_arms, four_stages, crossing]
SOUND = {
    "lease": "L1", "phase": 2, "extra_green_s": 10, "duration_s": 120, "role": "operator", "prepare": False
}  # fmt: skip

sound = st.fixed_dictionaries(
    {
        "lease": st.sampled_from(LEASES),
        "phase": st.sampled_from([2, 4, 6]),
        "extra_green_s": st.sampled_from([10, 20, 30, 1]),
        "duration_s": st.sampled_from([120, 300, 600]),
        "role": st.sampled_from(["operator", "admin"]),
        "prepare": st.sampled_from([False, False, False, True]),
    }
)
wild = st.fixed_dictionaries(
    {
        "lease": st.sampled_from(LEASES),
        "phase": st.sampled_from([1, 2, 2, 4, 6, 8, 0, 9, -1, 255]),
        "extra_green_s": st.sampled_from([10, 20, 30, 1, 5, 60, 0, -5, 200]),
        "duration_s": st.sampled_from([30, 120, 300, 600, 1, 0, -60, 86_400]),
        "role": st.sampled_from(["operator", "operator", "admin", "viewer", ""]),
        "prepare": st.sampled_from([False, False, False, True]),
    }
)
nearly = st.builds(  # one thing wrong, so that nothing else refuses it first
    lambda right, wrong: right | {"role": "operator", "duration_s": 300} | wrong,
    sound,
    st.sampled_from(
        [
            {"extra_green_s": 31},
            {"extra_green_s": 61, "role": "admin"},
            {"extra_green_s": 0},
            {"duration_s": 1_801},
            {"duration_s": 0},
            {"role": "viewer", "extra_green_s": 5},
            {"phase": 9, "extra_green_s": 5},
        ]
    ),
)
SITES = [
    LIMITS,
    replace(LIMITS, borrow_pct=0.0, max_cycle_s=125),
    replace(LIMITS, is_cycle_fixed=True),
    replace(LIMITS, rest_s=120.0),
]
steps = st.one_of(
    st.tuples(st.just("ask"), sound),
    st.tuples(st.just("ask"), sound),
    st.tuples(st.just("ask"), sound),
    st.tuples(st.just("ask"), wild),
    st.tuples(st.just("ask"), nearly),
    st.tuples(st.just("wait"), st.sampled_from([0.2, 1.0, 5.0, 20.0, 61.0, 110.0])),
    st.tuples(st.just("wait"), st.sampled_from([1.0, 20.0, 110.0])),
    st.tuples(st.just("withdraw"), st.sampled_from(LEASES)),
    st.tuples(st.just("backup"), st.sampled_from([0, 5, 20, 60, 900])),
    st.tuples(st.just("commit"), st.sampled_from(LEASES)),
    st.tuples(st.just("cut_box_at"), st.integers(1, 12)),
    st.tuples(st.just("restart"), st.sampled_from([0.2, 10.0, 65.0, 200.0])),
    st.tuples(st.just("fault"), st.sampled_from(FAULTS)),
    st.tuples(st.just("missing"), st.sampled_from([objects.SYSTEM_PATTERN_CONTROL, objects.pattern(4, RESERVED)])),
    st.tuples(st.just("heal"), st.none()),
    st.tuples(st.just("late"), st.sampled_from([0.5, 3.0, 20.0])),
    st.tuples(st.just("short"), st.sampled_from([2, 4])),
    st.tuples(st.just("loss"), st.sampled_from([0.05, 0.3, 0.8])),
    st.tuples(st.just("panel"), st.sampled_from(list(Panel))),
    st.tuples(st.just("panel"), st.just(Panel.MANUAL)),
    st.tuples(st.just("front_panel"), st.sampled_from([0, 1, 254])),
    st.tuples(st.just("cut_controller"), st.none()),
    st.tuples(st.just("foreign"), st.sampled_from([0, 1, 3, RESERVED, 254, 255])),
    st.tuples(st.just("foreign_split"), st.sampled_from([10, 25, 60])),
    st.tuples(st.just("line"), st.booleans()),
    st.tuples(st.just("clock"), st.sampled_from([-300.0, 300.0, -40_000.0, 40_000.0])),
    st.tuples(st.just("disk"), st.booleans()),
    st.tuples(st.just("walker"), st.integers(1, 8)),
    st.tuples(st.just("traffic"), st.frozensets(st.integers(1, 8), max_size=8)),
)  # fmt: skip


ENDS = [end_by_withdrawal, end_by_withdrawal, end_by_losing_the_line, end_by_death, end_by_time]


@pytest.mark.timeout(900 + 15 * SEARCHED)  # as long as a busy machine may take
@settings(
    max_examples=SEARCHED or 60,
    derandomize=not SEARCHED,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
@given(
    program=st.sampled_from(PROGRAMS),
    site=st.sampled_from(SITES),
    backup_s=st.sampled_from([60, 60, 20]),
    own=st.sampled_from([1, 2, 3]),
    turns=st.sampled_from([None, 3, 7]),
    first=st.one_of(sound, sound, sound, sound, wild, nearly),
    granted_s=st.sampled_from([0.2, 1.0, 20.0, 110.0, 110.0]),
    history=st.lists(steps, max_size=12),
    end=st.sampled_from(ENDS),
    seed=st.integers(0, 1_000),
)
@example(  # the disk refuses the end of a lease, and the box restarts: it spoke of a living lease after its end
    program=four_arms,
    site=LIMITS,
    backup_s=60,
    own=1,
    turns=None,
    first=SOUND,
    granted_s=0.2,
    history=[("cut_controller", None), ("disk", True), ("restart", 0.2)],
    end=end_by_withdrawal,
    seed=0,
)
def test_street_when_anything_at_all_happens_then_nothing_unsafe_is_shown_and_the_own_plan_returns(
    program: Callable[[], Program],
    site: Limits,
    backup_s: int,
    own: int,
    turns: int | None,
    first: dict[str, Any],
    granted_s: float,
    history: list[tuple[str, Any]],
    end: Callable[[History], None],
    seed: int,
) -> None:
    plans = [PlanEntry(0, own)] + ([PlanEntry((9 * 60 + 30 + turns) % 1440, 4 - own)] if turns else [])
    timed = replace(program().with_plan(*plans), backup_time_s=backup_s)
    junction = Junction(timed, limits=site, poll_ticks=5, seed=seed)
    locked = locked_state(junction)
    drawn = History(junction)
    junction.occupied = frozenset(range(1, 9))
    junction.run(40)
    for step, what in [("ask", first), ("wait", granted_s), *history]:
        drawn.do(step, what)
    end(drawn)
    for state in {told.state for told in junction.told}:
        event(f"a lease was {state}")
    assert junction.watcher.breaches == []
    assert junction.promises.broken == []
    assert junction.line.rewritten == 0
    if not any(step == "short" for step, _ in history):
        assert junction.controller.monitor.conflicts == 0
    assert set(drawn.refused) <= CODES
    assert locked_state(junction) == locked
    check_home(junction)
    check_lives(junction)
    if not any(step == "foreign_split" for step, _ in history):
        assert not any(told.lease.detail == "plan_rejected" for told in junction.told), (
            "it wrote a plan that cannot run"
        )
