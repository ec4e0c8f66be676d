"""One device on a bus: reads its map on time, converts, and says how it is.

A device that is slow or dead costs its own bus at most its deadline, and other buses nothing.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence

import structlog

from edge.clock import Clock
from edge.errors import EdgeError
from edge.health_book import HealthBook
from edge.pulse import Pulse
from edge.sensors.modbus import ModbusBus
from edge.sensors.reading import Reading
from edge.sensors.registers import BoundPoint, Read, group, is_plausible, value_of

FIRST_POLL_SPREAD_S = 1.0  # devices of one box do not all start in the same millisecond
PULSE_MARGIN_S = 120.0  # longer than a gateway with twenty dead devices behind it takes to say so
_log = structlog.get_logger()

Sink = Callable[[list[Reading]], Awaitable[None]]


class ModbusDevice:
    """A device with its map, polled by one task."""

    def __init__(
        self,
        asset: str,
        bus: ModbusBus,
        unit: int,
        points: Sequence[BoundPoint],
        *,
        max_gap: int,
        sink: Sink,
        health: HealthBook,
        clock: Clock,
        pulse: Pulse,
    ) -> None:
        """Prepare the reads.

        Args:
            asset: its code.
            bus: where it is reached.
            unit: its address there, 0 to 255.
            points: its map.
            max_gap: see `group`.
            sink: takes the readings of a poll.
            health: told how the device and its parts answer.
            clock: stamps and schedules.
            pulse: where its loop shows that it lives.
        """
        self.asset = asset
        self.unit = unit
        self.points = tuple(points)
        self._bus = bus
        self._sink = sink
        self._health = health
        self._clock = clock
        self._pulse = pulse
        by_interval: dict[float, list[BoundPoint]] = defaultdict(list)
        for point in points:
            by_interval[point.interval_s].append(point)
        self._reads = {interval_s: group(found, max_gap) for interval_s, found in by_interval.items()}
        self._wrong: dict[tuple[str, str], str] = {}
        health.expect({asset, *(point.asset for point in points)})

    async def run(self) -> None:
        """Poll until cancelled."""
        start_s = self._clock.monotonic_s() + random.uniform(0, FIRST_POLL_SPREAD_S)  # noqa: S311 - no secret
        due_s = dict.fromkeys(self._reads, start_s)
        while True:
            interval_s = min(due_s, key=due_s.__getitem__)
            wait_s = due_s[interval_s] - self._clock.monotonic_s()
            self._pulse.tick(f"asset {self.asset}", max(wait_s, 0) + PULSE_MARGIN_S)
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            due_s[interval_s] = max(due_s[interval_s] + interval_s, self._clock.monotonic_s())
            await self._guarded_poll(interval_s)

    async def poll(self, interval_s: float) -> list[Reading]:
        """Read everything of one interval; failures go to the health book, not to the caller."""
        readings: list[Reading] = []
        for read in self._reads[interval_s]:
            try:
                raw = await self._bus.read(self.unit, read)
            except EdgeError as error:
                self._lost(str(error))
                return readings
            readings.extend(self._convert(read, raw, self._clock.now_s()))
        self._judge(interval_s)
        return readings

    def siren_coil(self, asset: str) -> BoundPoint | None:
        """Find the coil that an asset's siren hangs on."""
        return next((point for point in self.points if point.writable and point.asset == asset), None)

    async def switch(self, coil: BoundPoint, *, on: bool) -> None:
        """Switch a coil; raises what `ModbusBus.write_coil` does."""
        await self._bus.write_coil(self.unit, coil.address, on=on)

    async def read_back(self, coil: BoundPoint) -> Reading:
        """Read a coil now; raises what `ModbusBus.read` does."""
        read = Read(coil.table, coil.address, 1, (coil,))
        raw = await self._bus.read(self.unit, read)
        return _reading(coil, value_of(coil, read, raw), self._clock.now_s())

    async def _guarded_poll(self, interval_s: float) -> None:
        try:
            readings = await self.poll(interval_s)
            if readings:
                await self._sink(readings)
        except EdgeError as error:
            _log.warning("readings_not_kept", asset=self.asset, reason=str(error))
        except Exception:  # noqa: BLE001 - outermost loop of a task: one device's surprise must not stop the others
            _log.exception("poll_failed", asset=self.asset)
            self._lost("the agent failed on it; see its log")

    def _convert(self, read: Read, raw: Sequence[int | bool], time_s: float) -> list[Reading]:
        readings = []
        for point in read.points:
            value = value_of(point, read, raw)
            key = (point.asset, point.quantity)
            if is_plausible(point, value):
                self._wrong.pop(key, None)
                readings.append(_reading(point, value, time_s))
            else:
                self._wrong[key] = f"{point.quantity} reads {value:g} {point.unit}: not plausible"
                self._health.implausible += 1
        return readings

    def _judge(self, interval_s: float) -> None:
        """Say how the assets of one interval are, now that all of it has been read."""
        assets = {self.asset, *(point.asset for read in self._reads[interval_s] for point in read.points)}
        for asset in assets:
            faults = [text for (owner, _), text in self._wrong.items() if owner == asset]
            self._health.note(asset, "; ".join(faults) or None)

    def _lost(self, reason: str) -> None:
        for asset in {self.asset, *(point.asset for point in self.points)}:
            self._health.note(asset, reason)


def _reading(point: BoundPoint, value: float | bool, time_s: float) -> Reading:  # noqa: FBT001 - may be a bool
    return Reading(point.asset, point.quantity, point.unit, time_s, value, point.dead_band, point.max_silence_s)
