"""Figures as PostgreSQL's binary COPY takes them, a chunk at a time: a million one by one would be the slowest step.

Source: PostgreSQL 17, "COPY", section "Binary Format"; a timestamptz there is microseconds since 2000-01-01 UTC.
"""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np

from cloud.modules.report import Figure

_HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
_TRAILER = struct.pack("!h", -1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TUPLE = np.dtype([
    ("fields", ">i2"),
    ("cell_length", ">i4"), ("cell", ">i4"),
    ("time_length", ">i4"), ("time", ">i8"),
    ("value_length", ">i4"), ("value", ">f8"),
])  # fmt: skip


def written_as_copy(cell_ids: Sequence[int], figures: Sequence[Figure]) -> bytes:
    """Write (cell, time, value) rows; what is kept back is written as NaN, which no figure can be."""
    rows = np.empty(len(figures), _TUPLE)
    rows["fields"], rows["cell_length"], rows["time_length"], rows["value_length"] = 3, 4, 8, 8
    rows["cell"] = cell_ids
    rows["time"] = [_microseconds(figure.true_at) for figure in figures]
    rows["value"] = [np.nan if figure.value is None else figure.value for figure in figures]
    return _HEADER + rows.tobytes() + _TRAILER


@lru_cache(maxsize=100_000)
def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND
