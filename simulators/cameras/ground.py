"""The ground of a place as the camera sees it by noon without shadows: road, lines, kerbs, pavement, verge.

Kerbs painted black and white, patched asphalt and worn lines are what roads of the region look like.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.cameras.scene import Place, Point, Road
from simulators.cameras.texture import clouds, grains, sample

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
KERB_M = 0.3
KERB_HEIGHT_M = 0.15
_LINE_M = 0.14
_DASH_M, _GAP_M = 3.0, 4.5
_ZEBRA_M = 3.2
_JOINT_M = 0.07


@dataclass(slots=True)
class Ground:
    """What the ground is.

    Attributes:
        colour: BGR of an evenly lit surface, float32 (h, w, 3), 0 to 255.
        height_m: over the crown of the road, float32 (h, w).
        road: where the carriageway is, bool (h, w).
    """

    colour: Floats
    height_m: Floats
    road: Mask


@dataclass(slots=True)
class _Along:
    """Places seen along a road: how far, and how far to its left."""

    road: Road
    s: Floats
    t: Floats
    inside: Mask


def paint_ground(place: Place, x: Floats, y: Floats, fine: Floats) -> Ground:
    """Paint the ground at places.

    Args:
        place: what is there.
        x: east, metres, (h, w).
        y: north, metres, (h, w).
        fine: how much of the fine grain is left at each place, 0 to 1; none where a pixel covers metres.
    """
    random = np.random.default_rng(place.seed)
    ground = _verge(place, x, y, fine, random)
    if place.yard:
        _paved_yard(ground, inside(place.yard, x, y), x, y)
    alongs = [_along(road, x, y) for road in place.roads]
    carriageway = np.zeros(x.shape, np.bool_)
    for along in alongs:
        carriageway |= along.inside & (np.abs(along.t) <= along.road.width_m / 2)
    crossing = inside(place.junction, x, y) if place.junction else np.zeros(x.shape, np.bool_)
    carriageway |= crossing
    for along in alongs:
        _pavement(ground, along, carriageway, random)
    _asphalt(ground, place, x, y, fine, carriageway, random)
    worn = 0.78 + 0.22 * sample(clouds(place.seed + 1), x, y, 7.0)
    for along in alongs:
        _tracks(ground, along, carriageway & ~crossing)
        _lines(ground, along, carriageway & ~crossing, worn)
        _median(ground, along, carriageway & ~crossing)
    for zebra in place.zebras:
        _zebra(ground, zebra, x, y, carriageway, worn)
    ground.road = carriageway
    return ground


def inside(corners: tuple[Point, ...], x: Floats, y: Floats) -> Mask:
    """Tell which places lie inside a polygon (even-odd rule)."""
    within = np.zeros(x.shape, np.bool_)
    for (x1, y1), (x2, y2) in zip(corners, (*corners[1:], corners[0]), strict=True):
        if y1 != y2:
            crosses = (y1 > y) != (y2 > y)
            within ^= crosses & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    return within


def _along(road: Road, x: Floats, y: Floats) -> _Along:
    (x1, y1), (x2, y2) = road.start, road.end
    length = math.hypot(x2 - x1, y2 - y1)
    east, north = (x2 - x1) / length, (y2 - y1) / length
    s = (x - x1) * east + (y - y1) * north
    t = (y - y1) * east - (x - x1) * north
    return _Along(road, s, t, (s >= 0) & (s <= length))


def _verge(place: Place, x: Floats, y: Floats, fine: Floats, random: np.random.Generator) -> Ground:
    soft, coarse = sample(clouds(place.seed), x, y, 38.0), sample(clouds(place.seed + 2), x, y, 9.0)
    grass = np.array([58, 104, 82], np.float32) * random.uniform(0.8, 1.2)
    soil = np.array([104, 130, 150], np.float32) * random.uniform(0.75, 1.15)
    share = np.clip(0.5 + 1.6 * soft + 0.5 * coarse + (0.5 - place.built), 0, 1)[..., None]
    colour = grass * share + soil * (1 - share)
    colour *= (1 + 0.16 * coarse + 0.1 * fine * sample(grains(place.seed), x, y, 20.0))[..., None]
    return Ground(colour.astype(np.float32), (0.08 + 0.1 * soft).astype(np.float32), np.zeros(x.shape, np.bool_))


def _paved_yard(ground: Ground, where: Mask, x: Floats, y: Floats) -> None:
    joints = np.where((x % 4.0 < 0.08) | (y % 4.0 < 0.08), 0.85, 1.0)  # noqa: PLR2004 - slabs of 4 m
    grey = (138 + 10 * sample(clouds(11), x, y, 12.0)) * joints
    ground.colour[where] = grey[where][:, None] * np.array([0.95, 0.99, 1.0])


def _pavement(ground: Ground, along: _Along, carriageway: Mask, random: np.random.Generator) -> None:
    road, side = along.road, np.abs(along.t)
    if not road.pavement_m:
        return
    half = road.width_m / 2
    strip = along.inside & ~carriageway & (side > half) & (side <= half + KERB_M + road.pavement_m)
    tone = random.uniform(120, 168)
    warm = random.uniform(0, 22)
    slabs = np.where((along.s % 1.2 < _JOINT_M) | ((side - half) % 1.2 < _JOINT_M), 0.82, 1.0)
    shade = (np.floor(along.s / 1.2) * 7 + np.floor(side / 1.2) * 3) % 5 / 40 + 0.92
    grey = (tone * slabs * shade)[strip]
    ground.colour[strip] = np.stack([grey - warm, grey - warm / 3, grey + warm / 3], axis=-1)
    ground.height_m[strip] = KERB_HEIGHT_M
    kerb = strip & (side <= half + KERB_M)
    painted = random.random() < 0.7  # noqa: PLR2004 - so many of the region's kerbs
    white = along.s % 2.0 < 1.0
    bright = np.where(white, 205.0, 48.0) if painted else np.full(along.s.shape, 165.0, np.float32)
    ground.colour[kerb] = bright[kerb][:, None] * np.array([0.97, 0.99, 1.0])


def _asphalt(
    ground: Ground, place: Place, x: Floats, y: Floats, fine: Floats, where: Mask, random: np.random.Generator
) -> None:
    tone = random.uniform(84, 122)
    broad, near = sample(clouds(place.seed + 3), x, y, 23.0), sample(clouds(place.seed + 4), x, y, 4.0)
    patches = sample(clouds(place.seed + 5, 2), x, y, 31.0) > random.uniform(0.45, 0.75)
    cracks = (np.abs(sample(clouds(place.seed + 6), x, y, 16.0)) < 0.012) & (fine > 0.3)  # noqa: PLR2004
    grey = tone * (1 + 0.09 * broad + 0.04 * near) * np.where(patches, random.uniform(0.74, 1.12), 1.0)
    grey = (grey + 6.5 * fine * sample(grains(place.seed + 1), x, y, 14.0)) * np.where(cracks, 0.72, 1.0)
    tint = np.array([1.0 + random.uniform(-0.02, 0.03), 1.0, 1.0 + random.uniform(-0.03, 0.04)], np.float32)
    ground.colour[where] = grey[where][:, None] * tint
    dips = 0.035 * sample(clouds(place.seed + 7, 3), x, y, 27.0)
    ground.height_m[where] = dips[where]


def _tracks(ground: Ground, along: _Along, where: Mask) -> None:
    """Darken where wheels and dripping oil go, and slope the road to its sides."""
    road = along.road
    lane_m = road.width_m / road.lanes
    off_centre = np.abs((along.t + road.width_m / 2) % lane_m - lane_m / 2)
    worn = 1 - 0.07 * np.exp(-(((off_centre - 0.75) / 0.3) ** 2)) - 0.06 * np.exp(-((off_centre / 0.35) ** 2))
    on = along.inside & where & (np.abs(along.t) <= road.width_m / 2)
    ground.colour[on] *= worn[on][:, None]
    ground.height_m[on] -= 0.012 * np.abs(along.t[on])


def _lines(ground: Ground, along: _Along, where: Mask, worn: Floats) -> None:
    road = along.road
    half = road.width_m / 2
    dash = along.s % (_DASH_M + _GAP_M) < _DASH_M
    edge = np.abs(np.abs(along.t) - (half - 0.25)) < _LINE_M / 2
    marked = edge
    for number in range(1, road.lanes):
        line = np.abs(along.t - (number * road.width_m / road.lanes - half)) < _LINE_M / 2
        middle = number * 2 == road.lanes
        marked = marked | (line if middle and road.lanes > 2 else line & dash)  # noqa: PLR2004 - from four lanes on
    _paint(ground, marked & along.inside & where, worn)


def _median(ground: Ground, along: _Along, where: Mask) -> None:
    road = along.road
    on = along.inside & where & (np.abs(along.t) < road.median_m / 2)
    if not road.median_m or not on.any():
        return
    ground.colour[on] = np.array([66, 112, 84], np.float32) * 0.9
    kerb = on & (np.abs(along.t) > road.median_m / 2 - 0.25)
    ground.colour[kerb] = np.where(along.s % 2.0 < 1.0, 205.0, 48.0)[kerb][:, None]
    ground.height_m[on] = KERB_HEIGHT_M


def _zebra(ground: Ground, zebra: tuple[Point, float, float], x: Floats, y: Floats, where: Mask, worn: Floats) -> None:
    (x0, y0), bearing_deg, length_m = zebra
    east, north = math.sin(math.radians(bearing_deg)), math.cos(math.radians(bearing_deg))
    across = (x - x0) * east + (y - y0) * north
    along = (y - y0) * east - (x - x0) * north
    on = where & (np.abs(across) < length_m / 2)
    bars = (np.abs(along) < _ZEBRA_M / 2) & (across % 1.0 < 0.5)  # noqa: PLR2004 - half a metre of each
    stop = np.abs(np.abs(along) - _ZEBRA_M / 2 - 1.2) < 0.17  # noqa: PLR2004 - a stop line of 0.34 m
    _paint(ground, on & (bars | stop), worn)


def _paint(ground: Ground, where: Mask, worn: Floats) -> None:
    share = np.clip(worn[where], 0, 1)[:, None] * 0.85
    ground.colour[where] = ground.colour[where] * (1 - share) + np.array([205, 212, 214]) * share
