"""What lies on the road before a camera when it is ordered: where, how long, which way round.

The cameras paint it there, and the city stops its vehicles there. No OpenCV, no PyAV: the city imports it.
"""

import math
from collections.abc import Iterator

from simulators.cameras.scene import Obstacle, Place, Point, Pose, Road

LYING = {"tree": "tree", "pole_fallen": "pole", "boxes_lost": "boxes", "sand_heap": "sand"}
_WATCHED_M = 22.0  # so far before the camera things are ordered to happen


def lying(what: str, place: Place, pose: Pose) -> Obstacle:
    """Give what an order, a key of `LYING`, lets lie before a camera."""
    x, y, road = watched(place, pose)
    heading = math.degrees(math.atan2(road.end[0] - road.start[0], road.end[1] - road.start[1]))
    kind = LYING[what]
    if kind in ("tree", "pole"):
        turn = math.radians(heading + 90)
        half = road.width_m / 2 + 1.0
        long = max(7.0, road.width_m * 0.8)
        foot = (x - math.sin(turn) * half, y - math.cos(turn) * half)
        return Obstacle(kind, *foot, heading + 84, long, place.seed)
    return Obstacle(kind, x, y, heading, 3.0, place.seed)


def watched(place: Place, pose: Pose) -> tuple[float, float, Road]:
    """Give the middle of the watched part of the road: the point of a road's axis nearest to what the camera faces."""
    turn = math.radians(pose.bearing_deg)
    x, y = pose.x_m + math.sin(turn) * _WATCHED_M, pose.y_m + math.cos(turn) * _WATCHED_M
    road = min(place.roads, key=lambda one: math.dist((x, y), _foot(one, x, y)))
    return (*_foot(road, x, y), road)


def points_of(obstacle: Obstacle, every_m: float = 0.8) -> Iterator[Point]:
    """List points of the ground under an obstacle, from one end to the other."""
    is_long = obstacle.what in ("tree", "pole")
    turn = math.radians(obstacle.heading_deg + (0 if is_long else 90))
    first = 0.0 if is_long else -obstacle.length_m / 3
    last = obstacle.length_m if is_long else obstacle.length_m / 3
    for number in range(math.ceil((last - first) / every_m) + 1):
        reach = min(last, first + number * every_m)
        yield obstacle.x_m + math.sin(turn) * reach, obstacle.y_m + math.cos(turn) * reach


def _foot(road: Road, x: float, y: float) -> tuple[float, float]:
    (x1, y1), (x2, y2) = road.start, road.end
    square = (x2 - x1) ** 2 + (y2 - y1) ** 2
    share = min(1.0, max(0.0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / square))
    return x1 + share * (x2 - x1), y1 + share * (y2 - y1)
