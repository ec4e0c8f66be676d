"""One simulated Modbus device: answers from the world, and misbehaves on order."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from pymodbus.constants import ExcCodes
from pymodbus.simulator import DataType, SimData, SimDevice

from simulators.modbus.memory import BIT_TABLES, TABLES, Block, Memory, Readings
from simulators.modbus.profile import Table

_FUNCTIONS_OF_TABLE: dict[Table, tuple[int, ...]] = {
    "coil": (1, 5, 15),
    "discrete": (2,),
    "input": (4,),
    "holding": (3, 6, 16, 22, 23),
}
_TABLE_OF_FUNCTION = {code: table for table, codes in _FUNCTIONS_OF_TABLE.items() for code in codes}
_BITS_PER_CELL = 16  # pymodbus keeps sixteen bits in one of its registers
# Longer than one request after another of the same poll, shorter than the models' own step.
_FRESH_S = 0.2


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a device behaves just now.

    Attributes:
        delay_s: answers this much late.
        silent: does not answer.
        refuses: answers with an exception.
        stuck: repeats its values.
        nonsense: sends NaN or all ones.
    """

    delay_s: float = 0.0
    silent: bool = False
    refuses: bool = False
    stuck: bool = False
    nonsense: bool = False


class Device:
    """A device behind one TCP port.

    Args:
        memory: its registers.
        read: asks the world what its instrument reads.
        behave: asks what is wrong with it.
        write: takes a coil that was written: quantity and value.
    """

    def __init__(
        self,
        memory: Memory,
        read: Callable[[], Readings],
        behave: Callable[[], Behaviour],
        write: Callable[[str, bool], None],
    ) -> None:
        self._memory = memory
        self._read = read
        self.behave = behave
        self._write = write
        self._filled_at_s = 0.0
        memory.check(read())
        memory.fill(read())

    def sim_device(self) -> SimDevice:
        """Describe the device to pymodbus: four tables of its own, every access passing through `_access`."""
        blocks = [_sim_data(table, self._memory.blocks.get(table)) for table in TABLES]
        return SimDevice(id=0, simdata=(blocks[0], blocks[1], blocks[2], blocks[3]), action=self._access)

    async def _access(
        self,
        function_code: int,
        start_address: int,
        address: int,
        count: int,  # noqa: ARG002 - pymodbus calls it so
        current_registers: list[int],
        set_values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        table = _TABLE_OF_FUNCTION[function_code]
        if self.behave().refuses:
            return ExcCodes.DEVICE_FAILURE
        if table not in self._memory.blocks:
            return ExcCodes.ILLEGAL_FUNCTION
        if set_values is not None:
            return self._take(table, address, set_values)
        self._refresh()
        _copy(table, self._memory.blocks[table], start_address, current_registers)
        return None

    def _take(self, table: Table, address: int, values: list[int] | list[bool]) -> ExcCodes | None:
        points = [self._memory.writable(table, address + place) for place in range(len(values))]
        for point, value in zip(points, values, strict=True):
            if point is None:
                return ExcCodes.ILLEGAL_ADDRESS
            self._write(point.quantity, bool(value))
        self._filled_at_s = 0.0
        return None

    def _refresh(self) -> None:
        behaviour = self.behave()
        now_s = time.monotonic()
        if behaviour.stuck or now_s - self._filled_at_s < _FRESH_S:
            return
        self._memory.fill(self._read(), nonsense=behaviour.nonsense)
        self._filled_at_s = now_s


def _sim_data(table: Table, block: Block | None) -> list[SimData]:
    """Make pymodbus's description of a table; one that the device lacks still needs a cell to exist."""
    first, size = (block.first, len(block.cells)) if block else (0, 1)
    if table in BIT_TABLES:
        return [SimData(first, values=[False] * size, datatype=DataType.BITS)]
    return [SimData(first, values=[0] * size, datatype=DataType.REGISTERS)]


def _copy(table: Table, block: Block, start_address: int, registers: list[int]) -> None:
    if table not in BIT_TABLES:
        registers[: len(block.cells)] = block.cells
        return
    skipped = block.first - start_address * _BITS_PER_CELL
    for place, bit in enumerate(block.cells, start=skipped):
        cell, mask = place // _BITS_PER_CELL, 1 << place % _BITS_PER_CELL
        registers[cell] = registers[cell] | mask if bit else registers[cell] & ~mask
