"""How good a model is: average precision at half overlap by class and condition, scene states, and its time.

A picture is put before the model and its answers are sifted as a box does both (`edge/vision`); a test holds them
together, since the simulators import nothing of what they judge.

Source: the Pascal VOC measure as COCO computes it: detections in order of score, each true box found once, the area
under the precision made monotonous; here at an overlap of 0.5 only. Boxes that do not count (too small, too hidden)
make a detection on them neither right nor wrong.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.training.dataset import HEIGHT_PX, LABELS, PAD_PX, STATES, WIDTH_PX, Dataset

Floats = NDArray[np.float32]
LEAST_SCORE = 0.05
MOST_CELLS, MOST_FOUND = 300, 100
PEAK_OVERLAP, SLOPE_OVERLAP = 0.55, 0.4  # of two answers of a label; the worse one goes, by whether its cell is a peak
LARGE_PX = 24.0
MARKS = (("AP50 vehicles, mean of the four classes", 0.80), ("AP50 person", 0.65), ("state, share right", 0.95))
HALF = 0.5
BOX_PARTS = 4
RUNTIMES = ("tflite_runtime", "ai_edge_litert")


@dataclass(slots=True)
class Found:
    """What a model found in one picture.

    Attributes:
        rows: float32 (n, 6): label, left, top, right, bottom in pixels of the picture, score; the best first.
        scene: a share for each state.
    """

    rows: Floats
    scene: Floats


class Model:
    """A converted model in one of the two runtimes.

    Args:
        path: of the .tflite file.
        runtime: one of `RUNTIMES`.
    """

    def __init__(self, path: Path, runtime: str = RUNTIMES[0]) -> None:
        module = __import__(f"{runtime}.interpreter", fromlist=["Interpreter"])
        self._interpreter: Any = module.Interpreter(str(path), num_threads=1)
        self._interpreter.allocate_tensors()
        wanted = self._interpreter.get_input_details()[0]
        self._input, (_, self._high_px, self._wide_px, _) = wanted["index"], wanted["shape"].tolist()
        details = self._interpreter.get_output_details()
        maps = {one["shape"][-1]: one for one in details if len(one["shape"]) == 4}  # noqa: PLR2004 - (1, h, w, c)
        self._heat, self._box = maps[len(LABELS)], maps[BOX_PARTS]
        self._scene = next(one for one in details if len(one["shape"]) == 2)  # noqa: PLR2004 - (1, states)

    def look(self, picture: NDArray[np.uint8]) -> Found:
        """Run on a picture of `WIDTH_PX` by `HEIGHT_PX`; a model with a smaller input gets it reduced."""
        fed = picture
        if self._wide_px != WIDTH_PX:
            fed = cv2.resize(picture, (self._wide_px, self._high_px), interpolation=cv2.INTER_AREA).astype(np.uint8)
        self._interpreter.set_tensor(self._input, fed[None])
        self._interpreter.invoke()
        heat, box, scene = (self._real(one)[0] for one in (self._heat, self._box, self._scene))
        return Found(decode(heat, box), scene)

    def _real(self, detail: dict[str, Any]) -> Floats:
        scale, zero = detail["quantization"]
        return (self._interpreter.get_tensor(detail["index"]).astype(np.float32) - zero) * np.float32(scale)


def decode(heat: Floats, box: Floats) -> Floats:
    """Turn maps into rows: the cells of each label's heat with the box that is told there, one for each body."""
    y, x, label = np.nonzero(heat >= LEAST_SCORE)
    best = np.argsort(-heat[y, x, label], kind="stable")[:MOST_CELLS]
    y, x, label = y[best], x[best], label[best]
    dx, dy, wide, high = box[y, x].T
    stride = WIDTH_PX / heat.shape[1]
    middle_x, middle_y = (x + dx) * stride, (y + dy) * stride
    half_w, half_h = np.exp(wide) * stride / 2, np.exp(high) * stride / 2
    across = [np.clip(edge, 0, WIDTH_PX) for edge in (middle_x - half_w, middle_x + half_w)]
    down = [np.clip(edge, PAD_PX, HEIGHT_PX - PAD_PX) for edge in (middle_y - half_h, middle_y + half_h)]
    rows = np.stack([label, across[0], down[0], across[1], down[1], heat[y, x, label]], axis=1).astype(np.float32)
    return sifted(rows, _is_peak(heat, y, x, label))


