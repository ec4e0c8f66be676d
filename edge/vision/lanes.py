"""What is counted and measured in a lane: volume by class, speed, headway, occupancy, queue.

A vehicle counts when its foot crosses the lane's line in the direction of its arrow, once. Speeds are of the last
second before that, on the ground. People who cross the line are counted as people, both ways; a lane's
volume, headway, speed and occupancy are its vehicles'.
Terms: Highway Capacity Manual, chapter 4 (volume, headway, occupancy, queue).
"""

import math
from collections import Counter

import numpy as np

from edge.site_vision import CLASSES, Lane
from edge.vision.found import Floats
from edge.vision.ground import Ground
from edge.vision.shapes import Point, contains, crosses
from edge.vision.tracker import Track

LEAST_PATH_S = 0.35  # less of a way gives no speed
QUEUE_GAP_M = 15.0  # a wider gap ends a queue
QUEUE_MOST_KMH = 5.0  # who is slower queues
BODY_M = {"person": 0.5, "motorcycle": 2.0, "car": 4.5, "bus": 11.0, "truck": 7.5}
MOST_KMH = 200.0  # a track that jumped, not a vehicle
PERSON_MOST_KMH = 14.0  # who is quicker rides: of a rider the detector at times sees only the person
LEAST_STEP = 0.15  # of its size: boxes shake by less, so that whoever stands on a line does not cross it
BACK_SIZES = 1.0  # so far behind the line again, a number has gone to the next vehicle, which counts, too
SAME_LINE_S = 1.0  # lines of lanes meet: who has crossed one has not crossed its neighbour
_FOOT_SHARE = 0.35  # of a box's height: what stands on the line rather than before it


class LaneCount:
    """One lane's figures since the last report."""

    def __init__(self, lane: Lane, ground: Ground | None) -> None:
        """Begin with nothing counted.

        Args:
            lane: as the site file has it.
            ground: for metres and km/h; without it there are none.
        """
        self.lane = lane
        self._ground = ground
        self._crossed_s: float | None = None
        self._classes: Counter[str] = Counter()
        self._speeds_kmh: list[float] = []
        self._headways_s: list[float] = []
        self._pictures = 0
        self._occupied = 0
        self._queue_m = 0.0

    def look(self, tracks: list[Track], at_s: float) -> None:
        """Take the tracks of a picture."""
        for track in tracks:
            if track.is_sure and self._has_crossed(track, at_s):
                self._count(track, at_s)
        inside = [track for track in self._inside(tracks) if track.kind != "person"]
        self._pictures += 1
        self._occupied += any(_covers(track.box, self.lane) for track in inside)
        self._queue_m = max(self._queue_m, self._queue(inside))

    def report(self, passed_s: float) -> dict[str, float]:
        """Give the figures by quantity, in the catalogue's units, and begin anew.

        Args:
            passed_s: since the last report.
        """
        per_min = 60 / max(passed_s, 1e-3)
        found = {"volume": (self._classes.total() - self._classes["person"]) * per_min}
        found |= {f"volume_{name}": self._classes[name] * per_min for name in CLASSES}
        if self._pictures:
            found["occupancy"] = 100 * self._occupied / self._pictures
        if self._headways_s:
            found["headway"] = float(np.mean(self._headways_s))
        if self._speeds_kmh:
            found["speed"] = float(np.mean(self._speeds_kmh))
        if self._ground is not None:
            found["queue_length"] = self._queue_m
        self._classes.clear()
        self._speeds_kmh.clear()
        self._headways_s.clear()
        self._pictures = self._occupied = 0
        self._queue_m = 0.0
        return found

    def _inside(self, tracks: list[Track]) -> list[Track]:
        sure = [track for track in tracks if track.is_sure]
        if not sure:
            return []
        feet = np.array([track.foot for track in sure], np.float32)
        return [track for track, is_in in zip(sure, contains(self.lane.polygon, feet), strict=True) if is_in]

    def _has_crossed(self, track: Track, at_s: float) -> bool:
        """Tell whether a track has now crossed the line for the first time, by steps that are no shaking."""
        place = f"at {self.lane.name}"
        before, foot = track.notes.get(place, track.path[0][1:]), track.foot
        if np.hypot(foot[0] - before[0], foot[1] - before[1]) <= LEAST_STEP * track.size:
            return False
        track.notes[place] = foot
        if self._ahead(foot) < -BACK_SIZES * track.size:
            track.notes.pop(f"crossed {self.lane.name}", None)
        if f"crossed {self.lane.name}" in track.notes or not crosses(self.lane.line, before, foot):
            return False
        if track.kind != "person" and self._ahead(foot) < self._ahead(before):  # also where it ends on the line
            return False
        if at_s - track.notes.get("crossed", float("-inf")) < SAME_LINE_S:
            return False
        track.notes[f"crossed {self.lane.name}"] = track.notes["crossed"] = at_s
        return True

    def _ahead(self, foot: Point) -> float:
        """Give how far a foot is beyond the line by the arrow, fractions of the picture; 0 where there is no arrow."""
        if self.lane.arrow is None:
            return 0.0
        (x1, y1), (x2, y2) = self.lane.line
        (a1, b1), (a2, b2) = self.lane.arrow
        side = (x2 - x1) * (foot[1] - y1) - (y2 - y1) * (foot[0] - x1)
        arrow = (x2 - x1) * (b2 - b1) - (y2 - y1) * (a2 - a1)
        return math.copysign(side, side * arrow) / max(math.hypot(x2 - x1, y2 - y1), 1e-9)

    def _count(self, track: Track, at_s: float) -> None:
        kmh = speed_kmh(track, self._ground)
        kind = _kind(track, kmh)
        self._classes[kind] += 1
        if kind == "person":
            return
        if self._crossed_s is not None and at_s > self._crossed_s:
            self._headways_s.append(at_s - self._crossed_s)
        self._crossed_s = at_s
        if kmh is not None:
            self._speeds_kmh.append(kmh)

    def _queue(self, inside: list[Track]) -> float:
        """Give how far those that stand reach back from the first of them, in metres."""
        if self._ground is None:
            return 0.0
        waiting = [track for track in inside if _queues(track, self._ground)]
        if not waiting:
            return 0.0
        feet = self._ground.metres(np.array([track.foot for track in waiting], np.float32))
        axis = self._axis(self._ground)
        places = sorted((-float(foot @ axis), BODY_M[track.kind]) for foot, track in zip(feet, waiting, strict=True))
        back_m = places[0][0] + places[0][1]
        for place_m, body_m in places[1:]:
            if place_m - back_m > QUEUE_GAP_M:
                break
            back_m = max(back_m, place_m + body_m)
        return back_m - places[0][0]

    def _axis(self, ground: Ground) -> Floats:
        """Give the direction of travel on the ground: by the arrow, else across the line."""
        if self.lane.arrow is not None:
            ends = ground.metres(np.array(self.lane.arrow, np.float32))
            along = ends[1] - ends[0]
        else:
            ends = ground.metres(np.array(self.lane.line, np.float32))
            along = np.array([ends[1][1] - ends[0][1], ends[0][0] - ends[1][0]], np.float32)
        return along / max(float(np.hypot(*along)), 1e-6)


