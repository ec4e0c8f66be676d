"""What the simulated API does wrong on demand, and its rate limit."""

import threading
import time
from collections import deque
from dataclasses import dataclass, field


@dataclass
class Faults:
    """Orders that tests and people give to the API.

    Attributes:
        limit_requests: requests let through in each window; None is no limit.
        window_s: length of a window. openBalena counts in fixed windows and tells the rest of it as Retry-After.
        delay_s: every answer waits for so long.
        statuses: answered next, one request each, before anything is done.
        lost_answers: so many writes are carried out and the line is closed without a word.
        refused: requests answered with 429 so far.
    """

    limit_requests: int | None = None
    window_s: float = 1.0
    delay_s: float = 0.0
    statuses: deque[int] = field(default_factory=deque)
    lost_answers: int = 0
    refused: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _window_ends_s: float = 0.0
    _used: int = 0

    def admit(self) -> float:
        """Count a request; give the seconds until the next window when this one is full, else 0."""
        if self.limit_requests is None:
            return 0.0
        with self._lock:
            now_s = time.monotonic()
            if now_s >= self._window_ends_s:
                self._window_ends_s, self._used = now_s + self.window_s, 0
            self._used += 1
            if self._used <= self.limit_requests:
                return 0.0
            self.refused += 1
            return self._window_ends_s - now_s

    def next_status(self) -> int | None:
        """Take the next ordered status."""
        with self._lock:
            return self.statuses.popleft() if self.statuses else None

    def loses_answer(self) -> bool:
        """Tell whether the answer to this write gets lost."""
        with self._lock:
            lost = self.lost_answers > 0
            self.lost_answers -= lost
            return lost
