"""Rain as a camera sees it: streaks, drops on the glass, rings on the water."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.cameras.brush import Picture

Floats = NDArray[np.float32]
_TILES = 4


@lru_cache(maxsize=8)
def _streaks(width: int, height: int, heavy: int) -> list[Picture]:
    """Draw a few tiles of streaks, grey on black."""
    tiles = []
    for number in range(_TILES):
        random = np.random.default_rng((heavy, number))
        tile = np.zeros((height, width), np.uint8)
        for _ in range(heavy * 70):
            x, y = random.integers(0, width), random.integers(-40, height)
            long = int(random.uniform(0.03, 0.09) * height)
            lean = int(long * random.uniform(0.06, 0.16))
            cv2.line(
                tile, (int(x), int(y)), (int(x) + lean, int(y) + long), int(random.uniform(24, 70)), 1, cv2.LINE_AA
            )
        tiles.append(cv2.merge([cv2.GaussianBlur(tile, (3, 3), 0)] * 3))
    return tiles


def rain(picture: Picture, rain_mm_h: float, frame: int, bright: float) -> Picture:
    """Let it rain over a picture.

    Args:
        picture: uint8 (h, w, 3) BGR.
        rain_mm_h: 2 is light, 10 moderate, 50 a cloudburst.
        frame: number of the frame; each has other streaks.
        bright: of the scene; streaks by night are seen only in the lamps' light.
    """
    heavy = int(np.clip(1 + rain_mm_h / 8, 1, 8))
    height, width = picture.shape[:2]
    tile = _streaks(width, height, heavy)[frame % _TILES]
    tile = np.roll(tile, (frame * 97 % height, frame * 53 % width), axis=(0, 1))
    return cv2.addWeighted(picture, 1.0, tile, 0.35 + 0.65 * bright, 0)


@lru_cache(maxsize=32)
def _drops(width: int, height: int, seed: int) -> tuple[Floats, Floats, list[tuple[int, int, int]]]:
    random = np.random.default_rng(seed)
    spots = [
        (int(random.integers(0, width)), int(random.integers(0, height)), int(random.uniform(0.008, 0.022) * width))
        for _ in range(14)
    ]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    map_x, map_y = x.copy(), y.copy()
    for left, top, radius in spots:
        away = np.hypot(x - left, y - top)
        on = away < radius
        map_x[on] = left - (x[on] - left) * 4
        map_y[on] = top - (y[on] - top) * 4
    return map_x, map_y, spots


def drops(picture: Picture, seed: int) -> Picture:
    """Put drops on the glass: each shows the scene upside down and blurred."""
    height, width = picture.shape[:2]
    map_x, map_y, spots = _drops(width, height, seed)
    for left, top, radius in spots:
        rows = slice(max(0, top - radius), min(height, top + radius + 1))
        columns = slice(max(0, left - radius), min(width, left + radius + 1))
        piece = cv2.remap(
            picture, map_x[rows, columns], map_y[rows, columns], cv2.INTER_LINEAR, None, cv2.BORDER_REFLECT
        )
        picture[rows, columns] = cv2.blur(piece, (3, 3))
    return picture
