"""From a register map to as few reads as it allows, and from what was read to values in catalogue units.

Source: MODBUS Application Protocol V1.1b3, sections 6.1 to 6.4 (2000 bits or 125 registers a read); two-register
values are not covered by the standard, so the order of words is part of the map.
"""

import math
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edge.contract.catalogue import CATALOGUE
from edge.sensors.profile import BIT_TABLES, Point, Profile, Table, Type, settings_of

MAX_REGISTERS = 125
MAX_BITS = 2_000
_WIDTH: dict[Type, int] = {"u16": 1, "s16": 1, "bool": 1, "u32": 2, "s32": 2, "f32": 2}
_FORMAT: dict[Type, str] = {"u16": ">H", "s16": ">h", "u32": ">I", "s32": ">i", "f32": ">f"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundPoint:
    """One quantity of one asset, with its place in the device and the site's settings; units as in `Point`."""

    asset: str
    quantity: str
    unit: str
    table: Table
    address: int
    type: Type
    bit: int | None
    word_order: str
    scale: float
    offset: float
    interval_s: float
    low: float
    high: float
    dead_band: float
    max_silence_s: float | None
    writable: bool

    @property
    def width(self) -> int:
        """Registers or bits that it takes."""
        return _WIDTH[self.type]


@dataclass(frozen=True, slots=True)
class Read:
    """One request and what is cut out of its answer.

    Attributes:
        table: which of the four.
        address: first register or bit.
        count: how many.
        points: those inside.
    """

    table: Table
    address: int
    count: int
    points: tuple[BoundPoint, ...]


def bind(
    profile: Profile, asset: str, parts: Sequence[str] | None, overrides: dict[str, dict[str, float | None]]
) -> tuple[BoundPoint, ...]:
    """Give every quantity of a device its asset, its address and its settings.

    Args:
        profile: the kind of device.
        asset: code of the device; parts get theirs from it.
        parts: which parts are wired; None means all.
        overrides: settings by quantity, or by `part/quantity`, which goes before.
    """
    found = [_bound(point, asset, 0, overrides.get(point.quantity, {})) for point in profile.points]
    if profile.parts:
        for index, name in enumerate(profile.parts.names):
            if parts is not None and name not in parts:
                continue
            for point in profile.parts.points:
                stride = profile.parts.bit_stride if point.table in BIT_TABLES else profile.parts.stride
                override = overrides.get(point.quantity, {}) | overrides.get(f"{name}/{point.quantity}", {})
                found.append(_bound(point, f"{asset}-{name}", index * stride, override))
    return tuple(found)


def group(points: Iterable[BoundPoint], max_gap: int) -> tuple[Read, ...]:
    """Put points into as few reads as the limits allow.

    Args:
        points: of one device.
        max_gap: unwanted registers or bits that are read along rather than asking again.
    """
    reads: list[Read] = []
    run: list[BoundPoint] = []
    end = 0
    for point in sorted(points, key=lambda point: (point.table, point.address)):
        limit = MAX_BITS if point.table in BIT_TABLES else MAX_REGISTERS
        last = max(end, point.address + point.width)
        fits = run and point.table == run[0].table and point.address <= end + max_gap
        if not fits or last - run[0].address > limit:
            if run:
                reads.append(_read(run, end))
            run, last = [], point.address + point.width
        run.append(point)
        end = last
    if run:
        reads.append(_read(run, end))
    return tuple(reads)


def value_of(point: BoundPoint, read: Read, raw: Sequence[int | bool]) -> float | bool:
    """Cut one value out of an answer and convert it to the catalogue's unit.

    Args:
        point: one of `read.points`.
        read: the request.
        raw: its answer: registers as 0 to 65535, or bits.
    """
    start = point.address - read.address
    words = raw[start : start + point.width]
    if point.type == "bool":
        return bool(words[0]) if point.bit is None else bool(int(words[0]) >> point.bit & 1)
    if point.word_order == "little":
        words = words[::-1]
    octets = b"".join(struct.pack(">H", int(word)) for word in words)
    number = float(struct.unpack(_FORMAT[point.type], octets)[0])
    # ten significant digits take away what the binary factor added: 2301 * 0.1 is 230.1, not 230.10000000000002
    return float(f"{number * point.scale + point.offset:.10g}") if math.isfinite(number) else number


def is_plausible(point: BoundPoint, value: float | bool) -> bool:  # noqa: FBT001 - a reading may be a bool
    """Tell whether the device can honestly mean this; NaN never is."""
    return isinstance(value, bool) or point.low <= value <= point.high


def _bound(point: Point, asset: str, shift: int, override: dict[str, float | None]) -> BoundPoint:
    point = settings_of(point, override)
    row = CATALOGUE[point.quantity]
    low, high = point.plausible or (row.low, row.high)
    return BoundPoint(
        asset=asset,
        quantity=point.quantity,
        unit=point.unit,
        table=point.table,
        address=point.address + shift,
        type=point.type,
        bit=point.bit,
        word_order=point.word_order,
        scale=point.scale,
        offset=point.offset,
        interval_s=point.interval_s,
        low=-math.inf if low is None else low,
        high=math.inf if high is None else high,
        dead_band=point.dead_band,
        max_silence_s=point.max_silence_s,
        writable=point.writable,
    )


def _read(run: Sequence[BoundPoint], end: int) -> Read:
    return Read(run[0].table, run[0].address, end - run[0].address, tuple(run))
