"""What stands beside the roads: shophouses and houses, trees, poles with many wires, a yard's wall, lamp columns.

All of it is drawn by chance from the place's seed. Where something stands does not depend on the camera.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.cameras.brush import Brush, Picture
from simulators.cameras.ground import inside
from simulators.cameras.scene import Lamp, Place, Point, Road

Floats = NDArray[np.float32]
_REACH_M = 260.0
_WIRES_FROM_M = 26.0  # nearer wires would hang as beams before the lens; a camera is not mounted behind them
_UP = np.array([0, 0, 1], np.float32)
_PAINTS = ((186, 206, 214), (150, 190, 205), (196, 186, 160), (170, 200, 175), (160, 165, 205), (205, 205, 200))
_SIGNS = ((40, 40, 200), (190, 90, 30), (60, 150, 40), (30, 150, 220), (150, 40, 120), (230, 230, 230), (30, 200, 230))
_ROOFS = ((52, 72, 150), (60, 90, 165), (70, 70, 110), (90, 110, 120))


@dataclass(frozen=True, slots=True)
class Item:
    """Something beside a road.

    Attributes:
        foot: where it stands.
        caster: points over the ground whose shadow it throws, float32 (n, 3); empty throws none.
        draw: draws it.
    """

    foot: Point
    caster: Floats
    draw: Callable[[Brush], None]


def items(place: Place, eye: Point) -> list[Item]:
    """List everything beside the roads that a camera at `eye` may see."""
    found: list[Item] = []
    for number, road in enumerate(place.roads):
        for side in (-1.0, 1.0):
            random = np.random.default_rng((place.seed, number, int(side) + 1))
            found += _along(place, road, side, eye, random)
    found += [_column(lamp) for lamp in place.lamps]
    found += list(_fence(place.yard))
    return found


def _along(place: Place, road: Road, side: float, eye: Point, random: np.random.Generator) -> Iterator[Item]:
    (x1, y1), (x2, y2) = road.start, road.end
    length = math.hypot(x2 - x1, y2 - y1)
    along = np.array([(x2 - x1) / length, (y2 - y1) / length, 0], np.float32)
    out = np.array([-along[1], along[0], 0], np.float32) * side
    base = np.array([x1, y1, 0], np.float32)
    kerb_m = road.width_m / 2 + road.pavement_m + 0.4
    s = random.uniform(0, 8)
    while s < length:
        wide = float(random.uniform(7, 15))
        set_back = float(random.uniform(1.0, 5.0))
        front = base + along * (s + wide / 2) + out * (kerb_m + set_back)
        built = random.random() < place.built
        if built and _free(place, front + out * 4, wide * 0.7 + 2, eye, least_m=16.0):
            yield _house(front, along, out, wide - 0.8, random)
        elif not built and _free(place, front, 1.5, eye, least_m=9.0):
            yield _tree(front + out * float(random.uniform(-1, 4)), random)
        s += wide
    if side > 0:
        yield from _wires(place, base, along, out * (kerb_m + 0.2), length, eye, random)


def _free(place: Place, spot: Floats, clear_m: float, eye: Point, least_m: float) -> bool:
    """Tell whether nothing but the verge is there, near enough to be seen, and not in front of the lens."""
    x, y = float(spot[0]), float(spot[1])
    if not least_m < math.hypot(x - eye[0], y - eye[1]) < _REACH_M:
        return False
    if place.yard and inside(place.yard, np.full((1, 1), x, np.float32), np.full((1, 1), y, np.float32))[0, 0]:
        return False
    return all(_apart(road, x, y) > road.width_m / 2 + road.pavement_m + clear_m / 2 for road in place.roads)


def _apart(road: Road, x: float, y: float) -> float:
    (x1, y1), (x2, y2) = road.start, road.end
    square = (x2 - x1) ** 2 + (y2 - y1) ** 2
    share = min(1.0, max(0.0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / square))
    return math.hypot(x - x1 - share * (x2 - x1), y - y1 - share * (y2 - y1))


def _house(front: Floats, along: Floats, out: Floats, wide: float, random: np.random.Generator) -> Item:
    shop = random.random() < 0.55  # noqa: PLR2004 - so many are shophouses
    floors = int(random.integers(2, 4)) if shop else 1
    high, deep = 3.4 * floors + 0.4, float(random.uniform(8, 13))
    left, right = front - along * wide / 2, front + along * wide / 2
    corners = np.stack([left, right, right + out * deep, left + out * deep])
    paint = np.array(_PAINTS[random.integers(len(_PAINTS))], np.float32) * random.uniform(0.75, 1.1)
    facade = _facade(floors, wide, paint, random, shop=shop)
    roof = tuple(float(part) for part in np.array(_ROOFS[random.integers(len(_ROOFS))]) * random.uniform(0.8, 1.2))
    walls = np.concatenate([corners, corners + _UP * high])

    def draw(brush: Brush) -> None:
        centre = front + out * deep / 2
        eye = brush.camera.position
        for number in range(4):
            one, two = corners[number], corners[(number + 1) % 4]
            outward = (one + two) / 2 - centre
            if float(np.dot(outward, eye - (one + two) / 2)) <= 0:
                continue
            quad = np.stack([one + _UP * high, two + _UP * high, two, one])
            if number == 0:
                brush.surface(_facing(quad, outward), facade)
            else:
                shade = 0.86 if number % 2 else 0.7
                brush.polygon(quad, tuple((paint * shade).tolist()))
        if shop:
            _flat_top(brush, corners, high, paint)
        else:
            _gable(brush, corners, high, roof)

    return Item((float(front[0]), float(front[1])), walls, draw)


def _facing(quad: Floats, outward: Floats) -> Floats:
    """Give a wall's corners so that its picture is not mirrored when seen from outside."""
    across = np.cross(quad[1] - quad[0], _UP)
    return quad if float(np.dot(across, outward)) > 0 else quad[[1, 0, 3, 2]]


