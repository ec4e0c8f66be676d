"""The training itself: changed pictures by chance, for so many steps; what was begun goes on."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from simulators.training.change import PART_PX, changed, part
from simulators.training.dataset import Dataset
from simulators.training.net import box_loss, heat_loss, scene_loss
from simulators.training.targets import WHOLE, targets

BATCH, PARTS = 8, 16  # whole pictures in a step, or parts of pictures, a quarter as large and full of things
_WHOLE_EVERY, _WHOLE_FROM = 3, 0.95  # every third step looks at whole pictures; of the last ones, which settle, all do
_WARM_STEPS = 300
_FALL_FROM, _LAST_RATE = 0.6, 0.01
_SHOW_EVERY, _KEEP_EVERY = 50, 250

log = structlog.get_logger()
Batch = tuple[tf.Tensor, ...]
Step = Callable[..., tuple[tf.Tensor, ...]]


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


def take_weights(model: keras.Model, path: Path) -> None:
    """Begin with the weights of a file that `convert` wrote."""
    with np.load(path) as kept:
        model.set_weights([kept[key].astype(np.float32) for key in sorted(kept)])


def fit(model: keras.Model, data: Dataset, course: Course, kept: Path) -> None:
    """Train in place; go on from what is kept, if anything is.

    Args:
        model: of `net.build`.
        data: to train on.
        course: how.
        kept: directory for weights and the optimizer's memory, written now and then and at the end.
    """
    optimizer = keras.optimizers.AdamW(course.peak, weight_decay=0.01, global_clipnorm=10.0)
    optimizer.build(model.trainable_variables)
    done = tf.Variable(0, dtype=tf.int64)
    keeper = tf.train.CheckpointManager(tf.train.Checkpoint(model=model, optimizer=optimizer, done=done), str(kept), 2)
    keeper.restore_or_initialize()
    one_step, shown, first = _step(model, optimizer), [], int(done) + 1
    began_s = time.monotonic()
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(batch, data, course, first)
        for number in range(first, course.steps + 1):
            now, coming = coming.result(), ahead.submit(batch, data, course, number + 1)
            optimizer.learning_rate.assign(course.rate(number))
            shown.append([float(loss) for loss in one_step(tf.constant(course.box_weight(number)), *now)])
            if number % _SHOW_EVERY == 0 or number == course.steps:
                _show(number, course.steps, shown, (number - first + 1) / (time.monotonic() - began_s))
                shown.clear()
            if number % _KEEP_EVERY == 0 or number == course.steps:
                done.assign(number)
                keeper.save()


def _show(number: int, steps: int, shown: list[list[float]], steps_s: float) -> None:
    heat, box = np.mean(shown, axis=0).round(3).tolist()[:2]
    scene = round(float(np.mean([one[2] for one in shown if one[2] > 0] or [0.0])), 3)
    log.info("steps_trained", step=number, of=steps, heat=heat, box=box, scene=scene, steps_s=round(steps_s, 2))


def _step(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> Step:
    def step(
        box_weight: tf.Tensor, pictures: tf.Tensor, heat: tf.Tensor, box: tf.Tensor, state: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        with tf.GradientTape() as tape:
            given = model(tf.cast(pictures, tf.float32), training=True)
            found = tf.concat([given["heat"], given["lying"]], axis=-1)
            losses = (heat_loss(heat, found), box_loss(box, given["box"]), scene_loss(state, given["scene"]))
            total = losses[0] + box_weight * losses[1] + losses[2]
        gradients = tape.gradient(total, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return losses

    compiled: Step = tf.function(step)
    return compiled


def batch(data: Dataset, course: Course, number: int) -> Batch:
    """Put together the pictures of a step; they follow from the seed and the step's number alone."""
    random = np.random.default_rng((course.seed, number))
    if course.is_whole(number):
        chosen = random.integers(len(data), size=BATCH)
        made = [changed(data.pictures[one], data.boxes[one], int(data.states[one]), random) for one in chosen.tolist()]
        return _tensors(made, WHOLE, data.states[chosen])
    parts = [
        part(picture, data.boxes[one], int(data.states[one]), random)
        for one in random.integers(len(data), size=PARTS // 2).tolist()
        for picture in [data.pictures[one]] * 2
    ]
    return _tensors([made[:2] for made in parts], PART_PX, np.array([state for _, _, state in parts]))


def _tensors(
    made: list[tuple[NDArray[np.uint8], NDArray[np.float32]]], size_px: tuple[int, int], states: NDArray[np.int64]
) -> Batch:
    drawn = [targets(rows, size_px) for _, rows in made]
    return (
        tf.constant(np.stack([picture for picture, _ in made])),
        tf.constant(np.stack([heat for heat, _ in drawn])),
        tf.constant(np.stack([box for _, box in drawn])),
        tf.constant(states),
    )
