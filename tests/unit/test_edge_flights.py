"""What is under way: windows, timeouts, growing patience; correlations; delays between attempts."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.backoff import Backoff
from edge.clock import Clock
from edge.contract.limits import MAX_CORRELATION_BYTES
from edge.correlation import correlate, parse, ranges_of
from edge.dispatch import MAX_ROWS_PER_PACK
from edge.flights import COOL_CAP_S, OUTAGE_FROM, Flights
from edge.pulse import GRACE_S, Pulse


class HeldClock(Clock):
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.s = 0.0

    def monotonic_s(self) -> float:
        return self.s


def test_an_entry_when_under_way_then_may_not_fly_until_it_has_landed() -> None:
    flights = Flights(HeldClock(), 10)
    flights.start("a:1-2", "live", [1, 2])
    assert not flights.may_fly(1)
    assert flights.may_fly(3)
    assert flights.answered("a:1-2") == (1, 2)
    assert not flights.may_fly(1), "its receipt is not yet in the outbox"
    flights.landed([1, 2])
    assert flights.may_fly(1)
    assert flights.count("live") == 0


def test_a_message_when_its_receipt_is_overdue_again_and_again_then_waits_longer_each_time() -> None:
    clock = HeldClock()
    flights = Flights(clock, 10)
    waits = []
    for _ in range(7):
        while not flights.may_fly(1):
            clock.s += 5
        waits.append(clock.s)
        flights.start("a:1", "backlog", [1])
        clock.s += 10
        assert flights.expire() == 1
    gaps = [after - before for before, after in pairwise(waits)]
    assert gaps == sorted(gaps)
    assert gaps[0] == 10
    assert 100 < gaps[-1] <= COOL_CAP_S + 10


def test_all_messages_when_the_cloud_was_away_then_are_free_again_with_the_first_receipt() -> None:
    clock = HeldClock()
    flights = Flights(clock, 10)
    for _ in range(OUTAGE_FROM):
        clock.s += 1_000
        flights.start("a:1", "backlog", [1])
        clock.s += 10
        flights.expire()
    assert not flights.may_fly(1)
    assert flights.patience_s() >= 40
    flights.answered("a:7")
    assert flights.may_fly(1)
    assert flights.patience_s() == 0


def test_a_message_when_postponed_then_waits_longer_each_time_and_blames_nobody() -> None:
    clock = HeldClock()
    flights = Flights(clock, 10)
    waits = []
    for _ in range(4):
        while not flights.may_fly(1):
            clock.s += 5
        waits.append(clock.s)
        flights.start("a:1", "urgent", [1])
        flights.postponed("a:1")
        assert flights.count("urgent") == 0
    assert waits == [0, 0, 10, 40]
    assert flights.unanswered == 0


def test_the_line_when_lost_then_nothing_is_under_way() -> None:
    flights = Flights(HeldClock(), 10)
    flights.start("a:1", "live", [1])
    flights.ground_all()
    assert flights.may_fly(1)
    assert flights.count("live") == 0
    assert flights.next_due_s() is None
    assert flights.answered("a:1") == ()


def test_numbers_when_correlated_then_read_as_ranges() -> None:
    assert correlate("3fa09c1b", [17, 18, 19, 60]) == "3fa09c1b:17-19,60"
    assert parse("3fa09c1b", "3fa09c1b:17-19,60") == [(17, 19), (60, 60)]


def test_a_correlation_when_of_another_outbox_or_garbled_then_is_not_ours() -> None:
    for text in ("", "ff:1", "aa:", "aa:1-", "aa:-1", "aa:2-1", "aa:1;2", "aa:1,,2", "aa:" + "9" * 40, "aa:1\n"):
        assert parse("aa", text) is None, text


@given(st.sets(st.integers(1, 10_000), min_size=1, max_size=300))
def test_any_numbers_when_correlated_then_come_back_exactly(seqs: set[int]) -> None:
    ranges = parse("aa", correlate("aa", sorted(seqs)))
    assert ranges == ranges_of(sorted(seqs))
    assert {seq for low, high in ranges for seq in range(low, high + 1)} == seqs


def test_the_largest_pack_when_correlated_then_keeps_to_the_contract() -> None:
    seqs = range(2**62, 2**62 + 2 * MAX_ROWS_PER_PACK, 2)
    assert len(correlate("f" * 8, seqs)) <= MAX_CORRELATION_BYTES


def test_delays_when_failures_repeat_then_their_limits_double_up_to_the_cap() -> None:
    limits: list[float] = []
    backoff = Backoff(1.0, 60.0, uniform=lambda low, high: limits.append(high) or low)
    for _ in range(8):
        assert backoff.next_s() == 0.0
    assert limits == [1, 2, 4, 8, 16, 32, 60, 60]
    backoff.reset()
    backoff.next_s()
    assert limits[-1] == 1


def test_delays_when_drawn_then_fill_the_whole_interval() -> None:
    drawn = sorted(Backoff(8.0, 8.0).next_s() for _ in range(400))
    assert drawn[0] < 1
    assert drawn[-1] > 7
    assert 2 < drawn[200] < 6


def test_a_loop_when_overdue_then_is_named() -> None:
    clock = HeldClock()
    pulse = Pulse(clock)
    pulse.tick("asset A", 5)
    pulse.tick("uplink", 100)
    clock.s = 5 + GRACE_S
    assert pulse.stuck() == {}
    clock.s += 1
    assert pulse.stuck() == {"asset A": 1}
    pulse.forget("asset A")
    assert pulse.stuck() == {}
