"""From readings to durable messages: report by exception, gather for a moment, pack, keep, offer to the line.

Readings that come within the linger share a message. Nothing is offered to the line before it is durable.
"""

import asyncio
from collections import deque
from collections.abc import Callable

import structlog

from edge.clock import Clock
from edge.contract import senml
from edge.contract.limits import EARLIEST_TIME_S
from edge.entries import Entry, Row
from edge.errors import Unavailable
from edge.outbox import Outbox
from edge.pulse import Pulse
from edge.reporting import Reporter
from edge.sensors.reading import Reading

PACK_SAMPLES = 400  # with names at their longest still inside the contract's limit of a pack
BUFFER_READINGS = 20_000  # what memory holds while the disk does not answer; the oldest go first
RETRY_S = 1.0
IDLE_S = 5.0
_log = structlog.get_logger()


class Recorder:
    """Where every reading and every event of the box goes."""

    def __init__(
        self, outbox: Outbox, offer: Callable[[Row], None], linger_s: float, clock: Clock, pulse: Pulse
    ) -> None:
        """Begin with nothing gathered.

        Args:
            outbox: where messages become durable.
            offer: told of every message that has.
            linger_s: how long readings are gathered.
            clock: judges the box's own time.
            pulse: where the loop shows that it lives.
        """
        self._outbox = outbox
        self._offer = offer
        self._linger_s = linger_s
        self._clock = clock
        self._pulse = pulse
        self._reporter = Reporter()
        self._buffer: deque[Reading] = deque(maxlen=BUFFER_READINGS)
        self._come = asyncio.Event()
        self._reason = ""  # why readings wait in memory; empty when they do not
        self.latest: dict[str, Reading] = {}
        self.reported = 0
        self.dropped = 0

    async def record(self, readings: list[Reading]) -> None:
        """Take readings; those that say something new are gathered for the next message."""
        for reading in readings:
            self.latest[reading.name] = reading
            if self._reporter.is_due(reading):
                self._gather(reading)

    def report_all(self) -> None:
        """Gather the latest reading of every series, dead bands or not."""
        self._reporter.forget()
        for reading in self.latest.values():
            self._gather(reading)

    async def keep(self, entry: Entry) -> int:
        """Make an event or a result durable and offer it to the line.

        Raises:
            Unavailable: the disk refuses.
        """
        seq = await self._outbox.append(entry)
        self._offer(Row(seq, entry.kind, self._clock.now_s(), entry.samples, entry.meta, entry.payload))
        return seq

    async def run(self) -> None:
        """Pack and keep what has been gathered, until cancelled."""
        while True:
            self._pulse.tick("recorder", IDLE_S)
            try:
                async with asyncio.timeout(IDLE_S):
                    await self._come.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(self._linger_s)
            try:
                await self.flush()
            except Unavailable as error:
                self._say_waiting(str(error))
                await asyncio.sleep(RETRY_S)
            else:
                self._say_waiting("")

    async def flush(self) -> None:
        """Make everything gathered durable.

        Raises:
            Unavailable: the disk refuses; the readings stay gathered.
        """
        self._come.clear()
        while self._buffer:
            taken = [self._buffer.popleft() for _ in range(min(PACK_SAMPLES, len(self._buffer)))]
            try:
                await self.keep(Entry("telemetry", _pack(taken), len(taken)))
            except (Unavailable, asyncio.CancelledError):
                self._put_back(taken)
                raise
            self.reported += len(taken)

    def _put_back(self, taken: list[Reading]) -> None:
        """Return readings to the buffer; where newer ones have filled it meanwhile, the oldest go."""
        room = BUFFER_READINGS - len(self._buffer)
        self.dropped += max(0, len(taken) - room)
        self._buffer.extendleft(reversed(taken[-room:] if room else []))
        self._come.set()

    def _say_waiting(self, reason: str) -> None:
        """Log once that the disk refuses, and once that it takes again: a full disk has no room for more."""
        if reason and not self._reason:
            _log.error("readings_not_durable", waiting=len(self._buffer), reason=reason)
        elif self._reason and not reason:
            _log.info("readings_durable_again", dropped=self.dropped)
        self._reason = reason

    def _gather(self, reading: Reading) -> None:
        if reading.time_s < EARLIEST_TIME_S or len(self._buffer) == BUFFER_READINGS:
            # A clock that stands in 1970 gives samples that the cloud must refuse; rules do not need its time.
            self.dropped += 1
        if reading.time_s >= EARLIEST_TIME_S:
            self._buffer.append(reading)
            self._come.set()


def _pack(readings: list[Reading]) -> bytes:
    ordered = sorted(readings, key=lambda reading: (reading.asset, reading.time_s))
    return senml.encode_samples((reading.name, reading.time_s, reading.unit, reading.content) for reading in ordered)
