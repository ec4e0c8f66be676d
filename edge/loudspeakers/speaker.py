"""One loudspeaker of this box: says one thing at a time, the more important one first, and finds out whether it did."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta, timezone

import structlog

from edge.clock import Clock
from edge.contract.announcements import FRAME_S, MOST_VOICE_S, level_db
from edge.contract.commands import Command
from edge.errors import Unavailable
from edge.health_book import HealthBook
from edge.loudspeakers.horn import Horn
from edge.loudspeakers.sounds import SILENT_FRAME, chime, frames, louder
from edge.loudspeakers.verdict import LOUD_DB, Answer, Course, Look, judge
from edge.loudspeakers.voice_buffer import VoiceBuffer
from edge.pulse import Pulse
from edge.sensors.reading import Reading
from edge.site_loudspeakers import LoudspeakerPlace

LOOK_S = 0.25  # between two looks at a horn that plays
IDLE_LOOK_S = 10.0
LAST_WORD_S = 0.6  # for the horn's last report
LAST_REPORT_S = 6.0  # RFC 3550 section 6.2: reports come every 5 s where nobody hurries
SETTLE_S = 0.4  # a horn's own buffer, before it can be playing
FIRST_WORD_S = 5.0  # of live voice: from the order to the first frame
_WIB = timezone(timedelta(hours=7))
_log = structlog.get_logger()

Tell = Callable[[Command, Answer], Awaitable[None]]
Sink = Callable[[list[Reading]], Awaitable[None]]


@dataclass(slots=True, eq=False)
class Job:
    """What is to be said.

    Attributes:
        command: that asked for it.
        emergency: whether it is.
        clip: its sound; None: it is live.
        voice: where live voice comes in.
        most_s: how long live voice may last.
    """

    command: Command
    emergency: bool
    clip: bytes | None = None
    voice: VoiceBuffer | None = None
    most_s: float = MOST_VOICE_S
    course: Course = field(default_factory=lambda: Course(None))
    ended: str = ""
    ended_by: str = ""

    @property
    def rank(self) -> int:
        """What goes before what: an emergency before all else, a person who speaks before a clip."""
        return 2 * self.emergency + (self.voice is not None)

    def end(self, why: str, by: str = "") -> None:
        """Have it end before its end; the first reason stays."""
        if not self.ended:
            self.ended, self.ended_by = why, by


class Speaker:
    """One loudspeaker; `run` must be running for it."""

    def __init__(
        self,
        place: LoudspeakerPlace,
        *,
        tell: Tell,
        sirens: Callable[[], bool],
        sink: Sink,
        health: HealthBook,
        clock: Clock,
        pulse: Pulse,
    ) -> None:
        """Prepare.

        Args:
            place: the horn, its hours and its gain.
            tell: answers a command.
            sirens: whether a siren of this box sounds.
            sink: takes readings.
            health: where it is noted how the horn answers.
            clock: paces and stamps.
            pulse: where the loop shows that it lives.
        """
        self.place = place
        self._horn = Horn(place, clock)
        self._tell = tell
        self._sirens = sirens
        self._sink = sink
        self._health = health
        self._clock = clock
        self._pulse = pulse
        self._waiting: Job | None = None
        self._come = asyncio.Event()
        self._loud = False  # whether what was sent last can be heard
        self.job: Job | None = None
        self.played = 0
        health.expect([place.code])

    @property
    def busy_with(self) -> Job | None:
        """What it says now, or is about to."""
        return self._waiting or self.job

    async def take(self, job: Job) -> None:
        """Say something; what is being said ends. The caller has looked whether it may."""
        if self._waiting is not None:
            job_before, self._waiting = self._waiting, None
            job_before.course.ended, job_before.course.ended_by = "preempted", job.command.actor
            await self._tell(job_before.command, judge(job_before.course))
        if self.job is not None:
            self.job.end("preempted", job.command.actor)
        self._waiting = job
        self._come.set()

    def stop(self, by: str) -> bool:
        """End what is being said; tell whether there was anything."""
        job = self.busy_with
        if job is not None:
            job.end("stopped", by)
        return job is not None

    def must_be_quiet(self) -> bool:
        """Tell whether this is an hour without routine announcements."""
        return self.place.quiet is not None and self.place.quiet.holds_at(self._time_of_day())

    async def run(self) -> None:
        """Say what comes, and between look how the horn is, until cancelled."""
        try:
            while True:
                self._pulse.tick(f"speaker {self.place.code}", IDLE_LOOK_S + 2)
                await self._look_idle()
                with suppress(TimeoutError):
                    async with asyncio.timeout(IDLE_LOOK_S):
                        await self._come.wait()
                self._come.clear()
                while self._waiting is not None:
                    self.job, self._waiting = self._waiting, None
                    await self._say(self.job)
                    self.job = None
        finally:
            self._horn.close()

    async def _say(self, job: Job) -> None:
        """Say it and answer for it, whatever happens."""
        job.course.status = self.place.status
        await self._report(on=True)
        try:
            await self._horn.open()
            async with asyncio.TaskGroup() as group:
                looking = group.create_task(self._watch(job), name=f"speaker watch {self.place.code}")
                await self._send(job)
                looking.cancel()
            await self._hear_last(job)
        except Unavailable as error:
            job.course.unreachable = True
            _log.warning("horn_lost", asset=self.place.code, reason=str(error))
        finally:
            self._horn.close()
        self.played += 1
        job.course.ended, job.course.ended_by = job.ended, job.ended_by
        answer = judge(job.course)
        _log.info("announcement_over", asset=self.place.code, id=str(job.command.id), state=answer[0], reason=answer[1])
        await self._tell(job.command, answer)
        await self._report(on=False)

    async def _send(self, job: Job) -> None:
        """Send frame after frame, each in its time, until all is said or it is to end."""
        gain_db = self._gain_db(emergency=job.emergency)
        if job.clip is not None:
            job.course.planned_s = len(job.clip) / 8_000
        due_s = self._clock.monotonic_s()
        async for frame, is_speech in self._frames(job):
            self._pulse.tick(f"speaker {self.place.code}", IDLE_LOOK_S + 2)
            if self._sirens() and not job.emergency:
                job.end("siren")
            if job.ended:
                break
            self._horn.send(louder(frame, gain_db))
            self._loud = level_db(frame) > LOUD_DB
            job.course.sent_s += FRAME_S * is_speech
            due_s += FRAME_S
            await asyncio.sleep(max(0.0, due_s - self._clock.monotonic_s()))

    async def _frames(self, job: Job) -> AsyncIterator[tuple[bytes, bool]]:
        """Give frames, and whether they belong to what is said."""
        if self.place.chime:
            for frame in frames(chime(emergency=job.emergency)):
                yield frame, False
        if job.clip is not None:
            for frame in frames(job.clip):
                yield frame, True
        elif job.voice is not None:
            # Whoever speaks before the tone is over is not heard: now the room may say that he can.
            await self._tell(job.command, ("applied", "speak", ""))
            for heard, is_speech in self._voice_frames(job, job.voice):
                yield heard, is_speech

    def _voice_frames(self, job: Job, voice: VoiceBuffer) -> Iterator[tuple[bytes, bool]]:
        began_s = self._clock.monotonic_s()
        while not voice.is_over:
            frame = voice.give()
            waited_s = self._clock.monotonic_s() - began_s
            if voice.received == 0 and waited_s > FIRST_WORD_S:
                return job.end("nothing_said")
            if voice.received and voice.is_lost:
                return job.end("line_lost")
            if job.course.sent_s >= job.most_s:
                return job.end("too_long")
            job.course.planned_s = job.course.sent_s
            yield frame or SILENT_FRAME, frame is not None
        if voice.received == 0:
            job.end("nothing_said")
        return None

    async def _watch(self, job: Job) -> None:
        """Look at the horn while it plays."""
        self._loud = False
        await asyncio.sleep(SETTLE_S)
        while self.place.status is not None:
            loud = self._loud
            try:
                word = await self._horn.ask()
            except Unavailable as error:
                word = None
                self._health.note(self.place.code, str(error))
            if self._horn.sending.sent:
                job.course.looks.append(Look(word, loud and self._loud))
            await asyncio.sleep(LOOK_S)

    async def _hear_last(self, job: Job) -> None:
        """Wait for the horn's last report, longer where it has no other word."""
        self._horn.finish()
        sending = self._horn.sending
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORD_S if self.place.status else LAST_REPORT_S):
                while sending.arrived != sending.sent and not sending.unreachable:
                    sending.heard.clear()
                    await sending.heard.wait()
        job.course.sent, job.course.arrived = sending.sent, sending.arrived
        job.course.unreachable = sending.unreachable

    async def _look_idle(self) -> None:
        """Tell the room how the horn is; one that cannot be asked is not spoken for."""
        if self.place.status is None:
            return
        try:
            word = await self._horn.ask()
        except Unavailable as error:
            self._health.note(self.place.code, str(error))
            return
        self._health.note(self.place.code, "muted at the device" if word.muted else None)
        await self._report(on=word.playing)

    async def _report(self, *, on: bool) -> None:
        reading = Reading(self.place.code, "speaker_on", "1", self._clock.now_s(), on, max_silence_s=60.0)
        await self._sink([reading])

    def _gain_db(self, *, emergency: bool) -> float:
        is_night = self.place.night.holds_at(self._time_of_day())
        return self.place.night_gain_db if is_night and not emergency else self.place.gain_db

    def _time_of_day(self) -> str:
        return self._clock.now_at().astimezone(_WIB).strftime("%H:%M")
