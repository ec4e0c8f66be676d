"""A detector model: read from its file, checked as a whole before any camera relies on it, and run.

Every refusal names the file and says what would be right. A model is run by `Model.find`; each thread has its own.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from edge.errors import Misconfigured
from edge.site_vision import CLASSES, Detector
from edge.vision.found import Found, Picture
from edge.vision.heads import Head, Integers, Output, Raw, StandardHead, choose_head, settle
from edge.vision.reasons import because, reason_of, system_reason
from edge.vision.runtime import make_interpreter
from edge.vision.whole import is_whole

MOST_BYTES = 64 << 20
_IDENTIFIER = b"TFL3"  # at byte 4 of every file: schema.fbs of TensorFlow Lite
WEAK_SHARE, _WEAKEST = 0.5, 0.1  # of the score that begins a track: so much continues one
_log = structlog.get_logger()
_LEAST_SIDE_PX, _MOST_SIDE_PX = 32, 1_280


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model as its files have it.

    Attributes:
        name: of the file.
        content: the whole of it.
        labels: by index.
        states: scene states by index; empty where it tells none.
        detector: how it is to be used.
    """

    name: str
    content: bytes
    labels: tuple[str, ...]
    states: tuple[str, ...]
    detector: Detector


def read_model(directory: Path, detector: Detector) -> ModelFile:
    """Read a model and its labels.

    Raises:
        Misconfigured: a file is missing, cut off, too large, or no model.
    """
    path = directory / detector.model
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MOST_BYTES else b""
    except OSError as error:
        raise Misconfigured(
            because("model", name=path, what=because("model_missing", what=system_reason(error)))
        ) from error
    if size > MOST_BYTES:
        raise Misconfigured(because("model", name=path.name, what=because("model_bytes", size=size, most=MOST_BYTES)))
    if content[4:8] != _IDENTIFIER:
        raise Misconfigured(because("model", name=path.name, what=because("model_form", wanted=_IDENTIFIER.decode())))
    if not is_whole(content):
        raise Misconfigured(because("model", name=path.name, what=because("model_cut")))
    labels = _lines(directory / (detector.labels or f"{path.stem}.labels.txt"))
    states_path = directory / (detector.states or f"{path.stem}.states.txt")
    states = _lines(states_path) if detector.states or states_path.exists() else ()
    _check_labels(path.name, labels, detector)
    return ModelFile(path.name, content, labels, states, detector)


class Naming:
    """How a model's answers are read: which label is which class, and what is too weak.

    Attributes:
        fault: what is wrong with how it is read; empty when nothing is.
    """

    def __init__(self, file: ModelFile) -> None:
        """Take it from the file and what the site file says of it."""
        names = [file.detector.classes.get(label, label) for label in file.labels]
        self._class_of = np.array([CLASSES.index(name) if name in CLASSES else -1 for name in names], np.int64)
        self._name, self._sure_score = file.name, file.detector.score
        self.least_score = max(_WEAKEST, file.detector.score * WEAK_SHARE)
        self.fault = ""

    def read(self, raw: Raw, states: dict[str, float]) -> Found:
        """Name what was found; a label beyond the file's is nothing that is known, nor is a box that is no number."""
        named = (raw.labels >= 0) & (raw.labels < len(self._class_of))
        if not named.all():
            self._mind(raw.labels[~named & (raw.scores >= self._sure_score)])
        classes = np.where(named, self._class_of[np.where(named, raw.labels, 0)], -1)
        known = np.flatnonzero((classes >= 0) & np.isfinite(raw.boxes).all(axis=1) & np.isfinite(raw.scores))
        return Found(raw.boxes[known], classes[known], np.minimum(raw.scores[known], 1), states)

    def _mind(self, strange: Integers) -> None:
        """Remember that a model of four outputs, which does not say how many labels it has, has more than its file."""
        if len(strange) and not self.fault:
            what = because("few_labels", label=int(strange[0]), count=len(self._class_of))
            self.fault = because("model", name=self._name, what=what)
            _log.error("detector_labels_missing", reason=self.fault)


