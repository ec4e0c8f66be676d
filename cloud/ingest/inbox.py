"""Between the network threads and the writer: two lanes, live before backlog, bounded by the broker and by bytes.

The first bound is MQTT 5's Receive Maximum: the broker hands out no more until something is acknowledged, and nothing
is acknowledged before it is committed. Evidence may be megabytes a message, so a lane that holds too many bytes is not
read into either, and TCP makes the broker wait. No message is ever dropped here but QoS 0, which promises nothing and
which no acknowledgement holds back, where its lane is full.
"""

import threading
import time
from collections import deque

from cloud.ingest.messages import Inbound

MESSAGE_BYTES = 1_000  # what a message takes beside its payload, about
FULL_BYTES = 134_217_728  # of one lane: sixteen messages of the largest kind, or 4,000 packs of 32 KiB
_WORTH = 4  # a quarter of a full batch


class Lane:
    """Messages of one session that wait for the writer."""

    def __init__(self) -> None:
        self._messages: deque[Inbound] = deque()
        self._bytes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def is_full(self) -> bool:
        """Whether no more should be read for now."""
        return self._bytes >= FULL_BYTES

    def holds(self, payload_bytes: int) -> bool:
        """Tell whether about so many bytes of payload wait."""
        return self._bytes - MESSAGE_BYTES * len(self._messages) >= payload_bytes

    def put(self, message: Inbound) -> None:
        """Add a message at the end."""
        with self._lock:
            self._messages.append(message)
            self._bytes += len(message.payload) + MESSAGE_BYTES

    def take(self, limit_bytes: int) -> list[Inbound]:
        """Take messages from the front until their payloads reach `limit_bytes`."""
        taken: list[Inbound] = []
        size = 0
        with self._lock:
            while self._messages and size < limit_bytes:
                taken.append(self._messages.popleft())
                size += len(taken[-1].payload)
            self._bytes -= size + MESSAGE_BYTES * len(taken)
        return taken

    def keep_newest(self, count: int) -> None:
        """Drop all but the newest `count` messages."""
        with self._lock:
            while len(self._messages) > count:
                self._bytes -= len(self._messages.popleft().payload) + MESSAGE_BYTES

    def oldest_age_s(self, now_s: float) -> float:
        """Give the age of the message at the front, 0 when there is none."""
        with self._lock:
            return now_s - self._messages[0].received_s if self._messages else 0.0


class Inbox:
    """The two lanes and the writer's wait for them.

    Args:
        batch_bytes: payload bytes after which a batch of live messages is closed.
        backlog_bytes: payload bytes of backlog that ride along.
        linger_s: least time between two batches.

    Attributes:
        live: what the live session receives.
        backlog: what the session for replayed data receives.
    """

    def __init__(self, batch_bytes: int, backlog_bytes: int, linger_s: float) -> None:
        self.live = Lane()
        self.backlog = Lane()
        self._batch_bytes = batch_bytes
        self._backlog_bytes = backlog_bytes
        self._linger_s = linger_s
        self._arrived = threading.Event()
        self._taken_at_s = 0.0

    def put(self, message: Inbound) -> bool:
        """Add a message to its lane, or tell that it was dropped; called by the network threads."""
        lane = self.backlog if message.backlog else self.live
        if not message.mid and lane.is_full:
            return False
        lane.put(message)
        if not self._arrived.is_set():
            self._arrived.set()
        return True

    def wake(self) -> None:
        """End a wait of `take` early."""
        self._arrived.set()

    def take(self, wait_s: float) -> list[Inbound]:
        """Take the next batch.

        Args:
            wait_s: how long to wait for a first message.

        Returns:
            Live messages first, then some backlog; empty when nothing came.
        """
        if not self.depth():
            self._arrived.clear()
            if not self.depth():
                self._arrived.wait(wait_s)
        rest_s = self._taken_at_s + self._linger_s - time.monotonic()
        if rest_s > 0 and self.depth():
            time.sleep(rest_s)
        self._taken_at_s = time.monotonic()
        return self.live.take(self._batch_bytes) + self.backlog.take(self._backlog_bytes)

    def has_batch(self) -> bool:
        """Tell whether so much waits that a transaction for it alone is worth while."""
        return self.live.holds(self._batch_bytes // _WORTH) or self.backlog.holds(self._backlog_bytes // _WORTH)

    def depth(self) -> int:
        """Count the messages that wait."""
        return len(self.live) + len(self.backlog)

    def oldest_age_s(self, now_s: float) -> float:
        """Give the age of the message that has waited longest, 0 when none waits."""
        return max(self.live.oldest_age_s(now_s), self.backlog.oldest_age_s(now_s))
