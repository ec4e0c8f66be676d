"""The four tables of one device, filled from readings."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulators.errors import Misconfigured
from simulators.modbus.encoding import encode, encode_nonsense, width
from simulators.modbus.profile import Point, Profile, Table, place_points

Readings = Mapping[str, float | bool]
BIT_TABLES = ("coil", "discrete")
TABLES: tuple[Table, ...] = ("coil", "discrete", "holding", "input")


@dataclass(slots=True)
class Block:
    """One table from its first to its last used address; what nobody uses in between reads as 0."""

    first: int
    cells: list[int] = field(default_factory=list)


class Memory:
    """Registers and bits of one device.

    Args:
        profile: what lies where.
        parts: how many of the profile's parts the device has.
    """

    def __init__(self, profile: Profile, parts: int | None = None) -> None:
        self._name = profile.profile
        self._placed = place_points(profile, parts)
        self.blocks = {table: self._empty_block(table) for table in TABLES if self._points(table)}

    def check(self, readings: Readings) -> None:
        """Refuse a profile that asks for what the model does not give.

        Raises:
            Misconfigured: naming the quantity.
        """
        for part, point in self._placed:
            if _find(readings, point.quantity, part) is None:
                raise Misconfigured(
                    f"profile {self._name}: nothing simulates {point.quantity!r}; there are: {', '.join(readings)}"
                )

    def fill(self, readings: Readings, *, nonsense: bool = False) -> None:
        """Write readings into the tables.

        Args:
            readings: by quantity, those of a part as `quantity/number`.
            nonsense: write what a broken probe sends instead of numbers; bits are left right.
        """
        for part, point in self._placed:
            value = _find(readings, point.quantity, part)
            block = self.blocks[point.table]
            start = point.address - block.first
            if point.type != "bool":
                words = encode_nonsense(point) if nonsense else encode(point, float(value or 0.0))
                block.cells[start : start + len(words)] = words
            elif point.bit is None:
                block.cells[start] = int(bool(value))
            else:
                mask = 1 << point.bit
                block.cells[start] = block.cells[start] | mask if value else block.cells[start] & ~mask

    def writable(self, table: Table, address: int) -> Point | None:
        """Find the point that may be written at an address."""
        for _, point in self._placed:
            if point.writable and point.table == table and point.address == address:
                return point
        return None

    def _points(self, table: Table) -> list[Point]:
        return [point for _, point in self._placed if point.table == table]

    def _empty_block(self, table: Table) -> Block:
        points = self._points(table)
        first = min(point.address for point in points)
        last = max(point.address + width(point) for point in points)
        return Block(first, [0] * (last - first))


def _find(readings: Readings, quantity: str, part: int) -> float | bool | None:
    """Find a part's reading, or else the whole device's."""
    found = readings.get(f"{quantity}/{part}") if part else None
    return readings.get(quantity) if found is None else found
