"""Evidence that comes after its event: whoever looks at the incident is told when the picture is there.

A box sends an event at once and its picture a second or two later. Nothing is asked of the ingester for that: the
engine looks for a while at the few events that came without.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

from cloud.operations import store
from cloud.operations.store import Line

WAITS_S = 120.0
MOST = 500  # the oldest gives way: a page that is opened later finds the picture anyway


@dataclass(frozen=True, slots=True)
class _Came:
    event_id: UUID


class Awaited:
    """Events whose evidence has not come yet."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[UUID, tuple[UUID, float]] = OrderedDict()

    def add(self, event: UUID, incident: UUID) -> None:
        """Wait for the evidence of an event."""
        self._waiting[event] = (incident, time.monotonic() + WAITS_S)
        if len(self._waiting) > MOST:
            self._waiting.popitem(last=False)

    async def look(self, line: Line) -> None:
        """Tell of the incidents whose evidence has come."""
        if not self._waiting:
            return
        for came in await store.fetch(line, _Came, "evidence_of", events=list(self._waiting)):
            incident, _ = self._waiting.pop(came.event_id)
            await store.run(line, "announce", id=str(incident))
        now_s = time.monotonic()
        self._waiting = OrderedDict((event, kept) for event, kept in self._waiting.items() if kept[1] > now_s)
