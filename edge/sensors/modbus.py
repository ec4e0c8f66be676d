"""Modbus TCP: one connection to one host and port, shared by the devices behind it.

Sources: MODBUS Application Protocol V1.1b3, section 6; MODBUS Messaging on TCP/IP V1.0b, section 4.2 on connections.
This is the one place that knows pymodbus; its own reconnection and its retries are off, because the deadline of a
device and the delay after a failure are ours to keep.
"""

import asyncio
from collections.abc import Sequence

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from edge.backoff import Backoff
from edge.clock import Clock
from edge.errors import Refused, Unavailable
from edge.sensors.registers import Read

RECONNECT_BASE_S = 0.5
RECONNECT_CAP_S = 30.0
_EXCEPTIONS = {  # V1.1b3 section 7
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledge",
    6: "device busy",
    10: "gateway path unavailable",
    11: "gateway target did not respond",
}


class ModbusBus:
    """A connection that is made when it is needed; one request at a time, as the oldest devices want it."""

    def __init__(self, host: str, port: int, timeout_s: float, clock: Clock, backoff: Backoff | None = None) -> None:
        """Prepare; the first request connects.

        Args:
            host: name or address.
            port: usually 502.
            timeout_s: deadline of one request, and of connecting.
            clock: measures the delay between attempts.
            backoff: delays between attempts to connect.
        """
        self._host = host
        self._port = port
        self._timeout_s = timeout_s
        self._clock = clock
        self._backoff = backoff or Backoff(RECONNECT_BASE_S, RECONNECT_CAP_S)
        self._not_before_s = 0.0
        self._lock = asyncio.Lock()
        self._client: AsyncModbusTcpClient | None = None

    async def read(self, unit: int, read: Read) -> Sequence[int | bool]:
        """Read registers (0 to 65535) or bits.

        Raises:
            Unavailable: no connection, or no answer before the deadline.
            Refused: the device answered with an exception.
        """
        async with self._lock:
            client = await self._connected()
            ask = {
                "coil": client.read_coils,
                "discrete": client.read_discrete_inputs,
                "input": client.read_input_registers,
                "holding": client.read_holding_registers,
            }[read.table]
            answer = await self._ask(ask(read.address, count=read.count, device_id=unit))
        raw: Sequence[int | bool] = answer.bits if read.table in ("coil", "discrete") else answer.registers
        if len(raw) < read.count:
            raise Refused(f"{read.table} {read.address}: {len(raw)} values instead of {read.count}")
        return raw[: read.count]

    async def write_coil(self, unit: int, address: int, *, on: bool) -> None:
        """Switch a coil; reading it back is the caller's.

        Raises:
            Unavailable: no connection, or no answer before the deadline.
            Refused: the device answered with an exception.
        """
        async with self._lock:
            client = await self._connected()
            await self._ask(client.write_coil(address, on, device_id=unit))

    def close(self) -> None:
        """Drop the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    async def _connected(self) -> AsyncModbusTcpClient:
        if self._client is not None and self._client.connected:
            return self._client
        self.close()
        wait_s = self._not_before_s - self._clock.monotonic_s()
        if wait_s > 0:
            raise Unavailable(f"{self._host}:{self._port} is tried again in {wait_s:.1f} s")
        client = AsyncModbusTcpClient(
            self._host, port=self._port, timeout=self._timeout_s, retries=0, reconnect_delay=0, name="edge"
        )
        if not await self._try_connect(client):
            client.close()
            self._not_before_s = self._clock.monotonic_s() + self._backoff.next_s()
            raise Unavailable(f"{self._host}:{self._port} does not accept a connection")
        self._client = client
        return client

    async def _try_connect(self, client: AsyncModbusTcpClient) -> bool:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await client.connect()
        except (TimeoutError, OSError, ModbusException):
            return False

    async def _ask(self, request: object) -> ModbusPDU:
        """Wait for an answer; after none the connection is dropped, so that a late answer meets nobody."""
        try:
            async with asyncio.timeout(self._timeout_s):
                answer: ModbusPDU = await request  # type: ignore[misc]
        except (TimeoutError, ModbusException, OSError) as error:
            self.close()
            self._not_before_s = self._clock.monotonic_s() + self._backoff.next_s()
            raise Unavailable(f"{self._host}:{self._port} did not answer within {self._timeout_s} s") from error
        except asyncio.CancelledError:
            self.close()
            raise
        self._backoff.reset()
        if answer.isError():
            code = answer.exception_code
            raise Refused(f"device answered exception {code} ({_EXCEPTIONS.get(code, 'unknown')})")
        return answer
