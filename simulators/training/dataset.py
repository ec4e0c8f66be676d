"""Rendered pictures with their truth, in files that training maps into memory."""

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.cameras.render import Renderer
from simulators.cameras.scene import Kind, State
from simulators.cameras.truth import Truth
from simulators.training.scenes import scene

WIDTH_PX, HEIGHT_PX = 320, 192  # of the net's input
PICTURE_PX = 180  # so many of its rows are picture; six grey rows above it and six below
PAD_PX = (HEIGHT_PX - PICTURE_PX) // 2
GREY = 114
LABELS = tuple(Kind)
STATES = tuple(State)
LEAST_HIGH_PX, LEAST_VISIBLE = 6.0, 0.35  # smaller or more hidden ones count neither as found nor as missed
MOST_BOXES = 100


@dataclass(frozen=True, slots=True)
class Dataset:
    """Pictures and what is in them.

    Attributes:
        pictures: uint8 (n, `HEIGHT_PX`, `WIDTH_PX`, 3) RGB.
        boxes: float32 (n, `MOST_BOXES`, 6): label, left, top, right, bottom in pixels, and whether it counts; unused
            rows have label -1.
        states: number in `STATES` (n).
        conditions: of each picture.
    """

    pictures: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    states: NDArray[np.int64]
    conditions: list[str]

    def __len__(self) -> int:
        """Count the pictures."""
        return len(self.states)


def load(directory: Path) -> Dataset:
    """Load a data set that `render` wrote; its pictures stay on the disk."""
    about = json.loads((directory / "about.json").read_text())
    return Dataset(
        np.load(directory / "pictures.npy", mmap_mode="r"),
        np.load(directory / "boxes.npy"),
        np.load(directory / "states.npy"),
        about["conditions"],
    )


def render(directory: Path, first: int, scenes: int, frames: int, width_px: int) -> None:
    """Render scenes into a directory, unless they are there already.

    Args:
        directory: for the files.
        first: number of the first scene.
        scenes: how many.
        frames: of each.
        width_px: at which they are rendered before they are brought to the net's size; the box sees 640.
    """
    if (directory / "about.json").exists():
        return
    directory.mkdir(parents=True, exist_ok=True)
    count = scenes * frames
    shape = (count, HEIGHT_PX, WIDTH_PX, 3)
    pictures = np.lib.format.open_memmap(  # type: ignore[no-untyped-call]  # numpy 1.26 has no types for it
        directory / "pictures.npy", mode="w+", dtype=np.uint8, shape=shape
    )
    boxes = np.full((count, MOST_BOXES, 6), -1, np.float32)
    states, conditions = np.zeros(count, np.int64), []
    for number in range(scenes):
        one = scene(first + number)
        renderer = Renderer("CAM", one.view.place, one.view.pose, width_px, width_px * 9 // 16)
        for frame, moment in enumerate(one.moments(frames)):
            at = number * frames + frame
            picture, truth = renderer.render(moment)
            pictures[at] = letterbox(_coded(picture, at))
            _note(boxes[at], truth)
            states[at] = STATES.index(truth.state)
            conditions.append(one.condition)
    pictures.flush()
    np.save(directory / "boxes.npy", boxes)
    np.save(directory / "states.npy", states)
    (directory / "about.json").write_text(json.dumps({"first": first, "scenes": scenes, "conditions": conditions}))


def letterbox(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bring a BGR picture of 16:9 to the net's input, uint8 (`HEIGHT_PX`, `WIDTH_PX`, 3) RGB."""
    small = picture
    if picture.shape[1] != WIDTH_PX:
        small = cv2.resize(picture, (WIDTH_PX, PICTURE_PX), interpolation=cv2.INTER_AREA)
    padded = np.full((HEIGHT_PX, WIDTH_PX, 3), GREY, np.uint8)
    padded[PAD_PX : PAD_PX + PICTURE_PX] = small[..., ::-1]
    return padded


def _coded(picture: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    """Code and decode a picture, so that it has the blocks a camera's stream has."""
    quality = int(np.random.default_rng(seed).integers(45, 92))
    _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded: NDArray[np.uint8] = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    return decoded


def _note(rows: NDArray[np.float32], truth: Truth) -> None:
    scale = WIDTH_PX / truth.width_px
    for row, box in zip(rows, sorted(truth.boxes, key=lambda one: one.top - one.bottom), strict=False):
        edges = (box.left * scale, box.top * scale + PAD_PX, box.right * scale, box.bottom * scale + PAD_PX)
        counts = edges[3] - edges[1] >= LEAST_HIGH_PX and box.visible >= LEAST_VISIBLE
        row[:] = (LABELS.index(box.kind), *edges, counts)
