"""Between the network threads and the writer: two queues, live before backlog, bounded by the broker.

The bound is MQTT 5's Receive Maximum: the broker hands out no more until something is acknowledged, and nothing is
acknowledged before it is committed. So no message is ever dropped here, and none needs to be counted.
"""

import threading
import time
from collections import deque

from cloud.ingest.messages import Inbound


class Inbox:
    """Messages that wait for the writer.

    Args:
        batch_bytes: payload bytes after which a batch of live messages is closed.
        backlog_bytes: payload bytes of backlog that ride along.
        linger_s: least time between two batches.
    """

    def __init__(self, batch_bytes: int, backlog_bytes: int, linger_s: float) -> None:
        self._live: deque[Inbound] = deque()
        self._backlog: deque[Inbound] = deque()
        self._batch_bytes = batch_bytes
        self._backlog_bytes = backlog_bytes
        self._linger_s = linger_s
        self._arrived = threading.Event()
        self._taken_at_s = 0.0

    def put(self, message: Inbound) -> None:
        """Add a message; called by the network threads."""
        (self._backlog if message.backlog else self._live).append(message)
        if not self._arrived.is_set():
            self._arrived.set()

    def wake(self) -> None:
        """End a wait of `take` early."""
        self._arrived.set()

    def forget(self, *, backlog: bool) -> None:
        """Drop what waits from one session: its broker has said that it will hand it over again."""
        (self._backlog if backlog else self._live).clear()

    def trim(self, keep: int, *, backlog: bool) -> None:
        """Keep the newest `keep` messages of a session whose broker has forgotten it.

        Nobody will hand them over again, so they are worth keeping; the bound holds against a broker that forgets
        again and again while the database is down.
        """
        queue = self._backlog if backlog else self._live
        while len(queue) > keep:
            queue.popleft()

    def take(self, wait_s: float) -> list[Inbound]:
        """Take the next batch.

        Args:
            wait_s: how long to wait for a first message.

        Returns:
            Live messages first, then some backlog; empty when nothing came.
        """
        if not self._live and not self._backlog:
            self._arrived.clear()
            if not self._live and not self._backlog:
                self._arrived.wait(wait_s)
        rest_s = self._taken_at_s + self._linger_s - time.monotonic()
        if rest_s > 0 and (self._live or self._backlog):
            time.sleep(rest_s)
        self._taken_at_s = time.monotonic()
        return _take(self._live, self._batch_bytes) + _take(self._backlog, self._backlog_bytes)

    def depth(self) -> int:
        """Count the messages that wait."""
        return len(self._live) + len(self._backlog)

    def oldest_age_s(self, now_s: float) -> float:
        """Give the age of the message that has waited longest, 0 when none waits."""
        ages = [now_s - queue[0].received_s for queue in (self._live, self._backlog) if queue]
        return max(ages, default=0.0)


def _take(queue: deque[Inbound], limit_bytes: int) -> list[Inbound]:
    taken: list[Inbound] = []
    size = 0
    while queue and size < limit_bytes:
        message = queue.popleft()
        taken.append(message)
        size += len(message.payload)
    return taken
