"""What the box remembers of receipts: evidence that was refused is gone from the outbox, and not taken for stored."""

import asyncio
import json
from pathlib import Path

from edge.clock import Clock
from edge.correlation import correlate
from edge.dispatch import Dispatch, Pace
from edge.entries import Entry
from edge.outbox import Outbox
from edge.receipt_desk import ReceiptDesk
from edge.vision.memory import until_receipted


def test_evidence_when_refused_then_who_waits_for_its_receipt_hears_why_and_of_what_is_stored_nothing(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        async with Outbox(tmp_path, 1 << 30) as outbox, asyncio.timeout(20):
            desk = ReceiptDesk(outbox, Dispatch("TD-01-a", outbox, Pace(), Clock()), Clock())
            taken, refused = [await outbox.append(Entry("media", b"x")) for _ in range(2)]
            correlations = [correlate(outbox.generation, [seq]) for seq in (taken, refused)]
            said = {"id": correlations[1], "reason": "too_much_media", "detail": "more than 1 bytes"}
            desk.take(json.dumps({"committed": correlations[:1], "rejected": [said]}).encode())
            running = asyncio.create_task(desk.run())
            assert await until_receipted(outbox, taken) is None
            why = await until_receipted(outbox, refused)
            running.cancel()
            assert why is not None
            assert (why.reason, why.detail) == ("too_much_media", "more than 1 bytes")

    asyncio.run(work())
