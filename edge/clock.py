"""Two clocks: the wall clock stamps samples, the monotonic one measures intervals.

They are one object so that a test can hold both; whoever measures an interval with the wall clock is wrong on the
day NTP corrects a box that woke up in 1970.
"""

import time
from datetime import UTC, datetime


class Clock:
    """The machine's own clocks."""

    def now_s(self) -> float:
        """Give seconds since 1970 in UTC."""
        return time.time()

    def monotonic_s(self) -> float:
        """Give seconds since some start; never goes back."""
        return time.monotonic()

    def now_at(self) -> datetime:
        """Give the present instant, aware, in UTC."""
        return datetime.fromtimestamp(self.now_s(), UTC)
