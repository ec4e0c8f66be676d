"""Turning counts: once for everybody, by the gates that he came and left by, lost on the way or not."""

import pytest

from edge.vision.movements import MOST_LOST, MovementCount, between
from edge.vision.tracker import Tracker
from tests.fix_vision import place_of
from tests.unit.test_vision_tracking import CAR, HZ, MOTORCYCLE, PERSON, seen

BOXES = {"barat": (0.0, 0.3, 0.2, 0.7), "timur": (0.8, 0.3, 1.0, 0.7), "selatan": (0.3, 0.75, 0.7, 1.0)}
GATES = [
    {"name": name, "kind": "gate", "polygon": [[x1, y1], [x2, y1], [x2, y2], [x1, y2]]}
    for name, (x1, y1, x2, y2) in BOXES.items()
]
WAYS = [{"name": f"{one}-{two}", "origin": one, "destination": two} for one in BOXES for two in BOXES]
PLACE = place_of(zones=GATES, movements=WAYS)


def straight(at_s):
    """From west to east in nine seconds."""
    return 0.05 + 0.1 * at_s, 0.5


def left(at_s):
    """From west to the south."""
    return (0.05 + 0.1 * at_s, 0.5) if at_s < 4.5 else (0.5, 0.5 + 0.1 * (at_s - 4.5))


def counted(where, seconds, *, place=PLACE, end_s=0.0):
    """Follow bodies, given as spots with their classes at an instant; give the counts by movement and class."""
    counts, tracker = MovementCount(place), Tracker()
    for step in range(round((seconds + end_s) * HZ)):
        at_s = step / HZ
        for kind in (CAR, MOTORCYCLE, PERSON):
            bodies = [spot for spot, one in where(at_s) if one == kind] if at_s < seconds else []
            if bodies:
                ended = tracker.follow(seen(*bodies, kind=kind), at_s, 0.5)
                break
        else:
            ended = tracker.follow(seen(), at_s, 0.5)
        counts.take(tracker.tracks, ended, at_s)
    return {
        (name, what.removeprefix("volume_")): value
        for name, figures in counts.report(60.0).items()
        for what, value in figures.items()
        if value and what != "volume"
    }


def test_movement_when_somebody_has_been_in_the_last_gate_for_seconds_then_he_is_counted_though_still_there():
    def waits(at_s):
        return [(straight(min(at_s, 8.5)), CAR)]

    assert counted(waits, 10) == {}
    assert counted(waits, 13) == {("barat-timur", "car"): 1}
    assert counted(waits, 13, end_s=30) == {("barat-timur", "car"): 1}


def test_movement_when_a_track_ends_in_the_last_gate_then_it_is_counted_once():
    assert counted(lambda at_s: [(straight(at_s), CAR)], 9, end_s=15) == {("barat-timur", "car"): 1}


def test_movement_when_another_gate_is_touched_in_passing_then_the_last_one_counts():
    def brushes(at_s):
        x, y = straight(at_s)
        return [((x, 0.78 if 0.4 < x < 0.6 else y), CAR)]

    assert counted(brushes, 9, end_s=15) == {("barat-timur", "car"): 1}


@pytest.mark.parametrize("hidden", [(3.0, 4.8), (3.0, 6.0)])
def test_movement_when_somebody_is_lost_in_the_middle_and_found_where_he_was_going_then_both_tracks_are_one(hidden):
    def passes(at_s):
        return [] if hidden[0] < at_s < hidden[1] else [(straight(at_s), CAR)]

    assert counted(passes, 9, end_s=15) == {("barat-timur", "car"): 1}


ONE = {("barat-timur", "car"): 1}


@pytest.mark.parametrize(("beside", "expected"), [(None, ONE), (0.1, {}), (0.0, ONE)])
def test_movement_when_somebody_is_first_seen_just_beyond_a_gate_then_he_came_by_it_unless_another_goes_beside_him(
    beside, expected
):
    def late(at_s):
        bodies = [((0.23 + 0.1 * at_s, 0.5), CAR)]
        return bodies if beside is None else [*bodies, ((0.23 + beside * at_s, 0.61), CAR)]

    assert counted(late, 7.5, end_s=15) == expected
    assert counted(lambda at_s: [((0.4 + 0.1 * at_s, 0.5), CAR)], 5.5, end_s=15) == {}  # no gate is near


