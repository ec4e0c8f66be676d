"""Evidence that comes after its event: whoever looks at the incident is told when the picture is there, and the film.

A box sends an event at once, its picture a second or two later, and its film when the last second of that is recorded,
part by part. Nothing is asked of the ingester for that: the engine looks for a while at the few newest events.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

from cloud.operations import store
from cloud.operations.store import Line

WAITS_S = 3_600.0  # for the next piece: films queue on a slow line
MOST = 500  # the oldest gives way: a page that is opened later finds the picture anyway


@dataclass(frozen=True, slots=True)
class _Came:
    event_id: UUID
    pieces: int


@dataclass(slots=True)
class _Wait:
    incident: UUID
    until_s: float
    pieces: int = 0


class Awaited:
    """Events whose evidence has not all come yet, as far as one can tell."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[UUID, _Wait] = OrderedDict()

    def add(self, event: UUID, incident: UUID) -> None:
        """Wait for the evidence of an event."""
        self._waiting[event] = _Wait(incident, time.monotonic() + WAITS_S)
        if len(self._waiting) > MOST:
            self._waiting.popitem(last=False)

    async def look(self, line: Line) -> None:
        """Tell of the incidents of which more evidence has come."""
        if not self._waiting:
            return
        now_s = time.monotonic()
        for came in await store.fetch(line, _Came, "evidence_of", events=list(self._waiting)):
            wait = self._waiting[came.event_id]
            if came.pieces > wait.pieces:
                wait.pieces, wait.until_s = came.pieces, now_s + WAITS_S
                await store.run(line, "announce", id=str(wait.incident))
        self._waiting = OrderedDict((event, wait) for event, wait in self._waiting.items() if wait.until_s > now_s)
