"""The parts of a picture that a detector looks at: the whole, letterboxed, or tiles in which something moved."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from edge.vision.colours import scaled
from edge.vision.found import Found, Picture, keep_best
from edge.vision.pool import InterpreterPool

GREY = 114  # of the bars; what the shipped model was trained with
TILE_OVERLAP = 0.15  # of a tile, so that what stands on a seam is whole in one of them
SEAM_OVERLAP = 0.3  # of what two tiles say of one thing: each sees it a little differently
MOST_KEPT = 100


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the picture, in fractions."""

    left: float
    top: float
    right: float
    bottom: float


def tiles(columns: int, rows: int) -> list[Region]:
    """Cut the picture into overlapping tiles."""
    wide, high = 1 / columns, 1 / rows
    more_x, more_y = (wide * TILE_OVERLAP if columns > 1 else 0), (high * TILE_OVERLAP if rows > 1 else 0)
    return [
        Region(
            max(0.0, column * wide - more_x),
            max(0.0, row * high - more_y),
            min(1.0, (column + 1) * wide + more_x),
            min(1.0, (row + 1) * high + more_y),
        )
        for row in range(rows)
        for column in range(columns)
    ]


class Gaze:
    """How one camera's pictures are put before the detector."""

    def __init__(self, pool: InterpreterPool, columns: int = 1, rows: int = 1) -> None:
        """Prepare.

        Args:
            pool: of the detector.
            columns: of tiles.
            rows: of tiles.
        """
        self._pool = pool
        self._tiles = tiles(columns, rows)

    def find(self, frame: Any, cells: Picture) -> Found | None:
        """Look at a decoded frame; None when no interpreter was free in time.

        Args:
            frame: PyAV's.
            cells: where something moved, as the motion gate has it; tiles without any are left out.
        """
        if len(self._tiles) == 1:
            return self._whole(frame)
        picture = frame.to_ndarray(format="rgb24")
        parts = [self._part(picture, region) for region in self._tiles if _has_motion(cells, region)]
        if any(part is None for part in parts):
            return None
        return _joined([part for part in parts if part is not None])

    def _whole(self, frame: Any) -> Found | None:
        wide, high, left, top = _fit(frame.width, frame.height, self._pool.width_px, self._pool.height_px)
        small = scaled(frame, wide, high)
        found = self._pool.find(self._boxed(small, left, top))
        return None if found is None else self._unboxed(found, wide, high, left, top)

    def _part(self, picture: Picture, region: Region) -> Found | None:
        height, width = picture.shape[:2]
        x1, x2 = round(region.left * width), round(region.right * width)
        y1, y2 = round(region.top * height), round(region.bottom * height)
        wide, high, left, top = _fit(x2 - x1, y2 - y1, self._pool.width_px, self._pool.height_px)
        small = cv2.resize(picture[y1:y2, x1:x2], (wide, high), interpolation=cv2.INTER_AREA)
        found = self._pool.find(self._boxed(small, left, top))
        if found is None:
            return None
        inner = self._unboxed(found, wide, high, left, top)
        span = np.array([region.right - region.left, region.bottom - region.top] * 2, np.float32)
        boxes = inner.boxes * span + np.array([region.left, region.top] * 2, np.float32)
        return Found(boxes, inner.classes, inner.scores, inner.states)

    def _boxed(self, small: Picture, left: int, top: int) -> Picture:
        if small.shape[:2] == (self._pool.height_px, self._pool.width_px):
            return small
        boxed = np.full((self._pool.height_px, self._pool.width_px, 3), GREY, np.uint8)
        boxed[top : top + small.shape[0], left : left + small.shape[1]] = small
        return boxed

    def _unboxed(self, found: Found, wide: int, high: int, left: int, top: int) -> Found:
        """Turn fractions of the input into fractions of what was put into it."""
        size = np.array([self._pool.width_px, self._pool.height_px] * 2, np.float32)
        boxes = (found.boxes * size - np.array([left, top] * 2, np.float32)) / np.array([wide, high] * 2, np.float32)
        return Found(np.clip(boxes, 0, 1).astype(np.float32), found.classes, found.scores, found.states)


def _fit(width: int, height: int, into_width: int, into_height: int) -> tuple[int, int, int, int]:
    """Give the size that fits with its shape kept, and the bars to its left and above it."""
    scale = min(into_width / width, into_height / height)
    wide, high = max(1, round(width * scale)), max(1, round(height * scale))
    return wide, high, (into_width - wide) // 2, (into_height - high) // 2


def _has_motion(cells: Picture, region: Region) -> bool:
    height, width = cells.shape
    x1, x2 = int(region.left * width), round(region.right * width)
    return bool(cells[int(region.top * height) : round(region.bottom * height), x1:x2].any())


def _joined(parts: list[Found]) -> Found:
    """Put the tiles' findings together; of a thing on a seam the better one stays, of scene states the likeliest."""
    if not parts:
        return Found()
    states = {name: max(part.states.get(name, 0.0) for part in parts) for part in parts for name in part.states}
    everything = Found(
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.classes for part in parts]),
        np.concatenate([part.scores for part in parts]),
        states,
    )
    return keep_best(everything, SEAM_OVERLAP, MOST_KEPT)
