"""Local zero as polls see it: the second of the cycle, and how long the last whole cycle was; pure.

Source: NTCIP 1202 v02.19 section 2.5.12: coordCycleStatus counts down to zero, where the next cycle begins; it may
begin above the pattern's cycle when the offset is made good. So a new cycle is where it rises.
"""

RISE_S = 2  # less is a controller that rounds, not a new cycle


class CycleWatch:
    """One controller's cycle.

    Attributes:
        length_s: of the last cycle that was seen whole; None before.
    """

    def __init__(self) -> None:
        """Begin knowing nothing: the first cycle is known from the first local zero that is seen."""
        self._left_s: int | None = None
        self._zero_s: float | None = None
        self.length_s: float | None = None

    def see(self, at_s: float, left_s: int, *, is_coordinated: bool) -> float | None:
        """Take a poll; give the second of the cycle, None where none is known.

        Args:
            at_s: monotonic.
            left_s: coordCycleStatus.
            is_coordinated: a pattern runs; there is no cycle in free operation or flash.
        """
        before_s, self._left_s = self._left_s, left_s if is_coordinated else None
        if not is_coordinated:
            self._zero_s = None
        elif before_s is not None and left_s >= before_s + RISE_S:
            if self._zero_s is not None:
                self.length_s = at_s - self._zero_s
            self._zero_s = at_s
        return None if self._zero_s is None else at_s - self._zero_s
