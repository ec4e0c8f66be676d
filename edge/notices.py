"""What a box noticed, and how it becomes an event that nobody can lose.

Sentences are for the operator: Indonesian first, English beside it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog
import uuid6

from edge.clock import Clock
from edge.contract.events import TYPE_PREFIX, Event, EventDetail, Severity
from edge.contract.topics import ROOT
from edge.entries import Entry
from edge.errors import Unavailable

RETRY_S = 5.0
WAITING_MAX = 1_000  # events that the disk refused, kept in memory until it takes them
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Notice:
    """Something noticed.

    Attributes:
        noun: type of the event behind the common prefix, `lamp.failed`.
        asset: what it is about.
        severity: how the box judges it.
        message_id: one sentence in Indonesian.
        message_en: the same in English.
        values: figures that led to it.
        begun: id of the event whose end this one reports; None for a beginning.
    """

    noun: str
    asset: str
    severity: Severity
    message_id: str
    message_en: str
    values: dict[str, float | bool | str] = field(default_factory=dict)
    begun: str | None = None


class NoticeBoard:
    """Turns notices into events and makes them durable."""

    def __init__(self, box: str, keep: Callable[[Entry], Awaitable[int]], clock: Clock) -> None:
        """Begin with none waiting.

        Args:
            box: name of the box.
            keep: makes an entry durable; raises `Unavailable` when the disk refuses.
            clock: stamps.
        """
        self._source = f"{ROOT}/{box}"
        self._keep = keep
        self._clock = clock
        self._waiting: deque[Event] = deque(maxlen=WAITING_MAX)
        self._keeping = asyncio.Lock()
        self._said: set[UUID] = set()
        self.raised = 0

    def now_at(self) -> datetime:
        """Give the instant that an event of now would carry."""
        return self._clock.now_at()

    async def raise_event(self, notice: Notice) -> UUID:
        """Make an event of a notice and keep it; give its id. Never raises for want of disk."""
        event = self._event(notice, self._clock.now_at())
        self.raised += 1
        _log.info("event_raised", type=event.type, asset=notice.asset, ended=notice.begun is not None)
        self._waiting.append(event)
        await self.keep_waiting()
        return event.id

    async def run(self, tick: Callable[[float], None]) -> None:
        """Try again and again to keep what the disk refused, until cancelled.

        Args:
            tick: called with the seconds until it is called again.
        """
        while True:
            tick(RETRY_S)
            await asyncio.sleep(RETRY_S)
            await self.keep_waiting()

    async def keep_waiting(self) -> None:
        """Try to keep what the disk refused before; what stays is in the log in full, the last place there is."""
        async with self._keeping:
            while self._waiting:
                event = self._waiting[0]
                try:
                    await self._keep(Entry("event", event.payload()))
                except Unavailable as error:
                    self._say_waiting(str(error))
                    return
                if self._waiting[0] is event:  # else it was crowded out meanwhile
                    self._waiting.popleft()

    def _say_waiting(self, reason: str) -> None:
        """Write each event that waits into the log, once: a full disk has no room for more."""
        for event in self._waiting:
            if event.id not in self._said:
                _log.error("event_not_durable", reason=reason, content=event.model_dump_json())
        self._said = {event.id for event in self._waiting}

    def _event(self, notice: Notice, now_at: datetime) -> Event:
        values = dict(notice.values) | ({"begun_event": notice.begun} if notice.begun else {})
        detail = EventDetail(
            severity=notice.severity,
            message_id=notice.message_id,
            message_en=notice.message_en,
            ended_at=now_at if notice.begun else None,
            values=values,
        )
        # uuid6 gives subclasses of UUID; pydantic wants the plain one
        identity = UUID(int=uuid6.uuid7().int)
        return Event(
            id=identity,
            source=self._source,
            type=TYPE_PREFIX + notice.noun,
            subject=notice.asset,
            time=now_at,
            data=detail,
        )
