"""How the outputs of a detector are read: one small decoder for each kind of head.

A head says at load whether the outputs have its shape, and later turns them into boxes, classes and scores.
Sources: TensorFlow's TFLite_Detection_PostProcess operator (boxes as top, left, bottom, right; classes; scores; count);
Zhou, Wang, Krähenbühl, Objects as Points (2019), for centre points.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from edge.errors import Misconfigured
from edge.vision.found import Floats

Integers = NDArray[np.int64]
MOST_DETECTIONS = 100
_BOX = 4


@dataclass(frozen=True, slots=True)
class Output:
    """One output of a model as it is; only what is needed of it is made real numbers.

    Attributes:
        values: as the model gives them.
        scale: of quantised values; 0 for real ones.
        zero: the quantised value that means 0.
    """

    values: NDArray[Any]
    scale: float
    zero: int

    def real(self, values: NDArray[Any]) -> Floats:
        """Make some of the values real numbers."""
        if not self.scale:
            return values.astype(np.float32)
        return (values.astype(np.float32) - self.zero) * np.float32(self.scale)

    def least(self, real: float) -> float:
        """Give what a value must be to mean at least so much."""
        return real if not self.scale else real / self.scale + self.zero


@dataclass(frozen=True, slots=True)
class Raw:
    """Detections as fractions of the model's input, before labels become classes; columns of equal length."""

    boxes: Floats
    labels: Integers
    scores: Floats


class Head(Protocol):
    """Reads the outputs of one kind of detector."""

    @property
    def name(self) -> str:
        """Its kind."""
        ...

    def read(self, outputs: Sequence[Output], least_score: float) -> Raw:
        """Turn outputs, in the model's order and as real numbers, into detections."""
        ...


@dataclass(frozen=True, slots=True)
class StandardHead:
    """Boxes, classes, scores and count, as TFLite's own post-processing gives them.

    Attributes:
        places: which output is boxes, classes, scores, count.
    """

    places: tuple[int, int, int, int]
    name: str = "standard"

    def read(self, outputs: Sequence[Output], least_score: float) -> Raw:
        """Take what is above the score; corners come as top, left, bottom, right."""
        boxes, labels, scores, count = (outputs[place].real(outputs[place].values) for place in self.places)
        number = min(int(count.reshape(-1)[0]), scores.shape[1], MOST_DETECTIONS)
        good = np.flatnonzero(scores[0, :number] >= least_score)
        corners = np.clip(boxes[0, good][:, [1, 0, 3, 2]], 0, 1).astype(np.float32)
        return Raw(corners, np.rint(labels[0, good]).astype(np.int64), scores[0, good].astype(np.float32))


@dataclass(frozen=True, slots=True)
class CentrePointHead:
    """A map of centres by label, (1, h, w, labels) in 0 to 1, and the shape of the body at each, (1, h, w, 4).

    The shape is: how far right of its cell's left edge and down from its upper edge the centre is, in cells, also
    beyond the cell; then the natural logarithms of width and height in cells.

    Attributes:
        heat: which output is the map.
        shape: which output is the shape.
    """

    heat: int
    shape: int
    name: str = "centre_point"

    def read(self, outputs: Sequence[Output], least_score: float) -> Raw:
        """Take the peaks of the map: cells above the score with no better neighbour of their label."""
        heat, shape = outputs[self.heat].values[0], outputs[self.shape].values[0]
        places = np.flatnonzero(heat >= outputs[self.heat].least(least_score))
        ys, xs, labels = (place.astype(np.int64) for place in np.unravel_index(places, heat.shape))
        scores = heat[ys, xs, labels]
        best = _is_peak(heat, ys, xs, labels, scores)
        order = np.flatnonzero(best)
        order = order[np.argsort(-scores[order].astype(np.float32))][:MOST_DETECTIONS]
        ys, xs, labels, scores = ys[order], xs[order], labels[order], scores[order]
        corners = _corners(outputs[self.shape].real(shape[ys, xs]), xs, ys, heat.shape)
        return Raw(corners, labels, outputs[self.heat].real(scores))


