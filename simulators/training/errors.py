"""Why a model's average precision is as low as it is: what its errors are, and what mending each kind would give.

Source: D. Bolya et al., "TIDE: A General Toolbox for Identifying Object Detection Errors", arXiv 2008.08115 (2020); an
overlap of 0.1 to 0.5 is a wrong place, below it there is nothing. Beside it: what the maps and their decoding could
give at best, were the net's answers the wanted ones; and the share found by size and by what stands in front.
"""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simulators.training.dataset import LABELS, Dataset
from simulators.training.score import HALF, Floats, Found, area, decode, judge, overlap
from simulators.training.targets import targets

KINDS = ("label", "place", "label and place", "twice", "nothing there")
NEAR = 0.1
SURE_SCORE = 0.35  # what begins a track on a box
HEIGHTS_PX = (12.0, 16.0, 24.0, 48.0, 96.0, 400.0)
COVERED = 0.2  # of a box, by one box nearer to the camera


@dataclass(slots=True)
class Judged:
    """The detections of a class in all pictures, and why those are wrong that are.

    Attributes:
        right: scores of the right ones.
        wrong: score, number in `KINDS`, whether mending its label or its place would find a box that is not found.
        missed: boxes that no detection has, not even with a wrong label or a wrong place.
        total: boxes that count.
    """

    right: list[float] = field(default_factory=list)
    wrong: list[tuple[float, int, bool]] = field(default_factory=list)
    missed: int = 0
    total: int = 0

    def average_precision(self, mended: int | None = None, *, all_found: bool = False) -> float:
        """Give the average precision, if one kind of error were mended or what is missed did not count."""
        judged = [(score, True) for score in self.right]
        for score, kind, finds in self.wrong:
            if kind != mended:
                judged.append((score, False))
            elif finds:
                judged.append((score, True))
        total = self.total - self.missed * all_found
        return area(judged, total) if total else 0.0


def judged_of(looked: list[Found], data: Dataset, chosen: list[int], label: int) -> Judged:
    """Judge the detections of a class in some pictures."""
    found = Judged()
    for number in chosen:
        boxes = data.boxes[number]
        _judge_picture(looked[number].rows, boxes[(boxes[:, 0] >= 0) & (boxes[:, 0] < len(LABELS))], label, found)
    return found


def _judge_picture(rows: Floats, boxes: Floats, label: int, found: Judged) -> None:
    is_own, counts = boxes[:, 0] == label, boxes[:, 5] > 0
    own = np.flatnonzero(is_own)
    of_label = rows[rows[:, 0] == label]
    verdicts = judge(of_label, boxes[own], counts[own])
    taken = {int(own[place]) for place in verdicts if place >= 0}
    found.total += int((is_own & counts).sum())
    touched = set(taken)
    for row, place in zip(of_label, verdicts, strict=True):
        if place >= 0:
            if counts[own[place]]:
                found.right.append(float(row[5]))
            continue
        kind, other = _why(row, boxes, is_own, taken)
        mends = kind in (0, 1) and other not in touched and bool(counts[other])
        if mends:
            touched.add(other)
        found.wrong.append((float(row[5]), kind, mends and kind == 1))
    for row in rows[rows[:, 0] != label]:  # a box of this class under another label is not missed, but mislabelled
        shares = overlap(row[1:5], boxes[:, 1:5]) * is_own if len(boxes) else np.zeros(0)
        if len(shares) and shares.max() >= HALF:
            touched.add(int(shares.argmax()))
    found.missed += sum(place not in touched for place in np.flatnonzero(is_own & counts).tolist())


def _why(row: Floats, boxes: Floats, is_own: NDArray[np.bool_], taken: set[int]) -> tuple[int, int]:
    """Tell the kind of a wrong detection, and of which box it is; -1 of none."""
    if not len(boxes):
        return 4, -1
    shares = overlap(row[1:5], boxes[:, 1:5])
    free = np.array([number not in taken for number in range(len(boxes))])
    same, other = np.where(is_own, shares, 0.0), np.where(is_own, 0.0, shares)
    if same.max() >= HALF:
        return 3, int(same.argmax())
    if other.max() >= HALF:
        return 0, int(other.argmax())
    near = np.where(free, same, 0.0)
    if near.max() >= NEAR:
        return 1, int(near.argmax())
    if same.max() >= NEAR:
        return 3, int(same.argmax())
    return (2, int(other.argmax())) if other.max() >= NEAR else (4, -1)