def _is_peak(heat: Floats, y: NDArray[np.int64], x: NDArray[np.int64], label: NDArray[np.int64]) -> NDArray[np.bool_]:
    padded = np.pad(heat, ((1, 1), (1, 1), (0, 0)))
    round_it = [padded[y + dy, x + dx, label] for dy in range(3) for dx in range(3)]
    return np.asarray(heat[y, x, label] >= np.max(round_it, axis=0))


def sifted(rows: Floats, peaks: NDArray[np.bool_]) -> Floats:
    """Drop rows that overlap a better one of their label; the best come first."""
    kept: list[int] = []
    most = np.where(peaks, PEAK_OVERLAP, SLOPE_OVERLAP)
    for number, row in enumerate(rows):
        same = [one for one in kept if rows[one, 0] == row[0]]
        if not same or overlap(row[1:5], rows[same, 1:5]).max() <= most[number]:
            kept.append(number)
    return rows[kept[:MOST_FOUND]]


def overlap(one: Floats, many: Floats) -> Floats:
    """Give intersection over union of a box with others (left, top, right, bottom)."""
    wide = np.minimum(one[2], many[:, 2]) - np.maximum(one[0], many[:, 0])
    high = np.minimum(one[3], many[:, 3]) - np.maximum(one[1], many[:, 1])
    both = np.maximum(wide, 0) * np.maximum(high, 0)
    area = (many[:, 2] - many[:, 0]) * (many[:, 3] - many[:, 1])
    return both / np.maximum((one[2] - one[0]) * (one[3] - one[1]) + area - both, 1e-6)


def average_precision(found: list[Floats], true: list[Floats], label: int, least_high_px: float = 0.0) -> float | None:
    """Give the average precision of a class at an overlap of `HALF`; None where there is none of it.

    Args:
        found: rows of each picture, see `Found`.
        true: boxes of each picture, see `Dataset`.
        label: the class.
        least_high_px: true boxes that are lower do not count, and are no fault where they are found.
    """
    judged: list[tuple[float, bool]] = []
    total = 0
    for rows, boxes in zip(found, true, strict=True):
        own = boxes[boxes[:, 0] == label]
        counts = (own[:, 5] > 0) & (own[:, 4] - own[:, 2] >= least_high_px)
        total += int(counts.sum())
        of_label = rows[rows[:, 0] == label]
        for row, place in zip(of_label, judge(of_label, own, counts), strict=True):
            if place < 0 or counts[place]:  # on a box that does not count it is neither right nor wrong
                judged.append((float(row[5]), place >= 0))
    return area(judged, total) if total else None


def judge(rows: Floats, own: Floats, counts: NDArray[np.bool_]) -> list[int]:
    """Give for each detection of a class, the best first, the box of that class that it finds; -1 for none."""
    places, taken = [], np.zeros(len(own), np.bool_)
    for row in rows:
        shares = np.where(taken, 0.0, overlap(row[1:5], own[:, 1:5])) if len(own) else np.zeros(0)
        best = _best(shares, counts)
        places.append(-1 if best is None else best)
        if best is not None:
            taken[best] = True
    return places


def _best(shares: NDArray[np.float64], counts: NDArray[np.bool_]) -> int | None:
    """Choose the box that overlaps most, of those that count before the others."""
    for wanted in (counts, ~counts):
        fitting = np.where(wanted, shares, 0.0)
        if len(fitting) and fitting.max() >= HALF:
            return int(fitting.argmax())
    return None


