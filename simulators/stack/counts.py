"""Live counts for the person at `up`: what is stored, how fast, who is online, how far behind.

Samples are counted in the database now and then, and in between by what the ingester says it stored: counting a
table of millions every second would be the heaviest query of the whole stack.
"""

import asyncio
import time
import urllib.error
import urllib.request
from collections import deque
from dataclasses import dataclass

import psycopg

_SCRAPE_TIMEOUT_S = 1.0
_COUNT_TIMEOUT_MS = 5_000
_RATE_OVER_S = 10.0
_COUNT_EVERY_S = 300.0
STALLED_S = 20.0  # the demonstration's boxes together store several values a second
_COUNTER = "ingest_samples_committed_total "

# Newest values say how far behind the stack is; ages under zero are a clock's rounding. A value that a wrong clock
# dated ahead is as old as its arrival, or it would hide a stall.
_STATE_SQL = """
SELECT count(*) FILTER (WHERE online), count(*),
       (SELECT greatest(0, extract(epoch FROM now() - max(least(time, received_at)))) FROM series_latest)
FROM box
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """What is shown.

    Attributes:
        samples: stored in all; None while it is not known.
        rate_per_s: stored per second over the last seconds.
        boxes_online: boxes that said so.
        boxes: boxes registered.
        newest_age_s: age of the newest value; None before the first.
    """

    samples: int | None
    rate_per_s: float
    boxes_online: int
    boxes: int
    newest_age_s: float | None

    @property
    def is_stalled(self) -> bool:
        """Whether values have stopped coming, whatever the parts say of themselves."""
        return self.newest_age_s is not None and self.newest_age_s > STALLED_S

    def alarm(self, logs: str) -> str:
        """Say that values have stopped coming and what to do; empty while they come.

        Args:
            logs: the folder where the logs are.
        """
        if not self.is_stalled:
            return ""
        return (
            f"STALLED: no value was stored for {self.newest_age_s:.0f} s, though the parts may run. Look into "
            f"{logs}/ingester.log, then broker.log, then the boxes'; `satulayar-simulate down`, then `up`, starts all "
            "anew and loses nothing"
        )

    def sentence(self) -> str:
        """Say it in one line."""
        stored = "?" if self.samples is None else f"{self.samples:,}"
        newest = "no value yet" if self.newest_age_s is None else f"newest value {self.newest_age_s:.1f} s old"
        return (
            f"{stored} samples stored, {self.rate_per_s:.0f}/s; "
            f"{self.boxes_online} of {self.boxes} boxes online; {newest}"
        )


class Counter:
    """Asks the database and the ingester; what cannot be reached leaves its last answer standing.

    Args:
        dsn: of the database.
        metrics_port: the ingester's, on loopback.
    """

    def __init__(self, dsn: str, metrics_port: int) -> None:
        self._dsn = dsn
        self._url = f"http://127.0.0.1:{metrics_port}/metrics"
        self._counted: int | None = None  # stored when the ingester's counter stood at _counted_from
        self._counted_from = 0
        self._counted_at_s = 0.0
        self._counter = 0
        self._state: tuple[int, int, float | None] = (0, 0, None)
        self._read_at_s = time.monotonic()
        self._history: deque[tuple[float, int]] = deque(maxlen=60)

    async def ask(self) -> Counts:
        """Find the counts of now."""
        state, counter = await asyncio.gather(
            asyncio.to_thread(_read_state, self._dsn), asyncio.to_thread(_scrape, self._url)
        )
        if state is not None:
            self._state, self._read_at_s = state, time.monotonic()
        if counter is not None:
            await self._advance(counter)
        online, boxes, age_s = self._state
        if age_s is not None:  # what was read last grows old while nobody answers
            age_s += time.monotonic() - self._read_at_s
        total = None if self._counted is None else self._counted + self._counter - self._counted_from
        return Counts(total, self._rate(), online, boxes, age_s)

    async def _advance(self, counter: int) -> None:
        is_new = counter < self._counter  # another ingester: what the last one stored at its end it told nobody
        if is_new:
            self._history.clear()
        if is_new or time.monotonic() - self._counted_at_s > _COUNT_EVERY_S:
            self._counted = await asyncio.to_thread(_count_samples, self._dsn)
            self._counted_from, self._counted_at_s = counter, time.monotonic()
        self._counter = counter
        self._history.append((time.monotonic(), counter))

    def _rate(self) -> float:
        recent = [entry for entry in self._history if entry[0] > time.monotonic() - _RATE_OVER_S]
        if len(recent) < 2:  # noqa: PLR2004 - a rate needs two points
            return 0.0
        (began_s, first), (ended_s, last) = recent[0], recent[-1]
        return (last - first) / (ended_s - began_s)


def _count_samples(dsn: str) -> int | None:
    try:
        with psycopg.connect(dsn, options=f"-c statement_timeout={_COUNT_TIMEOUT_MS}", autocommit=True) as connection:
            try:
                row = connection.execute("SELECT count(*) FROM sample").fetchone()
            except psycopg.errors.QueryCanceled:
                row = connection.execute("SELECT approximate_row_count('sample')").fetchone()
    except psycopg.Error:
        return None
    return int(row[0]) if row else None


def _read_state(dsn: str) -> tuple[int, int, float | None] | None:
    try:
        with psycopg.connect(dsn, connect_timeout=2, autocommit=True) as connection:
            row = connection.execute(_STATE_SQL).fetchone()
    except psycopg.Error:
        return None
    return (int(row[0]), int(row[1]), None if row[2] is None else float(row[2])) if row else None


def _scrape(url: str) -> int | None:
    try:
        with urllib.request.urlopen(url, timeout=_SCRAPE_TIMEOUT_S) as answer:  # noqa: S310 - our own loopback URL
            text = answer.read().decode()
    except (urllib.error.URLError, OSError):
        return None
    for line in text.splitlines():
        if line.startswith(_COUNTER):
            return int(float(line.removeprefix(_COUNTER)))
    return None
