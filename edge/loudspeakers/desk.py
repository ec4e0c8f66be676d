"""What the room may ask of loudspeakers: to play a clip, to let somebody speak, to stop.

A clip comes before the order that names it, by its SHA-256, and is kept in memory for a while. Live voice comes beside
the order that opens it. What is said when, and what is interrupted by what, is judged here: the room's own judgement
may be minutes old.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog

from edge.clock import Clock
from edge.contract.announcements import MOST_CLIP_BYTES, MOST_TIMES, MOST_VOICE_S, PLAY, STOP, VOICE
from edge.contract.commands import Command, Result
from edge.entries import Entry
from edge.errors import Unavailable
from edge.health_book import HealthBook
from edge.loudspeakers.sounds import arrange
from edge.loudspeakers.speaker import Job, Sink, Speaker
from edge.loudspeakers.verdict import Answer
from edge.loudspeakers.voice_buffer import VoiceBuffer
from edge.pulse import Pulse
from edge.site_loudspeakers import LoudspeakerPlace

MOST_CLIPS = 8  # kept in memory: at most 4 MB
_NO_SPEAKER = "Tidak ada pengeras suara {asset} di kotak ini. | There is no loudspeaker {asset} on this box."
_BAD = "Perintah pengumuman tidak lengkap atau keliru. | The order of the announcement is incomplete or wrong."
_NO_CLIP = "Rekaman tidak sampai di kotak; ulangi perintah. | The clip did not reach the box; order it again."
_QUIET = "Jam tenang {since}-{until}: hanya pengumuman darurat. | Quiet hours {since}-{until}: emergencies only."
_SIREN = "Sirene sedang berbunyi. | The siren is sounding."
_BUSY = "Sedang dipakai {actor}. | {actor} is using it."
_NOTHING = "Tidak ada yang sedang diumumkan. | Nothing is being announced."
_log = structlog.get_logger()


class AnnouncementDesk:
    """Carries out announcements; `run` must be running for it."""

    def __init__(
        self,
        places: Sequence[LoudspeakerPlace],
        *,
        keep: Callable[[Entry], Awaitable[int]],
        sirens: Callable[[], bool],
        sink: Sink,
        health: HealthBook,
        clock: Clock,
        pulse: Pulse,
    ) -> None:
        """Prepare.

        Args:
            places: loudspeakers of this box.
            keep: makes a result durable.
            sirens: whether a siren of this box sounds.
            sink: takes readings.
            health: where it is noted how horns answer.
            clock: paces and stamps.
            pulse: where loops show that they live.
        """
        self._keep = keep
        self._sirens = sirens
        self._clock = clock
        self._clips = OrderedDict[str, bytes]()
        more = {"sirens": sirens, "sink": sink, "health": health, "clock": clock, "pulse": pulse}
        self.speakers = {place.code: Speaker(place, tell=self._tell, **more) for place in places}  # type: ignore[arg-type]

    @property
    def is_busy(self) -> bool:
        """Whether anything is being said."""
        return any(speaker.busy_with for speaker in self.speakers.values())

    async def run(self) -> None:
        """Speak until cancelled."""
        async with asyncio.TaskGroup() as group:
            for code, speaker in self.speakers.items():
                group.create_task(speaker.run(), name=f"speaker {code}")

    def take_clip(self, sha256: str, content: bytes) -> None:
        """Keep a clip for the order that follows; what is not what it is called is dropped."""
        if len(content) > MOST_CLIP_BYTES or hashlib.sha256(content).hexdigest() != sha256:
            _log.warning("clip_refused", sha256=sha256, bytes=len(content))
            return
        self._clips[sha256] = content
        self._clips.move_to_end(sha256)
        if len(self._clips) > MOST_CLIPS:
            self._clips.popitem(last=False)

    def take_voice(self, announcement: str, message: bytes) -> None:
        """Take 20 ms of somebody who speaks; of an announcement that is not open it is dropped."""
        for speaker in self.speakers.values():
            job = speaker.busy_with
            if job is not None and job.voice is not None and job.command.arguments.get("announcement") == announcement:
                job.voice.take(message)

    async def carry_out(self, command: Command) -> list[Answer]:
        """Begin, or refuse; what became of it is told when it is over."""
        speaker = self.speakers.get(command.asset or "")
        if speaker is None:
            return [("refused", "no_speaker", _NO_SPEAKER.format(asset=command.asset))]
        if command.action == STOP:
            return [("confirmed", "stopped", "") if speaker.stop(command.actor) else ("confirmed", "nothing", _NOTHING)]
        found = self._read(command)
        if not isinstance(found, Job):
            return [found]
        refusal = self._refuse(speaker, found)
        if refusal is not None:
            return [refusal]
        await speaker.take(found)
        return [("accepted", "", "")]

    def _read(self, command: Command) -> Job | Answer:
        arguments = command.arguments
        emergency = arguments.get("emergency", False)
        if not isinstance(emergency, bool):
            return "refused", "bad_argument", _BAD
        if command.action == VOICE:
            most_s = _number(arguments.get("seconds", MOST_VOICE_S), MOST_VOICE_S)
            if most_s is None or not isinstance(arguments.get("announcement"), str):
                return "refused", "bad_argument", _BAD
            return Job(command, emergency, voice=VoiceBuffer(), most_s=most_s)
        times = _number(arguments.get("times", 1), MOST_TIMES)
        if command.action != PLAY or times is None or times != int(times):
            return "refused", "bad_argument", _BAD
        clip = self._clips.get(str(arguments.get("sha256")))
        if clip is None:
            return "refused", "no_clip", _NO_CLIP
        return Job(command, emergency, clip=arrange(clip, int(times)))

    def _refuse(self, speaker: Speaker, job: Job) -> Answer | None:
        quiet, busy = speaker.place.quiet, speaker.busy_with
        if quiet is not None and speaker.must_be_quiet() and not job.emergency:
            return "refused", "quiet_hours", _QUIET.format(since=quiet.since, until=quiet.until)
        if self._sirens() and not job.emergency:
            return "refused", "siren", _SIREN
        if busy is not None and busy.rank >= job.rank:
            return "refused", "busy", _BUSY.format(actor=busy.command.actor)
        return None

    async def _tell(self, command: Command, answer: Answer) -> None:
        state, reason, detail = answer
        result = Result(command=command.id, state=state, at=self._clock.now_at(), reason=reason, detail=detail[:500])
        try:
            await self._keep(Entry("result", result.model_dump_json().encode()))
        except Unavailable as error:
            _log.error("result_not_durable", id=str(command.id), reason=str(error))


def _number(found: Any, most: float) -> float | None:
    """Read a number above 0 and not above a limit."""
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 < found <= most:
        return None
    return float(found)
