"""Bounds on connections: how many, how long a request may take to arrive, how long an answer may wait to be read.

uvicorn bounds an idle connection (`timeout_keep_alive`) and the size of a header, but neither how slowly a request
may drip in (slowloris) nor how long a client may leave an answer unread; each would hold memory for ever.

Source: uvicorn, settings, "Resource limits" and "Timeouts"; h11, "State machine".
"""

import asyncio
from dataclasses import dataclass
from typing import ClassVar

import h11
import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol

log = structlog.get_logger(__name__)

KEEP_ALIVE_S = 5
REQUEST_S = 10.0
MAX_HEADER_BYTES = 16_384
# Whoever reads, but slower than this, holds a large answer on purpose.
LEAST_BYTES_PER_S = 1_000

_ARRIVING = (h11.IDLE, h11.SEND_BODY)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a connection may take.

    Attributes:
        connections: the most at a time; one more is cut without a word.
        request_s: seconds in which a request, headers and body, must have arrived; a body that comes steadily, such as
            a photo over a weak line, is looked at anew after each such time.
        unread_s: seconds for which an answer may lie unread; a slow reader is looked at anew after each such time.
    """

    connections: int
    request_s: float
    unread_s: float


class BoundedProtocol(H11Protocol):
    """uvicorn's own protocol with these bounds. `bounded_by` makes the class that uvicorn is given."""

    bounds: ClassVar[Bounds]
    _arrival: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _left_bytes = 0
    _came_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Begin, unless there are as many as there may be."""
        super().connection_made(transport)
        # Every octet that the kernel does not take counts as unread, also after the connection was closed.
        transport.set_write_buffer_limits(high=0)
        if len(self.connections) > self.bounds.connections:
            self._cut("too_many_connections")
        else:
            self._watch_arrival()

    def data_received(self, data: bytes) -> None:
        """Take octets of a request."""
        self._came_bytes += len(data)
        super().data_received(data)
        self._watch_arrival()

    def pause_writing(self) -> None:
        """Begin to wait for the reader."""
        super().pause_writing()
        if self._unread is None:
            self._watch_reader()

    def resume_writing(self) -> None:
        """Go on: everything was taken."""
        super().resume_writing()
        self._unread = _cancel(self._unread)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._arrival, self._unread = _cancel(self._arrival), _cancel(self._unread)
        super().connection_lost(exc)

    def _watch_arrival(self) -> None:
        if self.conn.their_state not in _ARRIVING:
            self._arrival = _cancel(self._arrival)
        elif self._arrival is None:
            self._came_bytes = 0
            self._arrival = self.loop.call_later(self.bounds.request_s, self._judge_sender)

    def _judge_sender(self) -> None:
        self._arrival = None
        is_steady = self._came_bytes >= LEAST_BYTES_PER_S * self.bounds.request_s
        # How large a body may be is bounded, a header's many lines are not worth the wait.
        if self.conn.their_state is h11.SEND_BODY and is_steady:
            self._watch_arrival()
        else:
            self._cut("request_too_slow")

    def _watch_reader(self) -> None:
        self._left_bytes = self.transport.get_write_buffer_size()
        self._unread = self.loop.call_later(self.bounds.unread_s, self._judge_reader)

    def _judge_reader(self) -> None:
        taken_bytes = self._left_bytes - self.transport.get_write_buffer_size()
        if taken_bytes < LEAST_BYTES_PER_S * self.bounds.unread_s:
            self._cut("answer_unread")
        else:
            self._watch_reader()

    def _cut(self, reason: str) -> None:
        log.info("connection_cut", reason=reason, address=self.client[0] if self.client else "")
        self.transport.abort()


def bounded_by(bounds: Bounds) -> type[BoundedProtocol]:
    """Make the protocol class with these bounds."""
    return type("BoundedProtocol", (BoundedProtocol,), {"bounds": bounds})


def _cancel(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    if timer is not None:
        timer.cancel()
    return None