def _flat_top(brush: Brush, corners: Floats, high: float, paint: Floats) -> None:
    if brush.camera.position[2] > high:
        brush.polygon(corners + _UP * high, tuple((paint * 0.62).tolist()))


def _gable(brush: Brush, corners: Floats, high: float, roof: tuple[float, ...]) -> None:
    eaves = corners + _UP * high + (corners - corners.mean(axis=0)) * 0.12
    ridge_rise = _UP * 2.4
    ends = [(eaves[0] + eaves[3]) / 2 + ridge_rise, (eaves[1] + eaves[2]) / 2 + ridge_rise]
    slopes = [np.stack([eaves[0], eaves[1], ends[1], ends[0]]), np.stack([eaves[3], eaves[2], ends[1], ends[0]])]
    hips = [np.stack([eaves[0], eaves[3], ends[0]]), np.stack([eaves[1], eaves[2], ends[1]])]
    shaded = [(face, shade) for face, shade in zip(slopes + hips, (1.0, 0.8, 0.7, 0.88), strict=True)]
    eye = brush.camera.position
    for face, shade in sorted(shaded, key=lambda pair: -float(np.linalg.norm(pair[0].mean(axis=0) - eye))):
        brush.polygon(face, tuple(part * shade for part in roof))  # type: ignore[arg-type]  # three of them


