"""What a person would draw on a simulated camera's picture, computed: calibration, lanes, zones, for a box's site file.

Everything is in fractions of the picture, as `edge/site_vision.py` reads it; metres count from the camera's foot. It is
exact, where a person would be off by a few pixels.
"""

import math
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np

from simulators.cameras.arms import Arm, arms
from simulators.cameras.places import View
from simulators.cameras.projection import NEAR_M, Camera, camera
from simulators.cameras.scene import Point, Road

_SIZE = (640, 360)
_AHEAD_M = (2.0, 6.0, 12.0, 20.0, 32.0)  # from where the road comes into the picture
_LANE_M = (0.0, 26.0)
_JUNCTION_M = 18.0  # roads of the city begin inside their junction
_EDGE = 0.01  # nothing is drawn nearer to the picture's edge
_GATE_M = (0.5, 12.0)  # from the junction's edge: where a gate begins, where it ends at the latest
_LEAST_GATE_M = 3.0  # a shorter one is left at 10 m/s before it is seen twice


def drawn(view: View) -> dict[str, Any]:
    """Give `calibration`, `lanes` and `zones` of a camera."""
    seen = camera(view.pose, *_SIZE)
    road = _looked_into(view)
    along = _nearest_m(seen, road)
    zones = [
        {"name": "jalan", "kind": "carriageway", "polygon": polygon} for polygon in _carriageway(seen, road, along)
    ]
    if (yard := _inside(seen, list(view.place.yard))) is not None:
        zones.append({"name": "halaman", "kind": "closed", "polygon": yard, "since": "22:00", "until": "05:00"})
    return {
        "calibration": _pairs(seen, road, along),
        "lanes": [lane for number in range(road.lanes) if (lane := _lane(seen, road, along, number)) is not None],
        "zones": zones,
    }


def drawn_gates(view: View) -> dict[str, Any]:
    """Give `zones` and `movements` of a camera at a junction: a gate on each arm it sees, all ways between them."""
    seen = camera(view.pose, *_SIZE)
    found = [(arm.name, polygon) for arm in arms(view.place) if (polygon := _gate(seen, arm)) is not None]
    return {
        "zones": [{"name": name, "kind": "gate", "polygon": polygon} for name, polygon in found],
        "movements": [
            {"name": f"{origin}-{destination}", "origin": origin, "destination": destination}
            for (origin, _), (destination, _) in permutations(found, 2)
        ],
    }


def _gate(seen: Camera, arm: Arm) -> list[list[float]] | None:
    """Give an arm's carriageway as far as it is in the picture from kerb to kerb; None if it hardly is."""
    half, begins_m = arm.road.width_m / 2, arm.begins_m + _GATE_M[0]
    for ends_m in np.arange(arm.begins_m + _GATE_M[1], begins_m + _LEAST_GATE_M, -0.5):
        corners = ((begins_m, -half), (ends_m, -half), (ends_m, half), (begins_m, half))
        polygon = _inside(seen, [arm.spot(float(along), left) for along, left in corners])
        if polygon is not None:
            return polygon
    return None


def _looked_into(view: View) -> Road:
    """Give the road that leads away from the camera most nearly in its direction, turned to lead away."""
    turn = math.radians(view.pose.bearing_deg)
    ways = [way for road in view.place.roads for way in (road, replace(road, start=road.end, end=road.start))]
    return max(ways, key=lambda way: _along(way, math.sin(turn), math.cos(turn)))


def _along(road: Road, east: float, north: float) -> float:
    """Give how much of a direction goes along a road, -1 to 1."""
    (x1, y1), (x2, y2) = road.start, road.end
    return ((x2 - x1) * east + (y2 - y1) * north) / math.dist(road.start, road.end)


def _nearest_m(seen: Camera, road: Road) -> float:
    """Give how far along a road it is in the picture from kerb to kerb, beyond the junction that it begins in."""
    x, y, _ = seen.position.tolist()
    behind = _along(road, x - road.start[0], y - road.start[1])
    first = max(_JUNCTION_M, behind + 4.0)
    steps = (first + step for step in range(80))
    half = road.width_m / 2
    return next((s for s in steps if _inside(seen, [_spot(road, s, -half), _spot(road, s, half)])), first)


def _pairs(seen: Camera, road: Road, along: float) -> list[dict[str, Any]]:
    """Give points of the ground on both sides of the road, with where they are in the picture."""
    spots = [_spot(road, along + ahead, side * road.width_m / 2) for ahead in _AHEAD_M for side in (-1, 1)]
    foot = seen.position[:2].tolist()
    found = []
    for spot in spots:
        at = _inside(seen, [spot])
        if at is not None:
            found.append({"at": at[0], "ground": [round(spot[0] - foot[0], 3), round(spot[1] - foot[1], 3)]})
    return found


def _lane(seen: Camera, road: Road, along: float, number: int) -> dict[str, Any] | None:
    """Give a lane as far as it is in the picture; None if it hardly is."""
    wide = road.width_m / road.lanes
    right, left = number * wide - road.width_m / 2, (number + 1) * wide - road.width_m / 2
    low, high = along + _LANE_M[0], along + _LANE_M[1]
    middle = (low + high) / 2
    centre = (left + right) / 2
    corners = [_spot(road, s, t) for s, t in ((low, right), (high, right), (high, left), (low, left))]
    polygon = _inside(seen, corners)
    line = _inside(seen, [_spot(road, middle, right), _spot(road, middle, left)])
    ends = (low + 4, high - 4) if centre > 0 else (high - 4, low + 4)  # one drives on the left
    arrow = _inside(seen, [_spot(road, s, centre) for s in ends])
    if polygon is None or line is None or arrow is None:
        return None
    return {"name": f"lajur-{number + 1}", "polygon": polygon, "line": line, "arrow": arrow}


def _carriageway(seen: Camera, road: Road, along: float) -> list[list[list[float]]]:
    half = road.width_m / 2
    low, high = along + _LANE_M[0], along + _LANE_M[1]
    corners = [_spot(road, s, t) for s, t in ((low, -half), (high, -half), (high, half), (low, half))]
    polygon = _inside(seen, corners)
    return [polygon] if polygon is not None else []


def _spot(road: Road, s: float, t: float) -> Point:
    """Give the place so far along a road and so far to the left of its axis."""
    (x1, y1), (x2, y2) = road.start, road.end
    length = math.dist(road.start, road.end)
    east, north = (x2 - x1) / length, (y2 - y1) / length
    return x1 + east * s - north * t, y1 + north * s + east * t


def _inside(seen: Camera, spots: list[Point]) -> list[list[float]] | None:
    """Give places of the ground as fractions of the picture; None unless all are well inside it."""
    if not spots:
        return None
    pixels, depth = seen.project(np.array([[x, y, 0.0] for x, y in spots], np.float32))
    shares = pixels / np.array(_SIZE, np.float32)
    well = (depth > NEAR_M).all() and (shares > _EDGE).all() and (shares < 1 - _EDGE).all()
    return [[round(float(u), 4), round(float(v), 4)] for u, v in shares] if well else None
