"""Zones and lines in a picture: what lies in them, and what crosses them. Points are fractions of the picture."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.found import Floats, Picture

Point = tuple[float, float]


def contains(polygon: Sequence[Point], points: Floats) -> NDArray[np.bool_]:
    """Tell which points (n, 2) lie in a polygon, by the number of edges to the right of each."""
    inside = np.zeros(len(points), bool)
    xs, ys = points[:, 0], points[:, 1]
    for (x1, y1), (x2, y2) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        if y1 != y2:
            between = (y1 > ys) != (y2 > ys)
            inside ^= between & (xs < (x2 - x1) * (ys - y1) / (y2 - y1) + x1)
    return inside


def crosses(line: tuple[Point, Point], before: Point, after: Point) -> bool:
    """Tell whether a step crosses a line between its ends; one that ends on it does, one that begins on it does not."""
    one, other = line

    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    was, now = side(one, other, before), side(one, other, after)
    if was == 0 or (was > 0) == (now > 0 or (now == 0 and was < 0)):
        return False
    return side(before, after, one) * side(before, after, other) <= 0


def paint(polygons: Sequence[Sequence[Point]], width_px: int, height_px: int) -> Picture:
    """Paint polygons, all that any of them covers, as 255 on 0: uint8 (h, w)."""
    mask = np.zeros((height_px, width_px), np.uint8)
    size = np.array([width_px, height_px])
    for polygon in polygons:  # in one call OpenCV would leave out what two of them share
        cv2.fillPoly(mask, [np.round(np.array(polygon) * size).astype(np.int32)], 255)
    return mask
