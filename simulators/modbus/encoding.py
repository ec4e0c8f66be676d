"""From values to raw registers and bits, as a device's firmware would do it.

Source: MODBUS Application Protocol V1.1b3, section 4.2 (big-endian words); IEEE 754 for floats. What lies outside
of a register's range stands at its end, as instruments do that are over range.
"""

import math
import struct

from simulators.modbus.profile import Point, RawType

_FORMATS: dict[RawType, tuple[str, int, int]] = {
    "u16": (">H", 0, 0xFFFF),
    "s16": (">h", -0x8000, 0x7FFF),
    "u32": (">I", 0, 0xFFFFFFFF),
    "s32": (">i", -0x80000000, 0x7FFFFFFF),
}
_QUIET_NAN = b"\x7f\xc0\x00\x00"


def width(point: Point) -> int:
    """Count the registers or bits that a point takes."""
    return 2 if point.type in ("u32", "s32", "f32") else 1


def encode(point: Point, value: float) -> list[int]:
    """Write a number into one or two registers, in the point's word order."""
    raw = (float(value) - point.offset) / point.scale
    if point.type == "f32":
        octets = struct.pack(">f", raw)
    else:
        form, low, high = _FORMATS[point.type]
        octets = struct.pack(form, min(high, max(low, round(raw))) if math.isfinite(raw) else high)
    return _words(point, octets)


def encode_nonsense(point: Point) -> list[int]:
    """Write what a device with a broken probe sends: NaN, or every bit set."""
    return _words(point, _QUIET_NAN if point.type == "f32" else b"\xff" * (2 * width(point)))


def _words(point: Point, octets: bytes) -> list[int]:
    words = [int.from_bytes(octets[start : start + 2]) for start in range(0, len(octets), 2)]
    return words[::-1] if point.word_order == "little" else words
