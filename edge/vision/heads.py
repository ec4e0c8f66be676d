"""How the outputs of a detector are read: one small decoder for each kind of head.

A head says at load whether the outputs have its shape, and later turns them into boxes, classes and scores.
Sources: TensorFlow's TFLite_Detection_PostProcess operator (boxes as top, left, bottom, right; classes; scores; count);
Zhou, Wang, Krähenbühl, Objects as Points (2019), for centre points; here not only peaks are taken, since
people who stand side by side are often a cell apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from edge.errors import Misconfigured
from edge.vision.found import Floats, overlap
from edge.vision.reasons import because

Integers = NDArray[np.int64]
MOST_DETECTIONS = 100
MOST_CELLS = 300  # of a map of centres, the best of them
PEAK_OVERLAP = 0.55  # of a cell that no neighbour betters, with a better box of its label; above it the cell goes
SLOPE_OVERLAP = 0.4  # the same of a cell beside a better one, which most often tells of the same body
_BOX = 4
_STANDARD = "boxes 1xNx4, classes 1xN, scores 1xN, count 1"


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
        number = int(np.clip(np.nan_to_num(count.reshape(-1)[0]), 0, min(scores.shape[1], MOST_DETECTIONS)))
        good = np.flatnonzero((scores[0, :number] >= least_score) & np.isfinite(labels[0, :number]))
        corners = np.clip(boxes[0, good][:, [1, 0, 3, 2]], 0, 1).astype(np.float32)
        return Raw(corners, np.rint(labels[0, good]).astype(np.int64), scores[0, good].astype(np.float32))

    def turned(self) -> "StandardHead":
        """Give the head that takes classes for scores, and scores for classes."""
        boxes, labels, scores, count = self.places
        return replace(self, places=(boxes, scores, labels, count))

    def fits(self, outputs: Sequence[Output]) -> bool:
        """Tell whether the classes of some answer are whole numbers, and its scores shares of one."""
        labels, scores = (outputs[place].real(outputs[place].values) for place in self.places[1:3])
        return bool((labels == np.rint(labels)).all() and (labels >= 0).all() and (abs(scores - 0.5) <= 0.5).all())  # noqa: PLR2004 - 0 to 1


@dataclass(frozen=True, slots=True)
class CentreHead:
    """A map of centres by label, (1, h, w, labels) in 0 to 1, and the shape of the body at each, (1, h, w, 4).

    The shape is: how far right of its cell's left edge and down from its upper edge the centre is, in cells, also
    beyond the cell; then the natural logarithms of width and height in cells.

    Attributes:
        heat: which output is the map.
        shape: which output is the shape.
        name: `centre_cells`, where the cells round a centre tell its body too, each from where it lies; `centre_point`,
            where only a cell that no neighbour betters tells anything.
    """

    heat: int
    shape: int
    name: str = "centre_cells"

    def read(self, outputs: Sequence[Output], least_score: float) -> Raw:
        """Take the cells above the score, the best first, but for those that tell a better one's body once more."""
        heat, shape = outputs[self.heat].values[0], outputs[self.shape].values[0]
        places = np.flatnonzero(heat >= outputs[self.heat].least(least_score))
        scores = heat.reshape(-1)[places].astype(np.float32)
        places = places[np.argsort(-scores, kind="stable")[:MOST_CELLS]]
        ys, xs, labels = (place.astype(np.int64) for place in np.unravel_index(places, heat.shape))
        peaks = _is_peak(heat, ys, xs, labels, first=self.name == "centre_point")
        if self.name == "centre_point":
            ys, xs, labels, peaks = ys[peaks], xs[peaks], labels[peaks], peaks[peaks]
        corners = _corners(outputs[self.shape].real(shape[ys, xs]), xs, ys, heat.shape)
        kept = _apart(corners, labels, peaks)
        return Raw(corners[kept], labels[kept], outputs[self.heat].real(heat[ys[kept], xs[kept], labels[kept]]))


