"""The box's clock is set while cameras are watched: patience is measured by the one that nobody sets."""

import asyncio
from types import SimpleNamespace

import numpy as np

from edge.vision.archive import CLIP_LAG_S
from edge.vision.conditions import PAUSE_S, Condition
from edge.vision.eyesight import Eyesight
from edge.vision.fitness import LOST_AFTER_S
from edge.vision.found import Found
from edge.vision.happening import Happening
from edge.vision.incident_clips import SIDES_S
from edge.vision.incidents import Incidents
from edge.vision.tracker import Tracker
from edge.vision.watcher import Watcher
from tests.fix_station import T0, StillBox
from tests.fix_vision import place_of

YEAR_S = 365 * 86_400.0
ROAD = {"name": "jalan", "kind": "carriageway", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}


def test_camera_when_the_clock_is_set_then_it_is_lost_after_its_twenty_seconds_all_the_same(tmp_path):
    async def work():
        box = StillBox(tmp_path)
        await box.turn()
        box.clock.ahead_s = YEAR_S
        await box.turn()
        assert not box.told("camera.lost")
        box.clock.ahead_s = -YEAR_S
        await box.turn(LOST_AFTER_S)
        assert len(box.told("camera.lost")) == 1

    asyncio.run(work())


def test_camera_when_its_task_was_held_up_by_clips_then_it_is_lost_without_another_wait(tmp_path):
    async def work():
        box = StillBox(tmp_path)
        for _ in range(4):
            box.clock.at_s += 8.0
            await box.camera._turn()
        assert len(box.told("camera.lost")) == 1

    asyncio.run(work())


def test_clip_when_the_clock_was_ahead_and_is_put_right_then_it_is_cut_and_the_box_is_not_busy_for_a_year(tmp_path):
    async def work():
        box = StillBox(tmp_path)
        box.camera._fitness.record = SimpleNamespace(reason="", kept_s=box.clock.at_s)
        box.clock.ahead_s = YEAR_S
        box.camera._take([Happening("obstacle", "obstacle.detected", begun=True, at_s=T0 + YEAR_S)])
        await box.turn()
        assert box.camera.is_busy
        box.clock.ahead_s = 0.0
        await box.turn(SIDES_S[0] + CLIP_LAG_S + 1)
        assert not box.camera.is_busy

    asyncio.run(work())


def test_vehicle_when_the_clock_is_set_then_what_stands_has_not_stood_longer():
    incidents, tracker = Incidents(place_of(zones=[ROAD]), -7.6, 112.8), Tracker()
    small, told = np.zeros((90, 160), np.uint8), []
    car = Found(np.array([[0.4, 0.4, 0.5, 0.5]], np.float32), np.array([2]), np.array([0.9], np.float32))
    for step in range(50):
        tracker.follow(car, step / 5, 0.5)
        ahead_s = T0 + 3_600 * (step > 25)
        told += incidents.look(tracker.tracks, small, step / 5 + ahead_s, step / 5)
    assert tracker.tracks[0].still_since_s is not None
    assert not told


def test_counts_when_the_clock_is_set_between_two_reports_then_they_are_of_the_minute_that_passed():
    lane = {"name": "a", "polygon": ROAD["polygon"], "line": [[0.5, 0], [0.5, 1]]}
    watcher = Watcher(place_of(lanes=[lane]), None, Eyesight(), (-7.6, 112.8))
    assert not watcher.report(T0, 100.0)
    watcher._lanes[0]._classes["car"] = 6
    watcher._watched_s = 60.0
    figures = {reading.quantity: reading.value for reading in watcher.report(T0 + YEAR_S, 160.0)}
    assert figures["volume"] == 6


def test_condition_when_nobody_looked_for_a_while_then_the_waiting_begins_anew():
    condition = Condition(20, 3)
    assert not condition.look(seems=True, at_s=0.0)
    assert not condition.look(seems=True, at_s=3_600.0)
    looks = [condition.look(seems=True, at_s=3_600.0 + step) for step in range(1, 21)]
    assert looks.index(True) == 19
    assert not condition.look(seems=False, at_s=3_620.0 + PAUSE_S + 0.1)
    assert not condition.look(seems=False, at_s=7_200.0)
    assert condition.holds
