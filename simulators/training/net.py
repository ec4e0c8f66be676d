"""The net: a small centre-point detector with a head for the scene's state, of plain convolutions only.

Depthwise convolutions in int8 are ten times slower in the older TFLite runtime on x86-64 (measured 2026-11-22), and
train at a third of the speed on a processor.

Source: X. Zhou, D. Wang, P. Krähenbühl, "Objects as Points", arXiv 1904.07850 (2019), for heat maps of centres, their
loss and the targets.
"""

import tensorflow as tf
from tensorflow import keras

from simulators.training.dataset import HEIGHT_PX, LABELS, STATES, WIDTH_PX


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
