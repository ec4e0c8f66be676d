"""The interpreters of a box: a few for all cameras, lent to one picture at a time.

A camera that finds none free within its patience goes without for this picture: the counter says so. Nothing waits
in a queue, so nothing can grow old in one.
"""

import queue

from edge.vision.found import Found, Picture
from edge.vision.model import Model, ModelFile, Naming

PATIENCE_S = 1.0


class InterpreterPool:
    """A model loaded as many times as there may be inferences at once, and how its answers are read.

    Attributes:
        name: of its file.
        width_px: of the input.
        height_px: of the input.
        states: scene states that it tells.
        sure_score: detections below it continue tracks, and begin none.
        runs: inferences so far.
        missed: pictures for which none was free in time.
    """

    def __init__(self, file: ModelFile, threads: int, like: "InterpreterPool | None" = None) -> None:
        """Load.

        Args:
            file: the model.
            threads: inferences at once.
            like: one of the same model, labels and head, whose interpreters are shared: only score and classes differ.

        Raises:
            Misconfigured: the model is refused.
        """
        self.name, self.states, self.sure_score = file.name, file.states, file.detector.score
        self._naming = Naming(file)
        self._free: queue.Queue[Model] = queue.Queue() if like is None else like._free  # noqa: SLF001 - of its own kind
        if like is None:
            models = [Model(file) for _ in range(threads)]
            self.width_px, self.height_px = models[0].width_px, models[0].height_px
            for model in models:
                self._free.put(model)
        else:
            self.width_px, self.height_px = like.width_px, like.height_px
        self.runs = 0
        self.missed = 0

    @property
    def fault(self) -> str:
        """What is wrong with how its answers are read; empty when nothing is."""
        return self._naming.fault

    def find(self, picture: Picture) -> Found | None:
        """Run on a picture of the input's size, uint8 (h, w, 3) RGB; None when all were busy for too long."""
        try:
            model = self._free.get(timeout=PATIENCE_S)
        except queue.Empty:
            self.missed += 1
            return None
        try:
            self.runs += 1
            return model.find(picture, self._naming)
        finally:
            self._free.put(model)
