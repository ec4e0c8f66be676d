"""Which of the agent's loops are alive: each says when it will be heard from next.

A health check that asked about the cloud would restart every box of the regency when the cloud is away; so this
knows the box's own loops and nothing else.
"""

from edge.clock import Clock

GRACE_S = 15.0  # a loaded box may be late by seconds; a stuck loop is late for ever


class Pulse:
    """The last sign of life of every loop, and until when it is good."""

    def __init__(self, clock: Clock) -> None:
        """Begin with no loops."""
        self._clock = clock
        self._good_until_s: dict[str, float] = {}

    def tick(self, loop: str, within_s: float) -> None:
        """Note a sign of life; the next one comes within `within_s` seconds. May be called from any thread."""
        self._good_until_s[loop] = self._clock.monotonic_s() + within_s + GRACE_S

    def forget(self, loop: str) -> None:
        """Stop expecting a loop that has ended on purpose."""
        self._good_until_s.pop(loop, None)

    def stuck(self) -> dict[str, float]:
        """Give the loops that are overdue, with the seconds by which they are."""
        now_s = self._clock.monotonic_s()
        return {loop: now_s - good for loop, good in list(self._good_until_s.items()) if good < now_s}

    def loops(self) -> list[str]:
        """Name all loops."""
        return sorted(self._good_until_s)
