"""What cameras were ordered to show, put into the city's way: nobody drives through a fallen tree or deep water.

A tree stops whoever comes to where it lies in the camera's picture; inside a junction, where SUMO lets nothing stand,
those who would come to it stop at the arm's mouth. Water slows the whole arm that the camera looks into. All of it ends
with its order. Nothing here costs a step anything: it is asked once a second, and acts on what has changed.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import libsumo  # type: ignore[import-untyped]  # it has no types

from simulators.cameras.lying import LYING, lying, points_of, watched
from simulators.cameras.places import View
from simulators.cameras.scene import FLOOD_DEEP_M, Obstacle, Road
from simulators.faults import Fault

KIND = "obstacle"  # SUMO's type of what stands there: as wide as a lane, so that no motorcycle slips by
PREFIX = "lying-"
_WIDE_M, _LONG_M = 3.0, 1.2
_WITHIN_M = 1.7  # of a lane's middle: half a lane
_OUT_OF_JUNCTION_M = 30.0
_AFTER_M = _LONG_M + 1.0  # the least place on a lane at which something can be put
_WADING_M_S, _STUCK_M_S = 2.5, 0.3  # through water to the kerb; through deeper water nobody gets


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a lane, so far from its beginning."""

    edge: str
    lane: int
    at_m: float


class Lying:
    """Keeps what lies in the way as the faults in force ask for.

    Args:
        views: of the cameras that look at the city, by code.
    """

    def __init__(self, views: Mapping[str, View]) -> None:
        self._views = views
        self._lying: dict[str, list[str]] = {}  # by what and where: names in SUMO
        self._slowed: dict[str, float] = {}  # by lane: the speed it had
        self._water: dict[str, float] = {}
        self._number = 0

    def apply(self, active: list[Fault]) -> None:
        """Put into force what is ordered on cameras, and nothing else."""
        wanted = {f"{one.what} {one.on}": one for one in active if one.what in LYING and one.on in self._views}
        for key in self._lying.keys() - wanted.keys():
            _take_away(self._lying.pop(key))
        for key in wanted.keys() - self._lying.keys():
            view = self._views[wanted[key].on]
            self._lying[key] = self._put(lying(wanted[key].what, view.place, view.pose), _road(view))
        water = {one.on: one.amount for one in active if one.what == "flood" and one.on in self._views}
        if water != self._water:
            self._flood(water)

    def _put(self, obstacle: Obstacle, road: Road) -> list[str]:
        names = []
        for spot in spots_under(obstacle, road):
            self._number += 1
            names.append(f"{PREFIX}{self._number}")
            _stand(names[-1], spot)
        return names

    def _flood(self, water: dict[str, float]) -> None:
        for lane, speed_m_s in self._slowed.items():
            libsumo.lane.setMaxSpeed(lane, speed_m_s)
        self._slowed, self._water = {}, water
        for code, depth_m in water.items():
            for lane in lanes_of(_road(self._views[code])):
                self._slowed.setdefault(lane, libsumo.lane.getMaxSpeed(lane))
                slow = _STUCK_M_S if depth_m >= FLOOD_DEEP_M else _WADING_M_S
                libsumo.lane.setMaxSpeed(lane, min(slow, libsumo.lane.getMaxSpeed(lane)))


def spots_under(obstacle: Obstacle, road: Road) -> list[Spot]:
    """Find the places in lanes under an obstacle, one in each lane; what lies in a junction is moved out along its arm.

    Args:
        obstacle: in SUMO's frame.
        road: the arm, whose start is in the junction.
    """
    heading = math.atan2(road.end[0] - road.start[0], road.end[1] - road.start[1])
    found: dict[tuple[str, int], Spot] = {}
    for x, y in points_of(obstacle):
        spot = _nearest(x, y, heading)
        if spot is not None:
            found.setdefault((spot.edge, spot.lane), spot)
    return list(found.values())


def lanes_of(road: Road) -> list[str]:
    """List the lanes of an arm, both ways."""
    heading = math.atan2(road.end[0] - road.start[0], road.end[1] - road.start[1])
    middle = (road.start[0] + math.sin(heading) * 45.0, road.start[1] + math.cos(heading) * 45.0)
    across = Obstacle("tree", *middle, math.degrees(heading) + 90, road.width_m / 2)
    other = Obstacle("tree", *middle, math.degrees(heading) - 90, road.width_m / 2)
    return sorted({f"{spot.edge}_{spot.lane}" for half in (across, other) for spot in spots_under(half, road)})


def _nearest(x: float, y: float, heading: float) -> Spot | None:
    for step in range(math.ceil(_OUT_OF_JUNCTION_M / 2.0)):
        px, py = x + math.sin(heading) * 2.0 * step, y + math.cos(heading) * 2.0 * step
        edge, at_m, lane = libsumo.simulation.convertRoad(px, py)
        if edge.startswith(":"):
            continue
        if math.dist((px, py), libsumo.simulation.convert2D(edge, at_m, lane)) > _WITHIN_M:
            return None  # beside the lanes
        length_m = libsumo.lane.getLength(f"{edge}_{lane}")
        return Spot(edge, lane, min(max(at_m, _AFTER_M), length_m - 0.2))
    return None


def _road(view: View) -> Road:
    return watched(view.place, view.pose)[2]


def _stand(name: str, spot: Spot) -> None:
    if KIND not in libsumo.vehicletype.getIDList():
        libsumo.vehicletype.copy("truck", KIND)
        for set_to, value in ((libsumo.vehicletype.setWidth, _WIDE_M), (libsumo.vehicletype.setLength, _LONG_M)):
            set_to(KIND, value)
    route = f"route-{name}"
    libsumo.route.add(route, [spot.edge])
    libsumo.vehicle.add(name, route, KIND, departLane=str(spot.lane), departPos=str(spot.at_m), departSpeed="0")
    libsumo.vehicle.setStop(name, spot.edge, spot.at_m, spot.lane, 1e6)


def _take_away(names: list[str]) -> None:
    there = set(libsumo.vehicle.getIDList())
    for name in names:
        if name in there:
            libsumo.vehicle.remove(name)
