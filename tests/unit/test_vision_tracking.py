"""Who is who: ids through occlusion, crossings counted once, speeds in km/h, queues in metres."""

from functools import partial
from typing import Any

import numpy as np
import pytest

from edge.site_vision import Lane, Pair
from edge.vision.found import Found
from edge.vision.ground import Ground
from edge.vision.incidents import STATES, Incidents
from edge.vision.lanes import LaneCount
from edge.vision.tracker import Track, Tracker
from tests.fix_vision import place_of

HZ = 5.0
CAR, TRUCK, PERSON, MOTORCYCLE = 2, 4, 0, 1
LANE = {"name": "a", "polygon": [[0, 0.2], [1, 0.2], [1, 0.9], [0, 0.9]], "line": [[0.5, 0.2], [0.5, 0.9]]}
# a picture that is 100 m wide and 50 m deep
GROUND = Ground([Pair(at=(x, y), ground=(100 * x, 50 * y)) for x in (0.0, 1.0) for y in (0.0, 1.0)])


def seen(*bodies: Any, kind=CAR, score=0.9):
    """Detections at (centre x, foot y)."""
    boxes = np.array([[x - 0.05, y - 0.1, x + 0.05, y] for x, y in bodies], np.float32).reshape(-1, 4)
    return Found(boxes, np.full(len(bodies), kind), np.full(len(bodies), score, np.float32))


def drive(tracker, where, seconds, *looks: Any, began_s=0.0, kind=CAR):
    """Follow bodies given by a function of time, None being hidden; give all ids seen."""
    numbers, ended = set(), []
    for step in range(round(seconds * HZ)):
        at_s = began_s + step / HZ
        ended += tracker.follow(seen(*[spot for spot in where(at_s) if spot], kind=kind), at_s, 0.5)
        for look in looks:
            look(tracker.tracks, at_s)
        numbers |= {track.number for track in tracker.tracks if track.is_sure}
    return numbers, ended


def test_track_when_hidden_for_a_second_then_it_keeps_its_number():
    def where(at_s):
        return [(0.1 + 0.1 * at_s, 0.5) if not 2 <= at_s < 3 else None]

    numbers, _ = drive(Tracker(), where, 6)
    assert len(numbers) == 1


def test_tracks_when_two_pass_each_other_then_they_keep_their_numbers():
    tracker = Tracker()
    numbers, _ = drive(tracker, lambda at_s: [(0.1 + 0.1 * at_s, 0.5), (0.9 - 0.1 * at_s, 0.56)], 8)
    assert len(numbers) == 2
    first = next(track for track in tracker.tracks if track.number == 1)
    assert first.speed[0] > 0.05


def test_track_when_nothing_moves_then_it_is_held_for_as_long_as_it_stands():
    tracker = Tracker()
    drive(tracker, lambda _: [(0.5, 0.5)], 4)
    for second in range(600):
        tracker.hold(4.0 + second)
    tracker.follow(seen((0.5, 0.5)), 605.0, 0.5)
    assert [track.number for track in tracker.tracks] == [1]
    assert tracker.tracks[0].still_since_s is not None


def test_track_when_it_moves_on_where_nobody_looks_then_it_keeps_its_number_and_is_not_waited_for():
    def where(at_s):
        return [(0.1 + 0.1 * at_s, 0.5)]

    tracker = Tracker()
    drive(tracker, where, 3)
    for step in range(5):
        tracker.hold(3.0 + step / HZ)
    numbers, _ = drive(tracker, where, 2, began_s=4.0)
    assert numbers == {1}
    for step in range(10):
        tracker.hold(6.0 + step / HZ)
    assert len(drive(tracker, lambda _: [], 0.2, began_s=8.0)[1]) == 1


def test_track_when_a_weak_detection_is_nearer_than_the_sure_one_then_it_goes_with_the_sure_one():
    tracker = Tracker()
    drive(tracker, lambda _: [(0.5, 0.5)], 2)
    sure, weak = seen((0.53, 0.5)), seen((0.44, 0.5), score=0.3)
    both = Found(
        *(np.concatenate([getattr(one, part) for one in (sure, weak)]) for part in ("boxes", "classes", "scores"))
    )
    tracker.follow(both, 2.0, 0.5)
    (track,) = tracker.tracks
    assert track.foot[0] > 0.51


def test_tracks_when_detections_are_weak_then_none_begins_but_one_goes_on():
    tracker = Tracker()
    tracker.follow(seen((0.3, 0.5), score=0.3), 0.0, 0.5)
    assert not tracker.tracks
    for step in range(20):
        tracker.follow(seen((0.3, 0.5), score=0.9 if step < 3 else 0.42), step / HZ, 0.5)
    assert tracker.tracks[0].hits == 20