def _is_peak(
    heat: NDArray[Any],
    ys: Integers,
    xs: Integers,
    labels: Integers,
    scores: NDArray[Any],
) -> NDArray[np.bool_]:
    """Compare the few candidates with their eight neighbours, rather than pooling the whole map; ties: first wins."""
    height, width, _ = heat.shape
    best = np.ones(len(ys), bool)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            if not dy and not dx:
                continue
            y, x = ys + dy, xs + dx
            inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
            other = heat[y.clip(0, height - 1), x.clip(0, width - 1), labels]
            best &= ((scores > other) if (dy, dx) < (0, 0) else (scores >= other)) | ~inside
    return best


def _corners(shape: Floats, xs: Integers, ys: Integers, size: tuple[int, ...]) -> Floats:
    """Turn shapes at cells into corners as fractions."""
    height, width = size[:2]
    across, down = (xs + shape[:, 0]) / width, (ys + shape[:, 1]) / height
    half = np.exp(np.clip(shape[:, 2:], -6, 6)) / (2 * np.array([width, height], np.float32))
    found = np.stack([across - half[:, 0], down - half[:, 1], across + half[:, 0], down + half[:, 1]], axis=1)
    return np.clip(found, 0, 1).astype(np.float32)


def choose_head(shapes: Sequence[tuple[int, ...]], labels: int, states: int, wanted: str | None) -> tuple[Head, int]:
    """Find out what the outputs are.

    Args:
        shapes: of the outputs, in the model's order.
        labels: how many the label file names.
        states: how many scene states are named.
        wanted: `standard` or `centre_point`; None tries both.

    Returns:
        The head, and which output tells scene states; -1 for none.

    Raises:
        Misconfigured: they are neither, or do not fit the labels.
    """
    head: Head | None = None
    if wanted != "centre_point":
        head = _standard(shapes)
    if head is None and wanted != "standard":
        head = _centre_point(shapes, labels)
    if head is None:
        written = ", ".join("x".join(map(str, shape)) for shape in shapes)
        raise Misconfigured(
            f"its outputs are {written}: wanted are boxes 1xNx4, classes 1xN, scores 1xN and count 1, or a map of"
            f" centres 1xHxWx{labels} (as many as labels) with shapes 1xHxWx4"
        )
    flat = [place for place, shape in enumerate(shapes) if len(shape) == 2 and head.name == "centre_point"]  # noqa: PLR2004 - (1, states)
    if not states:
        return head, -1
    fitting = [place for place in flat if shapes[place][1] == states]
    if not fitting:
        raise Misconfigured(f"{states} scene states are named, and no output has the shape 1x{states}")
    return head, fitting[0]


def _standard(shapes: Sequence[tuple[int, ...]]) -> StandardHead | None:
    boxes = [place for place, shape in enumerate(shapes) if len(shape) == 3 and shape[2] == _BOX]  # noqa: PLR2004
    pairs = [place for place, shape in enumerate(shapes) if len(shape) == 2]  # noqa: PLR2004 - (1, n)
    counts = [place for place, shape in enumerate(shapes) if shape in {(1,), ()}]
    if len(shapes) != 4 or len(boxes) != 1 or len(pairs) != 2 or len(counts) != 1:  # noqa: PLR2004
        return None
    if {shapes[place][1] for place in pairs} != {shapes[boxes[0]][1]}:
        return None
    return StandardHead((boxes[0], pairs[0], pairs[1], counts[0]))


def _centre_point(shapes: Sequence[tuple[int, ...]], labels: int) -> CentrePointHead | None:
    maps = [place for place, shape in enumerate(shapes) if len(shape) == 4]  # noqa: PLR2004 - (1, h, w, c)
    for heat in maps:
        for shape in maps:
            fits = shapes[heat][:3] == shapes[shape][:3] and shapes[shape][3] == _BOX
            if heat != shape and fits and shapes[heat][3] == labels:
                return CentrePointHead(heat, shape)
    return None
