"""What goes out next: events first, then what was just measured, then history.

Three lanes share the line. `urgent` carries events, evidence and results; `live` what was put into the outbox while
the line is up; `backlog` everything else, joined into large packs, rate-limited, and only while nothing else waits.
The outbox is the only queue of any length: what does not fit into a lane is read back from there.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from edge.clock import Clock
from edge.contract import senml, topics
from edge.contract.limits import MAX_CORRELATION_BYTES, MAX_SAMPLES_PER_PACK
from edge.correlation import correlate
from edge.entries import Kind, Row
from edge.flights import Flights
from edge.link import Link
from edge.outbox import Outbox
from edge.outgoing import Outgoing

URGENT: tuple[Kind, ...] = ("event", "media", "result")
URGENT_WINDOW = 50
FETCH_ROWS = 500
MAX_WAIT_S = 1.0
MAX_ROWS_PER_PACK = MAX_CORRELATION_BYTES // 21  # the longest number with its comma
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """How much of the line each lane gets.

    Attributes:
        live_window: live messages not yet receipted.
        backlog_window: replayed messages not yet receipted.
        backlog_rate_per_s: replayed messages per second.
        backlog_pack_bytes: size of a replayed message.
        receipt_timeout_s: how long a receipt may take.
    """

    live_window: int = 200
    backlog_window: int = 4
    backlog_rate_per_s: float = 10.0
    backlog_pack_bytes: int = 65_536
    receipt_timeout_s: float = 30.0


@dataclass(slots=True)
class _Sweep:
    """How far a lane has read the outbox since it last began at the oldest entry."""

    kinds: tuple[Kind, ...]
    after: int = 0
    horizon: int = 0
    again_at_s: float = 0.0
    rows: deque[Row] = field(default_factory=deque)


class Dispatch:
    """Decides and publishes; runs in the event loop while a link is open."""

    def __init__(self, box: str, outbox: Outbox, pace: Pace, clock: Clock) -> None:
        """Begin with nothing under way.

        Args:
            box: name in the topics.
            outbox: where everything comes from.
            pace: limits.
            clock: measures waiting.
        """
        self._box = box
        self._outbox = outbox
        self._pace = pace
        self._clock = clock
        self._live: deque[Row] = deque()
        self._urgent = _Sweep(URGENT)
        self._history = _Sweep(("telemetry",))
        self._next_backlog_s = 0.0
        self._is_up = False
        self.flights = Flights(clock, pace.receipt_timeout_s)
        self.wake = asyncio.Event()

    def begin(self) -> None:
        """Start over on a new link: everything that is in the outbox now is backlog."""
        self.flights.ground_all()
        self._live.clear()
        last = self._outbox.statistics.last_seq
        self._urgent = _Sweep(URGENT, horizon=last)
        self._history = _Sweep(("telemetry",), horizon=last)
        self._next_backlog_s = 0.0
        self._is_up = True

    def end(self) -> None:
        """The link is gone."""
        self._is_up = False
        self.flights.ground_all()
        self._live.clear()

    def offer(self, row: Row) -> None:
        """Take an entry that has just become durable; what finds no place here is sent from the outbox later."""
        if not self._is_up:
            return
        sweep = self._history if row.kind == "telemetry" else self._urgent
        sweep.horizon = max(sweep.horizon, row.seq)
        if row.kind == "telemetry" and len(self._live) < self._pace.live_window:
            self._live.append(row)
        elif row.kind != "telemetry":
            sweep.again_at_s = 0.0
        self.wake.set()

    def answered(self, correlation: str) -> tuple[int, ...]:
        """Take a receipt; give the entries that it frees once they are out of the outbox."""
        if self.flights.unanswered:
            self._next_backlog_s = min(self._next_backlog_s, self._clock.monotonic_s())
        return self.flights.answered(correlation)

    @property
    def has_live(self) -> bool:
        """Tell whether something just measured still waits for its turn."""
        return bool(self._live)

    async def send(self, link: Link) -> float:
        """Publish all that may go now; give the seconds until there may be more."""
        expired = self.flights.expire()
        if expired:
            _log.warning("receipts_missed", messages=expired, in_a_row=self.flights.unanswered)
        await self._send_urgent(link)
        self._send_live(link)
        if not self._live:
            await self._send_backlog(link)
        return self._wait_s()

    async def _send_urgent(self, link: Link) -> None:
        while link.has_room and self.flights.count("urgent") < URGENT_WINDOW and self._has_urgent():
            row = await self._next_row(self._urgent)
            if row is None:
                return
            if not self._publish(link, "urgent", self._topic(row), [row]):
                return

    def _has_urgent(self) -> bool:
        figures = self._outbox.statistics
        return figures.messages - figures.telemetry > self.flights.count("urgent")

    def _send_live(self, link: Link) -> None:
        while self._live and link.has_room and self.flights.count("live") < self._pace.live_window:
            row = self._live.popleft()
            if self.flights.may_fly(row.seq) and not self._publish(link, "live", topics.telemetry(self._box), [row]):
                return

    async def _send_backlog(self, link: Link) -> None:
        if self._clock.monotonic_s() < self._next_backlog_s or not self._may_replay(link):
            return
        rows = await self._gather()
        if rows and self._publish(link, "backlog", topics.backlog(self._box), rows):
            pause_s = max(1.0 / self._pace.backlog_rate_per_s, self.flights.patience_s())
            self._next_backlog_s = self._clock.monotonic_s() + pause_s

    def _may_replay(self, link: Link) -> bool:
        under_way = self.flights.entries - self.flights.count("urgent")
        waiting = self._outbox.statistics.telemetry - under_way
        window = 1 if self.flights.unanswered else self._pace.backlog_window
        return waiting > 0 and link.has_room and link.is_drained and self.flights.count("backlog") < window

    async def _gather(self) -> list[Row]:
        """Take rows for one pack, within all limits."""
        rows: list[Row] = []
        size, samples = 2, 0
        while len(rows) < MAX_ROWS_PER_PACK:
            row = await self._next_row(self._history)
            if row is None:
                break
            size, samples = size + len(row.payload), samples + row.samples
            if rows and (size > self._pace.backlog_pack_bytes or samples > MAX_SAMPLES_PER_PACK):
                self._history.rows.appendleft(row)
                break
            rows.append(row)
        return rows

    async def _next_row(self, sweep: _Sweep) -> Row | None:
        """Read the next entry that may fly; at the end begin anew, but not before a pause."""
        while True:
            while sweep.rows:
                row = sweep.rows.popleft()
                if self.flights.may_fly(row.seq):
                    return row
            if self._clock.monotonic_s() < sweep.again_at_s:
                return None
            found = await self._outbox.fetch(
                sweep.kinds, after=sweep.after, until=sweep.horizon, rows=FETCH_ROWS, max_bytes=4 * 65_536
            )
            if found:
                sweep.after = found[-1].seq
                sweep.rows.extend(row for row in found if self.flights.may_fly(row.seq))
                continue
            sweep.after = 0
            sweep.again_at_s = self._clock.monotonic_s() + MAX_WAIT_S
            return None

    def _publish(self, link: Link, lane: str, topic: str, rows: Sequence[Row]) -> bool:
        correlation = correlate(self._outbox.generation, [row.seq for row in rows])
        payload = rows[0].payload if len(rows) == 1 else senml.join(row.payload for row in rows)
        _, content_type, sha256 = rows[0].meta.split(" ") if rows[0].meta else ("", "", "")
        message = Outgoing(
            topic,
            payload,
            response_topic=topics.receipts(self._box),
            correlation=correlation,
            content_type=content_type,
            user=(("sha256", sha256),) if sha256 else (),
        )
        if not link.publish(message):
            return False
        self.flights.start(correlation, lane, [row.seq for row in rows])
        return True

    def _topic(self, row: Row) -> str:
        if row.kind == "media":
            return topics.media(self._box, row.meta.partition(" ")[0])
        return topics.results(self._box) if row.kind == "result" else topics.events(self._box)

    def _wait_s(self) -> float:
        now_s = self._clock.monotonic_s()
        due = [MAX_WAIT_S]
        if self._next_backlog_s > now_s:
            due.append(self._next_backlog_s - now_s)
        overdue_s = self.flights.next_due_s()
        if overdue_s is not None:
            due.append(overdue_s - now_s)
        return max(0.005, min(due))
