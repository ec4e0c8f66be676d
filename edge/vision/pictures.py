"""Pictures of events that the disk would not take at once: they wait in memory and are tried again and again."""

from collections import deque
from collections.abc import Awaitable, Callable

import structlog

from edge.entries import Entry
from edge.errors import Unavailable
from edge.vision.memory import evidence_entry

MOST_WAITING, MOST_WAITING_BYTES = 20, 4 << 20  # of one camera; a picture of 640x360 has about 60 kB
_log = structlog.get_logger()


class WaitingPictures:
    """Those of one camera, oldest first.

    Attributes:
        dropped: for want of room, since the start; their events are told all the same.
    """

    def __init__(self, asset: str, keep: Callable[[Entry], Awaitable[int]]) -> None:
        """Begin with none.

        Args:
            asset: the camera's code.
            keep: makes one durable; raises `Unavailable` when the disk refuses.
        """
        self._asset, self._keep = asset, keep
        self._waiting: deque[tuple[str, bytes]] = deque()  # id of the event, JPEG
        self._is_refused = False
        self.dropped = 0

    def __len__(self) -> int:
        """Count those that wait."""
        return len(self._waiting)

    def add(self, event_id: str, picture: bytes) -> None:
        """Take one; the oldest go where there are too many."""
        self._waiting.append((event_id, picture))
        while len(self._waiting) > MOST_WAITING or sum(len(one) for _, one in self._waiting) > MOST_WAITING_BYTES:
            lost_id, _ = self._waiting.popleft()
            self.dropped += 1
            _log.error("picture_dropped", asset=self._asset, evidence_of=lost_id, dropped=self.dropped)

    async def keep(self) -> None:
        """Try to keep them; those that the disk refuses stay for the next turn."""
        while self._waiting:
            event_id, picture = self._waiting[0]
            try:
                await self._keep(evidence_entry(event_id, "image/jpeg", picture))
            except Unavailable as error:
                self._say_refused(str(error))
                return
            self._waiting.popleft()
        self._is_refused = False

    def _say_refused(self, reason: str) -> None:
        if not self._is_refused:
            _log.warning("pictures_wait", asset=self._asset, waiting=len(self._waiting), reason=reason)
        self._is_refused = True
