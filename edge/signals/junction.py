"""One junction on a box: polls its controller, shows what was seen to whoever measures, gives the lease its steps."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import structlog

from edge.clock import Clock
from edge.errors import EdgeError, Unavailable
from edge.health_book import HealthBook
from edge.pulse import Pulse
from edge.sensors.ntcip import SignalController
from edge.sensors.reading import Reading
from edge.signals import status as polled
from edge.signals.cycle import CycleWatch
from edge.signals.keeper import LeaseKeeper
from edge.signals.reader import get_all
from edge.signals.status import Status
from edge.signals.timing import Timing
from edge.site_signals import ControllerPlace

PULSE_MARGIN_S = 60.0
LOST_POLLS = 5  # a single lost datagram is no lost controller
REPORT_S = 1.0
SILENCE_S = 300.0  # states that seldom change are said again after this
_log = structlog.get_logger()

Sink = Callable[[list[Reading]], Awaitable[None]]


class Observer(Protocol):
    """Who looks at every poll."""

    async def see(self, status: Status, timing: Timing) -> list[Reading]:
        """Take a poll; give what there is to report."""

    def close(self) -> None:
        """Put away what is gathered."""


class Junction:
    """A controller, polled by one task."""

    def __init__(
        self,
        place: ControllerPlace,
        controller: SignalController,
        keeper: LeaseKeeper,
        *,
        observers: Sequence[Observer],
        is_linked: Callable[[], bool],
        sink: Sink,
        health: HealthBook,
        clock: Clock,
        pulse: Pulse,
    ) -> None:
        """Prepare.

        Args:
            place: what the site file says.
            controller: polled here, written by the keeper only.
            keeper: of its lease.
            observers: see every poll.
            is_linked: whether the room can be heard.
            sink: takes readings.
            health: told how the controller answers.
            clock: stamps and schedules.
            pulse: where the loop shows that it lives.
        """
        self.asset = place.code
        self.keeper = keeper
        self.polls = 0
        self.lost = 0
        self.latest: Status | None = None
        self._interval_s = 1 / place.poll_hz
        self._controller = controller
        self._observers = observers
        self._is_linked = is_linked
        self._sink = sink
        self._health = health
        self._clock = clock
        self._pulse = pulse
        self._detectors = max((detector.number for detector in place.detectors), default=0)
        self._in_a_row = 0
        self._reported_s = float("-inf")
        self._cycle = CycleWatch()
        health.expect([place.code])

    async def run(self) -> None:
        """Poll until cancelled."""
        await self._recall()
        due_s = self._clock.monotonic_s()
        while True:
            self._pulse.tick(f"junction {self.asset}", PULSE_MARGIN_S)
            try:
                await self.poll()
            except EdgeError as error:
                _log.warning("junction_step_failed", asset=self.asset, reason=str(error))
            except Exception:  # noqa: BLE001 - outermost loop: one bad value of one controller must not end the agent,
                # and with it the sirens; a lease that is not kept meanwhile ends by the controller's backup timer
                _log.exception("junction_poll_failed", asset=self.asset)
            now_s = self._clock.monotonic_s()
            due_s = max(due_s + self._interval_s, now_s)
            await asyncio.sleep(due_s - now_s)

    def close(self) -> None:
        """Close socket and files; a lease ends with the next start, or before by the controller's backup timer."""
        for observer in self._observers:
            observer.close()
        self._controller.close()

    async def poll(self) -> None:
        """Poll once and do everything that follows.

        Raises:
            Unavailable: the disk does not take a record.
        """
        status = await self._look()
        await self.keeper.tick(status, is_linked=self._is_linked())  # the lease before all measuring
        timing = self.keeper.timing
        if status is None or timing is None:
            return
        readings: list[Reading] = []
        for observer in self._observers:
            readings += await observer.see(status, timing)
        readings += self._display(status, timing)
        if readings:
            await self._sink(readings)

    def describe(self) -> dict[str, Any]:
        """Say how the junction is, for a person at the box."""
        lease = self.keeper.lease
        held = None
        if lease is not None:
            asked = lease.request
            held = {
                "lease": asked.lease,
                "state": lease.state,
                "phase": asked.phase,
                "extra_green_s": asked.extra_green_s,
                "left_s": round(lease.left_s),
                "actor": asked.actor,
                "end": lease.end,
            }
        return {"polls": self.polls, "lost": self.lost, "lease": held}

    async def _look(self) -> Status | None:
        """Read the status; None when the controller did not answer as it should."""
        try:
            timing = self.keeper.timing or await self.keeper.learn()
            highest = max(timing.phases, default=1)
            found = await get_all(self._controller, polled.oids(highest, self._detectors))
            status = polled.read(found, highest, self._detectors, self._clock.monotonic_s(), self._clock.now_s())
        except (EdgeError, TypeError) as error:
            self._note_lost(str(error))
            return None
        self.polls += 1
        self._in_a_row = 0
        self.latest = status
        self._health.note(self.asset, None)
        return status

    def _note_lost(self, reason: str) -> None:
        self.lost += 1
        self._in_a_row += 1
        self.latest = None
        if self._in_a_row >= LOST_POLLS:
            self._health.note(self.asset, reason)

    def _display(self, status: Status, timing: Timing) -> list[Reading]:
        """Report once a second what the junction shows."""
        second_s = self._cycle.see(status.at_s, status.cycle_left_s, is_coordinated=status.is_coordinated)
        if status.at_s - self._reported_s < REPORT_S - self._interval_s / 2:
            return []
        self._reported_s = status.at_s
        shown = "".join(
            status.letter(number) if number in timing.phases else "-" for number in range(1, max(timing.phases) + 1)
        )
        lease = self.keeper.lease
        holds = lease is not None and lease.state in ("applied", "confirmed")
        numbers = {"pattern": ("1", float(status.pattern))}
        if second_s is not None:
            numbers["cycle_second"] = ("s", round(second_s, 1))
        flags = {
            "controller_flash": status.is_flashing,
            "coordination_fault": status.has_coordination_fault,
            "local_control": status.is_local,
            "lease_active": holds,
        }
        return [
            self._reading(status, "signal_state", "1", 0.0, REPORT_S / 2, shown),
            *(self._reading(status, name, unit, value, REPORT_S / 2) for name, (unit, value) in numbers.items()),
            *(self._reading(status, name, "1", flag, SILENCE_S) for name, flag in flags.items()),
        ]

    def _reading(
        self,
        status: Status,
        quantity: str,
        unit: str,
        value: float | bool,  # noqa: FBT001 - a reading may be a bool
        silence_s: float,
        text: str | None = None,
    ) -> Reading:
        return Reading(self.asset, quantity, unit, status.time_s, value, 0.0, silence_s, text)

    async def _recall(self) -> None:
        """Take up the lease from before; a disk that does not answer yet is asked again."""
        while True:
            try:
                await self.keeper.recall()
            except Unavailable as error:
                _log.error("lease_book_unavailable", asset=self.asset, reason=str(error))
                await asyncio.sleep(REPORT_S)
            else:
                return
