"""What is really in a picture: kept beside every frame, so that whatever looks at the pictures can be scored."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from simulators.cameras.scene import Kind, LensState, State

KEEP_BYTES = 64 << 20  # of the file that is written and of the one before it


@dataclass(frozen=True, slots=True)
class Box:
    """Where a thing is in a picture.

    Attributes:
        left: pixels from the picture's left edge; cut at its edges, as are the others.
        visible: share of the whole body that is neither covered nor outside the picture, 0 to 1.
        x_m: on the ground, in the scene's frame.
    """

    number: int
    kind: Kind
    left: float
    top: float
    right: float
    bottom: float
    visible: float
    x_m: float
    y_m: float
    speed_m_s: float


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of one frame.

    Attributes:
        at_s: when, seconds since 1970, by the machine's clock.
        clock_s: what the camera's clock said.
        lamps_out: lamps that should burn and do not.
        intruder: number of the person in the closed yard.
    """

    camera: str
    frame: int
    at_s: float
    clock_s: float
    width_px: int
    height_px: int
    state: State
    flood_m: float
    lens: LensState
    dark: bool
    rain_mm_h: float
    lamps_out: tuple[str, ...]
    intruder: int | None
    boxes: tuple[Box, ...]

    def line(self) -> str:
        """Give it as one line of JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))


class TruthFile:
    """A file of truths, one JSON object a line; the one before it is kept, older ones are not.

    Args:
        path: of the file; the former is `path` with `.1` behind it.
    """

    def __init__(self, path: Path, keep_bytes: int = KEEP_BYTES) -> None:
        self._path, self._keep_bytes = path, keep_bytes
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: TextIO = path.open("a", encoding="utf-8")

    def write(self, truth: Truth) -> None:
        """Add one."""
        self._file.write(truth.line() + "\n")
        if self._file.tell() > self._keep_bytes:
            self._file.close()
            self._path.replace(self._path.with_name(self._path.name + ".1"))
            self._file = self._path.open("a", encoding="utf-8")

    def close(self) -> None:
        """Close the file."""
        self._file.close()