def best_possible(data: Dataset) -> list[Found]:
    """Decode the answers that the net should give."""
    found = []
    for number in range(len(data)):
        heat, box = targets(data.boxes[number])
        wanted = np.where(heat >= NEAR, heat, 0)[..., : len(LABELS)]
        found.append(Found(decode(wanted, box[..., :4]), np.zeros(0, np.float32)))
    return found


def table(data: Dataset, looked: list[Found], chosen: list[int]) -> list[list[str]]:
    """Give for each class: average precision, what mending each kind of error would add, and the decoding's best."""
    best = best_possible(data)
    rows = [["", "AP50", *(f"+ {kind}" for kind in KINDS), "+ missed", "boxes", "best possible"]]
    for label, name in enumerate(LABELS):
        one = judged_of(looked, data, chosen, label)
        now = one.average_precision()
        gains = [one.average_precision(kind) - now for kind in range(len(KINDS))]
        gains.append(one.average_precision(all_found=True) - now)
        most = judged_of(best, data, chosen, label).average_precision()
        rows.append([name, f"{now:.3f}", *(f"{gain:.3f}" for gain in gains), str(one.total), f"{most:.3f}"])
    return rows


def shares(data: Dataset, looked: list[Found], chosen: list[int]) -> list[list[str]]:
    """Give the share found, at a score that begins a track, by class and height and by what stands in front."""
    spans = list(pairwise(HEIGHTS_PX))
    rows = [["", *(f"{low:g} to {high:g} px" for low, high in spans), "alone", "partly covered", "cut by the edge"]]
    for label, name in enumerate(LABELS):
        told = np.concatenate([_told(looked[number].rows, data.boxes[number], label) for number in chosen])
        groups = [(told[:, 1] >= low) & (told[:, 1] < high) for low, high in spans]
        groups += [told[:, 2] < COVERED, told[:, 2] >= COVERED, told[:, 3] > 0]
        rows.append(
            [name, *(f"{told[group, 0].mean():.2f} of {group.sum()}" if group.any() else "-" for group in groups)]
        )
    return rows


def _told(rows: Floats, boxes: Floats, label: int) -> Floats:
    """Give for each box of a class that counts: whether it is found, height, share that is covered, cut by an edge."""
    real = boxes[(boxes[:, 0] >= 0) & (boxes[:, 0] < len(LABELS))]
    is_own, counts = real[:, 0] == label, real[:, 5] > 0
    own = np.flatnonzero(is_own)
    verdicts = judge(rows[(rows[:, 0] == label) & (rows[:, 5] >= SURE_SCORE)], real[own], counts[own])
    hits = {int(own[place]) for place in verdicts if place >= 0}
    made = [
        (number in hits, real[number, 4] - real[number, 2], _covered(real, number), _is_cut(real[number]))
        for number in np.flatnonzero(is_own & counts).tolist()
    ]
    return np.array(made, np.float32).reshape(-1, 4)


def _covered(boxes: Floats, number: int) -> float:
    """Give the largest share of a box that a nearer thing's box covers; nearer is what stands lower in the picture."""
    one, others = boxes[number, 1:5], boxes[boxes[:, 4] > boxes[number, 4], 1:5]
    wide = np.minimum(one[2], others[:, 2]) - np.maximum(one[0], others[:, 0])
    high = np.minimum(one[3], others[:, 3]) - np.maximum(one[1], others[:, 1])
    both = np.maximum(wide, 0) * np.maximum(high, 0)
    return float(both.max(initial=0) / max((one[2] - one[0]) * (one[3] - one[1]), 1e-6))


def _is_cut(box: Floats) -> bool:
    return bool(box[1] <= 1 or box[3] >= 639 or box[4] >= 371)  # noqa: PLR2004 - the picture's edges, in the net's input