def speed_kmh(track: Track, ground: Ground | None) -> float | None:
    """Give a track's speed over the last seconds of its way; None where it cannot be told."""
    if ground is None or len(track.path) < 2 or track.path[-1][0] - track.path[0][0] < LEAST_PATH_S:  # noqa: PLR2004 - two ends
        return None
    way = np.array(track.path, np.float64)
    metres = ground.metres(way[:, 1:].astype(np.float32))
    times_s = way[:, 0] - way[:, 0].mean()
    slopes = (times_s @ (metres - metres.mean(axis=0))) / float(times_s @ times_s)
    kmh = float(np.hypot(*slopes)) * 3.6
    return kmh if kmh <= MOST_KMH else None


def _queues(track: Track, ground: Ground) -> bool:
    if track.still_since_s is not None:
        return True
    kmh = speed_kmh(track, ground)
    return kmh is not None and kmh < QUEUE_MOST_KMH


def _kind(track: Track, kmh: float | None) -> str:
    """Give a track's class; nobody walks at a vehicle's speed."""
    if track.kind != "person" or track.is_afoot or kmh is None or kmh <= PERSON_MOST_KMH:
        return track.kind
    return CLASSES[1 + int(track.votes[1:].argmax())]


def _covers(box: Floats, lane: Lane) -> bool:
    """Tell whether a body stands on the line, as on a loop: its lower edge crosses it, or its lower part does."""
    left, _, right, foot = (float(side) for side in box)
    middle, top = (left + right) / 2, foot - float(box[3] - box[1]) * _FOOT_SHARE
    return crosses(lane.line, (left, foot), (right, foot)) or crosses(lane.line, (middle, top), (middle, foot))
