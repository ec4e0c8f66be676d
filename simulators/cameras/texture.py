"""Noise that tiles, to give surfaces a grain that stays where it is when the camera does not move."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
SIDE = 512  # a power of two: places are cut to it by their bits


@lru_cache(maxsize=16)
def clouds(seed: int, octaves: int = 5) -> Floats:
    """Make soft noise in [-1, 1] that tiles, float32 (`SIDE`, `SIDE`); each octave is half as wide and as strong."""
    random = np.random.default_rng(seed)
    total = np.zeros((SIDE, SIDE), np.float32)
    for octave in range(octaves):
        cells = 4 << octave
        knots = np.pad(random.uniform(-1, 1, (cells, cells)).astype(np.float32), 2, mode="wrap")
        size = round(SIDE * (cells + 4) / cells)
        wide = cv2.resize(knots, (size, size), interpolation=cv2.INTER_CUBIC)
        edge = (size - SIDE) // 2
        total += wide[edge : edge + SIDE, edge : edge + SIDE] / 2**octave
    return total / np.abs(total).max()


@lru_cache(maxsize=16)
def grains(seed: int) -> Floats:
    """Make fine noise with a standard deviation of 1, float32 (`SIDE`, `SIDE`)."""
    return np.random.default_rng(seed).standard_normal((SIDE, SIDE)).astype(np.float32)


def sample(tile: Floats, x: Floats, y: Floats, size_m: float) -> Floats:
    """Look a tile up at places, where one tile is `size_m` wide."""
    scale = SIDE / size_m
    columns = (x * scale).astype(np.int32) & (SIDE - 1)
    rows = (y * scale).astype(np.int32) & (SIDE - 1)
    return tile[rows, columns]
