"""What a controller counts by itself and what changes slowly: volumes, occupancies, its clock, the running plan.

Source: NTCIP 1202 v02.19 section 2.3.5 (volumeOccupancyReport; occupancies above 200 half per cents are fault codes).
"""

from dataclasses import dataclass

import structlog

from edge.clock import Clock
from edge.errors import EdgeError
from edge.sensors import ntcip_objects as objects
from edge.sensors.ntcip import SignalController
from edge.signals.reader import get_all, read_plan
from edge.signals.status import number
from edge.signals.timing import Timing

LOOK_S = 5.0
CLOCK_S = 60.0
VOLUME_MAX = 254  # 255 is an overflow
OCCUPANCY_MAX = 200
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Count:
    """One detector over one period of the controller."""

    volume_per_min: float | None
    occupancy_pct: float | None


class Counts:
    """Asks the slow questions, one kind at a look, so that a poll is never late by more than one request."""

    def __init__(self, controller: SignalController, detectors: list[int], clock: Clock) -> None:
        """Begin knowing nothing.

        Args:
            controller: asked.
            detectors: numbers in its table.
            clock: what its clock is compared with.
        """
        self._controller = controller
        self._detectors = detectors
        self._clock = clock
        self._looked_s = float("-inf")
        self._clock_read_s = float("-inf")
        self._sequence: int | None = None
        self._pattern = -1
        self.coordinated: frozenset[int] = frozenset()
        self.clock_offset_s: float | None = None

    async def look(self, pattern: int, timing: Timing, now_s: float) -> dict[int, Count]:
        """Ask what is due; give the counts of a period that has ended since, or nothing.

        Args:
            pattern: that runs.
            timing: the controller's.
            now_s: monotonic.
        """
        try:
            if pattern != self._pattern:
                await self._read_plan(pattern, timing)
            elif now_s - self._clock_read_s >= CLOCK_S:
                await self._read_clock(now_s)
            elif now_s - self._looked_s >= LOOK_S and self._detectors:
                self._looked_s = now_s
                return await self._read_counts()
        except (EdgeError, TypeError) as error:
            _log.info("slow_look_failed", reason=str(error))
            self._pattern, self._clock_read_s = pattern, now_s  # not again at every poll
        return {}

    async def _read_plan(self, pattern: int, timing: Timing) -> None:
        self.coordinated = frozenset()
        if 1 <= pattern < objects.PATTERN_FREE:
            plan = await read_plan(self._controller, pattern, timing)
            self.coordinated = frozenset(phase for phase, flag in plan.coordinated.items() if flag)
        self._pattern = pattern

    async def _read_clock(self, now_s: float) -> None:
        self._clock_read_s = now_s
        before_s = self._clock.now_s()
        found = await self._controller.get([objects.GLOBAL_TIME])
        between_s = (before_s + self._clock.now_s()) / 2
        # it tells whole seconds, so on the average it is half a second further
        self.clock_offset_s = number(found, objects.GLOBAL_TIME) + 0.5 - between_s

    async def _read_counts(self) -> dict[int, Count]:
        head = await self._controller.get([objects.REPORT_SEQUENCE, objects.REPORT_PERIOD])
        sequence, period_s = number(head, objects.REPORT_SEQUENCE), number(head, objects.REPORT_PERIOD)
        before, self._sequence = self._sequence, sequence
        if sequence == before or before is None or period_s == 0:
            return {}
        columns = (objects.REPORT_VOLUME, objects.REPORT_OCCUPANCY)
        wanted = [objects.report(column, detector) for detector in self._detectors for column in columns]
        table = await get_all(self._controller, wanted)
        return {
            detector: _count(
                number(table, objects.report(objects.REPORT_VOLUME, detector)),
                number(table, objects.report(objects.REPORT_OCCUPANCY, detector)),
                period_s,
            )
            for detector in self._detectors
        }


def _count(volume: int, occupancy: int, period_s: int) -> Count:
    return Count(
        volume_per_min=volume * 60 / period_s if volume <= VOLUME_MAX else None,
        occupancy_pct=occupancy / 2 if occupancy <= OCCUPANCY_MAX else None,
    )
