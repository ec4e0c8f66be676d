"""What a detector found in a picture; one body may stand in it under several labels, see `bodies`."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from edge.site_vision import CLASSES

Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]
SAME_BODY = 0.3  # intersection over union above which two detections are taken for one body


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
    return _chosen(found, [best for best, _ in islice(_groups(found, most_overlap), limit)])


def bodies(found: Found) -> tuple[Found, Floats]:
    """Give each body once, though a detector may tell it under several labels and in several places.

    Returns:
        The best detection of each; and for each class the best score that its body has, float32 (n, classes).
    """
    groups = list(_groups(found, SAME_BODY))
    votes = np.zeros((len(groups), len(CLASSES)), np.float32)
    for row, (_, members) in zip(votes, groups, strict=True):
        np.maximum.at(row, found.classes[members], found.scores[members])
    return _chosen(found, [best for best, _ in groups]), votes


def _groups(found: Found, most_overlap: float) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """Give the best detection, with those that overlap it (itself among them), then the best of what is left."""
    shared = overlap(found.boxes, found.boxes)
    left = np.ones(len(found.scores), bool)
    for index in np.argsort(-found.scores, kind="stable").tolist():
        if left[index]:
            members = left & (shared[index] > most_overlap)
            members[index] = True  # also of a box without area
            left &= ~members
            yield index, members


def _chosen(found: Found, places: list[int]) -> Found:
    return Found(found.boxes[places], found.classes[places], found.scores[places], found.states)