def test_movement_when_a_number_goes_on_from_the_gate_where_it_was_counted_then_it_is_somebody_else():
    def changes(at_s):
        x, y = straight(min(at_s, 8.0))
        return (
            [((x, y), CAR)]
            if at_s < 13
            else [((max(0.5, x - 0.1 * (at_s - 13)), min(0.9, y + 0.1 * (at_s - 13))), CAR)]
        )

    assert counted(changes, 18, end_s=15) == {("barat-timur", "car"): 1, ("timur-selatan", "car"): 1}


def test_movement_when_he_who_is_lost_turns_then_he_is_found_as_well():
    assert counted(lambda at_s: [] if 4.0 < at_s < 6.0 else [(left(at_s), CAR)], 9, end_s=15) == {
        ("barat-selatan", "car"): 1
    }


def test_movement_when_another_comes_in_where_one_was_lost_then_they_are_two():
    def two(at_s):
        if at_s < 6.8:
            return [(straight(at_s), CAR)]  # is lost just before the gate
        return [((0.93 - 0.1 * (at_s - 8.7), 0.5), CAR)] if at_s > 8.7 else []  # comes in by it

    assert counted(two, 13, end_s=15) == {}


def test_movement_when_a_person_is_lost_and_a_car_appears_there_then_they_are_two():
    def walks(at_s):
        return [((0.15 + 0.03 * at_s, 0.5), PERSON)] if at_s < 10 else []

    def drives(at_s):
        return [((0.48 + 0.1 * (at_s - 12), 0.5), CAR)] if at_s > 12 else []

    def goes_on(at_s):
        return [((0.48 + 0.1 * (at_s - 12), 0.5), PERSON)] if at_s > 12 else []

    assert counted(lambda at_s: walks(at_s) + drives(at_s), 17, end_s=15) == {}
    assert counted(lambda at_s: walks(at_s) + goes_on(at_s), 17, end_s=15) == {("barat-timur", "person"): 1}


@pytest.mark.parametrize(("speed", "kind"), [(0.2, "motorcycle"), (0.05, "person")])
def test_movement_when_only_the_person_of_a_rider_is_found_then_his_pace_tells_that_he_rides(speed, kind):
    seconds = 0.95 / speed
    assert counted(lambda at_s: [((0.02 + speed * at_s, 0.5), PERSON)], seconds, end_s=15) == {("barat-timur", kind): 1}


def test_movement_when_somebody_turns_back_then_that_counts_and_who_waits_at_the_line_does_not():
    def back(at_s):
        return [((0.1 + 0.1 * min(at_s, 8 - at_s), 0.5), CAR)]

    assert counted(back, 8, end_s=15) == {("barat-barat", "car"): 1}
    assert counted(lambda at_s: [((min(0.19, 0.05 + 0.1 * at_s), 0.5), CAR)], 20, end_s=15) == {}
    assert counted(lambda at_s: [((0.19 + 0.02 * (round(5 * at_s) % 2), 0.5), CAR)], 20, end_s=15) == {}


def test_movement_when_none_is_counted_then_gates_cost_nothing():
    place = place_of(zones=GATES)
    assert counted(lambda at_s: [(straight(at_s), CAR)], 9, place=place, end_s=15) == {}
    assert between(place) == []
    (around,) = between(PLACE)
    assert {(0.0, 0.3), (1.0, 0.3), (0.3, 1.0), (0.7, 1.0)} <= {(round(x, 3), round(y, 3)) for x, y in around}


def test_movement_when_many_are_lost_in_the_junction_then_no_more_are_remembered_than_is_bounded():
    counts, tracker, places = MovementCount(PLACE), Tracker(), (0.35, 0.47, 0.59, 0.69)
    for step in range(20 * 25):
        round_s, began_s = step % 25 / HZ, step // 25 * 5.0
        bodies = [(0.05 + 0.2 * round_s, y) for y in places] if round_s < 2 else []
        counts.take(tracker.tracks, tracker.follow(seen(*bodies), began_s + round_s, 0.5), began_s + round_s)
    assert len(counts._lost) == MOST_LOST < 20 * len(places)
