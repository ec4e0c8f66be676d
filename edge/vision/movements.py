"""Turning counts: from which gate to which each track went.

A movement is counted some seconds after its track came into its last gate, or when the track has ended. Who was lost in
the middle of the junction, and who appears soon after near where that one was going and leaves, are one. Who is first
seen just beyond a gate and drives away from it came by it.
"""

from collections import Counter, deque
from dataclasses import dataclass

import cv2
import numpy as np

from edge.site_vision import CLASSES, CameraPlace
from edge.vision.found import Floats
from edge.vision.shapes import Point, contains
from edge.vision.tracker import Track

SETTLED_S = 3.0  # in a gate, or beyond it: before, a track may have touched it in passing
JOIN_S = 4.0  # out of sight behind a bus that turns
JOIN_REACH, JOIN_REACH_S = 1.0, 1.0  # of its size, that it may be off where it was going; more for each second
OUTWARDS = 0.5  # of its size, that who leaves must have gone away from the junction's middle
BACK_OUT = 1.5  # of its size, that who turns back has left the gate by which he came
RIDER_PACE = 1.6  # of its own size a second: who is quicker than this does not walk
LEAST_PACE_S = 0.8  # a shorter way gives no pace
BEHIND_S = 0.6  # before it was first seen, in which who is quick has left a gate near the camera
ALONE = 1.5  # of its size, that who goes the same way is away from who is new: else they may be one body
MOST_LOST = 60


@dataclass(slots=True)
class Passage:
    """What is known of a track's way.

    Attributes:
        began: its foot when it was first seen.
        behind: gate that it came out of just before; empty where none lies there, or others are near.
        origin: first gate that it was in; empty as long as there is none.
        gate: last gate.
        came_s: when it came into that one.
        inside: its foot when it was in that one last.
        away: how far it has been from there since, of its size.
        returned: whether it left that gate for the junction and came back.
        pace: the quickest that it was, of its own size a second.
        is_done: it was counted, or is the first part of one that was.
    """

    began: Point
    behind: str = ""
    origin: str = ""
    gate: str = ""
    came_s: float = 0.0
    inside: Point = (0.0, 0.0)
    away: float = 0.0
    returned: bool = False
    pace: float = 0.0
    is_done: bool = False

    def enter(self, gate: str, foot: Point, at_s: float) -> None:
        """Note that it is in a gate: the first stays, the last is overwritten.

        Who was counted and is in yet another gate is somebody else, who came by the one before: numbers change bodies.
        """
        if gate != self.gate and self.is_done:
            self.origin, self.is_done = self.gate, False
        if gate != self.gate or self.away >= BACK_OUT:
            self.returned = gate == self.gate
            self.origin, self.gate, self.came_s = self.origin or gate, gate, at_s
        self.inside, self.away = foot, 0.0