def _facade(floors: int, wide: float, paint: Floats, random: np.random.Generator, *, shop: bool) -> Picture:
    """Paint a front, 14 pixels a metre."""
    scale = 14
    w, h = int(wide * scale), int((3.4 * floors + 0.4) * scale)
    front = np.empty((h, w, 3), np.uint8)
    front[:] = np.clip(paint, 0, 255)
    stain = random.normal(0, 5, (max(2, h // 20), max(2, w // 20), 1)).astype(np.float32)
    front[:] = np.clip(front + cv2.resize(stain, (w, h))[..., None], 0, 255)
    for floor in range(floors):
        foot = h - int(3.4 * scale * floor)
        (_shutters if shop and floor == 0 else _windows)(front, foot, scale, random)
    if shop:
        _signboard(front, h - int(3.5 * scale), scale, random)
    return front


def _windows(front: Picture, foot: int, scale: int, random: np.random.Generator) -> None:
    step = int(scale * random.uniform(2.0, 3.2))
    for left in range(step // 3, front.shape[1] - step // 2, step):
        top, bottom = foot - int(2.5 * scale), foot - int(1.0 * scale)
        glass = random.uniform(30, 90)
        cv2.rectangle(front, (left, top), (left + step // 2, bottom), (glass * 1.1, glass, glass * 0.85), -1)
        cv2.rectangle(front, (left, top), (left + step // 2, bottom), (210, 214, 216), 1)


def _shutters(front: Picture, foot: int, scale: int, random: np.random.Generator) -> None:
    step = int(scale * random.uniform(2.6, 4.2))
    for left in range(4, front.shape[1] - step // 2, step):
        tone = np.array(_SIGNS[random.integers(len(_SIGNS))], np.float32) * 0.4 + 60
        open_door = random.random() < 0.45  # noqa: PLR2004 - so many are open
        colour = (28.0, 30.0, 34.0) if open_door else tuple(tone.tolist())
        cv2.rectangle(front, (left, foot - int(2.7 * scale)), (left + step - 6, foot), colour, -1)
        if open_door:
            for _ in range(6):
                spot = (int(random.integers(left, left + step - 6)), int(foot - random.integers(2, int(2.0 * scale))))
                goods = tuple((np.array(_SIGNS[random.integers(len(_SIGNS))]) * 0.7).tolist())
                cv2.rectangle(front, spot, (spot[0] + 5, spot[1] + 6), goods, -1)
        else:
            for row in range(foot - int(2.7 * scale), foot, 3):
                cv2.line(front, (left, row), (left + step - 6, row), tuple((tone * 0.85).tolist()), 1)


def _signboard(front: Picture, foot: int, scale: int, random: np.random.Generator) -> None:
    colour = _SIGNS[random.integers(len(_SIGNS))]
    cv2.rectangle(front, (0, foot - int(0.9 * scale)), (front.shape[1], foot), colour, -1)
    ink = (240, 240, 240) if sum(colour) < 450 else (30, 30, 160)  # noqa: PLR2004 - dark boards have white letters
    words = (
        "TOKO JAYA",
        "APOTEK",
        "BENGKEL",
        "WARUNG BAROKAH",
        "PULSA",
        "MEBEL",
        "SUMBER REJEKI",
        "BAKSO",
        "FOTO COPY",
    )
    cv2.putText(front, words[random.integers(len(words))], (6, foot - 3), cv2.FONT_HERSHEY_SIMPLEX, 0.34, ink, 1)


def _tree(foot: Floats, random: np.random.Generator) -> Item:
    high = float(random.uniform(4.5, 11))
    crown_m = high * float(random.uniform(0.28, 0.42))
    centre = foot + _UP * (high - crown_m * 0.7)
    count = 150
    around = random.normal(0, 1, (count, 3)).astype(np.float32)
    around *= (crown_m * np.cbrt(random.uniform(0.2, 1, count)) / np.linalg.norm(around, axis=1))[:, None]
    around[:, 2] *= 0.75
    leaves = centre + around
    bright = 0.62 + 0.42 * (around[:, 2] / crown_m) + random.normal(0, 0.12, count)
    green = np.array([random.uniform(34, 58), random.uniform(88, 122), random.uniform(52, 92)], np.float32)
    colours = np.clip(green * np.clip(bright, 0.25, 1.3)[:, None], 0, 255)
    radii = (crown_m * random.uniform(0.12, 0.24, count)).astype(np.float32)

    def draw(brush: Brush) -> None:
        brush.limb(foot, centre, 0.05 * high, (52, 70, 84))
        brush.blobs(leaves, radii, colours)

    return Item((float(foot[0]), float(foot[1])), leaves[::4], draw)


def _wires(
    place: Place, base: Floats, along: Floats, offset: Floats, length: float, eye: Point, random: np.random.Generator
) -> Iterator[Item]:
    spots = [base + along * s + offset for s in np.arange(random.uniform(2, 20), length, 38.0)]
    free = [spot for spot in spots if _free(place, spot, 0.0, eye, least_m=_WIRES_FROM_M)]
    for spot in free:
        yield _pole(spot, along)
    for one, two in pairwise(free):
        if float(np.linalg.norm(two - one)) < 60:  # noqa: PLR2004 - metres: no wires over a junction
            yield _span(one, two, random)


def _pole(foot: Floats, along: Floats) -> Item:
    across = np.array([-along[1], along[0], 0], np.float32)

    def draw(brush: Brush) -> None:
        brush.limb(foot, foot + _UP * 8.6, 0.26, (140, 146, 148))
        for high in (8.3, 7.6):
            brush.limb(foot + _UP * high - across, foot + _UP * high + across, 0.1, (96, 100, 102))

    return Item((float(foot[0]), float(foot[1])), np.stack([foot, foot + _UP * 8.6]), draw)


def _span(one: Floats, two: Floats, random: np.random.Generator) -> Item:
    heights = [8.3, 8.2, 7.6, 7.5, float(random.uniform(6.0, 6.8))]
    sags = random.uniform(0.5, 1.4, len(heights))
    steps = np.linspace(0, 1, 13, dtype=np.float32)

    def draw(brush: Brush) -> None:
        for high, sag in zip(heights, sags, strict=True):
            points = [one + (two - one) * t + _UP * (high - float(sag) * 4 * t * (1 - t)) for t in steps]
            for start, end in pairwise(points):
                brush.limb(start, end, 0.025, (38, 38, 40))

    middle = (one + two) / 2
    return Item((float(middle[0]), float(middle[1])), np.empty((0, 3), np.float32), draw)


def _column(lamp: Lamp) -> Item:
    foot = np.array([lamp.x_m, lamp.y_m, 0], np.float32)
    head = np.array([*lamp.head, lamp.height_m], np.float32)
    neck = foot + _UP * (lamp.height_m - 0.7)

    def draw(brush: Brush) -> None:
        brush.limb(foot, neck, 0.16, (134, 138, 140))
        brush.limb(neck, head, 0.1, (134, 138, 140))
        brush.limb(head, head + (head - neck) * 0.25, 0.28, (96, 98, 100))

    return Item((lamp.x_m, lamp.y_m), np.stack([foot, neck]), draw)


def _fence(yard: tuple[Point, ...]) -> Iterator[Item]:
    for one, two in zip(yard, (*yard[1:], *yard[:1]), strict=True):
        start, end = np.array([*one, 0], np.float32), np.array([*two, 0], np.float32)
        count = max(1, round(float(np.linalg.norm(end - start)) / 5.0))
        edges = np.linspace(0, 1, count + 1, dtype=np.float32)
        for low, high in pairwise(edges):
            yield _panel(start + (end - start) * low, start + (end - start) * high)


def _panel(one: Floats, two: Floats) -> Item:
    """Draw a stretch of a railing on a low wall, that one can look through."""
    high, wall = 1.6, 0.5

    def draw(brush: Brush) -> None:
        brush.polygon(np.stack([one, two, two + _UP * wall, one + _UP * wall]), (150, 160, 164))
        for share in np.linspace(0, 1, 14, dtype=np.float32):
            foot = one + (two - one) * share
            brush.limb(foot + _UP * wall, foot + _UP * high, 0.03, (70, 84, 60))
        brush.limb(one + _UP * high, two + _UP * high, 0.05, (70, 84, 60))

    middle = (one + two) / 2
    return Item((float(middle[0]), float(middle[1])), np.stack([one, two, two + _UP * high, one + _UP * high]), draw)
