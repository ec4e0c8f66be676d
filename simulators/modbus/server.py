"""Many devices in one process, each behind a TCP port of its own on loopback."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from pymodbus.pdu import ModbusPDU
from pymodbus.server import ModbusTcpServer
from pymodbus.server.requesthandler import ServerRequestHandler

from simulators.errors import Unavailable
from simulators.modbus.device import Device

HOST = "127.0.0.1"


class _Line(ServerRequestHandler):
    """A client's connection, on which answers may be late or missing.

    The answer is held here, not where it is computed: pymodbus takes the transaction number of the latest request
    when it answers, so a request that waits inside would be answered under another one's number.
    """

    def pdu_send(self, pdu: ModbusPDU, addr: tuple[Any, ...] | None = None) -> None:
        behaviour = self.server.device.behave()
        if behaviour.silent:
            return
        if behaviour.delay_s:
            self.loop.call_later(behaviour.delay_s, self._send_late, pdu, addr)
        else:
            super().pdu_send(pdu, addr)

    def _send_late(self, pdu: ModbusPDU, addr: tuple[Any, ...] | None) -> None:
        if self.transport and not self.transport.is_closing():
            super().pdu_send(pdu, addr)


class _DeviceServer(ModbusTcpServer):
    def __init__(self, device: Device, port: int) -> None:
        self.device = device
        super().__init__(device.sim_device(), address=(HOST, port))

    def callback_new_connection(self) -> ServerRequestHandler:
        return _Line(self, None, None, None)  # type: ignore[no-untyped-call]


class ModbusServers:
    """All devices of a regency, listening while the context is open.

    Args:
        devices: by asset code.
        ports: TCP port by asset code.
    """

    def __init__(self, devices: Mapping[str, Device], ports: Mapping[str, int]) -> None:
        self._devices = devices
        self._ports = ports
        self._servers: list[_DeviceServer] = []

    async def __aenter__(self) -> Self:
        for code, device in self._devices.items():
            server = _DeviceServer(device, self._ports[code])
            try:
                await server.serve_forever(background=True)
            except RuntimeError as error:
                await self._close()
                raise Unavailable(
                    f"port {self._ports[code]} for {code} is taken; choose another --base-port"
                ) from error
            self._servers.append(server)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def _close(self) -> None:
        for server in self._servers:
            await server.shutdown()  # type: ignore[no-untyped-call]