class MovementCount:
    """The movements of one camera since the last report."""

    def __init__(self, place: CameraPlace) -> None:
        """Begin with nothing counted."""
        gates = [zone for zone in place.zones if zone.kind == "gate"] if place.movements else []
        self._gates = {zone.name: zone.polygon for zone in gates}
        self._movements = {(one.origin, one.destination): one.name for one in place.movements}
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lost: deque[Track] = deque(maxlen=MOST_LOST)
        self._middle = np.mean(
            [np.mean(zone.polygon, axis=0) for zone in gates] or [(0.5, 0.5)], axis=0, dtype=np.float32
        )

    def take(self, tracks: list[Track], ended: list[Track], at_s: float) -> None:
        """Take the tracks of a picture, and those that have ended by it."""
        if not self._gates:
            return
        sure = [track for track in tracks if track.is_sure]
        over = [track for track in ended if track.is_sure]
        self._note(sure, at_s)
        settled = [track for track in sure if at_s - passage_of(track).came_s >= SETTLED_S]
        for track in sorted([*settled, *over], key=lambda one: one.began_s):
            self._settle(track, tracks)
        self._lost.extend(track for track in over if passage_of(track).origin and not passage_of(track).is_done)

    def count(self, track: Track, name: str) -> None:
        """Count a track's movement."""
        self._counts[name, kind_of(track)] += 1

    def report(self, passed_s: float) -> dict[str, dict[str, float]]:
        """Give the volumes by movement, in the catalogue's units, and begin anew."""
        per_min = 60 / max(passed_s, 1e-3)
        found = {}
        for name in self._movements.values():
            classes = {f"volume_{kind}": self._counts[name, kind] * per_min for kind in CLASSES}
            found[name] = {"volume": sum(classes.values()) - classes["volume_person"]} | classes
        self._counts.clear()
        return found

    def _note(self, sure: list[Track], at_s: float) -> None:
        """Note how quick each track is, and in which gate."""
        for track in sure:
            if "passage" not in track.notes:
                passage_of(track).behind = self._behind(track) if _is_alone(track, sure) else ""
            passage = passage_of(track)
            passage.pace = max(passage.pace, _pace(track))
            passage.away = max(passage.away, _apart(track.foot, passage.inside) / track.size)
        feet = np.array([track.foot for track in sure], np.float32).reshape(-1, 2)
        for name, polygon in self._gates.items():
            for track, is_in in zip(sure, contains(polygon, feet), strict=True):
                if is_in:
                    passage_of(track).enter(name, track.foot, at_s)

    def _behind(self, track: Track) -> str:
        """Give the gate that a new track drove out of before it was first seen, by the way since; empty if none."""
        began, now = track.path[0], track.path[-1]
        speed = (np.array(now[1:]) - began[1:]) / max(now[0] - began[0], 1e-3)
        back = (began[1:] - np.arange(0, BEHIND_S, 0.1)[:, None] * speed).astype(np.float32)
        inside = {name: contains(polygon, back) for name, polygon in self._gates.items()}
        return min(((int(one.argmax()), name) for name, one in inside.items() if one.any()), default=(0, ""))[1]

    def _settle(self, track: Track, tracks: list[Track]) -> None:
        """Count a track if it went from gate to gate, itself or as who it was before."""
        passage = passage_of(track)
        if passage.is_done or not passage.gate:
            return
        before = self._before(track, tracks) if self._is_leaving(track) else None
        origin = passage.origin
        if before is not None:
            origin = passage_of(before).origin
        elif self._is_leaving(track):
            origin = passage.behind or origin
        name = self._movements.get((origin, passage.gate))
        if name is None or (origin == passage.gate and not passage.returned):
            return
        for one in (track, before):
            if one is not None:
                passage_of(one).is_done = True
        self.count(track, name)

    def _before(self, track: Track, tracks: list[Track]) -> Track | None:
        """Give the lost track that one was before; None where there is none."""
        fits = [(fit, one) for one in (*self._lost, *tracks) if (fit := _fit(one, track)) is not None]
        return min(fits, key=lambda pair: pair[0])[1] if fits else None

    def _is_leaving(self, track: Track) -> bool:
        """Tell whether a track was first seen in the junction and left it by the only gate that it was in."""
        passage = passage_of(track)
        left = _apart(track.foot, self._middle) - _apart(passage.began, self._middle)
        return passage.origin == passage.gate and not passage.returned and left >= OUTWARDS * track.size


def passage_of(track: Track) -> Passage:
    """Give what is known of a track's way; of a new one nothing."""
    if "passage" not in track.notes:
        track.notes["passage"] = Passage(began=track.path[0][1:])
    found: Passage = track.notes["passage"]
    return found


def kind_of(track: Track) -> str:
    """Give a track's class; of a rider the detector at times sees only the person."""
    if track.kind != "person" or passage_of(track).pace <= RIDER_PACE:
        return track.kind
    return CLASSES[1 + int(track.votes[1:].argmax())]


def between(place: CameraPlace) -> list[list[Point]]:
    """Give what lies between a camera's gates: who turns is looked at there, too. Empty where nobody is counted."""
    corners = [corner for zone in place.zones if zone.kind == "gate" for corner in zone.polygon]
    if not place.movements or not corners:
        return []
    return [[(float(x), float(y)) for x, y in cv2.convexHull(np.array(corners, np.float32)).reshape(-1, 2)]]


def _fit(lost: Track, track: Track) -> float | None:
    """Give how badly a track's beginning fits a lost one's end; None where it does not."""
    gap_s = track.began_s - lost.seen_s
    if lost is track or not lost.is_sure or not 0 <= gap_s <= JOIN_S:
        return None
    was, now = passage_of(lost), passage_of(track)
    if was.is_done or not was.origin or was.gate != was.origin or was.origin == now.gate:
        return None
    if (kind_of(lost) == "person") != (kind_of(track) == "person"):
        return None
    expected = np.array(lost.foot) + lost.speed * min(gap_s, 1.0)
    off = _apart(expected, now.began) / max(lost.size, track.size)
    return off + gap_s if off <= JOIN_REACH + JOIN_REACH_S * gap_s else None


def _is_alone(track: Track, others: list[Track]) -> bool:
    """Tell whether nobody goes beside a track, as a second number on its body would; who stands there is another."""
    near = [one for one in others if one is not track and _apart(one.foot, track.foot) <= ALONE * track.size]
    return all(_apart(one.speed, track.speed) >= float(np.hypot(*track.speed)) for one in near)


def _apart(one: Point | Floats, other: Point | Floats) -> float:
    return float(np.hypot(one[0] - other[0], one[1] - other[1]))


def _pace(track: Track) -> float:
    passed_s = track.path[-1][0] - track.path[0][0]
    way = _apart(track.path[0][1:], track.path[-1][1:]) / track.size
    return way / passed_s if passed_s >= LEAST_PACE_S else 0.0
