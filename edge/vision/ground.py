"""Calibration: from the picture to metres on the ground, by a homography.

Source: Hartley and Zisserman, Multiple View Geometry, section 4.1; the fit is OpenCV's, over all pairs at once.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import Misconfigured
from edge.site_vision import Pair
from edge.vision.found import Floats
from edge.vision.reasons import Reason, because, reason_of

_NONE = Reason("", "")
_LEAST_DETERMINANT = 1e-9  # of a picture onto square metres; less is a line or a point
WORST_M = 2.0  # a pair that lies farther off than this was measured or typed wrongly


class Ground:
    """The plane of the road."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        """Fit.

        Raises:
            Misconfigured: the pairs do not fit one plane seen from one side; the worst is named.
        """
        at = np.array([pair.at for pair in pairs], np.float64)
        ground = np.array([pair.ground for pair in pairs], np.float64)
        # first what most of them agree on, so that the one that was typed wrongly is named and not its neighbours
        self._matrix = _fit(at, ground, cv2.RANSAC)
        off_m = np.hypot(*(self.metres(at.astype(np.float32)) - ground).T)
        worst = int(np.argmax(off_m))
        if not off_m[worst] <= WORST_M:
            raise Misconfigured(because("off_plane", number=worst, metres=float(off_m[worst])))
        self._matrix = _fit(at, ground, 0)
        depths = np.column_stack([at, np.ones(len(at))]) @ self._matrix[2]
        if not (depths.min() > 0 or depths.max() < 0):  # some lie beyond the horizon: no camera sees that
            raise Misconfigured(because("swapped"))

    def metres(self, points: Floats) -> Floats:
        """Give where points of the picture (n, 2) are on the ground, in metres (n, 2)."""
        spread = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ self._matrix.T
        return (spread[:, :2] / spread[:, 2:]).astype(np.float32)


def ground_of(pairs: Sequence[Pair]) -> tuple[Ground | None, Reason]:
    """Fit a camera's plane; where there is none, say what is wrong with its calibration, if it has one."""
    if not pairs:
        return None, _NONE
    try:
        return Ground(pairs), _NONE
    except Misconfigured as error:
        return None, reason_of(error)


def _fit(at: NDArray[np.float64], ground: NDArray[np.float64], method: int) -> NDArray[np.float64]:
    matrix, _ = cv2.findHomography(at, ground, method, WORST_M)
    if matrix is None or abs(np.linalg.det(matrix)) < _LEAST_DETERMINANT:
        raise Misconfigured(because("no_plane"))
    return np.asarray(matrix, np.float64)
