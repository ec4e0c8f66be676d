"""TFLite models of a few layers, written byte by byte with their weights chosen rather than trained.

They find coloured rectangles, so that the camera pipeline is tested with the real runtimes and with a real model
whose answers can be worked out by hand. Source: TensorFlow's schema.fbs, version 3 (numbers of fields and operators).
"""

from dataclasses import dataclass, field
from pathlib import Path

import flatbuffers
import numpy as np

FLOAT32, UINT8, INT32, INT8 = 0, 3, 2, 9
CONV, FULLY, LOGISTIC, SOFTMAX, MEAN, DEQUANTIZE = 3, 9, 14, 25, 40, 6
WIDTH, HEIGHT, STRIDE = 160, 96, 8
LABELS = ("person", "motorcycle", "car", "bus", "truck")
STATES = ("clear", "obstacle", "flood_shallow", "flood_deep", "crowd")
BODY = (24, 16)  # of the rectangles that are found, in pixels of the input


@dataclass
class Tensor:
    shape: tuple[int, ...]
    kind: int = FLOAT32
    content: np.ndarray | None = None
    scale: float = 0.0
    zero: int = 0
    name: str = ""


@dataclass
class Graph:
    tensors: list[Tensor] = field(default_factory=list)
    operators: list[tuple[int, list[int], list[int]]] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)

    def add(
        self, shape: tuple[int, ...], kind: int = FLOAT32, content: np.ndarray | None = None, scale: float = 0
    ) -> int:
        self.tensors.append(Tensor(shape, kind, content, scale))
        return len(self.tensors) - 1

    def constant(self, content: np.ndarray) -> int:
        kind = INT32 if content.dtype == np.int32 else FLOAT32
        return self.add(content.shape, kind, content if kind == INT32 else content.astype(np.float32))

    def run(self, code: int, inputs: list[int], shape: tuple[int, ...]) -> int:
        made = self.add(shape)
        self.operators.append((code, inputs, [made]))
        return made


def colour_model(kind: int = UINT8, labels: int = len(LABELS), *, states: bool = True) -> bytes:
    """A centre-point detector: red is a car, blue a motorcycle, yellow a person; a green picture is an obstacle."""
    graph, picture = _begin(kind)
    tall, wide = HEIGHT // STRIDE, WIDTH // STRIDE
    heat = np.zeros((labels, BODY[1], BODY[0], 3), np.float32)
    for label, colour in ((0, (0.5, 0.5, -1)), (1, (-0.5, -0.5, 1)), (2, (1, -1, 0))):
        if label < labels:
            heat[label] = np.array(colour) / (BODY[0] * BODY[1])
    centres = graph.run(
        CONV, [picture, graph.constant(heat * 12), graph.constant(np.full(labels, -5.0))], (1, tall, wide, labels)
    )
    graph.outputs.append(graph.run(LOGISTIC, [centres], (1, tall, wide, labels)))
    shape = np.array([0.5, 0.5, np.log(BODY[0] / STRIDE), np.log(BODY[1] / STRIDE)])
    flat = graph.constant(np.zeros((4, 1, 1, 3)))
    graph.outputs.append(graph.run(CONV, [picture, flat, graph.constant(shape)], (1, tall, wide, 4)))
    if states:
        _add_states(graph, picture)
    return write(graph)


def standard_model(
    found: list[tuple[float, float, float, float, float, float]],
    most: int = 10,
    *,
    classes_first: bool = True,
    numbers: tuple[str, ...] = (),
) -> bytes:
    """TFLite's four detection outputs, always the same: (top, left, bottom, right, label, score).

    `numbers` are what the names of boxes, the two of one shape, and count end with.
    """
    graph, picture = _begin(UINT8)
    rows = np.zeros((most, 6))
    rows[: len(found)] = found
    pair = (4, 5) if classes_first else (5, 4)
    for columns, shape in (((0, 1, 2, 3), (1, most, 4)), (pair[:1], (1, most)), (pair[1:], (1, most))):
        graph.outputs.append(_constant_output(graph, picture, rows[:, columns].reshape(-1), shape))
    graph.outputs.append(_constant_output(graph, picture, np.array([len(found)]), (1,)))
    for place, number in zip(graph.outputs, numbers, strict=False):
        graph.tensors[place].name = f"StatefulPartitionedCall{number}"
    return write(graph)


