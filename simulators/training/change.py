"""Pictures changed by chance: nearer, farther and aside, mirrored, in other light and colours."""

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.cameras.scene import Kind, State
from simulators.training.dataset import GREY, HEIGHT_PX, LABELS, LEAST_HIGH_PX, OBSTACLE, STATES, WIDTH_PX

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]
PART_PX = (320, 192)
_FARTHEST, _NEAREST = 0.85, 1.4  # times as large as they were
_GREY_SHARE = 0.1  # of the pictures: so many cameras are grey by night
_CROWD = 6  # people in a part, for it to show a crowd
_LEAST_LEFT = 0.4  # of a thing, for it to count when it was cut
_WHOLE = (STATES.index(State.OBSTACLE), STATES.index(State.CROWD))  # are seen in one place of the picture


def changed(picture: Picture, boxes: Floats, state: int, random: np.random.Generator) -> tuple[Picture, Floats]:
    """Change a picture of the net's size and its boxes, see `Dataset`; its state stays true."""
    is_central = state in _WHOLE
    scale = _scale(random, 1.1 if is_central else _NEAREST)
    room = np.array([WIDTH_PX, HEIGHT_PX]) * (scale - 1)
    share = np.full(2, 0.5) if is_central else random.uniform(0, 1, 2)
    return _made(picture, boxes, (WIDTH_PX, HEIGHT_PX), scale, room * share, random)


def part(picture: Picture, boxes: Floats, state: int, random: np.random.Generator) -> tuple[Picture, Floats, int]:
    """Take a part of `PART_PX` of a changed picture, with something in it if there is anything.

    Returns:
        The part, its boxes, and its state; -1 where the part does not show it.
    """
    scale, size = _scale(random, _NEAREST), np.array(PART_PX)
    room = np.array([WIDTH_PX, HEIGHT_PX]) * scale - size
    by = random.uniform(0, 1, 2) * room
    things = boxes[boxes[:, 5] > 0]
    if len(things):
        lies = things[0, 0] == OBSTACLE and random.random() < 0.5  # noqa: PLR2004 - otherwise it is one of many
        left, top, right, bottom = things[0 if lies else random.integers(len(things)), 1:5] * scale
        spot = np.array([left + right, top + bottom]) / 2
        by = np.clip(spot - random.uniform(0.15, 0.85, 2) * size, 0, room)
    made, rows = _made(picture, boxes, PART_PX, scale, by, random)
    return made, rows, state if _shows(rows, state) else -1


def _shows(rows: Floats, state: int) -> bool:
    """Tell whether a part shows the state: water is everywhere, an obstacle and a crowd are in one place."""
    if state == STATES.index(State.CROWD):
        return int((rows[rows[:, 5] > 0, 0] == LABELS.index(Kind.PERSON)).sum()) >= _CROWD
    return state != STATES.index(State.OBSTACLE) or bool((rows[:, 0] == OBSTACLE).any())


def _scale(random: np.random.Generator, nearest: float) -> float:
    return float(np.exp(random.uniform(np.log(_FARTHEST), np.log(nearest))))


def _made(
    picture: Picture,
    boxes: Floats,
    size_px: tuple[int, int],
    scale: float,
    by: NDArray[np.float64],
    random: np.random.Generator,
) -> tuple[Picture, Floats]:
    grey = (GREY, GREY, GREY)
    place = np.array([[scale, 0, -by[0]], [0, scale, -by[1]]], np.float32)
    moved = cv2.warpAffine(picture, place, size_px, borderMode=cv2.BORDER_CONSTANT, borderValue=grey)
    rows = _moved(boxes, size_px, scale, by)
    if random.random() < 0.5:  # noqa: PLR2004 - every second one is mirrored
        moved = cv2.flip(moved, 1)
        rows[:, [1, 3]] = size_px[0] - rows[:, [3, 1]]
    return _recoloured(moved.astype(np.uint8, copy=False), random), rows


def _moved(boxes: Floats, size_px: tuple[int, int], scale: float, by: NDArray[np.float64]) -> Floats:
    rows = boxes[boxes[:, 0] >= 0].copy()
    whole = rows[:, 1:5] * scale - np.tile(by, 2).astype(np.float32)
    rows[:, 1:5] = np.clip(whole, 0, np.array(size_px * 2, np.float32))
    left = _area(rows[:, 1:5]) / np.maximum(_area(whole), 1e-6)
    lies = rows[:, 0] == OBSTACLE
    rows[:, 5] *= (left >= _LEAST_LEFT) & (lies | (rows[:, 4] - rows[:, 2] >= LEAST_HIGH_PX))
    return rows[(left > 0) & ((rows[:, 5] > 0) | ~lies)]


def _area(edges: Floats) -> Floats:
    return np.prod(edges[:, 2:] - edges[:, :2], axis=1)


def _recoloured(picture: Picture, random: np.random.Generator) -> Picture:
    """Change brightness, contrast and the colours' balance, as exposure and white balance do."""
    gain = random.uniform(0.75, 1.3) * random.uniform(0.92, 1.08, 3)
    table = np.arange(256)[:, None] * gain + random.uniform(-14, 14)
    if random.random() < _GREY_SHARE:
        picture = np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    return cv2.LUT(picture, np.clip(table, 0, 255).astype(np.uint8)[None]).astype(np.uint8, copy=False)
