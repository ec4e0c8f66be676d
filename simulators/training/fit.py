"""The training itself: batches in random order, mirrored and recoloured, for so many minutes or passes."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import structlog
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from simulators.training.dataset import WIDTH_PX, Dataset
from simulators.training.net import box_loss, heat_loss, scene_loss
from simulators.training.targets import targets

BATCH = 16
PEAK_RATE = 2.5e-3
_WARM_SHARE = 0.05
_SHOW_EVERY = 50

log = structlog.get_logger()
Floats = NDArray[np.float32]
Batch = tuple[Floats, Floats, Floats, NDArray[np.int64]]


def fit(model: keras.Model, data: Dataset, steps: int, seed: int, kept: Path, rate: float = PEAK_RATE) -> None:
    """Train in place.

    Args:
        model: of `net.build`.
        data: to train on.
        steps: batches in all.
        seed: of their order and changes.
        kept: file for the weights, written now and then and at the end.
        rate: of learning at its peak, after a short rise; then it falls to nearly nothing.
    """
    optimizer = keras.optimizers.AdamW(_rate(steps, rate), weight_decay=1e-4)
    step = _step(model, optimizer)
    began_s, shown = time.monotonic(), []
    for number, batch in zip(range(1, steps + 1), _batches(data, seed), strict=False):
        shown.append([float(part) for part in step(*map(tf.constant, batch))])
        if number % _SHOW_EVERY == 0 or number == steps:
            heat, box, scene = np.mean(shown, axis=0).round(3).tolist()
            log.info(
                "steps_trained",
                step=number,
                of=steps,
                heat=heat,
                box=box,
                scene=scene,
                pictures_s=round(number * BATCH / (time.monotonic() - began_s), 1),
            )
            shown.clear()
            model.save_weights(kept)


def _rate(steps: int, peak: float) -> keras.optimizers.schedules.LearningRateSchedule:
    warm = max(1, round(steps * _WARM_SHARE))
    return keras.optimizers.schedules.CosineDecay(
        1e-5, decay_steps=max(1, steps - warm), alpha=0.02, warmup_target=peak, warmup_steps=warm
    )


def _step(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> Callable[..., tuple[tf.Tensor, ...]]:
    def step(pictures: tf.Tensor, heat: tf.Tensor, box: tf.Tensor, state: tf.Tensor) -> tuple[tf.Tensor, ...]:
        with tf.GradientTape() as tape:
            given = model(pictures, training=True)
            losses = (heat_loss(heat, given["heat"]), box_loss(box, given["box"]), scene_loss(state, given["scene"]))
            total = losses[0] + 0.7 * losses[1] + 0.4 * losses[2]
        optimizer.apply_gradients(
            zip(tape.gradient(total, model.trainable_variables), model.trainable_variables, strict=True)
        )
        return losses

    compiled: Callable[..., tuple[tf.Tensor, ...]] = tf.function(step)
    return compiled


def _batches(data: Dataset, seed: int) -> Iterator[Batch]:
    """Give batches without end; every pass has another order."""
    random = np.random.default_rng(seed)
    while True:
        order = random.permutation(len(data))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            yield _batch(data, np.sort(order[start : start + BATCH]), random)


def _batch(data: Dataset, numbers: NDArray[np.int64], random: np.random.Generator) -> Batch:
    pictures = data.pictures[numbers].astype(np.float32)
    boxes = data.boxes[numbers].copy()
    for picture, rows in zip(pictures, boxes, strict=True):
        if random.random() < 0.5:  # noqa: PLR2004 - every second one is mirrored
            picture[:] = picture[:, ::-1].copy()
            rows[:, [1, 3]] = WIDTH_PX - rows[:, [3, 1]]
        _recolour(picture, random)
    drawn = [targets(rows) for rows in boxes]
    return pictures, np.stack([heat for heat, _ in drawn]), np.stack([box for _, box in drawn]), data.states[numbers]


def _recolour(picture: Floats, random: np.random.Generator) -> None:
    """Change brightness, contrast and the colours' balance, as exposure and white balance do."""
    gain = random.uniform(0.75, 1.3) * random.uniform(0.92, 1.08, 3)
    picture *= gain.astype(np.float32)
    picture += random.uniform(-14, 14)
    if random.random() < 0.15:  # noqa: PLR2004 - so many cameras are grey by night
        picture[:] = picture.mean(axis=2, keepdims=True)
    np.clip(picture, 0, 255, out=picture)