def test_track_when_it_is_hidden_then_what_is_hardly_anything_does_not_draw_it_away():
    tracker = Tracker()
    drive(tracker, lambda at_s: [(0.2 + 0.05 * at_s, 0.5)], 3)
    for step in range(5):
        tracker.follow(seen((0.32, 0.47), score=0.3), 3 + step / HZ, 0.5)
    tracker.follow(seen((0.4, 0.5)), 4.0, 0.5)
    assert [(track.number, track.hits) for track in tracker.tracks] == [(1, 16)]


def test_tracks_when_who_is_who_is_open_then_their_classes_decide():
    tracker = Tracker()
    for at_s, car, person in ((0.0, 0.40, 0.52), (0.2, 0.49, 0.43)):  # each is nearer to where the other was
        one, other = seen((car, 0.5), kind=CAR), seen((person, 0.5), kind=PERSON)
        boxes, classes = np.concatenate([one.boxes, other.boxes]), np.array([CAR, PERSON])
        tracker.follow(Found(boxes, classes, np.array([0.9, 0.9], np.float32)), at_s, 0.5)
    assert [(track.kind, track.hits, track.foot[0] > 0.46) for track in tracker.tracks] == [
        ("car", 2, True),
        ("person", 2, False),
    ]


def owners(tracker, where, seconds, random, shake=0.012, found=0.85):
    """Follow bodies whose boxes shake and are missed at times; give whose numbers were whose, in turn.

    Each body's number is that of the sure track that is nearest to it, within half of its width.
    """
    changes, numbers = 0, {}
    for step in range(round(seconds * HZ)):
        bodies = np.array(where(step / HZ), np.float32)
        shaken = bodies + random.normal(0, shake, bodies.shape)
        shown = [tuple(spot) for spot in shaken.tolist() if random.random() < found]
        tracker.follow(seen(*shown, kind=PERSON), step / HZ, 0.5)
        sure = [track for track in tracker.tracks if track.is_sure and track.seen_s == step / HZ]
        for body, spot in enumerate(bodies.tolist()):
            off, number = min(
                ((float(np.hypot(*np.subtract(track.foot, spot))), track.number) for track in sure), default=(1.0, 0)
            )
            if off < 0.05:
                changes += numbers.get(body, number) != number
                numbers[body] = number
    return changes


def test_tracks_when_people_walk_close_together_and_boxes_shake_then_few_numbers_change():
    changes = 0
    for seed in range(6):

        def where(at_s):
            group = [(0.15 + 0.03 * at_s + 0.095 * column, 0.4 + 0.13 * row) for row in range(2) for column in range(3)]
            return [*group, (0.85 - 0.03 * at_s, 0.46), (0.75 - 0.03 * at_s, 0.6)]

        changes += owners(Tracker(), where, 16, np.random.default_rng(seed))
    assert changes <= 25


def test_track_when_a_body_is_told_under_two_labels_then_it_is_one_and_both_vote_for_its_class():
    tracker = Tracker()
    for step in range(10):
        spot = (0.3 + 0.01 * step, 0.5)
        one, other = seen(spot, kind=CAR, score=0.6), seen(spot, kind=TRUCK, score=0.5 if step < 4 else 0.59)
        boxes = np.concatenate([one.boxes, other.boxes])
        found = Found(boxes, np.array([CAR, TRUCK]), np.concatenate([one.scores, other.scores]))
        tracker.follow(found, step / HZ, 0.4)
    assert [track.kind for track in tracker.tracks] == ["car"]
    assert tracker.tracks[0].votes[TRUCK] / tracker.tracks[0].votes[CAR] == pytest.approx(5.54 / 6.0, abs=0.03)


@pytest.mark.parametrize("aside", [0.03, 0.05, 0.07])
def test_track_when_parts_of_its_body_are_told_as_bodies_then_no_other_begins(aside):
    tracker = Tracker()
    for step in range(10):
        spot = (0.3 + 0.01 * step, 0.5)
        part = [(spot[0] + aside, 0.5)] if step else []
        tracker.follow(seen(spot, *part), step / HZ, 0.4)
    assert len(tracker.tracks) == 1


def test_tracks_when_far_too_many_then_they_are_bounded():
    tracker = Tracker()
    random = np.random.default_rng(1)
    for step in range(40):
        tracker.follow(seen(*random.uniform(0.1, 0.9, (90, 2)).tolist()), step / HZ, 0.5)
    assert len(tracker.tracks) <= 150


@pytest.mark.parametrize("heading", [1, -1])
def test_lane_when_vehicles_cross_then_each_counts_once_with_speed_and_headway(heading):
    lane = LaneCount(Lane.model_validate(LANE), GROUND)

    def where(at_s):
        start = 0.1 if heading > 0 else 0.9
        spots = [start + heading * 0.1 * (at_s - 4.0 * number) for number in range(5)]
        return [(x, 0.6) if 0 < x < 1 else None for x in spots]

    drive(Tracker(), where, 30, lane.look)
    found = lane.report(60.0)
    assert found["volume"] == found["volume_car"] == 5
    assert found["headway"] == pytest.approx(4, abs=0.05)
    assert found["speed"] == pytest.approx(36, rel=0.08)  # 0.1 of 100 m a second
    assert lane.report(60.0)["volume"] == 0


