"""What polls become: events by Indiana's numbers, and measures by ATSPM's definitions."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from edge.signals import hires
from edge.signals.approach import Approach, Interval
from edge.signals.cycle import CycleWatch
from edge.signals.detector_health import CHATTER_PER_MIN, SILENT_S, STUCK_S, DetectorWatch
from edge.signals.event_log import KEPT_S, EventLog
from edge.signals.hires import HiresEvent
from edge.signals.measures import phase_rows
from edge.signals.status import Status, oids, read
from edge.site_signals import DetectorPlace
from simulators.controller.controller import Controller
from simulators.controller.program import PlanEntry
from simulators.controller.standard import four_arms
from tests.fix_lease import START_S, DirectLine, drive

POLL_S = 0.2
STOP, UP = DetectorPlace(number=2, phase=2), DetectorPlace(number=12, phase=2, kind="advance", distance_m=80)
EMPTY: frozenset[int] = frozenset()


def status(**how: object) -> Status:
    sets = ("reds", "yellows", "greens", "dont_walks", "ped_clears", "walks", "veh_calls", "ped_calls", "ons",
            "detectors", "detector_alarms")  # fmt: skip
    numbers = {"pattern": 2, "command": 0, "cycle_left_s": 0, "free": 2, "control": 6, "flash": 2, "mode": 0}
    plain = dict.fromkeys(sets, EMPTY) | numbers | {"at_s": 0.0, "time_s": 0.0, "short_alarm": 0, "backup_s": 60}
    return Status(**(plain | how))  # type: ignore[arg-type]


class Drive:
    """Polls one approach five times a second."""

    def __init__(self, *detectors: DetectorPlace, **how: object) -> None:
        self.approach = Approach(2, detectors or (STOP, UP))
        self.at_s = 0.0
        self.ended: list[int] = []
        self.how = {"is_coordinated": False, "in_coordination": True, "passage_s": 2.5} | how

    def show(self, letter: str, seconds: float, on: frozenset[int] = EMPTY, **walk: bool) -> None:
        for _ in range(round(seconds / POLL_S)):
            self.at_s += POLL_S
            seen = {"is_called": False, "walks": False} | walk
            ended = self.approach.see(self.at_s, letter, on, **seen, **self.how)  # type: ignore[arg-type]
            self.ended += [ended] if ended else []

    def cycle(self, green: frozenset[int], red: frozenset[int], green_s: float = 20) -> Interval:
        self.show("R", 5)
        self.show("G", green_s, green)
        self.show("Y", 3, green)
        self.show("R", 5.4, red)
        return self.approach.take()


@pytest.mark.parametrize(
    ("green", "red", "failures"),
    [({2}, {2}, 1), ({2}, set(), 0), (set(), {2}, 0), (set(), set(), 0)],
)
def test_split_when_full_in_green_and_in_the_first_of_red_then_it_failed(green: set, red: set, failures: int) -> None:
    seen = Drive().cycle(frozenset(green), frozenset(red))
    assert seen.split_failures == failures
    assert seen.green_occupancy_pct == pytest.approx(100 if green else 0, abs=2)
    assert seen.red_occupancy_pct == pytest.approx(100 if red else 0, abs=5)


@pytest.mark.parametrize(("share", "failures"), [(0.75, 0), (0.85, 1)])
def test_split_when_near_the_threshold_then_79_per_cent_decides(share: float, failures: int) -> None:
    drive = Drive()
    drive.show("R", 5)
    drive.show("G", 20 * share, frozenset({2}))
    drive.show("G", 20 * (1 - share))
    drive.show("Y", 3)
    drive.show("R", 6, frozenset({2}))
    assert drive.approach.take().split_failures == failures


def test_greens_when_served_then_counted_with_their_length_but_not_one_that_was_on_before_we_came() -> None:
    drive = Drive()
    drive.show("G", 10)
    drive.show("Y", 3)
    first = drive.approach.take()
    assert (first.greens, drive.ended) == (0, [hires.GAP_OUT])
    seen = drive.cycle(EMPTY, EMPTY, green_s=15)
    assert seen.greens == 1
    assert seen.green_s == pytest.approx(15, abs=2 * POLL_S)


@pytest.mark.parametrize(
    ("on_until_end", "coordinated", "in_coordination", "code"),
    [
        (True, False, True, hires.FORCE_OFF),
        (True, False, False, hires.MAX_OUT),
        (False, False, True, hires.GAP_OUT),
        (False, False, False, hires.GAP_OUT),
        (False, True, True, hires.FORCE_OFF),  # a coordinated phase does not gap out
    ],
)
def test_green_when_it_ends_then_the_reason_is_inferred(
    *, on_until_end: bool, coordinated: bool, in_coordination: bool, code: int
) -> None:
    drive = Drive(is_coordinated=coordinated, in_coordination=in_coordination)
    drive.show("R", 5)
    drive.show("G", 10, frozenset({2}))
    drive.show("G", 4, frozenset({2}) if on_until_end else EMPTY)
    drive.show("Y", 3)
    assert drive.ended == [code]


@pytest.mark.parametrize("pattern", [2, 254])
def test_terminations_when_inferred_then_they_are_what_the_controller_knows(pattern: int) -> None:
    program = four_arms().with_plan(PlanEntry(0, pattern))
    controller = Controller(program, START_S)
    line = DirectLine(controller)
    approaches = {n: Approach(n, [DetectorPlace(number=n, phase=n)]) for n in range(1, 9)}
    draw, right, wrong, occupied = random.Random(7), 0, 0, dict.fromkeys(range(1, 9), 0.0)
    for tick in range(1, 9_000):
        at_s = tick * POLL_S
        for number in occupied:
            if draw.random() < 0.05:
                occupied[number] = at_s + draw.uniform(0.3, 4)
        on = frozenset(number for number, until_s in occupied.items() if until_s > at_s)
        controller.step(START_S + at_s, on)
        seen = read(drive(line.get(oids(8, 8))), 8, 8, at_s, START_S + at_s)
        for phase, approach in approaches.items():
            ended = approach.see(
                at_s, seen.letter(phase), seen.detectors, is_called=False, walks=False, is_coordinated=phase in (2, 6),
                in_coordination=pattern == 2 and seen.free == 2, passage_s=program.phase(phase).passage_s,
            )  # fmt: skip
            if ended and at_s > 200:
                same = ended == controller.rings.endings[phase]
                right, wrong = right + same, wrong + (not same)
    assert right + wrong > 80
    assert right / (right + wrong) > 0.95


FAR = DetectorPlace(number=12, phase=2, kind="advance", distance_m=80, speed_kmh=36)  # eight seconds away
NEAR = DetectorPlace(number=13, phase=2, kind="advance", distance_m=20, speed_kmh=36)  # two seconds away


def live(drive: Drive, log: list[tuple[float, str, float, int]], until_s: float) -> Interval:
    """Live through a log of (second, "letter" or "detector", …) as polls see it; a vehicle is on for 0.4 s."""
    for _ in range(round(until_s / POLL_S)):
        drive.at_s += POLL_S
        at_s = drive.at_s + 1e-6
        letter = next(letter for from_s, letter, _, _ in reversed(log) if letter and from_s <= at_s)
        on = {number for from_s, _, lasts_s, number in log if number and from_s <= at_s < from_s + lasts_s}
        ended = drive.approach.see(drive.at_s, letter, frozenset(on), is_called=False, walks=False, **drive.how)  # type: ignore[arg-type]
        drive.ended += [ended] if ended else []
    return drive.approach.take()


def shows(at_s: float, letter: str) -> tuple[float, str, float, int]:
    return at_s, letter, 0.0, 0


def passes(at_s: float, detector: int, lasts_s: float = 0.4) -> tuple[float, str, float, int]:
    return at_s, "", lasts_s, detector


def test_arrivals_when_set_forward_by_the_way_to_the_stop_line_then_the_share_in_green_is_atspms() -> None:
    """Green from 20 to 40 s. By detection three of seven would be in green; at the stop line it is five."""
    log = [shows(0, "R"), shows(20, "G"), shows(40, "Y"), shows(43, "R")]
    far = [passes(at_s, 12) for at_s in (5, 13, 14.6, 30, 34)]  # at the line at 13, 21, 22.6, 38, 42
    near = [passes(at_s, 13) for at_s in (19, 37)]  # at the line at 21, 39
    seen = live(Drive(STOP, FAR, NEAR), [*log, *far, *near], 60)
    assert (seen.arrivals, seen.arrivals_on_green) == (7, 5)


def test_arrivals_when_the_speed_is_not_given_then_unmeasured() -> None:
    drive = Drive(STOP, FAR, UP)
    assert drive.approach.has_speed is False
    assert drive.approach.has_advance is True
    assert Drive(STOP, FAR, NEAR).approach.has_speed is True
    assert Drive(STOP).approach.has_speed is False


def test_measures_when_the_speed_is_not_given_then_no_arrivals_are_reported(tmp_path: Path) -> None:
    for detector, is_told in ((FAR, True), (UP, False)):
        approach = Approach(2, [STOP, detector])
        approach.interval.arrivals, approach.interval.arrivals_on_green = 4, 1
        rows = {quantity: value for quantity, _, value in phase_rows(approach, approach.take())}
        assert rows.get("arrivals_on_green") == (25.0 if is_told else None)


def test_split_failures_when_three_cycles_are_logged_then_only_the_one_that_is_full_in_both_counts() -> None:
    """Greens of 20 s from 10, 70 and 130 s; red from 33, 93 and 153 s, its first five seconds count."""
    lights = [shows(0, "R")]
    for from_s in (10, 70, 130):
        lights += [shows(from_s, "G"), shows(from_s + 20, "Y"), shows(from_s + 23, "R")]
    full_in_both = [passes(10, 2, 30)]  # 100 % and 100 %
    full_in_green_only = [passes(70, 2, 20), passes(97.2, 2, 0.8)]  # 100 % and 16 %
    nearly = [passes(130, 2, 15.6), passes(153, 2, 5)]  # 78 % and 100 %
    seen = live(Drive(STOP, UP), [*lights, *full_in_both, *full_in_green_only, *nearly], 170)
    assert (seen.greens, seen.split_failures) == (3, 1)
    assert seen.green_occupancy_pct == pytest.approx(78, abs=1)
    assert seen.red_occupancy_pct == pytest.approx(100, abs=5)  # a poll of 26


def test_queue_when_counted_upstream_in_red_then_it_is_the_vehicles_length_and_gap() -> None:
    drive = Drive()
    for letter, vehicles in (("R", 3), ("G", 1), ("Y", 0)):
        drive.show(letter, 1)
        for _ in range(vehicles):
            drive.show(letter, 0.4, frozenset({12}))
            drive.show(letter, 2)
    assert drive.approach.take().queue_m == pytest.approx(3 * 6.5)


def test_queue_when_the_upstream_detector_stays_occupied_then_it_reaches_that_far() -> None:
    drive = Drive()
    drive.show("R", 2)
    drive.show("R", 4, frozenset({12}))
    assert drive.approach.take().queue_m == 80


def test_walker_when_served_then_the_wait_is_from_call_to_walk() -> None:
    drive = Drive()
    drive.show("R", 2)
    drive.show("R", 30, is_called=True)
    drive.show("G", 7, walks=True)
    assert drive.approach.take().longest_wait_s == pytest.approx(30, abs=POLL_S)


def test_flash_when_shown_then_no_green_is_counted() -> None:
    drive = Drive()
    drive.show("R", 3)
    drive.show("G", 5)
    drive.show("F", 60)
    drive.show("R", 6)
    assert drive.approach.take().greens in (0, 1)
    drive.show("F", 5)
    assert drive.approach.take().greens == 0


def test_changes_when_a_signal_goes_round_then_the_numbers_are_indianas() -> None:
    walk = status(greens=frozenset({2}), reds=frozenset({4}), walks=frozenset({2}))
    clear = replace(walk, walks=EMPTY, ped_clears=frozenset({2}), ped_calls=frozenset({4}), time_s=1.0)
    yellow = replace(clear, greens=EMPTY, yellows=frozenset({2}), ped_clears=EMPTY, dont_walks=frozenset({2}))
    red = replace(yellow, yellows=EMPTY, reds=frozenset({2, 4}), detectors=frozenset({3}))
    green = replace(red, greens=frozenset({4}), reds=frozenset({2}), detectors=EMPTY, pattern=16)
    broken = replace(green, detector_alarms=frozenset({3}), flash=5)

    def codes(before: Status, now: Status) -> list[tuple[int, int]]:
        return [(event.code, event.parameter) for event in hires.changes(before, now)]

    assert codes(walk, walk) == []
    assert codes(walk, clear) == [(22, 2), (45, 4)]
    assert codes(clear, yellow) == [(7, 2), (8, 2), (23, 2)]
    assert codes(yellow, red) == [(9, 2), (10, 2), (82, 3)]
    assert codes(red, green) == [(1, 4), (81, 3), (131, 16)]
    assert codes(green, broken) == [(84, 3), (173, 5)]
    assert codes(broken, green) == [(83, 3), (173, 2)]


def test_detector_when_stuck_silent_or_chattering_then_it_is_named_and_well_again_after() -> None:
    watch = DetectorWatch(0.0)
    assert watch.see(1, is_on=True, has_alarm=False) is False
    assert watch.see(STUCK_S + 2, is_on=True, has_alarm=False) is True
    assert watch.fault == "stuck"
    assert watch.see(STUCK_S + 3, is_on=False, has_alarm=False) is True
    assert watch.fault == ""
    assert watch.see(STUCK_S + SILENT_S + 4, is_on=False, has_alarm=False) is True
    assert watch.fault == "silent"
    at_s = 20_000.0
    for _ in range(2 * (CHATTER_PER_MIN + 2)):
        at_s += 0.2
        watch.see(at_s, is_on=round(at_s * 5) % 2 == 0, has_alarm=False)
    assert watch.fault == "chattering"
    watch.see(at_s + 61, is_on=False, has_alarm=False)
    assert watch.fault == ""
    watch.see(at_s + 62, is_on=False, has_alarm=True)
    assert watch.fault == "alarm"


def test_event_log_when_written_then_kept_seven_days_and_found_by_time(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "hires.db")
    now_s = 1_795_000_000.0
    log.write([HiresEvent(now_s - KEPT_S - 60, 1, 2)], now_s - KEPT_S - 60)
    for _ in range(120):
        log.write([HiresEvent(now_s, 82, 3)], now_s)
    assert len(log.between(now_s - 1, now_s + 1)) == 120
    assert log.between(0, now_s - 1) == []
    log.close()


def test_event_log_when_it_grows_beyond_its_bytes_then_the_oldest_go_and_the_newest_stay(tmp_path: Path) -> None:
    log, now_s = EventLog(tmp_path / "hires.db", bytes_max=200_000), 1_795_000_000.0
    for batch in range(121):
        log.write([HiresEvent(now_s + batch + place / 1_000, 82, 3) for place in range(100)], now_s + batch)
    kept = log.between(0, 2 * now_s, rows=20_000)
    assert 2_000 < len(kept) < 6_000
    assert kept[-1].time_s == now_s + 120 + 99 / 1_000
    log.close()
    assert (tmp_path / "hires.db").stat().st_size < 250_000


def test_event_log_when_the_disk_is_slow_then_memory_is_bounded_and_the_loss_counted(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "hires.db")
    log.add([HiresEvent(0.0, 1, 2)] * 7_000)
    assert log.lost == 2_000


def test_cycle_when_the_controller_counts_down_to_local_zero_then_its_length_and_second_are_the_streets() -> None:
    watch = CycleWatch()
    controller = Controller(four_arms().with_plan(PlanEntry(0, 2)), START_S)
    line = DirectLine(controller)
    seconds, zeros = [], []
    for tick in range(1, 2_500):
        at_s = tick * POLL_S
        zero = controller.cycle_second
        controller.step(START_S + at_s, frozenset({2, 4}))
        seen = read(drive(line.get(oids(8, 8))), 8, 8, at_s, START_S + at_s)
        second_s = watch.see(at_s, seen.cycle_left_s, is_coordinated=seen.is_coordinated)
        zeros += [at_s] if controller.cycle_second < zero else []
        if second_s is not None:
            seconds.append(abs(second_s - controller.cycle_second))
    assert max(seconds) <= 1.0  # the controller gives whole seconds
    assert watch.length_s == pytest.approx(zeros[-1] - zeros[-2], abs=1.0)
    assert watch.see(501, 90, is_coordinated=False) is None
    assert watch.see(502, 60, is_coordinated=True) is None


@pytest.mark.parametrize(("how", "fault"), [({"free": 3, "pattern": 254}, False), ({"free": 7}, True), ({}, False)])
def test_status_when_free_by_its_own_plan_then_no_fault_but_a_plan_that_cannot_run_is(how: dict, fault: bool) -> None:  # noqa: FBT001 - a parameter
    assert status(**how).has_coordination_fault is fault
