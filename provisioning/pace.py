"""Keeps requests within a rate, for all threads together, and makes all of them wait when the other side says so."""

import threading
import time
from collections.abc import Callable

_BURST = 10  # requests that may go at once after a pause


class Pace:
    """A token bucket whose clock can be put back.

    Args:
        per_minute: requests in a minute, in the long run.
        clock: monotonic seconds.
        sleep: waits for seconds.
    """

    def __init__(
        self,
        per_minute: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval_s = 60 / per_minute
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next_s = clock()

    def wait(self) -> None:
        """Wait until one more request may be sent."""
        with self._lock:
            now_s = self._clock()
            self._next_s = max(self._next_s, now_s - _BURST * self._interval_s) + self._interval_s
            delay_s = self._next_s - now_s
        if delay_s > 0:
            self._sleep(delay_s)

    def hold(self, pause_s: float) -> None:
        """Let nobody send for so long: the other side has had enough."""
        with self._lock:
            self._next_s = max(self._next_s, self._clock() + pause_s)
