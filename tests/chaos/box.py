"""A box for chaos: the real outbox and the real uplink, with numbered samples in place of sensors.

Every message that the outbox has called durable goes into a ledger, a line each: `s <number> <time in µs>` or
`e <number> <event id>`. What the ledger holds must be in the database in the end. SIGTERM ends the numbering, and then
the process as soon as the outbox is empty; until then the file `left` says how many messages it holds.
"""

import asyncio
import os
import signal
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

from uuid6 import uuid7

from edge.backoff import Backoff
from edge.broker import Broker
from edge.clock import Clock
from edge.contract import senml
from edge.contract.events import Event, EventDetail
from edge.contract.status import Status
from edge.dispatch import Pace
from edge.entries import Entry, Row
from edge.outbox import Outbox
from edge.pulse import Pulse
from edge.uplink import Uplink

SERIES = 5
EVENT_EVERY = 50
PACE = Pace(backlog_window=8, backlog_rate_per_s=40.0, receipt_timeout_s=3.0)


async def run(home: Path, box: str, port: int, rate: float) -> None:
    """Number messages until SIGTERM, then wait for the outbox to be empty."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with Outbox(home / "outbox", 200_000_000) as outbox:
        clock, status = Clock(), Status(state="online", session=uuid.uuid4(), at=datetime.now(UTC))
        uplink = Uplink(
            _broker(home, box, port),
            outbox,
            compose=lambda: status,
            on_command=lambda _: None,
            pace=PACE,
            clock=clock,
            pulse=Pulse(clock),
            backoff=Backoff(0.1, 2.0),
        )
        task = asyncio.create_task(uplink.run())
        with (home / "ledger").open("a", buffering=1) as ledger:
            await _number(outbox, uplink, ledger, box, _next_number(home), rate, stop)
        while outbox.statistics.messages:
            (home / "left").write_text(str(outbox.statistics.messages))
            await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await uplink.close(2.0)


async def _number(outbox, uplink, ledger, box: str, number: int, rate: float, stop: asyncio.Event) -> None:
    started_s, first = time.monotonic(), number
    while not stop.is_set():
        time_us = time.time_ns() // 1_000
        asset = f"{box.rsplit('-', 1)[0]}.det-1"
        samples = [(f"{asset}:chaos_{index}", time_us / 1e6, None, float(number)) for index in range(SERIES)]
        await _keep(outbox, uplink, Entry("telemetry", senml.encode_samples(samples), SERIES))
        ledger.write(f"s {number} {time_us}\n")
        if number % EVENT_EVERY == 0:
            event = _event(box, number)
            await _keep(outbox, uplink, Entry("event", event.payload()))
            ledger.write(f"e {number} {event.id}\n")
        number += 1
        await asyncio.sleep(max(0.0, started_s + (number - first) / rate - time.monotonic()))


async def _keep(outbox: Outbox, uplink: Uplink, entry: Entry) -> None:
    seq = await outbox.append(entry)
    uplink.offer(Row(seq, entry.kind, time.time(), entry.samples, entry.meta, entry.payload))


def _event(box: str, number: int) -> Event:
    detail = EventDetail(severity="info", message_en=f"number {number}", values={"number": float(number)})
    return Event(
        id=uuid7(), source=f"sl/1/{box}", type="id.satulayar.chaos.numbered", time=datetime.now(UTC), data=detail
    )


def _next_number(home: Path) -> int:
    """Go on behind the ledger; what was appended but not written down may come twice, at two different times."""
    ledger = home / "ledger"
    if not ledger.exists():
        return 0
    numbers = [int(line.split()[1]) for line in ledger.read_text().splitlines() if line.count(" ") == 2]
    return max(numbers, default=-1) + 1


def _broker(home: Path, box: str, port: int) -> Broker:
    certificates = Path(os.environ["CHAOS_CERTIFICATES"])
    return Broker(
        host="127.0.0.1", port=port, client_id=box, ca_file=certificates / "ca.crt",
        cert_file=certificates / "issued" / f"{box}.crt", key_file=certificates / "issued" / f"{box}.key",
        plain_text=False, keepalive_s=5, connect_timeout_s=3.0,
    )  # fmt: skip


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
