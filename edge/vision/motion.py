"""The motion gate: whether anything moves in a picture that is worth an inference.

It looks at brightness only, as the decoder leaves it, a quarter as wide and high: no colours are converted for a
picture in which nothing happens. The background is a running mean; what stands still is background after seconds, so
a parked vehicle costs nothing.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.found import Floats, Picture
from edge.vision.shapes import Point, paint

SHRINK = 4
LEARN_SHARE = 0.06  # of each picture in the background: at 5 a second a change is forgotten in about 4 s
LEAST_STEP = 14.0  # of 255: below this it is noise or a cloud's edge
NOISE_FACTOR = 5.0  # steps of so many times the picture's own noise; by night amplifiers add much of it
LEAST_CELLS = 5  # 80 px of the stream: a child at the far end
HOLD_S = 1.0  # inference goes on for so long after the last motion
WRITING_SHARE = 0.07  # cameras write their clocks at the upper and lower edge


class MotionGate:
    """One camera's memory of what is always there."""

    def __init__(self, watched: Sequence[Sequence[Point]] = ()) -> None:
        """Begin knowing nothing.

        Args:
            watched: where motion counts; everywhere when empty.
        """
        self._watched = watched
        self._mean: Floats | None = None
        self._where: NDArray[np.bool_] = np.zeros((0, 0), bool)
        self._moved_s = float("-inf")
        self.cells: Picture = np.zeros((0, 0), np.uint8)

    def look(self, small: Picture, at_s: float) -> bool:
        """Take a picture's brightness, uint8 (h/4, w/4); tell whether it is worth an inference.

        Args:
            small: see `shrink`.
            at_s: when it was taken; only differences matter.
        """
        if self._mean is None or self._mean.shape != small.shape:
            self._begin(small)
            self._moved_s = at_s  # what already stands there wants to be known
            return True
        assert self._mean is not None  # noqa: S101 - set above
        step = cv2.absdiff(small, cv2.convertScaleAbs(self._mean))
        least = max(LEAST_STEP, NOISE_FACTOR * float(step[::3, ::3].mean()))
        moved = ((step > least) & self._where).astype(np.uint8)
        cv2.accumulateWeighted(small, self._mean, LEARN_SHARE)
        if int(moved.sum()) >= LEAST_CELLS and self._is_body(moved):
            self.cells = moved
            self._moved_s = at_s
        return 0 <= at_s - self._moved_s <= HOLD_S

    def _begin(self, small: Picture) -> None:
        self._mean = small.astype(np.float32)
        height, width = small.shape
        where = np.ones((height, width), bool)
        if self._watched:
            mask = paint(self._watched, width, height)
            where = cv2.dilate(mask, np.ones((5, 5), np.uint8)) > 0
        edge = round(height * WRITING_SHARE)
        where[:edge] = where[height - edge :] = False
        self._where = where
        self.cells = where.astype(np.uint8)

    @staticmethod
    def _is_body(moved: Picture) -> bool:
        """Tell whether some cells hang together, unlike noise and most of rain."""
        _, _, figures, _ = cv2.connectedComponentsWithStats(moved, connectivity=8)
        return len(figures) > 1 and int(figures[1:, cv2.CC_STAT_AREA].max()) >= LEAST_CELLS


def shrink(luma: Picture) -> Picture:
    """Give a picture's brightness (h, w) as (h/4, w/4), each cell the mean of its pixels."""
    height, width = luma.shape
    return cv2.resize(luma, (width // SHRINK, height // SHRINK), interpolation=cv2.INTER_AREA)
