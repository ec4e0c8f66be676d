"""The one writer: takes batches from the inbox, stores them, and only then lets them be acknowledged.

While messages come faster than they are stored, a batch is built while the one before it is being committed: building
is our processor's work, committing the database's. At any other time each batch is settled before the next is taken.
"""

import random
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple

import psycopg
import structlog
from psycopg import Connection

from cloud.db.queries import load
from cloud.errors import Unavailable
from cloud.ingest.batch import Batch, BatchBuilder
from cloud.ingest.inbox import Inbox
from cloud.ingest.latest import Latest
from cloud.ingest.messages import Inbound, Refusal
from cloud.ingest.metrics import Metrics
from cloud.ingest.quota import refuse_beyond_quota
from cloud.ingest.receipts import receipts
from cloud.ingest.registry import Registry
from cloud.ingest.rows import Rows
from cloud.ingest.session import Session
from cloud.ingest.store import Store, Stored
from edge.contract.rejected import Reason, Rejected

_SQL = load("ingest")
_BACKOFF_S = (0.1, 5.0)
_FORGET_REFUSALS_EVERY_S = 30.0
_OUT_OF_STEP = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)

_log = structlog.get_logger()


class _Flight(NamedTuple):
    """A batch whose transaction is under way."""

    batch: Batch
    started_s: float
    stored: Future[Stored]


