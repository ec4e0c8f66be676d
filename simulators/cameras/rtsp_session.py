"""One client's session: packets to it, over its connection or over UDP."""

import asyncio
import random
import secrets

from simulators.cameras.rtp import Packetizer
from simulators.cameras.rtsp_message import Transport
from simulators.cameras.stream import Stream, Viewer, damage

SESSION_TIMEOUT_S = 60.0
_REPORT_EVERY_S = 5.0
_LATE_S = 3.0


class Session:
    """Sends a stream to a client.

    Args:
        writer: of the client's connection.
        source: synchronisation source of its packets.
    """

    def __init__(self, stream: Stream, writer: asyncio.StreamWriter, transport: Transport, source: int) -> None:
        self.name = secrets.token_hex(8)
        self._stream, self._writer, self._transport = stream, writer, transport
        self._packetizer = Packetizer(source)
        self._chance = random.Random(source)  # noqa: S311 - which packets are spoiled is no secret
        self._viewer: Viewer | None = None
        self._task: asyncio.Task[None] | None = None
        self._sockets: list[asyncio.DatagramTransport] = []

    @property
    def over_udp(self) -> bool:
        """Tell whether the packets go beside the connection."""
        return self._transport.channel is None

    @property
    def sequence(self) -> int:
        """Give the number of the next packet."""
        return self._packetizer.sequence

    async def open(self, peer: str) -> str:
        """Prepare to send; give the answer's Transport header."""
        if self._transport.ports is None:
            channel = self._transport.channel or 0
            return f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1};ssrc={self._packetizer.source:08X}"
        loop = asyncio.get_running_loop()
        for port in self._transport.ports:
            transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(peer, port))
            self._sockets.append(transport)
        ours = "-".join(str(one.get_extra_info("sockname")[1]) for one in self._sockets)
        theirs = "-".join(map(str, self._transport.ports))
        return f"RTP/AVP;unicast;client_port={theirs};server_port={ours};ssrc={self._packetizer.source:08X}"

    def play(self) -> None:
        """Begin to send; a second time it does nothing."""
        if self._task is None:
            self._viewer = self._stream.join(self._writer.transport.abort)
            self._task = asyncio.create_task(self._send(self._viewer), name=f"rtsp-{self.name}")

    async def close(self) -> None:
        """Stop sending."""
        if self._viewer is not None:
            self._stream.leave(self._viewer)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for one in self._sockets:
            one.close()

    async def _send(self, viewer: Viewer) -> None:
        """Send pictures until the session ends; a connection that takes nothing for a while is cut."""
        reported_s = float("-inf")
        try:
            while True:
                picture = await viewer.next()
                faults = self._stream.faults
                if picture.at_s - reported_s >= _REPORT_EVERY_S:
                    reported_s = picture.at_s
                    self._put(1, self._packetizer.report(picture.at_s + faults.clock_off_s, picture.timestamp))
                for packet in self._packetizer.packets(picture):
                    self._put(0, damage(packet, faults.bad_packets, self._chance) if faults.bad_packets else packet)
                async with asyncio.timeout(_LATE_S):
                    await self._writer.drain()
        except (OSError, TimeoutError):
            self._writer.transport.abort()

    def _put(self, which: int, packet: bytes) -> None:
        if self._transport.channel is not None:
            head = bytes((0x24, self._transport.channel + which))
            self._writer.write(head + len(packet).to_bytes(2) + packet)
        elif self._sockets:
            self._sockets[which].sendto(packet)
