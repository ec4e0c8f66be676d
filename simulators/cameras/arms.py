"""The arms of a place's junction: roads that lead away from it. No OpenCV, no PyAV: site files are written without."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulators.cameras.scene import Place, Point, Road

_LEAST_ARM_M = 20.0
_WAYS = ("utara", "timur", "selatan", "barat")


@dataclass(frozen=True, slots=True)
class Arm:
    """A road that leads away from a junction.

    Attributes:
        start: of its axis, in the junction.
        heading_deg: away from the junction, clockwise from north.
        begins_m: where it leaves the junction, from `start`.
        ends_m: where it ends.
        road: of which it is a part.
    """

    start: Point
    heading_deg: float
    begins_m: float
    ends_m: float
    road: Road

    @property
    def lanes(self) -> int:
        """How many lead in each direction."""
        return max(1, self.road.lanes // 2)

    @property
    def name(self) -> str:
        """Name it by the quarter of the compass that it leads to."""
        return _WAYS[round(self.heading_deg / 90) % 4]

    def spot(self, along_m: float, left_m: float) -> Point:
        """Give the place so far along it and so far to the left of its axis."""
        turn = math.radians(self.heading_deg)
        east, north = math.sin(turn), math.cos(turn)
        return self.start[0] + east * along_m - north * left_m, self.start[1] + north * along_m + east * left_m

    def lane_m(self, number: int, *, leaving: bool) -> float:
        """Give how far to the left of the axis a lane's middle is; one drives on the left.

        Args:
            number: from the kerb.
            leaving: whether its traffic leaves the junction.
        """
        half = self.road.width_m / 2
        off = half - (number + 0.5) * half / self.lanes
        return off if leaving else -off


def arms(place: Place) -> list[Arm]:
    """List the arms of a place's junction, by their bearings from north; none where there is no junction."""
    if not place.junction:
        return []
    corners = np.array(place.junction)
    centre = corners.mean(axis=0)
    found = []
    for road in place.roads:
        for one, other in ((road.start, road.end), (road.end, road.start)):
            arm = _arm(road, one, other, corners, centre)
            if arm.ends_m - arm.begins_m > _LEAST_ARM_M:
                found.append(arm)
    return sorted(found, key=lambda arm: arm.heading_deg)


def _arm(road: Road, one: Point, other: Point, corners: Any, centre: Any) -> Arm:
    """Give the part of a road that leads from the junction to one of its ends."""
    length = math.dist(one, other)
    along = (np.array(other) - np.array(one)) / length
    foot = np.array(one) + along * float((centre - one) @ along)
    heading = math.degrees(math.atan2(along[0], along[1])) % 360
    begins_m = float(((corners - foot) @ along).max())
    ends_m = float((np.array(other) - foot) @ along)
    return Arm((float(foot[0]), float(foot[1])), heading, begins_m, ends_m, road)