class Writer:
    """Stores what the sessions receive.

    Args:
        connect: opens a connection in autocommit mode; raises `Unavailable`.
        inbox: where messages wait.
        sessions: (live, backlog), told what is settled.
        metrics: counts.
        latest_interval_s: how often newest values are written.
        media_day_bytes: evidence that each box may have stored in a day.
    """

    def __init__(
        self,
        connect: Callable[[], Connection[tuple[Any, ...]]],
        inbox: Inbox,
        sessions: tuple[Session, Session],
        metrics: Metrics,
        latest_interval_s: float,
        media_day_bytes: int,
    ) -> None:
        self._connect = connect
        self._inbox = inbox
        self._sessions = sessions
        self._metrics = metrics
        self._latest_interval_s = latest_interval_s
        self._media_day_bytes = media_day_bytes
        self._latest = Latest()
        self._flushed_at_s = time.monotonic()
        self._forgot_at_s = time.monotonic()
        self._stopping = threading.Event()
        self._moved = threading.Event()  # something of the registry
        self._connection: Connection[tuple[Any, ...]] | None = None
        self._registry: Registry | None = None
        self._store: Store | None = None
        self._repair = True
        # What is taken and not settled, the oldest last. A repetition after the database was away begins behind what is
        # settled: the broker may use a packet identifier again as soon as it is acknowledged, and a second
        # acknowledgement would be for another message.
        self._parts: list[list[Inbound]] = []
        self._flight: _Flight | None = None  # of the oldest part
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="commit")
        metrics.depth.set_function(lambda: inbox.depth() + sum(map(len, self._parts)))
        metrics.oldest_age_s.set_function(self._oldest_age_s)

    def stop(self) -> None:
        """Have `run` store what waits and return."""
        self._stopping.set()
        self._inbox.wake()

    def run(self) -> None:
        """Store batches until stopped and the inbox is empty."""
        while True:
            if self._parts and not self._inbox.has_batch() and not self._persist(self._finish):
                return
            if messages := self._inbox.take(self._latest_interval_s / 2):
                self._parts.insert(0, messages)
                if not self._persist(self._advance):
                    return
            if time.monotonic() >= self._flushed_at_s + self._latest_interval_s:
                self._persist(self._flush)
            if self._stopping.is_set() and not self._inbox.depth():
                self._persist(self._finish)
                self._persist(self._flush)
                return

    def close(self) -> None:
        """Let go of the database."""
        self._pool.shutdown()
        self._disconnect()

    def _oldest_age_s(self) -> float:
        """Give the age of the oldest message not committed; asked at each scrape, also with the database away."""
        now_s = time.time()
        parts = self._parts[-1:]
        return max(now_s - parts[0][0].received_s if parts else 0.0, self._inbox.oldest_age_s(now_s))

    def _persist(self, work: Callable[[], None]) -> bool:
        """Do database work until it succeeds; False when the process is stopped while the database is away."""
        longest_s = _BACKOFF_S[0]
        while True:
            try:
                self._ready()
                work()
            except _OUT_OF_STEP as error:
                # Rolled back whole, and the connection still stands: the other ingester has gone on, so may we.
                _log.info("transaction_repeated", error=str(error).splitlines()[0])
                self._metrics.retries.inc()
            except (Unavailable, psycopg.Error) as error:
                self._lose(error)
                if self._stopping.is_set():
                    return False
                self._metrics.retries.inc()
                self._stopping.wait(random.uniform(longest_s / 2, longest_s))  # noqa: S311 - spreads retries
                longest_s = min(longest_s * 2, _BACKOFF_S[1])
            else:
                return True

    def _ready(self) -> None:
        if self._connection is not None and not self._connection.closed:
            return
        self._connection = self._connect()
        self._store = Store(self._connect())  # of its own: series are looked for while a batch is being committed
        self._connection.execute(_SQL["make_latest_staging"])
        self._connection.add_notify_handler(lambda _: self._moved.set())
        self._connection.execute(_SQL["listen_registry"])
        self._moved.clear()
        self._registry = Registry(self._connection)  # anew: nobody told us meanwhile what was moved
        if self._repair:
            self._connection.execute(_SQL["repair_latest"])
            self._repair = False
        _log.info("database_connected", series=self._registry.series_count)

    def _lose(self, error: Exception) -> None:
        _log.warning("database_lost", error=str(error).strip() or type(error).__name__)
        if self._flight is not None:
            wait([self._flight.stored])  # its connection is closed next; what became of it is asked when it lands
        self._disconnect()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._store is not None:
            self._store.close()
            self._store = None

    def _advance(self) -> None:
        """Have the newest part committed while this returns, and everything before it settled."""
        ahead = None
        if self._flight is not None and not self._flight.batch.media:  # a quota counts what is committed
            ahead = self._build(self._parts[0])
        self._land()
        while len(self._parts) > 1:
            self._store_oldest()
        self._start(ahead or self._build(self._parts[0]))

    def _finish(self) -> None:
        """Settle everything that was taken."""
        self._land()
        while self._parts:
            self._store_oldest()

    def _build(self, messages: list[Inbound]) -> Batch:
        assert self._registry is not None  # noqa: S101 - `_ready` has made it
        assert self._connection is not None  # noqa: S101 - the same
        admit = partial(refuse_beyond_quota, self._connection, self._media_day_bytes)
        return BatchBuilder(self._registry, admit).build(messages)

    def _start(self, batch: Batch) -> None:
        assert self._store is not None  # noqa: S101 - `_ready` has made it
        self._flight = _Flight(batch, time.monotonic(), self._pool.submit(self._store.commit, batch))

    def _store_oldest(self) -> None:
        self._start(self._build(self._parts[-1]))
        self._land()

    def _land(self) -> None:
        """Wait for the transaction under way and settle its part; where its content is refused, find the message."""
        flight, self._flight = self._flight, None
        if flight is None:
            return
        try:
            stored = flight.stored.result()
        except psycopg.Error as error:
            if not _means_content(error):
                raise
            self._split(error)
            return
        self._settle_oldest(flight.batch, stored, time.monotonic() - flight.started_s)

    def _settle_oldest(self, batch: Batch, stored: Stored, took_s: float) -> None:
        self._parts.pop()
        self._count(batch, stored, took_s)
        self._latest.note(batch)
        self._settle(batch)

    def _split(self, error: psycopg.Error) -> None:
        """Halve the oldest part, or refuse its only message."""
        messages = self._parts[-1]
        if len(messages) > 1:
            middle = len(messages) // 2
            self._parts[-1:] = [messages[middle:], messages[:middle]]
            return
        assert self._store is not None  # noqa: S101 - `_ready` has made it
        batch = _refused(messages, error)
        self._settle_oldest(batch, self._store.commit(batch), 0.0)

    def _settle(self, batch: Batch) -> None:
        publications = receipts(batch)
        for backlog, session in ((False, self._sessions[0]), (True, self._sessions[1])):
            mine = [message for message in batch.messages if message.backlog is backlog and message.mid]
            for epoch, group in groupby(mine, key=lambda message: message.epoch):
                session.settle(epoch, [message.mid for message in group], [])
        if publications:
            self._sessions[0].settle(-1, [], publications)

    def _flush(self) -> None:
        assert self._connection is not None  # noqa: S101 - `_ready` has made it
        assert self._registry is not None  # noqa: S101 - the same
        if self._latest.pending:
            self._latest.flush(self._connection)
        else:
            self._connection.execute(_SQL["hear"])
        if self._moved.is_set():
            self._moved.clear()
            self._registry = Registry(self._connection)
            _log.info("registry_read_again", series=self._registry.series_count)
        now_s = self._flushed_at_s = time.monotonic()
        if now_s > self._forgot_at_s + _FORGET_REFUSALS_EVERY_S:
            self._registry.forget_refusals()
            self._forgot_at_s = now_s
        self._metrics.series.set(self._registry.series_count)

    def _count(self, batch: Batch, stored: Stored, took_s: float) -> None:
        metrics = self._metrics
        metrics.committed.inc(len(batch.messages))
        metrics.samples.inc(stored.samples + len(batch.texts))
        metrics.duplicates.inc(len(batch.rows) - stored.samples + batch.repeats)
        metrics.late.inc(stored.late)
        metrics.staged.inc(int(stored.staged))
        metrics.batch_rows.observe(len(batch.rows))
        metrics.batch_s.observe(took_s)
        metrics.lag_s.observe(time.time() - batch.messages[0].received_s)
        for refusal in batch.refusals:
            metrics.rejected.labels(refusal.rejected.reason.value).inc(refusal.count)


def _means_content(error: psycopg.Error) -> bool:
    """Tell whether the database refuses what it was given, rather than being away.

    Classes 22 and 23 are data and constraints; 54, 53200 and 53400 are limits that a batch of odd messages can exceed
    and a smaller one need not (a sample for each of a thousand days locks a thousand parts of the table; late samples
    of many series have TimescaleDB decompress what lies beside them).
    """
    if isinstance(error, (psycopg.DataError, psycopg.IntegrityError)):
        return True
    return (error.sqlstate or "").startswith("54") or error.sqlstate in {"53200", "53400"}


def _refused(messages: Iterable[Inbound], error: psycopg.Error) -> Batch:
    detail = str(error).strip().splitlines()[0][:300]
    refusals = [Refusal(message, Rejected(Reason.REFUSED_BY_DATABASE, detail)) for message in messages]
    return Batch([refusal.message for refusal in refusals], Rows.empty(), refusals=refusals)
