"""Receipts as they come in, and the entries they delete from the outbox."""

import asyncio

import structlog
from pydantic import ValidationError

from edge.clock import Clock
from edge.contract.receipts import Receipt, Refusal
from edge.contract.rejected import Reason
from edge.correlation import Ranges, parse
from edge.dispatch import Dispatch
from edge.entries import Entry, Row
from edge.errors import Unavailable
from edge.outbox import Outbox
from edge.restamp import restamp

MAX_PENDING_RANGES = 20_000  # more receipts than the disk keeps up with are dropped: the messages go out again
UNTIMELY = (Reason.TIME_IN_FUTURE, Reason.TIME_TOO_OLD)
_log = structlog.get_logger()


class ReceiptDesk:
    """Takes receipts from the line at once, and deletes behind it in one transaction per sync."""

    def __init__(self, outbox: Outbox, dispatch: Dispatch, clock: Clock) -> None:
        """Begin with none pending.

        Args:
            outbox: where entries are deleted.
            dispatch: told which may not fly again, and which may.
            clock: gives the present to events that a wrong clock has spoilt.
        """
        self._outbox = outbox
        self._dispatch = dispatch
        self._clock = clock
        self._untimely: list[Refusal] = []
        self._ranges: Ranges = []
        self._seqs: list[int] = []
        self._come = asyncio.Event()
        self.committed = 0
        self.rejected = 0
        self.foreign = 0

    def take(self, payload: bytes) -> None:
        """Take a receipt from the line; a malformed one is counted and ignored."""
        try:
            receipt = Receipt.model_validate_json(payload)
        except ValidationError as error:
            self.foreign += 1
            _log.warning("receipt_ignored", reason=str(error)[:200])
            return
        for correlation in receipt.committed:
            self.committed += self._settle(correlation)
        for refusal in receipt.rejected:
            self._take_refusal(refusal)
        self._come.set()

    async def run(self) -> None:
        """Delete what has its receipt, for ever."""
        while True:
            await self._come.wait()
            self._come.clear()
            await self._judge_untimely()
            ranges, seqs = self._ranges, self._seqs
            self._ranges, self._seqs = [], []
            try:
                await self._outbox.delete(ranges)
            except Unavailable as error:
                _log.warning("receipt_not_kept", reason=str(error), then="the messages go out again")
            self._dispatch.flights.landed(seqs)
            self._dispatch.wake.set()

    def _take_refusal(self, refusal: Refusal) -> None:
        if refusal.reason == Reason.UNKNOWN_BOX:
            # Not the message's fault, and mended when the office registers the box: what it measured until then stays
            # here, and goes out again as what has no receipt does, with growing patience.
            _log.warning(
                "box_unknown_to_the_cloud", id=refusal.id, remedy="register the box; nothing is lost meanwhile"
            )
            return
        if refusal.reason in UNTIMELY and len(self._untimely) < MAX_PENDING_RANGES:
            self._untimely.append(refusal)
        else:
            self._give_up(refusal)

    def _give_up(self, refusal: Refusal) -> None:
        for low, high in (parse(self._outbox.generation, refusal.id) or [])[:1]:
            if low == high:  # evidence has a message of its own; nobody asks for the others
                self._outbox.note_refusal(low, refusal)
        self.rejected += self._settle(refusal.id)
        _log.warning("message_rejected", id=refusal.id, reason=str(refusal.reason), detail=refusal.detail)

    async def _judge_untimely(self) -> None:
        """Keep events that were refused for their time; everything else with such a time has no worth without it."""
        while self._untimely:
            refusal = self._untimely.pop()
            try:
                events = await self._events_of(refusal.id)
                if not events:
                    self._give_up(refusal)
                for row in events:
                    await self._mend(row, refusal)
            except Unavailable as error:
                _log.warning("receipt_not_kept", reason=str(error), then="the messages go out again")

    async def _events_of(self, correlation: str) -> list[Row]:
        ranges = parse(self._outbox.generation, correlation) or []
        return [row for low, high in ranges for row in await self._outbox.fetch(("event",), after=low - 1, until=high)]

    async def _mend(self, row: Row, refusal: Refusal) -> None:
        """Send an event with a time that is possible, or let it wait until its time has come or the clock is set."""
        now_at = self._clock.now_at()
        payload = restamp(row.payload, now_at)
        if payload is None:
            self._dispatch.flights.postponed(refusal.id)
            _log.warning("event_waits", id=refusal.id, reason=str(refusal.reason), remedy="set the clock of the box")
            return
        seq = await self._outbox.replace(row.seq, Entry("event", payload))
        self._dispatch.flights.landed(self._dispatch.answered(refusal.id))
        self._dispatch.offer(Row(seq, "event", now_at.timestamp(), 0, "", payload))
        _log.warning("event_restamped", id=refusal.id, reason=str(refusal.reason), content=payload.decode())

    def _settle(self, correlation: str) -> int:
        """Note what one correlation frees; give 1 if it is one of this outbox."""
        ranges = parse(self._outbox.generation, correlation)
        if ranges is None or len(self._ranges) + len(ranges) > MAX_PENDING_RANGES:
            self.foreign += 1
            return 0
        self._seqs.extend(self._dispatch.answered(correlation))
        self._ranges.extend(ranges)
        return 1