def test_lane_when_a_vehicle_stands_on_the_line_and_jitters_then_it_counts_once():
    lane = LaneCount(Lane.model_validate(LANE), None)
    random = np.random.default_rng(2)
    drive(Tracker(), lambda at_s: [(min(0.5, 0.2 + 0.1 * at_s) + random.normal(0, 0.004), 0.6)], 40, lane.look)
    found = lane.report(60.0)
    assert found["volume"] == 1
    assert found["occupancy"] > 80
    assert "speed" not in found
    assert "queue_length" not in found


@pytest.mark.parametrize(("kind", "volumes"), [(CAR, (5, 0)), (PERSON, (5, 5))])
def test_lane_when_it_has_an_arrow_then_vehicles_count_along_it_and_people_both_ways(kind, volumes):
    lane = Lane.model_validate(LANE | {"arrow": [[0.1, 0.5], [0.9, 0.5]]})
    for heading, volume in zip((1, -1), volumes, strict=True):
        count = LaneCount(lane, None)
        spots = [0.5 - heading * (0.32 + 0.2 * number) for number in range(5)]
        drive(
            Tracker(),
            lambda at_s, heading=heading, spots=spots: [(x + heading * 0.1 * at_s, 0.6) for x in spots],
            14,
            count.look,
            kind=kind,
        )
        found = count.report(60.0)
        assert found["volume"] + found["volume_person"] == volume


@pytest.mark.parametrize(("way", "volume"), [
    ([0.44, 0.48, 0.52, 0.56, 0.60, 0.30, 0.36, 0.44, 0.52, 0.60], 2),  # its number has gone to the next behind
    ([0.44, 0.48, 0.52, 0.46, 0.52, 0.46, 0.52, 0.46, 0.52, 0.46], 1),  # stands on the line and shakes
])  # fmt: skip
def test_lane_when_a_number_goes_to_the_next_vehicle_behind_then_that_counts_too(way, volume):
    count = LaneCount(Lane.model_validate(LANE | {"arrow": [[0.1, 0.5], [0.9, 0.5]]}), None)
    track = Track(1, np.zeros(4, np.float32), np.zeros(2, np.float32), 0.0, 0.0, hits=9)
    track.votes[CAR] = 1.0
    for look, x in enumerate(way):
        track.box = np.array([x - 0.05, 0.5, x + 0.05, 0.6], np.float32)
        track.path.append((look * 0.5, x, 0.6))
        count.look([track], look * 0.5)
    assert count.report(60.0)["volume"] == volume


def test_lane_when_people_cross_then_they_are_people_and_no_traffic():
    lane = LaneCount(Lane.model_validate(LANE), GROUND)
    drive(Tracker(), lambda at_s: [(0.45 + 0.012 * at_s, 0.6)], 10, lane.look, kind=PERSON)
    found = lane.report(60.0)
    assert (found["volume"], found["volume_person"], found["occupancy"]) == (0, 1, 0)
    assert "headway" not in found
    assert "speed" not in found


@pytest.mark.parametrize(("step", "kind"), [(0.07, "motorcycle"), (0.012, "person")])
def test_lane_when_of_a_rider_mostly_the_person_is_seen_then_the_speed_tells(step, kind):
    lane, tracker = LaneCount(Lane.model_validate(LANE), GROUND), Tracker()
    for look in range(60):
        spot = (0.4 + step * look / HZ, 0.6)
        one, other = seen(spot, kind=PERSON, score=0.8), seen(spot, kind=MOTORCYCLE, score=0.4)
        scores = np.concatenate([one.scores, other.scores])
        found = Found(np.concatenate([one.boxes, other.boxes]), np.array([PERSON, MOTORCYCLE]), scores)
        tracker.follow(found, look / HZ, 0.5)
        lane.look(tracker.tracks, look / HZ)
    report = lane.report(60.0)
    assert report[f"volume_{kind}"] == 1
    assert report["volume"] == (kind == "motorcycle")


def test_lanes_when_somebody_crosses_where_their_lines_meet_then_one_counts_him():
    upper = LANE | {"line": [[0.5, 0.2], [0.5, 0.6]]}
    lower = LANE | {"name": "b", "line": [[0.5, 0.6], [0.5, 0.9]]}
    lanes = [LaneCount(Lane.model_validate(lane), None) for lane in (upper, lower)]
    way = [
        (0.3, 0.58),
        (0.36, 0.59),
        (0.42, 0.595),
        (0.47, 0.599),
        (0.53, 0.602),
        (0.48, 0.598),
        (0.53, 0.597),
        (0.58, 0.59),
    ]

    def where(at_s):
        return [way[min(round(at_s * HZ), len(way) - 1)]]

    drive(Tracker(), where, 3, *(lane.look for lane in lanes))
    assert sum(lane.report(60.0)["volume"] for lane in lanes) == 1


