"""Whether a TFLite file is whole. The runtimes do not ask: of a file that was cut off they read beyond its end.

Source: TensorFlow's schema.fbs version 3 (`Model.buffers` is field 4, `Buffer.data` field 0) and FlatBuffers'
description of its binary format. Buffers are written first and so lie at the end: what is cut off is cut off there.
"""

import struct

_BUFFERS, _DATA = 4, 0


def is_whole(content: bytes) -> bool:
    """Tell whether all weights that a file speaks of are in it."""
    try:
        model = _offset(content, 0)
        vector = _field(content, model, _BUFFERS)
        if vector is None:
            return False
        count = _number(content, vector)
        return all(_is_within(content, _offset(content, vector + 4 + 4 * index)) for index in range(count))
    except (struct.error, IndexError):
        return False


def _is_within(content: bytes, buffer: int) -> bool:
    data = _field(content, buffer, _DATA)
    return data is None or data + 4 + _number(content, data) <= len(content)


def _field(content: bytes, table: int, field: int) -> int | None:
    """Give where a field of a table leads; None when the table has it not."""
    places = table - struct.unpack_from("<i", content, table)[0]
    if 4 + 2 * field >= struct.unpack_from("<H", content, places)[0]:
        return None
    within = struct.unpack_from("<H", content, places + 4 + 2 * field)[0]
    return _offset(content, table + within) if within else None


def _offset(content: bytes, place: int) -> int:
    return place + _number(content, place)


def _number(content: bytes, place: int) -> int:
    return int(struct.unpack_from("<I", content, place)[0])
