"""The net: a small centre-point detector with a head for the scene's state, of plain convolutions only.

Depthwise convolutions in int8 are ten times slower in the older TFLite runtime on x86-64 (measured 2026-11-22), and
train at a third of the speed on a processor.

Source: X. Zhou, D. Wang, P. Krähenbühl, "Objects as Points", arXiv 1904.07850 (2019), for heat maps of centres, their
loss.
"""

import tensorflow as tf
from tensorflow import keras

from simulators.training.dataset import LABELS, STATES


def build() -> keras.Model:
    """Build the net.

    Its input is RGB from 0 to 255, float32 (n, 384, 640, 3); its outputs are `heat` (n, 48, 80, classes), 0 to 1;
    `lying` (n, 48, 80, 1), the same of what lies on the road; `box` (n, 48, 80, 4): where from its cell a centre is,
    and the logarithms of width and height in cells; and `scene` (n, states), 0 to 1.
    """
    picture = keras.Input((None, None, 3), name="picture")  # it learns from parts of pictures, too
    x = keras.layers.Rescaling(1 / 127.5, -1)(picture)
    x = _conv(x, 24, 4, 6)  # a fine picture costs little when nothing but this layer sees it
    fine = _more(_conv(x, 32, 2), 32, 1)
    middle = _more(_conv(fine, 64, 2), 64, 2)
    coarse = _more(_conv(middle, 128, 2), 128, 3)
    middle = _merge(coarse, middle, 64)
    fine = _merge(middle, fine, 32)
    fine = _conv(fine, 48, 1)
    start = keras.initializers.Constant(-3.5)  # few places are centres: without it the first steps only learn that
    heat = keras.layers.Conv2D(len(LABELS), 1, activation="sigmoid", bias_initializer=start)(fine)
    lying = keras.layers.Conv2D(1, 1, activation="sigmoid", bias_initializer=start)(fine)
    box = keras.layers.Conv2D(4, 1)(fine)
    return keras.Model(picture, {"heat": heat, "lying": lying, "box": box, "scene": _state(coarse, fine)})


def _state(*maps: keras.KerasTensor) -> keras.KerasTensor:
    """Tell the scene's state by means and maxima; each has weights of its own, since in int8 their ranges differ.

    What they see is made small and the weights begin at nothing: maxima of many cells are large, and each step of the
    optimizer would throw the answer to and fro.
    """
    pools = (keras.layers.GlobalAveragePooling2D, keras.layers.GlobalMaxPooling2D)
    told = [
        keras.layers.Dense(len(STATES), kernel_initializer="zeros")(keras.layers.Rescaling(0.1)(pool()(one)))
        for one in maps
        for pool in pools
    ]
    return keras.layers.Softmax()(keras.layers.Add()(told))


def _conv(x: keras.KerasTensor, filters: int, stride: int, size: int = 3) -> keras.KerasTensor:
    x = keras.layers.Conv2D(filters, size, stride, "same", use_bias=False)(x)
    return keras.layers.ReLU(6.0)(keras.layers.BatchNormalization(momentum=0.95)(x))


def _more(x: keras.KerasTensor, filters: int, times: int) -> keras.KerasTensor:
    for _ in range(times):
        x = keras.layers.Add()([x, _conv(x, filters, 1)])
    return x


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
    """Generalised overlap of the boxes, and a little of the error of each number, where things are."""
    share = wanted[..., 4]
    number = tf.maximum(tf.reduce_sum(share), 1.0)
    error = tf.reduce_sum(tf.abs(wanted[..., :4] - given), axis=-1)
    return tf.reduce_sum((1 - _overlap(_edges(wanted), _edges(given)) + 0.1 * error) * share) / number


def _edges(box: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Give left and top, right and bottom in cells, seen from each cell."""
    half = tf.exp(tf.clip_by_value(box[..., 2:4], -3.0, 5.0)) / 2
    return box[..., :2] - half, box[..., :2] + half


def _overlap(one: tuple[tf.Tensor, tf.Tensor], other: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
    """Give the generalised intersection over union, -1 to 1.

    Source: H. Rezatofighi et al., "Generalized Intersection over Union", arXiv 1902.09630 (2019).
    """
    areas = [tf.reduce_prod(high - low, axis=-1) for low, high in (one, other)]
    inner = tf.maximum(tf.minimum(one[1], other[1]) - tf.maximum(one[0], other[0]), 0.0)
    both = tf.reduce_prod(inner, axis=-1)
    union = areas[0] + areas[1] - both
    hull = tf.reduce_prod(tf.maximum(one[1], other[1]) - tf.minimum(one[0], other[0]), axis=-1)
    return both / tf.maximum(union, 1e-6) - (hull - union) / tf.maximum(hull, 1e-6)


def scene_loss(wanted: tf.Tensor, given: tf.Tensor) -> tf.Tensor:
    """Cross entropy of the scene's state; of a part of a picture that does not show it (-1) nothing is asked."""
    counts = tf.cast(wanted >= 0, tf.float32)
    error = keras.losses.sparse_categorical_crossentropy(tf.maximum(wanted, 0), given)
    return tf.reduce_sum(error * counts) / tf.maximum(tf.reduce_sum(counts), 1.0)