def _apart(corners: Floats, labels: Integers, peaks: NDArray[np.bool_]) -> Integers:
    """Choose from boxes, the best first, those that are bodies of their own among those of their label."""
    shared = overlap(corners, corners) * (labels[:, None] == labels[None])
    most = np.where(peaks, PEAK_OVERLAP, SLOPE_OVERLAP)
    alive, kept = np.ones(len(labels), bool), []
    for index in range(len(labels)):
        if alive[index]:
            kept.append(index)
            alive &= shared[index] <= most
    return np.array(kept[:MOST_DETECTIONS], np.int64)


def _is_peak(heat: NDArray[Any], ys: Integers, xs: Integers, labels: Integers, *, first: bool) -> NDArray[np.bool_]:
    """Compare the few candidates with their eight neighbours, rather than pooling the whole map.

    Args:
        heat: the map, (h, w, labels).
        ys: rows of the candidates.
        xs: columns of them.
        labels: labels of them.
        first: of neighbours that are alike only the first is a peak.
    """
    height, width, _ = heat.shape
    scores, best = heat[ys, xs, labels], np.ones(len(ys), bool)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            y, x = ys + dy, xs + dx
            inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
            other = heat[y.clip(0, height - 1), x.clip(0, width - 1), labels]
            best &= (scores > other if first and (dy, dx) < (0, 0) else scores >= other) | ~inside
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
        wanted: `standard`, `centre_cells` or `centre_point`; None tries the first two.

    Returns:
        The head, and which output tells scene states; -1 for none.

    Raises:
        Misconfigured: they are neither, or do not fit the labels.
    """
    head: Head | None = None
    if wanted in (None, "standard"):
        head = _standard(shapes)
    if head is None and wanted != "standard":
        head = _centres(shapes, labels, wanted or "centre_cells")
    if head is None:
        written = ", ".join("x".join(map(str, shape)) for shape in shapes)
        raise Misconfigured(because("outputs", shapes=written, standard=_STANDARD, labels=labels))
    flat = [place for place, shape in enumerate(shapes) if len(shape) == 2 and head.name != "standard"]  # noqa: PLR2004 - (1, states)
    if not states:
        return head, -1
    fitting = [place for place in flat if shapes[place][1] == states]
    if not fitting:
        raise Misconfigured(because("no_states", states=states))
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


def settle(head: StandardHead, names: Sequence[str], answers: Sequence[Sequence[Output]]) -> StandardHead:
    """Find out which of two outputs of one shape are classes, and which are scores.

    TensorFlow 1 exports boxes, classes, scores, count, as its operator gives them; TensorFlow 2 the other way round,
    and numbers their names so. What the model answers decides; where both would do, the names.

    Args:
        head: as its outputs come.
        names: of all outputs, `…:3`.
        answers: what the model says to some pictures.

    Raises:
        Misconfigured: neither way gives classes and scores.
    """
    numbers = [int(end) if (end := name.rpartition(":")[2]).isdecimal() else 0 for name in names]
    first, second = sorted(head.places[1:3], key=lambda place: numbers[place])
    if numbers[head.places[0]] > numbers[second]:
        first, second = second, first
    wanted = replace(head, places=(head.places[0], first, second, head.places[3]))
    for one in (wanted, wanted.turned()):
        if all(one.fits(outputs) for outputs in answers):
            return one
    raise Misconfigured(because("no_classes"))


def _centres(shapes: Sequence[tuple[int, ...]], labels: int, name: str) -> CentreHead | None:
    maps = [place for place, shape in enumerate(shapes) if len(shape) == 4]  # noqa: PLR2004 - (1, h, w, c)
    for heat in maps:
        for shape in maps:
            fits = shapes[heat][:3] == shapes[shape][:3] and shapes[shape][3] == _BOX
            if heat != shape and fits and shapes[heat][3] == labels:
                return CentreHead(heat, shape, name)
    return None
