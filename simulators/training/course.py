"""What is shown at each step of a training, and how quickly is learnt from it: both follow from the course alone.

Without TensorFlow, so that it is tested where that is not installed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.training.change import PART_PX, changed, part
from simulators.training.dataset import Dataset
from simulators.training.targets import WHOLE, targets

BATCH, PARTS = 8, 16  # whole pictures in a step, or parts of pictures, a quarter as large and full of things
_WHOLE_EVERY, _WHOLE_FROM = 3, 0.95  # every third step looks at whole pictures; of the last ones, which settle, all do
_WARM_STEPS = 300
_FALL_FROM, _LAST_RATE = 0.6, 0.01

# pictures, uint8 (n, h, w, 3) RGB; heat; boxes; states
Batch = tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Course:
    """How long to train, and how quickly.

    Attributes:
        steps: in all.
        seed: of what is chosen and changed.
        peak: rate of learning after a short rise; for the last two fifths of the steps it falls to nearly nothing.
    """

    steps: int
    seed: int
    peak: float = 2e-3

    def rate(self, step: int) -> float:
        """Give the rate of learning at a step, from 1 on."""
        left = (1 - step / self.steps) / (1 - _FALL_FROM)
        return self.peak * min(1.0, step / _WARM_STEPS, max(left, _LAST_RATE))

    def box_weight(self, step: int) -> float:
        """Give how much the boxes weigh: more once it is known what there is, and only its edges are not."""
        return 1.0 if step < self.steps * _FALL_FROM else 2.0

    def is_whole(self, step: int) -> bool:
        """Tell whether a step looks at whole pictures."""
        return step % _WHOLE_EVERY == 0 or step > self.steps * _WHOLE_FROM


def batch(data: Dataset, course: Course, number: int) -> Batch:
    """Put together the pictures of a step; they follow from the seed and the step's number alone."""
    random = np.random.default_rng((course.seed, number))
    if course.is_whole(number):
        chosen = random.integers(len(data), size=BATCH)
        made = [changed(data.pictures[one], data.boxes[one], int(data.states[one]), random) for one in chosen.tolist()]
        return _stacked(made, WHOLE, data.states[chosen])
    parts = [
        part(picture, data.boxes[one], int(data.states[one]), random)
        for one in random.integers(len(data), size=PARTS // 2).tolist()
        for picture in [data.pictures[one]] * 2
    ]
    return _stacked([made[:2] for made in parts], PART_PX, np.array([state for _, _, state in parts]))


def _stacked(
    made: list[tuple[NDArray[np.uint8], NDArray[np.float32]]], size_px: tuple[int, int], states: NDArray[np.int64]
) -> Batch:
    drawn = [targets(rows, size_px) for _, rows in made]
    pictures = np.stack([picture for picture, _ in made])
    return pictures, np.stack([heat for heat, _ in drawn]), np.stack([box for _, box in drawn]), states
