"""One horn as this box reaches it: RTP to it, RTCP both ways, and its own word over HTTP."""

import asyncio
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from edge.clock import Clock
from edge.contract.announcements import FRAME_BYTES
from edge.daemon_thread import in_daemon_thread
from edge.errors import Unavailable
from edge.loudspeakers import horn_status, rtp
from edge.loudspeakers.horn_status import Word
from edge.site_loudspeakers import LoudspeakerPlace

REPORT_S = 1.0
_WRAP = 65_536


@dataclass(slots=True)
class Sending:
    """One stream to the horn, from its first packet on.

    Attributes:
        sent: packets.
        report: what the horn said last of them; None: nothing yet.
        unreachable: the network said that nobody takes them.
        heard: set by each word about it.
    """

    ssrc: int = field(default_factory=lambda: secrets.randbits(32))
    first: int = field(default_factory=lambda: secrets.randbits(15))
    began_ts: int = field(default_factory=lambda: secrets.randbits(31))
    sent: int = 0
    report: rtp.ReceiverReport | None = None
    unreachable: bool = False
    reported_s: float = 0.0
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def arrived(self) -> int | None:
        """Packets that arrived, as the horn says; None while it has said nothing."""
        if self.report is None:
            return None
        return (self.report.highest - self.first) % _WRAP + 1 - max(0, self.report.lost)


class _Endpoint(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[[bytes], None], lose: Callable[[], None]) -> None:
        self._take, self._lose = take, lose

    def datagram_received(self, data: bytes, addr: Any) -> None:
        del addr
        self._take(data)

    def error_received(self, exc: Exception) -> None:
        if isinstance(exc, ConnectionRefusedError):  # ICMP port unreachable: the horn is off, or is no horn
            self._lose()


class Horn:
    """One horn; `open` before use."""

    def __init__(self, place: LoudspeakerPlace, clock: Clock) -> None:
        """Prepare.

        Args:
            place: where it is, and what it can be asked.
            clock: for reports.
        """
        self.place = place
        self._clock = clock
        self._rtp: asyncio.DatagramTransport | None = None
        self._rtcp: asyncio.DatagramTransport | None = None
        self.sending = Sending()

    async def open(self) -> None:
        """Find the horn's address and begin a new stream.

        Raises:
            Unavailable: its name is unknown, or the network is down.
        """
        self.close()
        self.sending = Sending()
        loop = asyncio.get_running_loop()
        host, port = self.place.host, self.place.rtp_port
        try:
            self._rtp, _ = await loop.create_datagram_endpoint(
                lambda: _Endpoint(lambda _: None, self._lose), remote_addr=(host, port), family=socket.AF_INET
            )
            self._rtcp, _ = await loop.create_datagram_endpoint(
                lambda: _Endpoint(self._hear, lambda: None), remote_addr=(host, port + 1), family=socket.AF_INET
            )
        except OSError as error:
            self.close()
            raise Unavailable(f"{host}: {error.strerror or error}") from error

    def close(self) -> None:
        """Say goodbye to the horn."""
        if self._rtcp is not None and self.sending.sent:
            self._report(bye=True)
        for transport in (self._rtp, self._rtcp):
            if transport is not None:
                transport.close()
        self._rtp = self._rtcp = None

    def send(self, frame: bytes) -> None:
        """Send 20 ms of sound."""
        sending = self.sending
        if self._rtp is None:
            return
        timestamp = sending.began_ts + sending.sent * FRAME_BYTES
        first = sending.sent == 0
        self._rtp.sendto(rtp.packet(sending.first + sending.sent, timestamp, sending.ssrc, frame, first=first))
        sending.sent += 1
        if first or self._clock.monotonic_s() - sending.reported_s >= REPORT_S:
            self._report()

    def finish(self) -> None:
        """Tell the horn that the sound is over; its last report follows."""
        self._report(bye=True)

    async def ask(self) -> Word:
        """Ask the horn how it is.

        Raises:
            Unavailable: it does not answer, or cannot be asked.
        """
        status = self.place.status
        if status is None:
            raise Unavailable("this horn cannot be asked")
        words: list[Word] = []
        await in_daemon_thread("horn-status", lambda: words.append(horn_status.ask(status)))
        return words[0]

    def _report(self, *, bye: bool = False) -> None:
        sending = self.sending
        sending.reported_s = self._clock.monotonic_s()
        if self._rtcp is not None:
            timestamp = sending.began_ts + sending.sent * FRAME_BYTES
            octets = sending.sent * FRAME_BYTES
            name = f"satulayar@{self.place.code}"
            self._rtcp.sendto(rtp.sender_report(sending.ssrc, timestamp, sending.sent, octets, name, bye=bye))

    def _hear(self, datagram: bytes) -> None:
        for report in rtp.read_reports(datagram, self.sending.ssrc):
            self.sending.report = report
            self.sending.heard.set()

    def _lose(self) -> None:
        self.sending.unreachable = True
        self.sending.heard.set()
