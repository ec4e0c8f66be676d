"""One camera in the agent: its eye in a thread, its counts and events in the agent's loop.

The loop never waits for a camera. What the thread hands over waits in a bounded box; the loop takes it out, makes
samples, events and evidence of it, and judges the stream itself: gone, slow, with a wrong clock.
"""

import asyncio
import json
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
from edge.vision.due_films import DueFilms
from edge.vision.eye import Eye
from edge.vision.fitness import Fitness
from edge.vision.happening import UNWATCHED, WORDINGS, Happening, say
from edge.vision.incident_clips import IncidentClips
from edge.vision.memory import Memory
from edge.vision.pictures import WaitingPictures
from edge.vision.reasons import Reason
from edge.vision.recording import Recording
from edge.vision.watcher import Watcher

TICK_S = 1.0
WAITING_MAX = 200  # happenings; a camera makes a handful an hour
_DETECTOR = "detector"
_NO_CLIP = ("camera.", "detector.", "recording.")  # what these are about is not to be seen
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
        left_out: str = "",
        record: Recording | None,
        clips: IncidentClips,
        board: NoticeBoard,
        keep: Callable[[Entry], Awaitable[int]],
        memory: Memory,
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
            left_out: what of it in the site file is wrong and not used; empty when all is well.
            record: of its main stream; None when it is not recorded.
            clips: cuts clips of incidents.
            board: makes events.
            keep: makes evidence durable.
            memory: where it is kept what goes on, so that a restart tells nothing twice.
            sink: takes samples.
            health: told how the camera is.
            clock: stamps.
            pulse: where its loop shows that it lives.
        """
        self.place = watcher.place
        self.asset = watcher.place.code
        self._watcher = watcher
        self._refusal, self._left_out = refusal, left_out
        self._memory = memory
        self._films = DueFilms(self.asset, clips, board, memory, clock)
        self._board, self._sink = board, sink
        self._pictures = WaitingPictures(self.asset, keep)
        self._health, self._clock, self._pulse = health, clock, pulse
        self._loop = asyncio.get_running_loop()
        self._come = asyncio.Event()
        self._mail: deque[Happening] = deque(maxlen=WAITING_MAX)
        self._open: dict[str, tuple[str, str]] = {}  # by key: the id of the event of the beginning, and its noun
        self._is_noted, self._unnoted_why = True, ""  # whether the disk has all that goes on, and why it has not
        self._reported_s = 0.0
        self.eye = make_eye(self._take)
        self._fitness = Fitness(watcher, self.eye.state, record, clock)
        self._key = f"camera {self.asset}"
        health.expect([self.asset])

    async def run(self) -> None:
        """Watch until cancelled."""
        await self._recall()
        await self._films.recall()
        self.eye.start()
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

    @property
    def calibration_fault(self) -> Reason:
        """Why there are no metres though there is a calibration; empty when all is well."""
        return self._watcher.calibration_fault

    @property
    def is_busy(self) -> bool:
        """Whether a clip of an incident waits for its last second."""
        return bool(self._films)

    def share(self, boxes: tuple[str, ...], for_s: float) -> None:
        """Take it that other boxes have this camera, too.

        Args:
            boxes: their names; none: it is this box's alone.
            for_s: so long, unless it is said again.
        """
        self._fitness.share(boxes, for_s)
        self._come.set()

    async def picture(self, timeout_s: float) -> bytes | None:
        """Give the next picture as JPEG; None when none comes in time."""
        try:
            async with asyncio.timeout(timeout_s):
                return await asyncio.shield(asyncio.wrap_future(self.eye.ask()))
        except TimeoutError:
            return None

    def describe(self) -> dict[str, Any]:
        """Say how it is, for a person at the box."""
        state, watcher = self.eye.state, self._watcher
        return {
            "reason": self._reason(),
            "size_px": state.size,
            "rate_hz": round(state.rate_hz, 1),
            "clock_off_s": None if state.clock_off_s is None else round(state.clock_off_s, 2),
            "opened": state.opened,
            "decoded": state.decoded,
            "broken": state.broken,
            "late": state.late,
            "pictures": watcher.pictures,
            "inferences": watcher.inferences,
            "missed": watcher.missed,
            "tracks": len(watcher.tracker.tracks),
            "going_on": sorted(self._open),
            "shared_with": list(self._fitness.shared_with),
            "resized": state.resized,
            "gaps": len(state.gaps),
            "segments_recovered": 0 if self._fitness.record is None else self._fitness.record.recovered,
            "pictures_waiting": len(self._pictures),
            "pictures_dropped": self._pictures.dropped,
        }

    def _take(self, happened: list[Happening]) -> None:
        """Take what the eye's thread hands over."""
        self._mail.extend(happened)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._come.set)

    async def _turn(self) -> None:
        now_s = self._clock.now_s()
        self._mail.extend(self._fitness.look(now_s))
        while self._mail:
            await self._raise(self._mail.popleft())
        await self._note()
        await self._pictures.keep()
        await self._films.cut()
        self._health.note(self.asset, self._reason() or None)
        if now_s - self._reported_s >= self.place.report_s or now_s < self._reported_s:
            self._reported_s = now_s - now_s % self.place.report_s
            await self._sink(self._watcher.report(now_s, self._clock.monotonic_s()) + self._own(now_s))

    def _reason(self) -> str:
        """Say what is wrong with it; empty when nothing is."""
        eyes = [name for name, condition in self._watcher.eyesight.conditions.items() if condition.holds]
        told = [f"detector refused: {self._refusal}"] if self._refusal else []
        told += [f"{len(self._pictures)} pictures of events wait for the disk"] if self._pictures else []
        faults = [self._watcher.detector_fault, self._watcher.calibration_fault, self._left_out]
        return "; ".join([*self._fitness.faults, *eyes, *told, *filter(None, faults)])

    def _own(self, now_s: float) -> list[Reading]:
        state = self.eye.state
        figures = {"frame_rate": round(state.rate_hz, 2), "frames_missed": float(self._watcher.missed + state.late)}
        if state.clock_off_s is not None:
            figures["clock_offset"] = round(state.clock_off_s, 2)
        return [Reading(self.asset, name, CATALOGUE[name].unit, now_s, value, 0.0) for name, value in figures.items()]

    async def _recall(self) -> None:
        """Take up what went on before a restart, and say what is new about the detector."""
        try:
            kept = json.loads(await self._memory.note(self._key) or "{}")
            self._open = {str(key): (str(event), str(noun)) for key, (event, noun) in kept.items()}
        except (EdgeError, ValueError, TypeError, AttributeError) as error:
            _log.warning("camera_forgot", asset=self.asset, reason=str(error))
        for key, (_, noun) in self._open.items():
            if self._fitness.recall(key, noun):
                continue
            if key != _DETECTOR and not self._watcher.recall(key, noun) and not self._refusal:
                self._mail.append(Happening(key, noun, False, self._clock.now_s(), {"what": UNWATCHED}))  # noqa: FBT003 - an end
        if bool(self._refusal) != (_DETECTOR in self._open):
            values: dict[str, float | bool | str] = {"what": self._refusal}
            told = Happening(_DETECTOR, "detector.refused", bool(self._refusal), self._clock.now_s(), values)
            self._mail.append(told)

    async def _note(self) -> None:
        """Note what goes on; tried each turn until the disk takes it."""
        if self._is_noted:
            return
        try:
            await self._memory.set_note(self._key, json.dumps(self._open))
            self._is_noted, self._unnoted_why = True, ""
        except EdgeError as error:
            if str(error) != self._unnoted_why:
                _log.warning("camera_not_noted", asset=self.asset, reason=str(error))
            self._unnoted_why = str(error)

    async def _raise(self, happening: Happening) -> None:
        """Make an event of a happening, then its evidence; an end refers to its beginning."""
        begun = self._open.pop(happening.key, ("", ""))[0]
        if bool(begun) == happening.begun:
            return  # an end of what nobody was told of, or a beginning that was told before a restart
        sentence_id, sentence_en = say(happening)
        notice = Notice(
            happening.noun,
            self.asset,
            WORDINGS[happening.noun].severity,
            sentence_id,
            sentence_en,
            {name: value[:300] if isinstance(value, str) else value for name, value in happening.values.items()},
            begun or None,
        )
        event_id = str(await self._board.raise_event(notice))
        self._is_noted = False
        if happening.picture is not None:
            self._pictures.add(event_id, happening.picture)
        if happening.begun:
            self._open[happening.key] = (event_id, happening.noun)
            if self._fitness.record is not None and not happening.noun.startswith(_NO_CLIP):
                await self._films.add(happening.at_s, event_id)
