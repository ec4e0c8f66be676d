"""A detector's answers on disk: the same picture before the same model is not looked at twice.

What a look costs is two thirds of what a film costs. Whoever changes tracking, counting or events has the same pictures
judged again and again.
"""

import hashlib
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.vision.found import Found, Picture
from edge.vision.model import ModelFile
from edge.vision.pool import InterpreterPool

_ROW = np.dtype([("picture", "u8"), ("box", "f4", 4), ("label", "u1"), ("score", "f4")])


class RememberedPool:
    """Stands for a pool of interpreters as far as a watcher uses one.

    Attributes:
        fresh: looks that the model was needed for.
    """

    def __init__(self, file: ModelFile, reel: Path) -> None:
        """Recall what the model said of this film.

        Args:
            file: of the model.
            reel: the film's path without its ending; answers lie beside it, by the model's checksum.
        """
        self._pool = InterpreterPool(file, 1)
        self._path = reel.with_name(f"{reel.name}.{zlib.crc32(file.content):08x}.npz")
        self.sure_score = self._pool.sure_score
        self.width_px, self.height_px = self._pool.width_px, self._pool.height_px
        self.fresh = 0
        self.states = self._pool.states
        self._answers: dict[int, Found] = {}
        if self._path.exists():
            with np.load(self._path) as kept:
                self._recall(kept["pictures"], kept["states"], kept["rows"])

    def find(self, picture: Picture) -> Found | None:
        """Give what the model says of a picture, uint8 (h, w, 3) RGB."""
        key = int.from_bytes(hashlib.blake2b(picture, digest_size=8).digest(), "little")
        found = self._answers.get(key)
        if found is None:
            found = self._answers[key] = self._pool.find(picture) or Found()
            self.fresh += 1
        return found

    def keep(self) -> None:
        """Write what was said."""
        if not self.fresh:
            return
        states = [[found.states.get(name, 0.0) for name in self.states] for found in self._answers.values()]
        part = self._path.with_suffix(".part.npz")
        np.savez_compressed(
            part,
            pictures=np.array(list(self._answers), np.uint64),
            states=np.array(states, np.float32).reshape(len(states), len(self.states)),
            rows=np.concatenate([_rows(key, found) for key, found in self._answers.items()]),
        )
        part.replace(self._path)

    def _recall(self, pictures: NDArray[Any], states: NDArray[Any], rows: NDArray[Any]) -> None:
        order = np.argsort(rows["picture"], kind="stable")
        rows = rows[order]
        first, last = (np.searchsorted(rows["picture"], pictures, side) for side in ("left", "right"))
        for key, told, begin, end in zip(pictures, states, first, last, strict=True):
            mine = rows[begin:end]
            named = dict(zip(self.states, told.tolist(), strict=True))
            self._answers[int(key)] = Found(mine["box"].copy(), mine["label"].astype(np.int64), mine["score"], named)


def _rows(key: int, found: Found) -> NDArray[Any]:
    rows = np.zeros(len(found.scores), _ROW)
    rows["picture"], rows["box"], rows["label"], rows["score"] = key, found.boxes, found.classes, found.scores
    return rows
