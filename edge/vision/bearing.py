"""Where a camera looks, compared with where it looked for long: a turn moves all of a picture, a fallen tree a part.

The picture's edges are cut into tiles. Tiles that are where they were hold the camera's bearing, however many others
a tree, water or a bus before the lens has changed. Only where hardly any does, one shift for all of the picture is
sought (phase correlation, Kuglin and Hines 1975), and believed where the tiles agree with it one by one.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.found import Floats, Picture

_WIDTH, _HEIGHT = 160, 90
_RIM = 7  # rows above and below, in which cameras write their names and clocks
SHAPE = (_HEIGHT - 2 * _RIM, _WIDTH)
_TILES = (4, 8)
_TALL, _WIDE = SHAPE[0] // _TILES[0], SHAPE[1] // _TILES[1]
LEAST_TEXTURE = 3.0  # spread of a tile's edges, of 255: a wall or the sky is nowhere
LEAST_TILES = 6
LIKE = 0.5  # correlation of a tile with itself, through noise and traffic
HELD_SHARE = 0.6  # of the tiles; as many hold a bearing without a further look
AGREED_SHARE = 0.5  # of the tiles that should be in the picture yet
AGREED_MORE = 0.2  # than are where they were
LEAST_SHIFT_PX = 3.5  # of 160, two degrees of a wide lens: a mast sways by one
_SEARCH = 4  # a turn moves the rim of a wide picture farther than its middle
_WINDOW = cv2.createHanningWindow(SHAPE[::-1], cv2.CV_32F)


class Bearing(NamedTuple):
    """What a comparison says.

    Attributes:
        held: share of the tiles that are where they were; 1 where there are too few to tell.
        shift_px: by which all of the picture has moved, of 160 pixels; 0 where it has not, or nobody can tell.
    """

    held: float
    shift_px: float


def edges_of(small: Picture) -> Floats:
    """Give where a picture has edges, without its rim: float32 (76, 160)."""
    seen = small if small.shape == (_HEIGHT, _WIDTH) else cv2.resize(small, (_WIDTH, _HEIGHT))
    inner = seen[_RIM:-_RIM]
    across, down = cv2.Sobel(inner, cv2.CV_16S, 1, 0), cv2.Sobel(inner, cv2.CV_16S, 0, 1)
    strength = cv2.add(cv2.convertScaleAbs(across, alpha=0.25), cv2.convertScaleAbs(down, alpha=0.25))
    return cv2.blur(strength, (3, 3)).astype(np.float32)


def compare(now: Floats, kept: Floats) -> Bearing:
    """Compare a picture's edges with those that were there for long.

    Args:
        now: a mean of a few pictures, so that what drives past is faint.
        kept: the background.
    """
    textured = _spread(kept) >= LEAST_TEXTURE
    if textured.sum() < LEAST_TILES:
        return Bearing(1.0, 0.0)
    held = float((_likeness(now, kept) >= LIKE)[textured].mean())
    if held >= HELD_SHARE:
        return Bearing(held, 0.0)
    (right, down), _ = cv2.phaseCorrelate(kept, now, _WINDOW)
    if np.hypot(right, down) < LEAST_SHIFT_PX:
        return Bearing(held, 0.0)
    agreed = _agreed(now, kept, textured, round(right), round(down))
    is_turned = agreed >= max(AGREED_SHARE, held + AGREED_MORE)
    return Bearing(held, float(np.hypot(right, down)) if is_turned else 0.0)


def _agreed(now: Floats, kept: Floats, textured: NDArray[np.bool_], right: int, down: int) -> float:
    """Give the share of the tiles that are found where a shift has brought them; 0 where there are too few."""
    found = sought = 0
    for row, column in zip(*np.nonzero(textured), strict=True):
        top, left = row * _TALL, column * _WIDE
        upper, outer = top + down - _SEARCH, left + right - _SEARCH
        lower, inner = upper + _TALL + 2 * _SEARCH, outer + _WIDE + 2 * _SEARCH
        if upper < 0 or outer < 0 or lower > SHAPE[0] or inner > SHAPE[1]:
            continue
        tile = kept[top : top + _TALL, left : left + _WIDE]
        sought += 1
        found += cv2.matchTemplate(now[upper:lower, outer:inner], tile, cv2.TM_CCOEFF_NORMED).max() >= LIKE
    return found / sought if sought >= LEAST_TILES else 0.0


def _tiles(picture: Floats) -> Floats:
    return np.asarray(picture.reshape(_TILES[0], _TALL, _TILES[1], _WIDE).mean(axis=(1, 3)))


def _spread(picture: Floats) -> Floats:
    return np.sqrt(np.maximum(0, _tiles(picture * picture) - _tiles(picture) ** 2))


def _likeness(one: Floats, other: Floats) -> Floats:
    """Correlate tile by tile, -1 to 1."""
    both = _tiles(one * other) - _tiles(one) * _tiles(other)
    return np.asarray(both / np.maximum(1e-3, _spread(one) * _spread(other)))
