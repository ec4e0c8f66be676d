"""What a detector found in a picture."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]


def _no_boxes() -> Floats:
    return np.zeros((0, 4), np.float32)


@dataclass(frozen=True, slots=True)
class Found:
    """Detections of one picture, in columns of equal length.

    Attributes:
        boxes: float32 (n, 4): left, top, right, bottom as fractions of the picture.
        classes: int (n): index into `edge.site_vision.CLASSES`.
        scores: float32 (n), 0 to 1.
        states: probability of each scene state by its name; empty where the model tells none.
    """

    boxes: Floats = field(default_factory=_no_boxes)
    classes: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    scores: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    states: dict[str, float] = field(default_factory=dict)


def overlap(one: Floats, others: Floats) -> Floats:
    """Give the intersection over union of each of `one` (n, 4) with each of `others` (m, 4): float32 (n, m)."""
    left_top = np.maximum(one[:, None, :2], others[None, :, :2])
    right_bottom = np.minimum(one[:, None, 2:], others[None, :, 2:])
    inner = np.prod(np.clip(right_bottom - left_top, 0, None), axis=2)
    areas = np.prod(one[:, 2:] - one[:, :2], axis=1)[:, None] + np.prod(others[:, 2:] - others[:, :2], axis=1)[None]
    return inner / np.maximum(areas - inner, 1e-9)


def keep_best(found: Found, most_overlap: float, limit: int) -> Found:
    """Drop detections that overlap a better one of any class (greedy non-maximum suppression).

    Args:
        found: what there is.
        most_overlap: intersection over union above which the worse one goes.
        limit: at most so many stay.
    """
    order = np.argsort(-found.scores)
    shared = overlap(found.boxes, found.boxes)
    kept: list[int] = []
    for index in order:
        if len(kept) >= limit:
            break
        if not kept or shared[index, kept].max() <= most_overlap:
            kept.append(int(index))
    return Found(found.boxes[kept], found.classes[kept], found.scores[kept], found.states)
