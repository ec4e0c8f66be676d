"""From the trained net to an int8 TFLite model with its label files, as a box loads them.

Everything is quantised, weights and activations; the input is a picture as it is, uint8. Ranges are taken from pictures
of the training set only.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from simulators.training.dataset import HEIGHT_PX, LABELS, STATES, WIDTH_PX, Dataset
from simulators.training.net import build

NAME = "roadside-2"
WEIGHTS = Path(__file__).with_name(f"{NAME}.npz")  # of what ships, so that training can go on from it
_SAMPLES = 160


def convert(kept: Path, data: Dataset, directory: Path) -> Path:
    """Write the model and its labels into a directory; give the model's file.

    Args:
        kept: directory of weights, see `fit`.
        data: pictures of the training, for the ranges.
        directory: for the model.
    """
    model = build()
    tf.train.Checkpoint(model=model).restore(tf.train.latest_checkpoint(str(kept))).expect_partial()
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{NAME}.tflite"
    path.write_bytes(_quantised(model, data))
    keep_weights(model, WEIGHTS)
    (directory / f"{NAME}.labels.txt").write_text("\n".join(LABELS) + "\n")
    (directory / f"{NAME}.states.txt").write_text("\n".join(STATES) + "\n")
    return path


def keep_weights(model: keras.Model, path: Path) -> None:
    """Write a net's weights, 1.4 MB: kernels in half precision, all else as it is."""
    rows = {f"{number:03}": weight for number, weight in enumerate(model.get_weights())}
    np.savez_compressed(path, **{key: row.astype(np.float16) if row.ndim > 1 else row for key, row in rows.items()})


def _quantised(model: keras.Model, data: Dataset) -> bytes:
    def told(picture: tf.Tensor) -> list[tf.Tensor]:
        given = model(picture, training=False)
        return [given["heat"], given["box"], given["scene"]]

    function = tf.function(told)
    wanted = tf.TensorSpec((1, HEIGHT_PX, WIDTH_PX, 3), tf.float32)
    frozen = convert_variables_to_constants_v2(function.get_concrete_function(wanted))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: _samples(data)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.uint8
    converter.inference_output_type = tf.int8
    content: bytes = converter.convert()
    return content


def _samples(data: Dataset) -> Iterator[list[NDArray[np.float32]]]:
    """Give pictures from all over the set."""
    for number in np.linspace(0, len(data) - 1, min(_SAMPLES, len(data))).astype(int):
        yield [data.pictures[int(number)][None].astype(np.float32)]
