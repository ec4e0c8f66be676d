"""Places made by chance from a seed: straight streets and junctions, with lamps, crossings and a yard.

A place's family (`street` or `junction`) and seed give everything about it, so that training and evaluation can use
seeds that never meet.
"""

import math
from dataclasses import dataclass

import numpy as np

from simulators.cameras.scene import Lamp, Place, Point, Pose, Road

LAMP_EVERY_M = 27.0


@dataclass(frozen=True, slots=True)
class View:
    """A place and where its camera hangs."""

    place: Place
    pose: Pose


def street(seed: int) -> View:
    """Make a straight street, seen along it from its side."""
    random = np.random.default_rng((seed, 1))
    lanes = int(random.choice([2, 2, 4, 4, 6]))
    road = Road(
        (0, -60), (0, 260), lanes * float(random.uniform(2.9, 3.6)), lanes, float(random.choice([0.0, 1.6, 2.4]))
    )
    edge = road.width_m / 2 + max(road.pavement_m, 0.8)
    side = float(random.choice([-1, 1]))
    across = float(random.uniform(14, 45))
    zebras = (((0.0, across), 90.0, road.width_m - 0.6),) if random.random() < 0.4 else ()  # noqa: PLR2004
    yard = _box(side * (edge + 2), 12, side * (edge + 16), 30)
    lamps = _lamps(road, bool(random.random() < 0.6))  # noqa: PLR2004 - warm ones are the older ones
    place = Place(seed, (road,), (), zebras, lamps, yard, float(random.uniform(0.2, 0.95)))
    return View(place, _pose(random, side * (edge + 0.6), 0.0, -side))


def junction(seed: int) -> View:
    """Make a crossing of two roads, seen from one of its corners."""
    random = np.random.default_rng((seed, 2))
    lanes, cross = int(random.choice([2, 4, 4, 6])), int(random.choice([2, 2, 4]))
    main = Road((0, -90), (0, 240), lanes * 3.2, lanes, float(random.uniform(1.5, 3)))
    other = Road((-170, 32), (170, 32), cross * 3.2, cross, float(random.uniform(1.2, 2.5)))
    half, deep = main.width_m / 2, other.width_m / 2
    corners = _box(-half, 32 - deep, half, 32 + deep)
    zebras = tuple(((0.0, 32 + off * (deep + 4.0)), 90.0, main.width_m - 0.6) for off in (-1, 1))
    lamps = _lamps(main, bool(random.random() < 0.6)) + _lamps(other, warm=True)  # noqa: PLR2004
    clear = tuple(lamp for lamp in lamps if not _near(lamp, main, other))
    side = float(random.choice([-1, 1]))
    edge = half + main.pavement_m
    yard = _box(side * (edge + 2), 4, side * (edge + 14), 32 - deep - other.pavement_m - 3)
    place = Place(seed, (main, other), corners, zebras, clear, yard, float(random.uniform(0.3, 0.95)))
    return View(place, _pose(random, side * (edge + 0.6), -6.0, -side))


def crossing(seed: int) -> View:
    """Make the junction of a seed, seen by a camera that was hung there to count who turns: all of its arms."""
    random = np.random.default_rng((seed, 3))
    place = junction(seed).place
    main, other = place.roads
    side, x = float(random.choice([-1, 1])), main.width_m / 2 + main.pavement_m + 0.6
    back = other.width_m / 2 + float(random.uniform(12, 19))
    bearing = -side * math.degrees(math.atan2(x, back + float(random.uniform(0, 8))))
    height, pitch, view = (float(random.uniform(*span)) for span in ((7.0, 9.5), (-23, -17), (70, 84)))
    y = other.start[1] - back
    return View(place, Pose(side * x, y, height, bearing % 360, pitch, float(random.normal(0, 1.0)), view))


def _pose(random: np.random.Generator, x: float, y: float, towards: float) -> Pose:
    """Hang a camera on a column at (x, y) and let it look along the road, a little to its middle."""
    bearing = towards * float(random.uniform(6, 20))
    pitch = -float(random.uniform(13, 24))
    view = float(random.uniform(52, 78))
    return Pose(x, y, float(random.uniform(5.5, 9.0)), bearing % 360, pitch, float(random.normal(0, 1.0)), view)


def _box(x1: float, y1: float, x2: float, y2: float) -> tuple[Point, ...]:
    return ((x1, y1), (x2, y1), (x2, y2), (x1, y2))


def _lamps(road: Road, warm: bool) -> tuple[Lamp, ...]:  # noqa: FBT001 - private, and named by its parameter
    return lamps_along(road, warm=warm)


def lamps_along(road: Road, *, warm: bool, prefix: str = "lamp") -> tuple[Lamp, ...]:
    """Put lamps along both sides of a road, in turn."""
    (x1, y1), (x2, y2) = road.start, road.end
    length = math.hypot(x2 - x1, y2 - y1)
    east, north = (x2 - x1) / length, (y2 - y1) / length
    found = []
    for number, s in enumerate(np.arange(LAMP_EVERY_M / 2, length, LAMP_EVERY_M).tolist()):
        side = 1 if number % 2 else -1
        off, reach = side * (road.width_m / 2 + 0.7), side * (road.width_m / 2 - 1.8)
        foot = (x1 + east * s - north * off, y1 + north * s + east * off)
        head = (x1 + east * s - north * reach, y1 + north * s + east * reach)
        found.append(Lamp(f"{prefix}-{number + 1}", *foot, head, warm=warm))
    return tuple(found)


def _near(lamp: Lamp, main: Road, other: Road) -> bool:
    """Tell whether a lamp would stand on one of two crossing roads, or on the camera's own column."""
    on_other = abs(lamp.y_m - other.start[1]) < other.width_m / 2 + 0.5 and abs(lamp.x_m) < main.width_m / 2 + 4
    on_main = abs(lamp.x_m) < main.width_m / 2 + 0.5
    return on_other or on_main
