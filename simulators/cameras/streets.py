"""A junction of the simulated city as a place before a camera, read from the network that SUMO drives on.

The scene's origin is SUMO's: its x is east and its y is north already, so that vehicles stand where SUMO has them.
"""

import math
from pathlib import Path
from xml.etree.ElementTree import Element, parse

import numpy as np

from simulators.cameras.places import View, lamps_along
from simulators.cameras.scene import Lamp, Place, Point, Pose, Road
from simulators.errors import Misconfigured

ROAD_M = 240.0  # so far an arm is drawn
_PAVEMENT_M = 2.2
_ZEBRA_FROM_LINE_M = 3.0
Shape = list[Point]


def junction_view(net_file: Path, code: str, arm: int, seed: int, *, back_m: float = 4.0) -> View:
    """Give a junction with a camera on its corner that looks over it into one of its arms.

    Args:
        net_file: SUMO's network.
        code: id of the junction's node.
        arm: number of the arm looked into, in the order of their bearings from north.
        seed: of houses, trees and textures; the same for all cameras of a junction.
        back_m: how far before the junction's edge the camera hangs.

    Raises:
        Misconfigured: the network has no such junction.
    """
    root = parse(net_file).getroot()  # noqa: S314 - a file of this repository, or the operator's own
    node = next((one for one in root.iter("junction") if one.get("id") == code), None)
    if node is None:
        raise Misconfigured(f"{net_file} has no junction {code!r}")
    centre = (float(node.get("x", "0")), float(node.get("y", "0")))
    corners = tuple(_shape(node))
    arms = _arms(root, code, centre)
    place = _place(seed, centre, corners, arms)
    road = place.roads[arm % len(place.roads)]
    return View(place, _pose(road, centre, corners, back_m))


def _shape(element: Element) -> Shape:
    return [(float(x), float(y)) for x, y in (pair.split(",")[:2] for pair in element.get("shape", "").split())]


def _arms(root: Element, code: str, centre: Point) -> list[list[tuple[Shape, float]]]:
    """Group the lanes to and from a junction by the node at their other end, as shapes that lead away from it."""
    arms: dict[str, list[tuple[Shape, float]]] = {}
    for edge in root.iter("edge"):
        ends = (edge.get("from"), edge.get("to"))
        if code not in ends or edge.get("function") == "internal":
            continue
        other = str(ends[1] if ends[0] == code else ends[0])
        for lane in edge.iter("lane"):
            shape = _shape(lane)
            away = shape if ends[0] == code else shape[::-1]
            arms.setdefault(other, []).append((away, float(lane.get("width", "3.2"))))
    return sorted(arms.values(), key=lambda lanes: _bearing(centre, lanes[0][0][-1]))


def _bearing(one: Point, two: Point) -> float:
    return math.degrees(math.atan2(two[0] - one[0], two[1] - one[1])) % 360


def _place(seed: int, centre: Point, corners: tuple[Point, ...], arms: list[list[tuple[Shape, float]]]) -> Place:
    made = [_road(lanes) for lanes in arms]
    zebras = tuple(_zebra(road, begins) for road, begins in made)
    roads = tuple(road for road, _ in made)
    lamps: list[Lamp] = []
    for number, road in enumerate(roads):
        reach = tuple(lamps_along(road, warm=seed % 3 > 0, prefix=f"lamp-{number + 1}"))
        lamps += [lamp for lamp in reach if math.dist((lamp.x_m, lamp.y_m), centre) > 18]  # noqa: PLR2004 - metres
    return Place(seed, roads, corners, zebras, tuple(lamps), (), 0.72)


def _road(lanes: list[tuple[Shape, float]]) -> tuple[Road, float]:
    """Make a road of an arm's lanes; give also how far from its start the lanes begin."""
    first = lanes[0][0]
    heading = math.radians(_bearing(first[0], first[-1]))
    east, north = math.sin(heading), math.cos(heading)
    base = first[0]
    sides = [((x - base[0]) * -north + (y - base[1]) * east, width) for ((x, y), *_), width in lanes]
    low, high = min(side - width / 2 for side, width in sides), max(side + width / 2 for side, width in sides)
    middle = (low + high) / 2
    inward = 14.0  # metres that the road goes on into the junction, under its polygon
    start = (base[0] - north * middle - east * inward, base[1] + east * middle - north * inward)
    end = (start[0] + east * ROAD_M, start[1] + north * ROAD_M)
    return Road(start, end, high - low + 0.8, len(lanes), _PAVEMENT_M), inward


def _zebra(road: Road, begins_m: float) -> tuple[Point, float, float]:
    heading = _bearing(road.start, road.end)
    reach = begins_m - _ZEBRA_FROM_LINE_M
    x = road.start[0] + math.sin(math.radians(heading)) * reach
    y = road.start[1] + math.cos(math.radians(heading)) * reach
    return (x, y), heading + 90, road.width_m - 0.6


def _pose(road: Road, centre: Point, corners: tuple[Point, ...], back_m: float) -> Pose:
    """Hang the camera across the junction from an arm, beside the road, and let it look into the arm."""
    bearing = _bearing(road.start, road.end)
    turn = math.radians(bearing)
    half = max(abs((x - centre[0]) * math.sin(turn) + (y - centre[1]) * math.cos(turn)) for x, y in corners)
    wide = max(abs((x - centre[0]) * math.cos(turn) - (y - centre[1]) * math.sin(turn)) for x, y in corners)
    side = min(wide, road.width_m / 2 + 3)
    x = centre[0] - math.sin(turn) * (half + back_m) + math.cos(turn) * side
    y = centre[1] - math.cos(turn) * (half + back_m) - math.sin(turn) * side
    return Pose(x, y, 7.5, (bearing - 13) % 360, -16.0, float(np.sin(x)) * 0.6, 64.0)
