"""Where a camera looks, compared with where it looked for long: a turn moves all of a picture, a fallen tree a part.

The picture's edges are cut into tiles. Tiles that are where they were hold the camera's bearing, however many others
a tree, water or a bus before the lens has changed. Only where hardly any does, one shift for all of the picture is
sought (phase correlation, Kuglin and Hines 1975), and believed where the tiles agree with it one by one. That loses
sight of more than about a fifth of the picture; then each tile is sought in all of the picture for itself, and what
many have in common (one shift, a roll, a zoom) is believed (RANSAC, Fischler and Bolles 1981).
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.found import Floats, Picture
from edge.vision.shapes import Point, paint

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
FAR_HELD = 0.3  # of the tiles; where more are in their place, no far turn is sought
FAR_SHIFT_PX = 8.0  # of 160; what is nearer is found as a shift
FAR_SHARE, FAR_LEAST = 0.4, 6  # of the tiles that should be in the picture yet, and how many at least
_FAR_OFF_PX = 4.0  # so near to where the others say it should be
_FAR_ZOOM, _FAR_ROLL = 1.33, 0.35  # a turned picture is a little of both; more is chance; the sine of 20 degrees
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
    held = held_share(now, kept)
    if held >= HELD_SHARE:
        return Bearing(held, 0.0)
    textured = _spread(kept) >= LEAST_TEXTURE
    shift_px = _near_px(now, kept, textured, held)
    return Bearing(held, shift_px or (_far_px(now, kept, textured) if held < FAR_HELD else 0.0))


def held_share(now: Floats, kept: Floats) -> float:
    """Give the share of the tiles that are where they were; 1 where there are too few to tell."""
    spread = _spread(kept)
    textured = spread >= LEAST_TEXTURE
    if textured.sum() < LEAST_TILES:
        return 1.0
    both = _tiles(now * kept) - _tiles(now) * _tiles(kept)
    likeness = both / np.maximum(1e-3, spread * _spread(now))
    return float((likeness >= LIKE)[textured].mean())


def open_tiles(private: Sequence[Sequence[Point]]) -> NDArray[np.bool_]:
    """Give where a picture's edges may be stored, bool (76, 160): no tile that a privacy mask touches.

    Whole tiles: one of which a part is missing would be like none.
    """
    painted = cv2.dilate(paint(private, _WIDTH, _HEIGHT), np.ones((7, 7)))[_RIM:-_RIM].astype(np.float32)
    return np.asarray(cv2.resize(_tiles(painted), SHAPE[::-1], interpolation=cv2.INTER_NEAREST) == 0)


def _near_px(now: Floats, kept: Floats, textured: NDArray[np.bool_], held: float) -> float:
    """Give by how much all of the picture has slid; 0 where it has not, or so far that it is not found."""
    (right, down), _ = cv2.phaseCorrelate(kept, now, _WINDOW)
    shift_px = float(np.hypot(right, down))
    if shift_px < LEAST_SHIFT_PX:
        return 0.0
    agreed = _agreed(now, kept, textured, round(right), round(down))
    return shift_px if agreed >= max(AGREED_SHARE, held + AGREED_MORE) else 0.0


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


def _far_px(now: Floats, kept: Floats, textured: NDArray[np.bool_]) -> float:
    """Give by how much the tiles have wandered together, those that are still in the picture; 0 where they have not."""
    places, found = _sought(now, kept, textured)
    if len(places) < FAR_LEAST:
        return 0.0
    motion, _ = cv2.estimateAffinePartial2D(places, found, ransacReprojThreshold=_FAR_OFF_PX, maxIters=500)
    if motion is None or not _is_turn(motion):
        return 0.0
    every = _middles(textured)
    wanted = every @ motion[:, :2].T + motion[:, 2]
    rim = np.array([_WIDE, _TALL]) / 2
    seen = ((wanted > rim) & (wanted < np.array([SHAPE[1], SHAPE[0]]) - rim)).all(axis=1)
    near = np.hypot(*(places @ motion[:, :2].T + motion[:, 2] - found).T) <= _FAR_OFF_PX
    if near.sum() < max(FAR_LEAST, FAR_SHARE * seen.sum()):
        return 0.0
    shift_px = float(np.median(np.hypot(*(wanted - every)[seen].T)))
    return shift_px if shift_px >= FAR_SHIFT_PX else 0.0


def _is_turn(motion: NDArray[np.float64]) -> bool:
    zoom = float(np.hypot(motion[0, 0], motion[1, 0]))
    return 1 / _FAR_ZOOM <= zoom <= _FAR_ZOOM and abs(motion[1, 0]) <= _FAR_ROLL * zoom and motion[0, 0] > 0


def _sought(now: Floats, kept: Floats, textured: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Seek each tile in all of a picture, at half its size; give the middles of those that are found, and where."""
    small, usual = (
        cv2.resize(one, (SHAPE[1] // 2, SHAPE[0] // 2), interpolation=cv2.INTER_AREA) for one in (now, kept)
    )
    middles, places, found = _middles(textured), [], []
    for middle in middles:
        left, top = round(float(middle[0] - _WIDE / 2) / 2), round(float(middle[1] - _TALL / 2) / 2)
        tile = usual[top : top + _TALL // 2, left : left + _WIDE // 2]
        _, best, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(small, tile, cv2.TM_CCOEFF_NORMED))
        if best >= LIKE:
            places.append(middle)
            found.append(middle + 2 * np.array([x - left, y - top]))
    return np.array(places, np.float32), np.array(found, np.float32)


def _middles(textured: NDArray[np.bool_]) -> Floats:
    rows, columns = np.nonzero(textured)
    return np.stack([(columns + 0.5) * _WIDE, (rows + 0.5) * _TALL], axis=1).astype(np.float32)


def _tiles(picture: Floats) -> Floats:
    """Give the mean of each tile; a tenth of the time that numpy takes."""
    return np.asarray(cv2.resize(picture, _TILES[::-1], interpolation=cv2.INTER_AREA))


def _spread(picture: Floats) -> Floats:
    return np.sqrt(np.maximum(0, _tiles(picture * picture) - _tiles(picture) ** 2))