def test_lane_when_somebody_leaves_it_as_he_crosses_then_he_counts():
    narrow = LANE | {"polygon": [[0, 0.2], [0.52, 0.2], [0.52, 0.9], [0, 0.9]]}
    lane = LaneCount(Lane.model_validate(narrow), None)
    drive(Tracker(), lambda at_s: [(0.1 + 0.4 * at_s, 0.6)], 2, lane.look)
    assert lane.report(60.0)["volume"] == 1


def test_lane_when_vehicles_queue_then_its_length_reaches_from_the_first_to_the_last_without_gaps():
    lane = LaneCount(Lane.model_validate(LANE | {"arrow": [[0.2, 0.5], [0.8, 0.5]]}), GROUND)
    stands = [(0.45, 0.6), (0.37, 0.6), (0.29, 0.6), (0.05, 0.6)]  # the last one parks far behind
    drive(Tracker(), lambda _: stands, 10, lane.look)
    assert lane.report(60.0)["queue_length"] == pytest.approx(16 + 4.5, abs=1)


def test_wrong_way_when_somebody_drives_against_the_arrow_then_it_is_told_and_else_not():
    place = place_of(lanes=[LANE | {"arrow": [[0.1, 0.5], [0.9, 0.5]]}])
    small = np.zeros((90, 160), np.uint8)
    for sign, expected in ((1, []), (-1, ["vehicle.wrong_way"])):
        incidents, told = Incidents(place, -7.6, 112.8), []

        def look(tracks, at_s, incidents=incidents, told=told):
            told.extend(seeming.noun for seeming, begun in incidents.look(tracks, small, at_s) if begun)

        drive(Tracker(), lambda at_s, sign=sign: [(0.5 + sign * 0.08 * (at_s - 3), 0.6)], 6, look)
        assert told == expected


@pytest.mark.parametrize(("way", "expected"), [
    ([0.6 - 0.03 * step for step in range(9)], ["vehicle.wrong_way"]),
    ([0.60, 0.61, 0.62, 0.63, 0.40, 0.41, 0.42, 0.43, 0.44], []),  # its track has jumped back to who comes behind
    ([0.60, 0.60, 0.53, 0.53, 0.53, 0.44, 0.44, 0.36, 0.36], []),  # it hops from one to the next of a queue
])  # fmt: skip
def test_wrong_way_when_a_track_only_jumps_back_then_nothing_is_told(way, expected):
    incidents = Incidents(place_of(lanes=[LANE | {"arrow": [[0.1, 0.5], [0.9, 0.5]]}]), -7.6, 112.8)
    told = []
    for step in range(5):
        box = np.array([way[-1] - 0.05, 0.5, way[-1] + 0.05, 0.6], np.float32)
        track = Track(1, box, np.zeros(2, np.float32), 2.0 + step / HZ, 0.0, hits=9)
        track.votes[CAR] = 1.0
        track.path.extend((0.4 + look / HZ, x, 0.6) for look, x in enumerate(way))
        found = incidents.look([track], np.zeros((90, 160), np.uint8), 2.0 + step / HZ)
        told += [seeming.noun for seeming, begun in found if begun]
    assert told == expected


def zone(kind, **more: Any):
    return {"name": "z", "kind": kind, "polygon": [[0.2, 0.2], [0.8, 0.2], [0.8, 0.9], [0.2, 0.9]]} | more


def tell(place, where, seconds, began_s=0.0, kind=CAR, level=0):
    incidents, told = Incidents(place, -7.6, 112.8), []
    small = np.full((90, 160), level, np.uint8)

    def look(tracks, at_s):
        told.extend((seeming.noun, begun) for seeming, begun in incidents.look(tracks, small, at_s))

    drive(Tracker(), where, seconds, look, began_s=began_s, kind=kind)
    return told


def flood(told_each_s):
    """Tell what the model says of the scene, (shallow, deep) once a second; give what begins and ends, and when."""
    incidents, told = Incidents(place_of(), -7.6, 112.8), []
    for at_s, (shallow, deep) in enumerate(told_each_s):
        incidents.note_states({"flood_shallow": shallow, "flood_deep": deep})
        found = incidents.look([], np.zeros((90, 160), np.uint8), float(at_s))
        told += [(at_s, one.noun, begun, one.values.get("what")) for one, begun in found]
    return told


DRY, SHALLOW, DEEP = (0.02, 0.01), (0.9, 0.05), (0.05, 0.9)


