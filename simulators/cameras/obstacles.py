"""What lies on a carriageway: a fallen tree, a pole with its wires, lost boxes, a heap of sand."""

import math

import numpy as np
from numpy.typing import NDArray

from simulators.cameras.brush import Brush
from simulators.cameras.roadside import Item
from simulators.cameras.scene import Obstacle

Floats = NDArray[np.float32]
_UP = np.array([0, 0, 1], np.float32)


def obstacle_item(obstacle: Obstacle) -> Item:
    """Make an obstacle that can be drawn like what stands beside the road."""
    random = np.random.default_rng(obstacle.seed)
    heading = math.radians(obstacle.heading_deg)
    along = np.array([math.sin(heading), math.cos(heading), 0], np.float32)
    foot = np.array([obstacle.x_m, obstacle.y_m, 0], np.float32)
    makers = {"tree": _tree, "pole": _pole, "boxes": _boxes, "sand": _sand}
    return makers[obstacle.what](foot, along, obstacle.length_m, random)


def _tree(foot: Floats, along: Floats, length_m: float, random: np.random.Generator) -> Item:
    """Lay a tree down: its trunk from `foot`, its crown at the other end, broken branches round it."""
    trunk_end = foot + along * length_m * 0.62 + _UP * 0.5
    crown = foot + along * length_m * 0.78 + _UP * 0.7
    wide = length_m * 0.24
    count = 240
    around = random.normal(0, 1, (count, 3)).astype(np.float32)
    around *= (wide * np.cbrt(random.uniform(0.15, 1, count)) / np.linalg.norm(around, axis=1))[:, None]
    around[:, 2] *= 0.5
    leaves = crown + around
    leaves[:, 2] = np.maximum(leaves[:, 2], 0.08)
    litter = random.uniform(0, 1, 60).astype(np.float32)[:, None] * along * length_m + foot
    litter = litter + random.normal(0, wide * 0.7, (60, 3)).astype(np.float32)
    litter[:, 2] = 0.05
    spots = np.concatenate([litter, leaves])
    bright = np.clip(0.55 + 0.5 * spots[:, 2] / wide + random.normal(0, 0.16, len(spots)), 0.25, 1.2)
    green = np.array([random.uniform(30, 52), random.uniform(86, 116), random.uniform(56, 92)])
    colours = green * bright[:, None]
    radii = np.concatenate([random.uniform(0.08, 0.2, 60), wide * random.uniform(0.09, 0.2, count)])
    bark = (58.0, 78.0, 96.0)

    def draw(brush: Brush) -> None:
        brush.limb(foot + _UP * 0.3, trunk_end, 0.5, bark)
        for share, sway in zip((0.4, 0.5, 0.62, 0.7), (-1.0, 1.2, -0.8, 0.9), strict=True):
            start = foot + along * length_m * share + _UP * 0.4
            side = np.array([-along[1], along[0], 0.35], np.float32) * sway * wide * 0.8
            brush.limb(start, start + along * wide * 0.7 + side, 0.14, bark)
        brush.blobs(spots, radii.astype(np.float32), colours)
        _roots(brush, foot, along, random)

    middle = foot + along * length_m / 2
    return Item((float(middle[0]), float(middle[1])), leaves[::6], draw)


def _roots(brush: Brush, foot: Floats, along: Floats, random: np.random.Generator) -> None:
    across = np.array([-along[1], along[0], 0], np.float32)
    for turn in random.uniform(0, 2 * math.pi, 7):
        reach = (across * math.cos(turn) + _UP * (math.sin(turn) * 0.6 + 0.4)) * 0.8
        brush.limb(foot + _UP * 0.3, foot + _UP * 0.3 + reach.astype(np.float32) - along * 0.3, 0.1, (44, 60, 78))


def _pole(foot: Floats, along: Floats, length_m: float, random: np.random.Generator) -> Item:
    end = foot + along * length_m
    across = np.array([-along[1], along[0], 0], np.float32)
    sways = random.uniform(0.4, 2.0, 4)

    def draw(brush: Brush) -> None:
        brush.limb(foot + _UP * 0.2, end + _UP * 0.2, 0.32, (146, 152, 154))
        for share in (0.88, 0.96):
            spot = foot + along * length_m * share + _UP * 0.3
            brush.limb(spot - across * 0.9, spot + across * 0.9, 0.12, (90, 94, 96))
        for sway in sways:
            bend = end + across * float(sway) * 3 + along * 2
            brush.limb(end + _UP * 0.2, bend, 0.03, (30, 30, 32))
            brush.limb(bend, bend + across * 4 - along * float(sway), 0.03, (30, 30, 32))

    middle = (foot + end) / 2
    return Item((float(middle[0]), float(middle[1])), np.empty((0, 3), np.float32), draw)


def _boxes(foot: Floats, along: Floats, length_m: float, random: np.random.Generator) -> Item:
    spots = foot + np.concatenate([random.normal(0, length_m / 4, (9, 2)), np.zeros((9, 1))], axis=1)
    spots = spots[np.argsort(-random.random(9))].astype(np.float32)
    sizes = random.uniform(0.35, 0.9, 9).astype(np.float32)
    browns = np.array([96, 138, 172]) * random.uniform(0.7, 1.15, (9, 1))

    def draw(brush: Brush) -> None:
        order = np.argsort(-np.linalg.norm(spots - brush.camera.position, axis=1))
        for number in order:
            _box(brush, spots[number], along, float(sizes[number]), browns[number])

    return Item((float(foot[0]), float(foot[1])), spots + _UP * 0.6, draw)


def _box(brush: Brush, foot: Floats, along: Floats, side_m: float, colour: Floats) -> None:
    across = np.array([-along[1], along[0], 0], np.float32)
    corners = np.stack([foot + (along * a + across * b) * side_m / 2 for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))])
    top = corners + _UP * side_m
    eye = brush.camera.position
    for number, shade in enumerate((0.78, 0.64, 0.84, 0.7)):
        one, two = number, (number + 1) % 4
        if float(np.dot((corners[one] + corners[two]) / 2 - foot, eye - corners[one])) > 0:
            quad = np.stack([corners[one], corners[two], top[two], top[one]])
            brush.polygon(quad, tuple((colour * shade).tolist()))
    brush.polygon(top, tuple(colour.tolist()))


def _sand(foot: Floats, along: Floats, length_m: float, random: np.random.Generator) -> Item:
    count = 320
    angle, share = random.uniform(0, 2 * math.pi, count), np.sqrt(random.uniform(0, 1, count))
    radius, rise = length_m / 3, length_m * 0.16
    spots = foot + np.stack(
        [np.cos(angle) * share * radius, np.sin(angle) * share * radius, (1 - share) * rise], axis=1
    ).astype(np.float32)
    tan = (
        np.array([110, 146, 170]) * (0.8 + 0.22 * np.cos(angle - 1.0) * share + random.normal(0, 0.04, count))[:, None]
    )
    radii = np.full(count, length_m * 0.05, np.float32)

    def draw(brush: Brush) -> None:
        brush.blobs(spots, radii, tan)

    return Item((float(foot[0]), float(foot[1])), spots[::8] + along * 0, draw)
