"""The net: a small centre-point detector with a head for the scene's state, of plain convolutions only.

Depthwise convolutions in int8 are ten times slower in the older TFLite runtime on x86-64 (measured 2026-11-22), and
train at a third of the speed on a processor.

Source: X. Zhou, D. Wang, P. Krähenbühl, "Objects as Points", arXiv 1904.07850 (2019), for heat maps of centres, their
loss and the targets.
"""

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from simulators.training.dataset import HEIGHT_PX, LABELS, MOST_BOXES, STATES, WIDTH_PX

STRIDE = 4
ROWS, COLUMNS = HEIGHT_PX // STRIDE, WIDTH_PX // STRIDE
Floats = NDArray[np.float32]


def build() -> keras.Model:
    """Build the net.

    Its input is RGB from 0 to 255, float32 (n, 192, 320, 3); its outputs are `heat` (n, 48, 80, classes), 0 to 1; `box`
    (n, 48, 80, 4): where in its cell a centre is, and the logarithms of width and height in cells; and `scene`
    (n, states), 0 to 1.
    """
    picture = keras.Input((HEIGHT_PX, WIDTH_PX, 3), name="picture")
    x = keras.layers.Rescaling(1 / 127.5, -1)(picture)
    x = _conv(x, 16, 2)
    fine = _twice(_conv(x, 32, 2), 32)
    middle = _twice(_twice(_conv(fine, 64, 2), 64), 64)
    coarse = _twice(_twice(_conv(middle, 96, 2), 96), 96)
    middle = _merge(coarse, middle, 64)
    fine = _merge(middle, fine, 32)
    fine = _conv(fine, 40, 1)
    start = keras.initializers.Constant(-3.5)  # few places are centres: without it the first steps only learn that
    heat = keras.layers.Conv2D(len(LABELS), 1, activation="sigmoid", bias_initializer=start, name="heat")(fine)
    box = keras.layers.Conv2D(4, 1, name="box")(fine)
    pooled = keras.layers.Concatenate()(
        [keras.layers.GlobalAveragePooling2D()(coarse), keras.layers.GlobalMaxPooling2D()(coarse)]
    )
    state = keras.layers.Dense(len(STATES), activation="softmax", name="scene")(keras.layers.Dropout(0.2)(pooled))
    return keras.Model(picture, {"heat": heat, "box": box, "scene": state})


def _conv(x: keras.KerasTensor, filters: int, stride: int, size: int = 3) -> keras.KerasTensor:
    x = keras.layers.Conv2D(filters, size, stride, "same", use_bias=False)(x)
    return keras.layers.ReLU(6.0)(keras.layers.BatchNormalization(momentum=0.95)(x))


def _twice(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    return keras.layers.Add()([x, _conv(x, filters, 1)])


def _merge(coarse: keras.KerasTensor, fine: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    wide = keras.layers.UpSampling2D(2)(_conv(coarse, filters, 1, 1))
    return _conv(keras.layers.Add()([wide, fine]), filters, 1)


def targets(boxes: Floats) -> tuple[Floats, Floats]:
    """Draw what the net should answer.

    Args:
        boxes: (`MOST_BOXES`, 6), see `Dataset`.

    Returns:
        Heat (48, 80, classes): 1 at centres, falling off round them, -1 where a thing does not count; and for the box
        (48, 80, 5): the four numbers and whether they count.
    """
    heat, box = np.zeros((ROWS, COLUMNS, len(LABELS)), np.float32), np.zeros((ROWS, COLUMNS, 5), np.float32)
    for label, left, top, right, bottom, counts in boxes[boxes[:, 0] >= 0][:MOST_BOXES].tolist():
        x, y = (left + right) / 2 / STRIDE, (top + bottom) / 2 / STRIDE
        wide, high = max(right - left, 1.0) / STRIDE, max(bottom - top, 1.0) / STRIDE
        column, row = min(COLUMNS - 1, int(x)), min(ROWS - 1, int(y))
        if not counts:
            region = heat[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2, int(label)]
            region[region < 0.5] = -1.0  # noqa: PLR2004 - a centre that counts goes before
            continue
        _bump(heat[..., int(label)], column, row, (max(0.6, wide / 6), max(0.6, high / 6)))
        box[row, column] = (x - column, y - row, np.log(wide), np.log(high), 1.0)
    return heat, box


def _bump(heat: Floats, column: int, row: int, spread: tuple[float, float]) -> None:
    reach_x, reach_y = int(3 * spread[0]), int(3 * spread[1])
    rows = np.arange(max(0, row - reach_y), min(ROWS, row + reach_y + 1))
    columns = np.arange(max(0, column - reach_x), min(COLUMNS, column + reach_x + 1))
    away = ((rows[:, None] - row) / spread[1]) ** 2 + ((columns[None, :] - column) / spread[0]) ** 2
    window = heat[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    np.maximum(window, np.exp(-away / 2), out=window)


def heat_loss(wanted: tf.Tensor, given: tf.Tensor) -> tf.Tensor:
    """Penalty-reduced focal loss on the centres; what does not count adds nothing."""
    given = tf.clip_by_value(given, 1e-4, 1 - 1e-4)
    centre = tf.cast(wanted >= 0.999, tf.float32)  # noqa: PLR2004 - the top of a bump
    ignored = tf.cast(wanted < 0, tf.float32)
    hit = centre * tf.math.log(given) * (1 - given) ** 2
    miss = (1 - centre) * (1 - ignored) * (1 - tf.maximum(wanted, 0.0)) ** 4 * tf.math.log(1 - given) * given**2
    return -tf.reduce_sum(hit + miss) / tf.maximum(tf.reduce_sum(centre), 1.0)


def box_loss(wanted: tf.Tensor, given: tf.Tensor) -> tf.Tensor:
    """Mean absolute error of the four numbers, at centres only."""
    counts = wanted[..., 4:]
    return tf.reduce_sum(tf.abs(wanted[..., :4] - given) * counts) / tf.maximum(tf.reduce_sum(counts), 1.0)


def scene_loss(wanted: tf.Tensor, given: tf.Tensor) -> tf.Tensor:
    """Cross entropy of the scene's state."""
    return tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(wanted, given))
