"""Rendered pictures with their truth, in files: coded pictures one behind the other, and what is in them."""

import json
import multiprocessing
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.cameras.projection import NEAR_M, camera
from simulators.cameras.render import Renderer
from simulators.cameras.scene import Kind, Moment, Obstacle, Pose, State
from simulators.cameras.truth import Truth
from simulators.training.scenes import scene

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]
Rendered = tuple[bytes, Floats, int, str]  # coded picture, boxes, state, condition
WIDTH_PX, HEIGHT_PX = 640, 384  # of the net's input: a camera's sub stream as it is
PICTURE_PX = 360  # so many of its rows are picture; twelve grey rows above it and twelve below
PAD_PX = (HEIGHT_PX - PICTURE_PX) // 2
GREY = 114
LABELS = tuple(Kind)
STATES = tuple(State)
OBSTACLE = len(LABELS)  # the label of what lies on the road: the net is taught where it is, and tells only the state
LEAST_HIGH_PX, LEAST_VISIBLE = 12.0, 0.35  # smaller or more hidden ones count neither as found nor as missed
MOST_BOXES = 100


class Pictures:
    """Coded pictures in a file.

    Args:
        path: of the file.
        ends: where in it each picture ends.
    """

    def __init__(self, path: Path, ends: NDArray[np.int64]) -> None:
        self._coded = np.memmap(path, np.uint8, mode="r")
        self._ends = [0, *ends.tolist()]

    def __getitem__(self, number: int) -> Picture:
        """Decode a picture, letterboxed as the net takes it: uint8 (`HEIGHT_PX`, `WIDTH_PX`, 3) RGB."""
        coded = self._coded[self._ends[number] : self._ends[number + 1]]
        return letterbox(cv2.imdecode(coded, cv2.IMREAD_COLOR).astype(np.uint8, copy=False))


@dataclass(frozen=True, slots=True)
class Dataset:
    """Pictures and what is in them.

    Attributes:
        pictures: by number.
        boxes: float32 (n, `MOST_BOXES`, 6): label, left, top, right, bottom in pixels, and whether it counts; unused
            rows have label -1.
        states: number in `STATES` (n).
        conditions: of each picture.
    """

    pictures: Pictures
    boxes: Floats
    states: NDArray[np.int64]
    conditions: list[str]

    def __len__(self) -> int:
        """Count the pictures."""
        return len(self.states)


def load(directory: Path) -> Dataset:
    """Load a data set that `render` wrote; its pictures stay on the disk."""
    about = json.loads((directory / "about.json").read_text())
    pictures = Pictures(directory / "pictures.jpegs", np.load(directory / "ends.npy"))
    return Dataset(pictures, np.load(directory / "boxes.npy"), np.load(directory / "states.npy"), about["conditions"])


def render(directory: Path, first: int, places: int, variants: int, frames: int) -> None:
    """Render scenes into a directory, unless they are there already, on as many processors as there are.

    Args:
        directory: for the files.
        first: number of the first scene.
        places: how many scenes' places.
        variants: of light, weather and traffic at each.
        frames: of each variant.
    """
    if (directory / "about.json").exists():
        return
    work = partial(_place, variants=variants, frames=frames)
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as processes:
        keep(directory, chain.from_iterable(processes.map(work, range(first, first + places))))


def keep(directory: Path, pictures: Iterable[Rendered]) -> None:
    """Write rendered pictures as a data set."""
    directory.mkdir(parents=True, exist_ok=True)
    boxes, states, conditions, ends = [], [], [], [0]
    with (directory / "pictures.jpegs").open("wb") as file:
        for coded, rows, state, condition in pictures:
            file.write(coded)
            ends.append(ends[-1] + len(coded))
            boxes.append(rows)
            states.append(state)
            conditions.append(condition)
    np.save(directory / "ends.npy", np.array(ends[1:], np.int64))
    np.save(directory / "boxes.npy", np.stack(boxes))
    np.save(directory / "states.npy", np.array(states, np.int64))
    (directory / "about.json").write_text(json.dumps({"conditions": conditions}))


def _place(number: int, variants: int, frames: int) -> list[Rendered]:
    cv2.setNumThreads(1)
    return list(rendered(number, variants, frames))


def rendered(number: int, variants: int, frames: int) -> Iterator[Rendered]:
    """Render the scenes of a number; what stands still there is painted once for all of them."""
    renderer = None
    for variant in range(variants):
        one = scene(number, variant)
        renderer = renderer or Renderer("CAM", one.view.place, one.view.pose)
        for frame, moment in enumerate(one.moments(frames)):
            picture, truth = renderer.render(moment)
            coded = _coded(picture, (number, variant, frame))
            yield coded, _rows(truth, moment, one.view.pose), STATES.index(truth.state), one.condition


def letterbox(picture: Picture) -> Picture:
    """Bring a BGR picture of 16:9 to the net's input, uint8 (`HEIGHT_PX`, `WIDTH_PX`, 3) RGB."""
    sized = picture
    if picture.shape[1] != WIDTH_PX:
        sized = cv2.resize(picture, (WIDTH_PX, PICTURE_PX), interpolation=cv2.INTER_AREA)
    padded = np.full((HEIGHT_PX, WIDTH_PX, 3), GREY, np.uint8)
    padded[PAD_PX : PAD_PX + PICTURE_PX] = sized[..., ::-1]
    return padded


def _coded(picture: Picture, seed: tuple[int, ...]) -> bytes:
    """Code a picture, so that it has the blocks a camera's stream has."""
    quality = int(np.random.default_rng(seed).integers(45, 92))
    _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return coded.tobytes()


def _rows(truth: Truth, moment: Moment, pose: Pose) -> Floats:
    """Write down what is in a picture, the highest first, and before them what lies on the road."""
    rows = np.full((MOST_BOXES, 6), -1, np.float32)
    found = [(OBSTACLE, *_extent(one, pose), True) for one in moment.ordered.obstacles]
    for box in sorted(truth.boxes, key=lambda one: one.top - one.bottom):
        counts = box.bottom - box.top >= LEAST_HIGH_PX and box.visible >= LEAST_VISIBLE
        found.append((LABELS.index(box.kind), box.left, box.top + PAD_PX, box.right, box.bottom + PAD_PX, counts))
    rows[: len(found)] = found[:MOST_BOXES] if found else np.empty((0, 6))
    return rows


def _extent(obstacle: Obstacle, pose: Pose) -> tuple[float, float, float, float]:
    """Give about where in the picture something lies: left, top, right, bottom."""
    long = obstacle.length_m if obstacle.what in ("tree", "pole") else 0.0
    wide = {"tree": 0.24 * obstacle.length_m, "pole": 0.8}.get(obstacle.what, obstacle.length_m / 3)
    turn = np.radians(obstacle.heading_deg)
    along = np.linspace(0, long, 5)[:, None] * (np.sin(turn), np.cos(turn)) + (obstacle.x_m, obstacle.y_m)
    points = [(x + a, y + b, z) for x, y in along for a in (-wide, wide) for b in (-wide, wide) for z in (0, wide / 2)]
    pixels, depth = camera(pose, WIDTH_PX, PICTURE_PX).project(np.array(points, np.float32))
    seen = np.clip(pixels[depth > NEAR_M], 0, (WIDTH_PX, PICTURE_PX)) + np.array([0, PAD_PX])
    (left, top), (right, bottom) = (seen.min(axis=0), seen.max(axis=0)) if len(seen) else ((0, 0), (0, 0))
    return float(left), float(top), float(right), float(bottom)
