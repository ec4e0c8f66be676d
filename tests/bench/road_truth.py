"""What really goes on in a film's lanes: who crosses, how quickly, how long a line is covered, how far a queue reaches.

By the bodies on the ground, never by their boxes; in the terms of `edge/vision/lanes.py`, which is held against it.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.site_vision import CLASSES, CameraPlace, Lane
from edge.vision.ground import Ground
from edge.vision.lanes import QUEUE_GAP_M, QUEUE_MOST_KMH
from edge.vision.shapes import contains, crosses
from simulators.cameras.projection import NEAR_M, camera
from tests.bench.films import SIZE, Film
from tests.bench.judging import Span
from tests.bench.reels import Rows

_PERSON = 0  # its place among the kinds
_STANDS_M_S = 0.2
_EARLY_S = 10.0  # so long before its time a vehicle that stands may be told: it hardly moved before it stood

Floats = NDArray[np.float32]


@dataclass(slots=True)
class LaneTruth:
    """One lane's figures since the last report."""

    lane: Lane
    crossed: Counter[str] = field(default_factory=Counter)
    crossed_s: float | None = None
    headways_s: list[float] = field(default_factory=list)
    kmh: list[float] = field(default_factory=list)
    pictures: int = 0
    covered: int = 0
    queue_m: float = 0.0

    def report(self) -> dict[str, float]:
        """Give the figures by quantity, and begin anew; volumes are numbers here."""
        found = {"volume": float(self.crossed.total()), "queue_length": self.queue_m}
        found |= {f"volume_{kind}": float(self.crossed[kind]) for kind in CLASSES[1:]}
        if self.headways_s:
            found["headway"] = float(np.mean(self.headways_s))
        if self.kmh:
            found["speed"] = float(np.mean(self.kmh))
        if self.pictures:
            found["occupancy"] = 100 * self.covered / self.pictures
        self.pictures = self.covered = 0
        self.crossed, self.headways_s, self.kmh, self.queue_m = Counter(), [], [], 0.0
        return found


