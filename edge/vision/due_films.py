"""The films of a camera's incidents that wait for their last second; noted, so that a restart forgets none of them."""

import json
from collections import deque

import structlog

from edge.clock import Clock
from edge.errors import EdgeError
from edge.notices import NoticeBoard
from edge.vision.archive import CLIP_LAG_S
from edge.vision.incident_clips import SIDES_S, WHOLE, IncidentClips, Lacks, say_lacking
from edge.vision.memory import Memory

WAITING_MAX = 20
SETTLE_S = 10.0  # after a start, until what was being recorded when the power went has been mended
TOO_MANY = ("terlalu banyak kejadian sekaligus", "too many incidents at once")
_log = structlog.get_logger()


class DueFilms:
    """Those of one camera."""

    def __init__(self, asset: str, clips: IncidentClips, board: NoticeBoard, memory: Memory, clock: Clock) -> None:
        """Begin with none.

        Args:
            asset: the camera's code.
            clips: cuts them.
            board: told of what is not whole.
            memory: where they are noted.
            clock: measures the waiting.
        """
        self._asset, self._key = asset, f"films {asset}"
        self._clips, self._board, self._memory, self._clock = clips, board, memory, clock
        # when, monotonic, all of it is recorded; the instant, seconds since 1970; the id of the event
        self._due: deque[tuple[float, float, str]] = deque()

    def __len__(self) -> int:
        """Count those that wait."""
        return len(self._due)

    async def recall(self) -> None:
        """Take up those that waited when the process ended: they are made of what was recorded until then."""
        try:
            noted = [
                (float(at_s), str(event)) for at_s, event in json.loads(await self._memory.note(self._key) or "[]")
            ]
        except (EdgeError, ValueError, TypeError) as error:
            _log.warning("films_forgotten", asset=self._asset, reason=str(error))
            return
        for at_s, event_id in noted[:WAITING_MAX]:
            self._wait(at_s, event_id, max(SETTLE_S, at_s + SIDES_S[0] + CLIP_LAG_S - self._clock.now_s()))

    async def add(self, at_s: float, event_id: str) -> None:
        """Have an incident filmed.

        Args:
            at_s: when it was, seconds since 1970.
            event_id: its event's.
        """
        if len(self._due) >= WAITING_MAX:
            await self._tell(event_id, TOO_MANY)
            return
        self._wait(at_s, event_id, SIDES_S[0] + CLIP_LAG_S)
        await self._note()

    async def cut(self) -> None:
        """Cut those whose last second has been recorded; one at a time, in a thread."""
        while self._due and self._clock.monotonic_s() >= self._due[0][0]:
            _, at_s, event_id = self._due[0]
            lacks = await self._clips.cut(self._asset, at_s, event_id)
            self._due.popleft()
            if lacks != WHOLE:
                await self._tell(event_id, lacks)
            await self._note()

    def _wait(self, at_s: float, event_id: str, for_s: float) -> None:
        for_s = min(for_s, SIDES_S[0] + CLIP_LAG_S)  # the box's clock may have been set back meanwhile
        self._due.append((self._clock.monotonic_s() + for_s, at_s, event_id))

    async def _tell(self, event_id: str, lacks: Lacks) -> None:
        await self._board.raise_event(say_lacking(self._asset, event_id, lacks))

    async def _note(self) -> None:
        await self._memory.set_note(self._key, json.dumps([(at_s, event) for _, at_s, event in self._due]))