def area(judged: list[tuple[float, bool]], total: int) -> float:
    """Give the area under the precision made monotonous of (score, whether it is right), of so many true boxes."""
    judged.sort(reverse=True)
    right = np.cumsum([good for _, good in judged]) if judged else np.zeros(0)
    if not len(right):
        return 0.0
    recall, precision = right / total, right / np.arange(1, len(right) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(np.concatenate([[0.0], recall])) * precision))


def table(data: Dataset, model: Model) -> list[list[str]]:
    """Score a model on a data set: one row for each class and condition, the first row is the head."""
    return table_of(data, [model.look(data.pictures[number]) for number in range(len(data))])


def table_of(data: Dataset, looked: list[Found]) -> list[list[str]]:
    """Make the table of what was found in each picture."""
    conditions = ["all", *sorted(set(data.conditions))]
    rows = [["", *conditions]]
    chosen = {name: [n for n, one in enumerate(data.conditions) if name in ("all", one)] for name in conditions}
    for label, name in enumerate(LABELS):
        for least_px in (0.0, LARGE_PX):
            title = f"AP50 {name}" + (f", {least_px:g} px high and more" if least_px else "")
            rows.append([title, *(_ap(looked, data, chosen[one], label, least_px) for one in conditions)])
    rows.append(
        ["AP50 vehicles, mean of the four classes", *(_vehicles(looked, data, chosen[one]) for one in conditions)]
    )
    for number, state in enumerate(STATES):
        rows.append([f"state {state}, share found", *(_state(looked, data, chosen[one], number) for one in conditions)])
    rows.append(["state, share right", *(_state(looked, data, chosen[one], None) for one in conditions)])
    rows.append(["boxes that count", *(str(int((data.boxes[chosen[one], :, 5] > 0).sum())) for one in conditions)])
    rows.append(["pictures", *(str(len(chosen[one])) for one in conditions)])
    return rows


def verdicts(rows: list[list[str]]) -> list[str]:
    """Say of each mark whether it is met by day."""
    day = rows[0].index("day")
    by_day = {row[0]: float(row[day]) for row in rows if row[0] in dict(MARKS) and row[day] != "-"}
    return [
        f"{name} by day: {by_day[name]:.3f}, mark {mark:.2f}: {'met' if by_day[name] >= mark else 'not met'}"
        for name, mark in MARKS
        if name in by_day
    ]


def _ap(looked: list[Found], data: Dataset, chosen: list[int], label: int, least_px: float) -> str:
    found, true = [looked[n].rows for n in chosen], [data.boxes[n] for n in chosen]
    value = average_precision(found, true, label, least_px)
    return "-" if value is None else f"{value:.3f}"


def _vehicles(looked: list[Found], data: Dataset, chosen: list[int]) -> str:
    found, true = [looked[n].rows for n in chosen], [data.boxes[n] for n in chosen]
    values = [average_precision(found, true, label) for label in range(1, len(LABELS))]
    known = [value for value in values if value is not None]
    return f"{np.mean(known):.3f}" if known else "-"


def _state(looked: list[Found], data: Dataset, chosen: list[int], state: int | None) -> str:
    of_state = [n for n in chosen if state is None or data.states[n] == state]
    right = [int(looked[n].scene.argmax()) == data.states[n] for n in of_state]
    return f"{np.mean(right):.3f}" if right else "-"


def milliseconds(model: Model, rounds: int = 60) -> float:
    """Measure the median processor time of one look on one thread, decoding of its outputs included."""
    picture = np.random.default_rng(1).integers(0, 255, (HEIGHT_PX, WIDTH_PX, 3), dtype=np.uint8)
    return float(np.median([_timed(lambda: model.look(picture)) for _ in range(rounds)]) * 1_000)


def _timed(work: Callable[[], object]) -> float:
    began_s = time.thread_time()
    work()
    return time.thread_time() - began_s
