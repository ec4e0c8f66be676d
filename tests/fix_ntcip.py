"""A signal controller's SNMP agent that can be told to misbehave: late, twice, wrong types, nonsense, silence."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

from pyasn1.codec.ber import decoder, encoder
from pyasn1.type import univ
from pysnmp.proto.api import v1, v2c

from edge.sensors.ntcip_objects import Oid

Reply = Callable[[bytes], Iterator[tuple[float, bytes]]]


class FakeAgent(asyncio.DatagramProtocol):
    """Answers from a dictionary.

    Attributes:
        held: value of every object; an int, bytes, or a pyasn1 value to be sent as it is.
        reply: from the right answer to what is sent, each with its delay in seconds.
        gets, sets: what was asked.
        refuse: error-status and error-index of sets; 0 takes them.
    """

    def __init__(self) -> None:
        self.held: dict[Oid, Any] = {}
        self.reply: Reply = lambda answer: iter([(0.0, answer)])
        self.gets = 0
        self.sets: list[tuple[Oid, int]] = []
        self.refuse = (0, 0)
        self.port = 0
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: Any) -> None:
        loop = asyncio.get_running_loop()
        for delay_s, answer in self.reply(self._answer(data)):
            loop.call_later(delay_s, self._send, answer, addr)

    def _send(self, answer: bytes, addr: Any) -> None:
        if not self._transport.is_closing():
            self._transport.sendto(answer, addr)

    def _answer(self, data: bytes) -> bytes:
        version = int(decoder.decode(data, asn1Spec=v2c.Message())[0][0])
        module = v1 if version == 0 else v2c
        message, _ = decoder.decode(data, asn1Spec=module.Message())
        asked = module.apiMessage.get_pdu(message)
        answer = module.apiPDU.get_response(asked)
        varbinds = [(tuple(oid), value) for oid, value in module.apiPDU.get_varbinds(asked)]
        if isinstance(asked, module.SetRequestPDU):
            self.sets += [(oid, int(value)) for oid, value in varbinds]
            self._error(module, answer, *self.refuse)
        else:
            self.gets += 1
            varbinds = [(oid, self._value(module, oid)) for oid, _ in varbinds]
        missing = [position for position, (_, value) in enumerate(varbinds, 1) if value is None]
        if missing:
            self._error(module, answer, 2, missing[0])
        module.apiPDU.set_varbinds(
            answer, [(oid, univ.Null("") if value is None else value) for oid, value in varbinds]
        )
        module.apiMessage.set_pdu(message, answer)
        return bytes(encoder.encode(message))

    def _value(self, module: Any, oid: Oid) -> Any:
        value = self.held.get(oid)
        if value is None:
            return None if module is v1 else v2c.NoSuchObject("")
        if isinstance(value, int):
            return univ.Integer(value)
        return univ.OctetString(value) if isinstance(value, bytes) else value

    def _error(self, module: Any, answer: Any, status: int, index: int) -> None:
        module.apiPDU.set_error_status(answer, status)
        module.apiPDU.set_error_index(answer, index)


@asynccontextmanager
async def fake_agent() -> AsyncIterator[FakeAgent]:
    loop = asyncio.get_running_loop()
    transport, agent = await loop.create_datagram_endpoint(FakeAgent, local_addr=("127.0.0.1", 0))
    try:
        yield agent
    finally:
        transport.close()
        await asyncio.sleep(0)