class Model:
    """A model with an interpreter of its own; used by one thread at a time.

    Attributes:
        width_px: of its input.
        height_px: of its input.
        head: what reads its outputs.
    """

    def __init__(self, file: ModelFile) -> None:
        """Build the interpreter and check every shape and type.

        Raises:
            Misconfigured: the model is broken, or is no detector that fits its labels.
        """
        try:
            self._interpreter = make_interpreter(file.content)
            self._input = self._interpreter.get_input_details()
            self._outputs = self._interpreter.get_output_details()
            self.height_px, self.width_px = self._check_input()
            shapes = [tuple(int(side) for side in output["shape"]) for output in self._outputs]
            self.head: Head
            self.head, self._states_at = choose_head(shapes, len(file.labels), len(file.states), file.detector.head)
            self._states, self._naming = file.states, Naming(file)
            for picture in self._probes():
                self.find(picture)
            if isinstance(self.head, StandardHead):
                names = [str(output["name"]) for output in self._outputs]
                self.head = settle(self.head, names, [self._answer(picture) for picture in self._probes()])
        except Misconfigured as error:
            raise Misconfigured(because("model", name=file.name, what=reason_of(error))) from error

    def find(self, picture: Picture, naming: Naming | None = None) -> Found:
        """Run on a picture of the input's size, uint8 (h, w, 3) RGB; boxes are fractions of it.

        Args:
            picture: as above.
            naming: how the answer is read; None as its file says.

        Raises:
            Misconfigured: the model cannot be run.
        """
        naming = self._naming if naming is None else naming
        outputs = self._answer(picture)
        return naming.read(self.head.read(outputs, naming.least_score), self._told(outputs))

    def _answer(self, picture: Picture) -> list[Output]:
        try:
            self._interpreter.set_tensor(self._input[0]["index"], self._fed(picture))
            self._interpreter.invoke()
            return [self._output(output) for output in self._outputs]
        except (ValueError, RuntimeError) as error:
            raise Misconfigured(because("model_runs", what=" ".join(str(error).split())[:300])) from error

    def _probes(self) -> list[Picture]:
        """Give a black picture, and one of noise, in which most detectors find something, however unsure."""
        size = (self.height_px, self.width_px, 3)
        return [np.zeros(size, np.uint8), np.random.default_rng(1).integers(0, 256, size, np.uint8)]

    def _check_input(self) -> tuple[int, int]:
        shape = [int(side) for side in self._input[0]["shape"]]
        if len(self._input) != 1 or len(shape) != 4 or shape[0] != 1 or shape[3] != 3:  # noqa: PLR2004 - (1, h, w, 3)
            raise Misconfigured(because("input_shape", shape="x".join(map(str, shape))))
        if not all(_LEAST_SIDE_PX <= side <= _MOST_SIDE_PX for side in shape[1:3]):
            raise Misconfigured(
                because("input_size", size=f"{shape[2]}x{shape[1]}", least=_LEAST_SIDE_PX, most=_MOST_SIDE_PX)
            )
        kind = np.dtype(self._input[0]["dtype"])
        if kind not in (np.uint8, np.int8, np.float32):
            raise Misconfigured(because("input_type", kind=kind.name))
        return shape[1], shape[2]

    def _fed(self, picture: Picture) -> Any:
        """Bring a picture into the input's type: int8 is shifted by 128, float32 is 0 to 1."""
        kind = np.dtype(self._input[0]["dtype"])
        if kind == np.uint8:
            return picture[None]
        if kind == np.int8:
            return (picture ^ 0x80).view(np.int8)[None]
        return picture[None].astype(np.float32) / 255

    def _output(self, output: dict[str, Any]) -> Output:
        scale, zero = output["quantization"]
        return Output(self._interpreter.get_tensor(output["index"]), float(scale), int(zero))

    def _told(self, outputs: list[Output]) -> dict[str, float]:
        if self._states_at < 0:
            return {}
        told = outputs[self._states_at]
        return dict(zip(self._states, told.real(told.values[0]).tolist(), strict=True))


def _lines(path: Path) -> tuple[str, ...]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(because("labels", path=path, what=error)) from error
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _check_labels(name: str, labels: tuple[str, ...], detector: Detector) -> None:
    strange = sorted(set(detector.classes) - set(labels))
    if strange:
        raise Misconfigured(because("model", name=name, what=because("strange_label", label=strange[0])))
    if not {detector.classes.get(label, label) for label in labels} & set(CLASSES):
        raise Misconfigured(because("model", name=name, what=because("no_label", classes=", ".join(CLASSES))))
