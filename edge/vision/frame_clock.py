"""When a picture was taken, by the box's clock.

A stream's own times run evenly but begin anywhere and may belong to a clock that is wrong; the moments of arrival are
the box's own but jitter. The least delay of late is taken as the true one: arrival minus stream time, the smallest of
the last half minute, as in NTP's clock filter (RFC 5905, section 10).
"""

from collections import deque

WINDOW_S = 30.0
JUMP_S = 5.0  # more than any network holds back: the stream's times have begun anew


class FrameClock:
    """Turns a stream's times into the box's."""

    def __init__(self) -> None:
        """Begin knowing nothing of the stream's times."""
        self._least: deque[tuple[float, float]] = deque()  # (arrival, offset), offsets rising: a sliding minimum

    def taken_at_s(self, stream_s: float | None, arrived_s: float) -> float:
        """Give when a picture was taken, seconds since 1970; never after its arrival.

        Args:
            stream_s: its time in the stream; None when it has none.
            arrived_s: when it arrived, seconds since 1970.
        """
        if stream_s is None:
            return arrived_s
        offset_s = arrived_s - stream_s
        if self._least and (abs(offset_s - self._least[0][1]) > JUMP_S or arrived_s < self._least[-1][0]):
            self._least.clear()
        while self._least and self._least[-1][1] >= offset_s:
            self._least.pop()
        self._least.append((arrived_s, offset_s))
        while self._least[0][0] < arrived_s - WINDOW_S:
            self._least.popleft()
        return min(stream_s + self._least[0][1], arrived_s)