def test_flood_when_it_deepens_then_that_is_told_once_after_some_seconds_and_both_end():
    told = flood([DRY] * 20 + [SHALLOW] * 40 + [DEEP] * 40 + [SHALLOW] * 40 + [DRY] * 40)
    assert [one[1:] for one in told] == [
        ("road.flooded", True, "shallow"),
        ("flood.deepened", True, None),
        ("flood.deepened", False, None),
        ("road.flooded", False, "shallow"),
    ]
    assert told[0][0] - 20 <= 10
    assert 10 <= told[1][0] - 60 <= 15


def test_flood_when_its_depth_wavers_then_no_second_event_is_told():
    wave = [DEEP] * 6 + [SHALLOW] * 8
    assert [one[1] for one in flood([SHALLOW] * 30 + wave * 8)] == ["road.flooded"]
    assert len(flood([SHALLOW] * 10 + [DEEP] * 30 + ([SHALLOW] * 10 + [DEEP] * 10) * 8)) == 2, "nor an end of it"


def test_stopped_vehicle_when_it_stands_longer_than_a_red_then_it_is_told_and_its_leaving_too():
    place = place_of(zones=[zone("carriageway", stopped_s=30)])
    told = tell(place, lambda at_s: [(0.5 + max(0.0, at_s - 60) * 0.1, 0.6)], 95)
    assert told == [("vehicle.stopped", True), ("vehicle.stopped", False)]
    assert tell(place, lambda at_s: [(0.5 + max(0.0, at_s - 25) * 0.1, 0.6)], 40) == []


def test_stopped_vehicle_when_others_pass_before_it_and_its_number_changes_then_it_is_told_once():
    place = place_of(zones=[zone("carriageway", stopped_s=30)])
    incidents, told, random = Incidents(place, -7.6, 112.8), [], np.random.default_rng(4)
    small = np.zeros((90, 160), np.uint8)
    tracker = Tracker()
    for look in range(300):
        at_s = look / HZ
        if look in (40, 90):
            tracker = Tracker()  # all numbers are new
        x = 0.5 + random.normal(0, 0.012)
        passing = [(0.3 + 0.1 * (at_s % 10), 0.75)] if at_s % 10 < 5 else []
        tracker.follow(seen((x, 0.6), *passing), at_s, 0.5)
        told += [(one.noun, begun) for one, begun in incidents.look(tracker.tracks, small, at_s)]
    assert told == [("vehicle.stopped", True)]


def test_stopped_vehicle_when_it_is_hidden_and_another_stands_behind_it_for_long_then_it_is_told_once():
    place = place_of(zones=[zone("carriageway", stopped_s=30)])

    def where(at_s):
        return [(0.6, 0.6) if at_s < 40 else None, (0.4, 0.6) if at_s >= 50 else None]

    assert tell(place, where, 95) == [("vehicle.stopped", True)]


def test_stopped_vehicle_when_it_stops_where_the_road_looked_like_a_car_then_that_time_is_not_its():
    place = place_of(zones=[zone("carriageway", stopped_s=30)])

    def where(at_s):
        comes = (0.9 - 0.05 * (at_s - 14), 0.6)
        return [(0.51, 0.6) if at_s < 18 else None, comes if 14 <= at_s < 22 else (0.5, 0.6) if at_s >= 22 else None]

    assert tell(place, where, 48) == []
    assert tell(place, where, 62) == [("vehicle.stopped", True)]


@pytest.mark.parametrize(("first_s", "expected"), [(20, []), (12, ["vehicle.stopped"]), (26, ["vehicle.stopped"])])
def test_stopped_vehicle_when_it_is_first_seen_standing_as_something_falls_then_it_is_a_part_of_that(first_s, expected):
    place = place_of(zones=[zone("carriageway", stopped_s=30)])
    incidents, told, tracker = Incidents(place, -7.6, 112.8), [], Tracker()
    for look in range(round(95 * HZ)):
        at_s = look / HZ
        is_there = at_s >= first_s and not 35 <= at_s < 47  # a part of a tree is seen now and then
        tracker = Tracker() if at_s == 40 else tracker  # and gets another number
        tracker.follow(seen(*[(0.5, 0.6)] * is_there), at_s, 0.5)
        incidents.note_states(dict.fromkeys(STATES, 0.0) | {"obstacle": 0.99 * (at_s >= 20)})
        told += [one.noun for one, begun in incidents.look(tracker.tracks, np.zeros((90, 160), np.uint8), at_s)]
    assert told == ["obstacle.detected", *expected]


@pytest.mark.parametrize("first_s", [0, 100])
def test_stopped_vehicle_when_it_and_a_tree_are_there_as_watching_begins_then_both_are_told(first_s):
    place = place_of(zones=[zone("carriageway", stopped_s=30)])
    incidents, told, tracker = Incidents(place, -7.6, 112.8), [], Tracker()
    incidents.look([], np.zeros((90, 160), np.uint8), 0.0)
    for look in range(round(60 * HZ)):
        at_s = first_s + look / HZ
        tracker.follow(seen((0.5, 0.6)), at_s, 0.5)
        incidents.note_states(dict.fromkeys(STATES, 0.0) | {"obstacle": 0.99})
        told += [one.noun for one, _ in incidents.look(tracker.tracks, np.zeros((90, 160), np.uint8), at_s)]
    assert told == ["obstacle.detected", "vehicle.stopped"]