class RoadTruth:
    """All lanes of a film, and who stands on its carriageway."""

    def __init__(self, film: Film, place: CameraPlace) -> None:
        self.lanes = [LaneTruth(lane) for lane in place.lanes]
        self._camera = camera(film.view.pose, *SIZE)
        self._ground = Ground(place.calibration)
        self._zones = [zone for zone in place.zones if zone.kind == "carriageway"]
        self._places: dict[int, tuple[float, float]] = {}
        self._stand_s: dict[int, float] = {}  # since when vehicles stand on the carriageway
        self._blocked: dict[str, Span] = {}  # by zone, what goes on
        self._spans: list[Span] = []

    def look(self, things: Rows, at_s: float) -> None:
        """Take a picture's things."""
        vehicles = things[things["kind"] != _PERSON]
        spots, is_seen = self._fractions(np.stack([vehicles["x_m"], vehicles["y_m"]], axis=1))
        vehicles, spots = vehicles[is_seen], spots[is_seen]
        corners, all_seen = self._fractions(_footprints(vehicles))
        whole = all_seen.reshape(-1, 4).all(axis=1)
        outlines = corners.reshape(-1, 4, 2)[whole]
        before = self._places
        self._places = {int(one): (float(x), float(y)) for one, (x, y) in zip(vehicles["number"], spots, strict=True)}
        for lane in self.lanes:
            self._cross(lane, vehicles, before, at_s)
            lane.pictures += 1
            lane.covered += any(_covers(outline, lane.lane) for outline in outlines[_near(outlines, lane.lane)])
            lane.queue_m = max(lane.queue_m, self._queue_m(lane.lane, vehicles, spots))
        self._stand(vehicles, spots, at_s)

    def spans(self) -> list[Span]:
        """Give for how long the carriageway was blocked by vehicles that stood too long."""
        return [*self._spans, *self._blocked.values()]

    def _fractions(self, metres: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        points = np.concatenate([metres, np.zeros((len(metres), 1), np.float32)], axis=1).astype(np.float32)
        pixels, depth = self._camera.project(points)
        return (pixels / np.array(SIZE, np.float32)).astype(np.float32), depth > NEAR_M

    def _cross(self, lane: LaneTruth, vehicles: Rows, before: dict[int, tuple[float, float]], at_s: float) -> None:
        for vehicle in vehicles:
            was = before.get(int(vehicle["number"]))
            if was is not None and crosses(lane.lane.line, was, self._places[int(vehicle["number"])]):
                lane.crossed[CLASSES[int(vehicle["kind"])]] += 1
                if lane.crossed_s is not None and at_s > lane.crossed_s:
                    lane.headways_s.append(at_s - lane.crossed_s)
                lane.crossed_s = at_s
                lane.kmh.append(3.6 * float(vehicle["speed_m_s"]))

    def _queue_m(self, lane: Lane, vehicles: Rows, spots: Floats) -> float:
        slow = vehicles["speed_m_s"] * 3.6 < QUEUE_MOST_KMH
        if lane.arrow is None or not slow.any():
            return 0.0
        waiting = vehicles[slow & contains(lane.polygon, spots)]
        ends = self._ground.metres(np.array(lane.arrow, np.float32))
        along = (ends[1] - ends[0]) / np.hypot(*(ends[1] - ends[0]))
        fronts = -(np.stack([waiting["x_m"], waiting["y_m"]], axis=1) @ along) - waiting["length_m"] / 2
        return _reach_m(sorted(zip(fronts.tolist(), waiting["length_m"].tolist(), strict=True)))

    def _stand(self, vehicles: Rows, spots: Floats, at_s: float) -> None:
        standing = vehicles["speed_m_s"] < _STANDS_M_S
        numbers = {int(one): place for one, place in zip(vehicles["number"][standing], spots[standing], strict=True)}
        self._stand_s = {number: self._stand_s.get(number, at_s) for number in numbers}
        for zone in self._zones:
            inside = contains(zone.polygon, np.array(list(numbers.values()), np.float32).reshape(-1, 2))
            since = [self._stand_s[number] for number, is_in in zip(numbers, inside, strict=True) if is_in]
            told_s = min(since, default=at_s) + zone.stopped_s
            if at_s >= told_s:
                began_s = self._blocked[zone.name].since_s if zone.name in self._blocked else at_s
                self._blocked[zone.name] = Span("vehicle.stopped", began_s, at_s, _EARLY_S)
            elif zone.name in self._blocked:
                self._spans.append(self._blocked.pop(zone.name))


def _footprints(things: Rows) -> Floats:
    """Give the corners of bodies on the ground, in turn: float32 (4 n, 2)."""
    turn = np.radians(things["heading_deg"])
    ahead = np.stack([np.sin(turn), np.cos(turn)], axis=1) * things["length_m"][:, None] / 2
    aside = np.stack([np.cos(turn), -np.sin(turn)], axis=1) * things["width_m"][:, None] / 2
    middle = np.stack([things["x_m"], things["y_m"]], axis=1)
    corners = [middle + ahead + aside, middle + ahead - aside, middle - ahead - aside, middle - ahead + aside]
    return np.stack(corners, axis=1).reshape(-1, 2).astype(np.float32)


def _near(outlines: Floats, lane: Lane) -> NDArray[np.bool_]:
    """Tell which bodies' extents (n, 4, 2) share something with that of a lane's line: no others can stand over it."""
    ends = np.array(lane.line, np.float32)
    apart = (outlines.min(axis=1) > ends.max(axis=0)) | (outlines.max(axis=1) < ends.min(axis=0))
    return np.asarray(~apart.any(axis=1))


def _covers(outline: Any, lane: Lane) -> bool:
    """Tell whether a body stands over a lane's line."""
    ends = np.array(lane.line, np.float32)
    sides = zip(outline.tolist(), np.roll(outline, -1, axis=0).tolist(), strict=True)
    return any(crosses(lane.line, tuple(one), tuple(other)) for one, other in sides) or bool(
        contains([tuple(corner) for corner in outline.tolist()], ends).any()
    )


def _reach_m(fronts: list[tuple[float, float]]) -> float:
    """Give how far those that wait reach back from the first, given fronts and lengths along the way."""
    if not fronts:
        return 0.0
    back_m = fronts[0][0] + fronts[0][1]
    for front_m, long_m in fronts[1:]:
        if front_m - back_m > QUEUE_GAP_M:
            break
        back_m = max(back_m, front_m + long_m)
    return back_m - fronts[0][0]
