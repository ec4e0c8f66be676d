"""Agents on UDP ports: any number of them in one event loop."""

import asyncio
from collections.abc import Mapping
from typing import Any, Self

from simulators.errors import Unavailable
from simulators.ntcip.agent import Agent

_MAX_WAITING = 256  # late answers held back per agent


class AgentServers:
    """A UDP port for each agent, open within the `async with`.

    Args:
        agents: by name.
        ports: by the same names; 0 is any free one.
        host: where to listen.
    """

    def __init__(self, agents: Mapping[str, Agent], ports: Mapping[str, int], host: str = "127.0.0.1") -> None:
        self._agents, self._asked, self._host = agents, ports, host
        self._transports: list[asyncio.DatagramTransport] = []
        self.ports: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        """Open the ports.

        Raises:
            Unavailable: one is taken.
        """
        for name, agent in self._agents.items():
            try:
                await self._open(name, agent)
            except OSError as error:
                await self.__aexit__()
                raise Unavailable(f"UDP port {self._asked[name]} for {name} cannot be opened: {error}") from error
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close them."""
        for transport in self._transports:
            transport.close()
        self._transports.clear()

    async def _open(self, name: str, agent: Agent) -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Port(agent), local_addr=(self._host, self._asked[name])
        )
        self._transports.append(transport)
        self.ports[name] = transport.get_extra_info("sockname")[1]


class _Port(asyncio.DatagramProtocol):
    """One port: answers at once, or late, or more than once."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._waiting = 0
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a datagram endpoint gets a datagram transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        answer = self._agent.answer(data)
        if answer is None:
            return
        delay_s = self._agent.controller.faults.answer_delay_s
        if not delay_s:
            self._send(answer, addr)
        elif self._waiting < _MAX_WAITING:
            self._waiting += 1
            asyncio.get_running_loop().call_later(delay_s, self._send_late, answer, addr)

    def _send_late(self, answer: bytes, addr: Any) -> None:
        self._waiting -= 1
        self._send(answer, addr)

    def _send(self, answer: bytes, addr: Any) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        for _ in range(1 + self._agent.controller.faults.duplicate_answers):
            self._transport.sendto(answer, addr)
