"""Live voice on its way from a browser to boxes: frames by their number, straight on, and all of it recorded.

Frames come as small requests of a few each (see the README for why not otherwise), and go to the broker at QoS 0:
what is late is worth nothing. Who speaks, to where, and since when is in the database; here is only what he said.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from cloud import errors
from cloud.announcements.desk import AnnouncementDesk
from cloud.announcements.rules import refusal
from cloud.announcements.sound import make_sound
from cloud.announcements.wishes import NewClip
from cloud.signals.checks import Asker
from cloud.signals.line import Line
from edge.contract import topics
from edge.contract.announcements import FRAME_BYTES, FRAME_S, HEADER, LAST, MOST_VOICE_S, SILENCE

MOST_FRAMES = 25  # of one request: half a second
MOST_SESSIONS = 20
GONE_S = 3.0  # without a frame, whoever spoke is gone
FIRST_S = 15.0  # the same before the first: the box plays its tone
_END_TIMES = 3  # the last word may be lost like any other
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Session:
    """Somebody who speaks.

    Attributes:
        boxes: where to.
        frames: what was said, by number.
        heard_s: when the last frame came, monotonic.
    """

    announcement: UUID
    asker: Asker
    boxes: tuple[str, ...]
    heard_s: float
    frames: dict[int, bytes] = field(default_factory=dict)
    ending: bool = False


class Voices:
    """Everybody who speaks through this process.

    Args:
        desk: keeps recordings.
        line: to the broker; None where this API has none.
    """

    def __init__(self, desk: AnnouncementDesk, line: Line | None) -> None:
        self._desk = desk
        self._line = line
        self._sessions: dict[UUID, Session] = {}

    def open(self, announcement: UUID, boxes: Sequence[str], asker: Asker) -> None:
        """Begin; again is nothing new."""
        if announcement not in self._sessions and len(self._sessions) < MOST_SESSIONS:
            began_s = time.monotonic() + FIRST_S - GONE_S
            self._sessions[announcement] = Session(announcement, asker, tuple(sorted(set(boxes))), began_s)

    def speak(self, announcement: UUID, first: int, sound: bytes, asker: Asker) -> None:
        """Send frames on.

        Args:
            announcement: that was opened.
            first: number of the first frame.
            sound: whole frames.
            asker: who must be who opened it.

        Raises:
            Ruled: it is over, somebody else's, or these are no frames.
        """
        session = self._find(announcement, asker)
        if not sound or len(sound) % FRAME_BYTES or len(sound) > MOST_FRAMES * FRAME_BYTES:
            raise refusal("bad_frames")
        if (first * FRAME_S) + len(sound) / 8_000 > MOST_VOICE_S:
            raise refusal("voice_over")
        session.heard_s = max(session.heard_s, time.monotonic())
        for at in range(0, len(sound), FRAME_BYTES):
            number, frame = first + at // FRAME_BYTES, sound[at : at + FRAME_BYTES]
            if number not in session.frames:
                session.frames[number] = frame
                self._send(session, HEADER.pack(number, 0) + frame)

    async def end(self, announcement: UUID, asker: Asker) -> None:
        """Let go of the button: the boxes are told, and the recording is kept."""
        session = self._sessions.get(announcement)
        if session is not None and session.asker.account == asker.account:
            await self._finish(session)

    async def run(self) -> None:
        """End those who are gone without a word, until cancelled."""
        while True:
            await asyncio.sleep(0.5)
            now_s = time.monotonic()
            for session in [one for one in self._sessions.values() if now_s - one.heard_s > GONE_S]:
                await self._finish(session)

    async def close(self) -> None:
        """End everybody's turn, so that what was said is kept; for when this process ends."""
        for session in list(self._sessions.values()):
            await self._finish(session)

    def _find(self, announcement: UUID, asker: Asker) -> Session:
        session = self._sessions.get(announcement)
        if session is None or session.ending:
            raise refusal("voice_over")
        if session.asker.account != asker.account:
            raise refusal("not_yours", account=session.asker.account)
        return session

    def _send(self, session: Session, message: bytes) -> None:
        if self._line is None or not self._line.is_connected:
            raise refusal("broker_away")
        for box in session.boxes:
            self._line.send(topics.voice(box, str(session.announcement)), message)

    async def _finish(self, session: Session) -> None:
        if session.ending:
            return
        session.ending = True
        last = max(session.frames, default=-1) + 1
        try:
            for _ in range(_END_TIMES):
                self._send(session, HEADER.pack(last, LAST))
        except errors.Unavailable as error:
            log.warning("voice_end_not_told", announcement=str(session.announcement), error=str(error))
        clip = NewClip(f"Siaran langsung {session.asker.account}", "id", f"voice:{session.announcement}")
        try:
            await self._desk.end_voice(session.announcement, clip, make_sound(_join(session.frames)), session.asker)
            del self._sessions[session.announcement]
        except errors.CloudError as error:
            # It stays, and is tried again: a recording must not be lost with the database.
            session.ending = False
            session.heard_s = time.monotonic()
            log.warning("voice_not_recorded", announcement=str(session.announcement), error=str(error))


def _join(frames: dict[int, bytes]) -> bytes:
    """Put frames in their places; what never came is silent."""
    silent = bytes([SILENCE]) * FRAME_BYTES
    return b"".join(frames.get(number, silent) for number in range(max(frames, default=-1) + 1))