def test_stopped_vehicle_when_the_tree_is_hidden_for_long_then_its_crown_is_no_vehicle_either():
    place = place_of(zones=[zone("carriageway", stopped_s=30)])
    incidents, told, tracker = Incidents(place, -7.6, 112.8), [], Tracker()
    for look in range(round(120 * HZ)):
        at_s = look / HZ
        tracker.follow(seen(*[(0.5, 0.6)] * (at_s >= 20)), at_s, 0.5)
        incidents.note_states(dict.fromkeys(STATES, 0.0) | {"obstacle": 0.99 * (at_s >= 20 and not 60 <= at_s < 85)})
        told += [one.noun for one, _ in incidents.look(tracker.tracks, np.zeros((90, 160), np.uint8), at_s)]
    assert told == ["obstacle.detected"] * 3


def test_stopped_vehicle_when_it_comes_to_where_a_tree_looks_like_a_car_then_it_is_told_after_its_own_time():
    place = place_of(zones=[zone("carriageway", stopped_s=30)])
    incidents, told, tracker = Incidents(place, -7.6, 112.8), [], Tracker()
    for look in range(round(80 * HZ)):
        at_s = look / HZ
        crown = [(0.5, 0.6)] * (20 <= at_s < 30)
        comes = [(min(0.5, 0.1 + 0.05 * (at_s - 24)), 0.6)] * (at_s >= 24)
        tracker.follow(seen(*(comes if at_s >= 30 else crown + comes)), at_s, 0.5)
        incidents.note_states(dict.fromkeys(STATES, 0.0) | {"obstacle": 0.99 * (at_s >= 20)})
        changed = incidents.look(tracker.tracks, np.zeros((90, 160), np.uint8), at_s)
        told += [(one.noun, at_s) for one, _ in changed]
    assert [noun for noun, _ in told] == ["obstacle.detected", "vehicle.stopped"]
    assert 60 <= told[1][1] <= 66