def save(
    directory: Path, name: str, content: bytes, labels: tuple[str, ...] = LABELS, states: tuple[str, ...] = ()
) -> Path:
    """Write a model with its label files."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}.tflite"
    path.write_bytes(content)
    (directory / f"{name}.labels.txt").write_text("\n".join(labels) + "\n")
    if states:
        (directory / f"{name}.states.txt").write_text("\n".join(states) + "\n")
    return path


def _begin(kind: int) -> tuple[Graph, int]:
    graph = Graph()
    given = graph.add((1, HEIGHT, WIDTH, 3), kind, scale=1 / 255 if kind != FLOAT32 else 0)
    if kind == INT8:
        graph.tensors[given].zero = -128
    return graph, given if kind == FLOAT32 else graph.run(DEQUANTIZE, [given], (1, HEIGHT, WIDTH, 3))


def _add_states(graph: Graph, picture: int) -> None:
    mean = graph.run(MEAN, [picture, graph.constant(np.array([1, 2], np.int32))], (1, 3))
    weights = np.zeros((len(STATES), 3))
    weights[1] = (-20, 40, -20)  # green: something lies there
    weights[3] = (-20, -20, 40)  # blue: water
    bias = np.array([5.0, 0, -5, 0, -5])
    logits = graph.run(FULLY, [mean, graph.constant(weights), graph.constant(bias)], (1, len(STATES)))
    graph.outputs.append(graph.run(SOFTMAX, [logits], (1, len(STATES))))


def _constant_output(graph: Graph, picture: int, content: np.ndarray, shape: tuple[int, ...]) -> int:
    """Give constants that nevertheless come from the picture, as an output must."""
    mean = graph.run(MEAN, [picture, graph.constant(np.array([1, 2], np.int32))], (1, 3))
    weights = graph.constant(np.zeros((len(content), 3)))
    made = graph.run(FULLY, [mean, weights, graph.constant(content)], (1, len(content)))
    graph.tensors[made].shape = (1, len(content))
    if shape == (1, len(content)):
        return made
    return graph.run(22, [made, graph.constant(np.array(shape, np.int32))], shape)  # RESHAPE


_OPTIONS = {CONV: 1, FULLY: 8, SOFTMAX: 9, MEAN: 27}


def write(graph: Graph) -> bytes:
    """Write a graph as a TFLite file; its first tensor is the input."""
    b = flatbuffers.Builder(1 << 16)
    codes = sorted({code for code, _, _ in graph.operators})
    buffers = [_table(b, [])] + [_buffer(b, t.content) for t in graph.tensors]
    tensors = _vector(b, [_tensor(b, number, t) for number, t in enumerate(graph.tensors)])
    operators = _vector(b, [_operator(b, codes.index(code), code, i, o) for code, i, o in graph.operators])
    inputs, outputs = _ints(b, [0]), _ints(b, graph.outputs)
    subgraph = _table(b, [(0, "o", tensors), (1, "o", inputs), (2, "o", outputs), (3, "o", operators)])
    code_tables = _vector(b, [_table(b, [(0, "b", code), (2, "i", _version(code)), (3, "i", code)]) for code in codes])
    model = _table(
        b, [(0, "u", 3), (1, "o", code_tables), (2, "o", _vector(b, [subgraph])), (4, "o", _vector(b, buffers))]
    )
    b.Finish(model, b"TFL3")
    return bytes(b.Output())


def _version(code: int) -> int:
    return 2 if code == DEQUANTIZE else 1


def _tensor(b: flatbuffers.Builder, number: int, tensor: Tensor) -> int:
    fields = [(0, "o", _ints(b, list(tensor.shape))), (1, "b", tensor.kind), (2, "u", number + 1)]
    fields.append((3, "o", b.CreateString(tensor.name or f"t{number}")))
    if tensor.scale:
        scale = b.CreateNumpyVector(np.array([tensor.scale], np.float32))
        zero = b.CreateNumpyVector(np.array([tensor.zero], np.int64))
        fields.append((4, "o", _table(b, [(2, "o", scale), (3, "o", zero)])))
    return _table(b, fields)


def _operator(b: flatbuffers.Builder, index: int, code: int, inputs: list[int], outputs: list[int]) -> int:
    fields = [(0, "u", index), (1, "o", _ints(b, inputs)), (2, "o", _ints(b, outputs))]
    if code in _OPTIONS:
        options = {CONV: [(0, "b", 0), (1, "i", STRIDE), (2, "i", STRIDE)], SOFTMAX: [(0, "f", 1.0)]}.get(code, [])
        fields += [(3, "b", _OPTIONS[code]), (4, "o", _table(b, options))]
    return _table(b, fields)


def _buffer(b: flatbuffers.Builder, content: np.ndarray | None) -> int:
    if content is None:
        return _table(b, [])
    return _table(b, [(0, "o", b.CreateNumpyVector(np.frombuffer(content.tobytes(), np.uint8)))])


def _table(b: flatbuffers.Builder, fields: list[tuple[int, str, float]]) -> int:
    b.StartObject(max((slot for slot, _, _ in fields), default=0) + 1)
    for slot, kind, value in fields:
        if kind == "o":
            b.PrependUOffsetTRelativeSlot(slot, value, 0)
        elif kind == "b":
            b.PrependInt8Slot(slot, value, -1)
        elif kind == "i":
            b.PrependInt32Slot(slot, value, -1)
        elif kind == "u":
            b.PrependUint32Slot(slot, value, 1 << 31)
        else:
            b.PrependFloat32Slot(slot, value, -1.0)
    return b.EndObject()


def _vector(b: flatbuffers.Builder, offsets: list[int]) -> int:
    b.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        b.PrependUOffsetTRelative(offset)
    return b.EndVector()


def _ints(b: flatbuffers.Builder, values: list[int]) -> int:
    return b.CreateNumpyVector(np.array(values, np.int32))
