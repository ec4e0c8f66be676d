"""Receipts as they come in, and the entries they delete from the outbox."""

import asyncio

import structlog
from pydantic import ValidationError

from edge.contract.receipts import Receipt, Refusal
from edge.contract.rejected import Reason
from edge.correlation import Ranges, parse
from edge.dispatch import Dispatch
from edge.errors import Unavailable
from edge.outbox import Outbox

MAX_PENDING_RANGES = 20_000  # more receipts than the disk keeps up with are dropped: the messages go out again
_log = structlog.get_logger()


class ReceiptDesk:
    """Takes receipts from the line at once, and deletes behind it in one transaction per sync."""

    def __init__(self, outbox: Outbox, dispatch: Dispatch) -> None:
        """Begin with none pending."""
        self._outbox = outbox
        self._dispatch = dispatch
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
        self.rejected += self._settle(refusal.id)
        _log.warning("message_rejected", id=refusal.id, reason=str(refusal.reason), detail=refusal.detail)

    def _settle(self, correlation: str) -> int:
        """Note what one correlation frees; give 1 if it is one of this outbox."""
        ranges = parse(self._outbox.generation, correlation)
        if ranges is None or len(self._ranges) + len(ranges) > MAX_PENDING_RANGES:
            self.foreign += 1
            return 0
        self._seqs.extend(self._dispatch.answered(correlation))
        self._ranges.extend(ranges)
        return 1
