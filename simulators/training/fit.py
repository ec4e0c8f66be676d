"""The training itself: changed pictures by chance, for so many steps; what was begun goes on."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import structlog
import tensorflow as tf
from tensorflow import keras

from simulators.training.course import Course, batch
from simulators.training.dataset import Dataset
from simulators.training.net import box_loss, heat_loss, scene_loss

_SHOW_EVERY, _KEEP_EVERY = 50, 250

log = structlog.get_logger()
Batch = tuple[tf.Tensor, ...]
Step = Callable[..., tuple[tf.Tensor, ...]]


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
        coming = ahead.submit(_batch, data, course, first)
        for number in range(first, course.steps + 1):
            now, coming = coming.result(), ahead.submit(_batch, data, course, number + 1)
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


def _batch(data: Dataset, course: Course, number: int) -> Batch:
    return tuple(tf.constant(one) for one in batch(data, course, number))
