"""One camera in the agent: its eye in a thread, its counts and events in the agent's loop.

The loop never waits for a camera. What the thread hands over waits in a bounded box; the loop takes it out, makes
samples, events and evidence of it, and judges the stream itself: gone, slow, with a wrong clock.
"""

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from edge.clock import Clock
from edge.contract.catalogue import CATALOGUE
from edge.entries import Entry
from edge.errors import EdgeError
from edge.health_book import HealthBook
from edge.notices import Notice, NoticeBoard
from edge.pulse import Pulse
from edge.sensors.reading import Reading
from edge.vision.conditions import Condition
from edge.vision.eye import Eye
from edge.vision.happening import WORDINGS, Happening, say
from edge.vision.watcher import Watcher

TICK_S = 1.0
LOST_AFTER_S = 20.0
SLOW_SHARE = 0.6  # of the pictures a second that are wanted
WAITING_MAX = 200  # happenings; a camera makes a handful an hour
JOIN_S = 2.0
_log = structlog.get_logger()

Sink = Callable[[list[Reading]], Awaitable[None]]


class Camera:
    """One camera's task."""

    def __init__(
        self,
        watcher: Watcher,
        make_eye: Callable[[Callable[[list[Happening]], None]], Eye],
        *,
        refusal: str,
        board: NoticeBoard,
        keep: Callable[[Entry], Awaitable[int]],
        sink: Sink,
        health: HealthBook,
        clock: Clock,
        pulse: Pulse,
    ) -> None:
        """Prepare; must be called in the event loop.

        Args:
            watcher: of this camera.
            make_eye: makes its eye, given what takes the happenings.
            refusal: why its detector is not used; empty when it is, or there is none.
            board: makes events.
            keep: makes evidence durable.
            sink: takes samples.
            health: told how the camera is.
            clock: stamps.
            pulse: where its loop shows that it lives.
        """
        self.place = watcher.place
        self.asset = watcher.place.code
        self._watcher = watcher
        self._refusal = refusal
        self._board, self._keep, self._sink = board, keep, sink
        self._health, self._clock, self._pulse = health, clock, pulse
        self._loop = asyncio.get_running_loop()
        self._come = asyncio.Event()
        self._mail: deque[Happening] = deque(maxlen=WAITING_MAX)
        self._open: dict[str, str] = {}  # key of a happening to the id of the event of its beginning
        self._conditions = {
            "lost": Condition(LOST_AFTER_S, 5.0),
            "slowed": Condition(20.0, 20.0),
            "misdated": Condition(20.0, 20.0),
        }
        self._reported_s = 0.0
        self.eye = make_eye(self._take)
        health.expect([self.asset])

    async def run(self) -> None:
        """Watch until cancelled."""
        self.eye.start()
        if self._refusal:
            now_s = self._clock.now_s()
            self._mail.append(Happening("detector", "detector.refused", True, now_s, {"what": self._refusal}))  # noqa: FBT003 - begun
        while True:
            self._pulse.tick(f"camera {self.asset}", 30.0)
            try:
                await self._turn()
            except EdgeError as error:
                _log.warning("camera_not_kept", asset=self.asset, reason=str(error))
            except Exception:  # noqa: BLE001 - outermost loop of a task: one camera's surprise must not stop the others
                _log.exception("camera_failed", asset=self.asset)
            self._come.clear()
            try:
                async with asyncio.timeout(TICK_S):
                    await self._come.wait()
            except TimeoutError:
                continue

    def close(self) -> None:
        """Ask the threads to end."""
        self.eye.stop()

    def describe(self) -> dict[str, Any]:
        """Say how it is, for a person at the box."""
        pulse, watcher = self.eye.pulse, self._watcher
        return {
            "reason": self._reason(),
            "size_px": pulse.size,
            "rate_hz": round(pulse.rate_hz, 1),
            "clock_off_s": None if pulse.clock_off_s is None else round(pulse.clock_off_s, 2),
            "opened": pulse.opened,
            "decoded": pulse.decoded,
            "broken": pulse.broken,
            "late": pulse.late,
            "pictures": watcher.pictures,
            "inferences": watcher.inferences,
            "missed": watcher.missed,
            "tracks": len(watcher.tracker.tracks),
            "going_on": sorted(self._open),
        }

    def _take(self, happened: list[Happening]) -> None:
        """Take what the eye's thread hands over."""
        self._mail.extend(happened)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._come.set)

    async def _turn(self) -> None:
        now_s = self._clock.now_s()
        self._judge(now_s)
        while self._mail:
            await self._raise(self._mail.popleft())
        self._health.note(self.asset, self._reason() or None)
        if now_s - self._reported_s >= self.place.report_s or now_s < self._reported_s:
            self._reported_s = now_s - now_s % self.place.report_s
            await self._sink(self._watcher.report(now_s) + self._own(now_s))

    def _judge(self, now_s: float) -> None:
        """Look at the stream itself."""
        pulse = self.eye.pulse
        silent = time.monotonic() - pulse.seen_s > 2 * TICK_S + 1 / self.place.detect_hz
        off_s = pulse.clock_off_s
        seems: dict[str, tuple[bool, dict[str, float | bool | str]]] = {
            "lost": (silent, {"what": pulse.reason or "nothing comes"}),
            "slowed": (
                not silent and 0 < pulse.rate_hz < SLOW_SHARE * self.place.detect_hz,
                {"frame_rate": pulse.rate_hz},
            ),
            "misdated": (
                not silent and off_s is not None and abs(off_s) > self.place.max_clock_off_s,
                {"clock_offset": round(off_s or 0.0, 1)},
            ),
        }
        for name, (is_so, values) in seems.items():
            condition = self._conditions[name]
            if condition.look(is_so, now_s):
                self._mail.append(Happening(f"camera {name}", f"camera.{name}", condition.holds, now_s, values))

    def _reason(self) -> str:
        """Say what is wrong with it; empty when nothing is."""
        eyes = [name for name, condition in self._watcher.eyesight.conditions.items() if condition.holds]
        own = [name for name, condition in self._conditions.items() if condition.holds]
        if "lost" in own:
            own[own.index("lost")] = f"lost: {self.eye.pulse.reason or 'nothing comes'}"
        return "; ".join(own + eyes + ([f"detector refused: {self._refusal}"] if self._refusal else []))

    def _own(self, now_s: float) -> list[Reading]:
        pulse = self.eye.pulse
        figures = {"frame_rate": round(pulse.rate_hz, 2), "frames_missed": float(self._watcher.missed + pulse.late)}
        if pulse.clock_off_s is not None:
            figures["clock_offset"] = round(pulse.clock_off_s, 2)
        return [Reading(self.asset, name, CATALOGUE[name].unit, now_s, value, 0.0) for name, value in figures.items()]

    async def _raise(self, happening: Happening) -> None:
        """Make an event of a happening, then its evidence; an end refers to its beginning."""
        begun = None if happening.begun else self._open.pop(happening.key, None)
        if not happening.begun and begun is None:
            return
        sentence_id, sentence_en = say(happening)
        notice = Notice(
            happening.noun,
            self.asset,
            WORDINGS[happening.noun].severity,
            sentence_id,
            sentence_en,
            happening.values,
            begun,
        )
        event_id = str(await self._board.raise_event(notice))
        if happening.begun:
            self._open[happening.key] = event_id
        if happening.picture is not None:
            await self._keep(evidence_entry(event_id, "image/jpeg", happening.picture))


def evidence_entry(event_id: str, content_type: str, content: bytes) -> Entry:
    """Make what the outbox keeps of a piece of evidence."""
    return Entry("media", content, meta=f"{event_id} {content_type} {hashlib.sha256(content).hexdigest()}")