def test_stopped_vehicle_when_a_queue_moves_up_again_and_again_then_nothing_is_told():
    place = place_of(zones=[zone("carriageway", stopped_s=30)])

    def where(at_s):
        moved = 0.12 * (at_s // 10) + 0.12 * max(0.0, (at_s % 10 - 6) / 4)  # stands 6 s, drives 4 s
        return [(0.9 - 0.12 * number + moved, 0.6) for number in range(20) if 0.05 < 0.9 - 0.12 * number + moved < 0.95]

    assert tell(place, where, 90) == []


def test_intrusion_when_somebody_is_in_a_closed_zone_then_only_in_its_hours():
    place = place_of(zones=[zone("closed", since="22:00", until="05:00")])
    midnight_wib = 1_763_744_400.0  # 2025-11-22T00:00 WIB = 17:00 UTC the day before

    def comes(began_s):
        return lambda at_s: [(min(0.5, 0.2 + 0.1 * (at_s - began_s)), 0.6)]

    noon_wib = midnight_wib + 12 * 3600
    assert tell(place, comes(midnight_wib), 8, midnight_wib, PERSON) == [("intrusion.detected", True)]
    assert tell(place, comes(noon_wib), 8, noon_wib, PERSON) == []
    assert tell(place, comes(midnight_wib), 8, midnight_wib, CAR) == []


def test_intrusion_when_a_post_is_taken_for_somebody_then_nothing_is_told():
    place = place_of(zones=[zone("closed")])
    shaken = np.random.default_rng(7).normal(0, 0.02, (100, 2))  # twice what a detector does
    assert (
        tell(place, lambda at_s: [tuple(np.array([0.5, 0.6]) + shaken[round(at_s * 5) % 100])], 60, kind=PERSON) == []
    )


def test_intrusion_when_a_passer_by_seems_within_for_a_second_then_nothing_is_told():
    place = place_of(zones=[zone("closed")])
    foot = [0.93, 0.88]  # the zone ends at 0.9; a second of four his box is off
    assert tell(place, lambda at_s: [(0.5, foot[at_s % 4 >= 3])], 12, kind=PERSON) == []
    inside = [0.93, 0.86]
    assert tell(place, lambda at_s: [(0.5, inside[at_s >= 3])], 12, kind=PERSON) == [("intrusion.detected", True)]


def test_intrusion_when_his_foot_is_nearer_to_the_border_than_a_box_is_exact_then_nothing_is_told():
    place = place_of(zones=[zone("closed")])
    assert tell(place, lambda at_s: [(0.1 + 0.05 * at_s, 0.895)], 12, kind=PERSON) == []
    assert tell(place, lambda at_s: [(0.1 + 0.05 * at_s, 0.86)], 12, kind=PERSON) == [("intrusion.detected", True)]


def test_intrusion_when_he_who_went_past_is_only_expected_within_then_nothing_is_told():
    place = place_of(zones=[zone("closed")])
    incidents, tracker, told = Incidents(place, -7.6, 112.8), Tracker(), []

    def look(tracks, at_s):
        told.extend(seeming.noun for seeming, _ in incidents.look(tracks, np.zeros((90, 160), np.uint8), at_s))

    drive(tracker, lambda at_s: [(0.05 + 0.1 * at_s, 0.6)], 1.9, look, kind=PERSON)  # the zone begins at 0.2
    assert tracker.tracks[0].notes["walked"]
    drive(tracker, lambda _: [], 1.6, look, began_s=1.9)
    assert told == []


def test_intrusion_when_his_feet_are_cut_off_by_the_pictures_edge_then_it_is_told():
    yard = {"name": "z", "kind": "closed", "polygon": [[0.2, 0.2], [0.8, 0.2], [0.8, 0.99], [0.2, 0.99]]}
    told = tell(place_of(zones=[yard]), lambda at_s: [(0.1 + 0.05 * at_s, 1.0)], 12, kind=PERSON)
    assert told == [("intrusion.detected", True)]


def test_lamp_when_it_is_dark_at_night_then_it_is_told_and_by_day_it_is_not():
    place = place_of(zones=[zone("lamp")])
    midnight_wib = 1_763_744_400.0
    assert tell(place, lambda _: [], 70, midnight_wib, level=60) == [("lamp.failed", True)]
    assert tell(place, lambda _: [], 70, midnight_wib, level=240) == []
    assert tell(place, lambda _: [], 70, midnight_wib + 12 * 3600, level=60) == []


def test_crowd_when_enough_people_stand_there_then_it_is_told():
    place = place_of(zones=[zone("crowd", people=8)])
    spots = [(0.25 + 0.055 * n, 0.4 + 0.3 * (n % 2)) for n in range(10)]
    assert tell(place, lambda _: spots, 8, kind=PERSON) == [("crowd.formed", True)]
    assert tell(place, lambda _: spots[:5], 8, kind=PERSON) == []


def states_told(incidents, seconds, began_s, **state: float):
    found = []
    for look in range(round(seconds * HZ)):
        incidents.note_states(dict.fromkeys(STATES, 0.0) | state)
        found += incidents.look([], np.zeros((90, 160), np.uint8), began_s + look / HZ)
    return [(seeming.noun, begun) for seeming, begun in found]


def test_states_when_one_is_less_sure_while_it_goes_on_then_it_is_told_once():
    told = partial(states_told, Incidents(place_of(), -7.6, 112.8))
    assert told(180, -180) == []
    assert told(30, 0, obstacle=0.6) == []  # of shadows and sand
    assert told(30, 30, obstacle=0.9) == [("obstacle.detected", True)]
    assert told(60, 60, obstacle=0.45) == []  # a queue hides half of it
    assert told(30, 120, obstacle=0.1) == [("obstacle.detected", False)]
    assert told(30, 150, crowd=0.75) == []  # riders who wait in the rain
    assert told(30, 180, crowd=0.9) == [("crowd.formed", True)]


def test_obstacle_when_the_road_always_looks_a_little_like_one_then_only_a_rise_is_told_and_ends_when_it_is_gone():
    told = partial(states_told, Incidents(place_of(), -7.6, 112.8))
    assert told(60, 0, obstacle=0.88) == []  # by the edge of a shadow
    assert told(60, 60, obstacle=0.91) == []
    assert told(60, 120, obstacle=0.996) == [("obstacle.detected", True)]
    assert told(60, 180, obstacle=0.88) == [("obstacle.detected", False)]


@pytest.mark.parametrize("is_known", [False, True])
def test_obstacle_when_it_lies_there_as_a_box_begins_then_it_is_told_unless_it_was_told_before(is_known):
    incidents = Incidents(place_of(), -7.6, 112.8)
    if is_known:
        assert incidents.recall("obstacle", "obstacle.detected")
    expected = [] if is_known else [("obstacle.detected", True)]
    assert states_told(incidents, 60, 0, obstacle=0.98) == expected
    assert states_told(incidents, 60, 60, obstacle=0.96) == []  # goes on
    assert states_told(incidents, 60, 120) == [("obstacle.detected", False)]


def test_obstacle_when_something_passed_as_the_box_began_then_that_is_not_what_the_road_usually_looks_like():
    told = partial(states_told, Incidents(place_of(), -7.6, 112.8))
    assert told(1, 0, obstacle=0.95) == []
    assert told(30, 1) == []
    assert told(10, 31, obstacle=0.85) == [("obstacle.detected", True)]


def test_obstacle_when_a_shadow_moves_in_within_half_an_hour_then_none_is_told():
    told = partial(states_told, Incidents(place_of(), -7.6, 112.8))
    assert [what for minute in range(45) for what in told(60, 60 * minute, obstacle=0.02 * minute)] == []


@pytest.mark.parametrize(("riders", "expected"), [(4, ["crowd.formed"]), (12, [])])
@pytest.mark.parametrize("looks_like_people", [0.0, 0.7])
def test_crowd_when_more_ride_than_walk_then_it_is_a_queue_also_where_riders_mostly_look_like_people(
    riders, expected, looks_like_people
):
    incidents, tracker, told = Incidents(place_of(), -7.6, 112.8), Tracker(), []
    people = [(0.1 + 0.11 * n, 0.3) for n in range(8)]
    queue = [(0.07 + 0.11 * (n % 8), 0.6 + 0.25 * (n // 8)) for n in range(riders)]
    for look in range(40):
        kind = PERSON if look % 10 < 10 * looks_like_people else MOTORCYCLE
        one, other = seen(*people, kind=PERSON), seen(*queue, kind=kind)
        classes = np.concatenate([one.classes, other.classes])
        scores = np.concatenate([one.scores, other.scores])
        tracker.follow(Found(np.concatenate([one.boxes, other.boxes]), classes, scores), look / HZ, 0.5)
        incidents.note_states(dict.fromkeys(STATES, 0.0) | {"crowd": 0.97})
        told += [one.noun for one, _ in incidents.look(tracker.tracks, np.zeros((90, 160), np.uint8), look / HZ)]
    assert told == expected


@pytest.mark.parametrize(("seen_at", "goes_on", "expected"), [
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8], True, ["vehicle.wrong_way"]),
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8], False, []),  # he is seen no more: he may be another by now
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.6, 1.8], True, []),  # out of sight meanwhile
    ([0.4, 0.6, 1.0, 1.6, 1.8], True, []),  # hardly ever in sight
])  # fmt: skip
def test_wrong_way_when_he_was_seldom_in_sight_then_nothing_is_told(seen_at, goes_on, expected):
    incidents, told = Incidents(place_of(lanes=[LANE | {"arrow": [[0.1, 0.5], [0.9, 0.5]]}]), -7.6, 112.8), []
    track = Track(1, np.array([0.31, 0.5, 0.41, 0.6], np.float32), np.zeros(2, np.float32), 1.8, 0.0, hits=9)
    track.votes[CAR] = 1.0
    track.path.extend((at_s, 0.6 - 0.13 * at_s, 0.6) for at_s in seen_at)
    for step in range(4):
        at_s = 1.8 + step / HZ
        track.seen_s = at_s if goes_on else 1.8
        found = incidents.look([track], np.zeros((90, 160), np.uint8), at_s)
        told += [seeming.noun for seeming, begun in found if begun]
    assert told == expected


