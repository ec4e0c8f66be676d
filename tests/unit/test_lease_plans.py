"""The plan of a lease: whoever is lengthened, rings meet at every barrier and nobody comes below its least."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.signals.lengthen import lengthen
from edge.signals.reader import read_plan, read_timing
from edge.signals.timing import Plan, Timing, is_consistent, ring_lengths_s, sides
from simulators.controller.controller import Controller
from simulators.controller.program import Program
from simulators.controller.standard import crossing, four_arms, four_stages, three_arms
from tests.fix_lease import START_S, DirectLine, drive

PROGRAMS: list[Callable[[], Program]] = [four_arms, three_arms, four_stages, crossing]


def read(program: Callable[[], Program], pattern: int) -> tuple[Timing, Plan]:
    line = DirectLine(Controller(program(), START_S))
    timing = drive(read_timing(line))
    return timing, drive(read_plan(line, pattern, timing))


@settings(deadline=None)
@given(
    program=st.sampled_from(PROGRAMS),
    pattern=st.integers(1, 3),
    choice=st.integers(0, 7),
    extra_s=st.integers(1, 120),
    borrow_pct=st.sampled_from([0.0, 50.0, 100.0]),
)
def test_plan_when_any_green_is_lengthened_then_rings_meet_and_leasts_hold(
    program: Callable[[], Program], pattern: int, choice: int, extra_s: int, borrow_pct: float
) -> None:
    timing, own = read(program, pattern)
    phases = own.in_use(timing)
    phase = phases[choice % len(phases)]
    leased = lengthen(own, timing, phase, extra_s, borrow_pct)
    assert is_consistent(own, timing)
    assert is_consistent(leased, timing)
    assert leased.times_s[phase] == own.times_s[phase] + extra_s
    assert own.cycle_s <= leased.cycle_s <= own.cycle_s + extra_s
    for number in phases:
        assert leased.times_s[number] >= min(own.times_s[number], timing.phases[number].least_split_s)
    if borrow_pct == 0:
        assert leased.cycle_s == own.cycle_s + extra_s
        assert all(leased.times_s[number] >= own.times_s[number] for number in phases)


def test_plan_when_others_can_give_then_the_cycle_stays() -> None:
    timing, own = read(four_arms, 3)
    leased = lengthen(own, timing, 2, 20)
    assert leased.cycle_s == own.cycle_s
    assert {number: leased.times_s[number] - own.times_s[number] for number in (2, 6)} == {2: 20, 6: 13}
    first, second = sides(leased, timing)
    assert set(ring_lengths_s(first, leased).values()) == {79}
    assert set(ring_lengths_s(second, leased).values()) == {41}