def test_wrong_way_when_his_foot_is_just_over_the_line_of_the_lane_in_which_he_drives_then_nothing_is_told():
    there = LANE | {"arrow": [[0.1, 0.5], [0.9, 0.5]], "polygon": [[0, 0.5], [1, 0.5], [1, 0.9], [0, 0.9]]}
    back = LANE | {"name": "b", "arrow": [[0.9, 0.3], [0.1, 0.3]], "polygon": [[0, 0.1], [1, 0.1], [1, 0.5], [0, 0.5]]}
    for foot, expected in ((0.51, []), (0.6, ["vehicle.wrong_way"])):
        incidents, told = Incidents(place_of(lanes=[there, back]), -7.6, 112.8), []

        def look(tracks, at_s, incidents=incidents, told=told):
            found = incidents.look(tracks, np.zeros((90, 160), np.uint8), at_s)
            told.extend(seeming.noun for seeming, begun in found if begun)

        drive(Tracker(), lambda at_s, foot=foot: [(0.9 - 0.08 * at_s, foot)], 6, look)
        assert told == expected


def test_wrong_way_when_he_comes_from_the_line_of_the_lane_in_which_he_may_drive_then_nothing_is_told():
    there = LANE | {"arrow": [[0.1, 0.5], [0.9, 0.5]], "polygon": [[0, 0.5], [1, 0.5], [1, 0.9], [0, 0.9]]}
    back = LANE | {"name": "b", "arrow": [[0.9, 0.3], [0.1, 0.3]], "polygon": [[0, 0.1], [1, 0.1], [1, 0.5], [0, 0.5]]}
    for began, expected in ((0.503, []), (0.57, ["vehicle.wrong_way"])):
        incidents, told = Incidents(place_of(lanes=[there, back]), -7.6, 112.8), []

        def look(tracks, at_s, incidents=incidents, told=told):
            found = incidents.look(tracks, np.zeros((90, 160), np.uint8), at_s)
            told.extend(seeming.noun for seeming, begun in found if begun)

        drive(Tracker(), lambda at_s, began=began: [(0.9 - 0.12 * at_s, began + 0.015 * at_s)], 2.4, look)
        assert told == expected
