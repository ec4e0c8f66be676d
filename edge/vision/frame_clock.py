"""When a picture was taken, by the box's clock.

A stream's own times run evenly but begin anywhere and may belong to a clock that is wrong; the moments of arrival are
the box's own but jitter. The least delay of late is taken as the true one: arrival minus stream time, the smallest of
the last half minute, as in NTP's clock filter (RFC 5905, section 10).

A stream's times may also run slow: a camera that takes fewer pictures by night than it counts. Its delay seems to grow
and grow, by as much in each stretch of some seconds; so much is taken off. But where the reader hardly waits for
pictures, they wait for it, and the delay is true.
"""

from collections import deque

WINDOW_S = 30.0
JUMP_S = 5.0  # more than any network holds back: the stream's times have begun anew
STRETCH_S = 5.0
WAITED_SHARE = 0.3  # of a stretch; a reader that waits less may be the one that is late
MOST_DRIFT = 0.9  # times that run at a tenth of their pace
FRESH_DRIFT = 0.02  # a change of it by so much makes the delays of before worthless


class FrameClock:
    """Turns a stream's times into the box's."""

    def __init__(self) -> None:
        """Begin knowing nothing of the stream's times."""
        self._least: deque[tuple[float, float]] = deque()  # (arrival, offset), offsets rising: a sliding minimum
        self._arrived_s: float | None = None
        self._drift = _Drift()
        self._drifted_s = 0.0  # part of each offset

    def taken_at_s(self, stream_s: float | None, arrived_s: float, waited_s: float = STRETCH_S) -> float:
        """Give when a picture was taken, by the clock of its arrival; never after it.

        Args:
            stream_s: its time in the stream; None when it has none.
            arrived_s: when it arrived.
            waited_s: how long the reader waited for it.
        """
        if stream_s is None:
            return arrived_s
        step_s = arrived_s - (arrived_s if self._arrived_s is None else self._arrived_s)
        self._arrived_s = arrived_s
        self._drifted_s += self._drift.share * min(max(step_s, 0.0), JUMP_S)
        if self._drift.note(arrived_s - stream_s, arrived_s, waited_s):
            self._least.clear()
        offset_s = arrived_s - stream_s - self._drifted_s
        if self._least and (abs(offset_s - self._least[0][1]) > JUMP_S or step_s < 0):
            self._least.clear()
        while self._least and self._least[-1][1] >= offset_s:
            self._least.pop()
        if not self._least or not self._drift.is_pressed:
            self._least.append((arrived_s, offset_s))
        while self._least[0][0] < arrived_s - WINDOW_S and not self._drift.is_pressed:
            self._least.popleft()
        return min(stream_s + self._least[0][1] + self._drifted_s, arrived_s)


class _Drift:
    """By how much a stream's times fall behind, as a share of the time that passes.

    Attributes:
        share: 0 for times that run well or fast.
        is_pressed: the reader hardly waits for pictures; what it knew of their delay is all that it knows.
    """

    def __init__(self) -> None:
        self.share = 0.0
        self.is_pressed = False
        self._least: deque[tuple[float, float]] = deque(maxlen=3)  # of each stretch, (arrival, offset)
        self._began_s: float | None = None
        self._waited_s = 0.0
        self._now = (0.0, float("inf"))

    def note(self, offset_s: float, arrived_s: float, waited_s: float) -> bool:
        """Take the offset of a picture; tell whether the share is another by it."""
        before = self.share
        if self._began_s is None or not 0 <= arrived_s - self._began_s < 2 * STRETCH_S:
            self._least.clear()
            self._begin(arrived_s)
        elif arrived_s - self._began_s >= STRETCH_S:
            self._judge()
            self._begin(arrived_s)
        self._waited_s += min(waited_s, STRETCH_S)
        self._now = min(self._now, (arrived_s, offset_s), key=lambda one: one[1])
        return abs(self.share - before) > FRESH_DRIFT

    def _begin(self, arrived_s: float) -> None:
        self._began_s, self._waited_s, self._now = arrived_s, 0.0, (arrived_s, float("inf"))

    def _judge(self) -> None:
        """Take the lesser of the last two steps: a single one may be a network's."""
        self.is_pressed = self._waited_s < WAITED_SHARE * STRETCH_S
        if self.is_pressed:
            self._least.clear()
            return
        self._least.append(self._now)
        if len(self._least) == self._least.maxlen:
            (a_s, a), (b_s, b), (c_s, c) = self._least
            lesser = min((b - a) / max(b_s - a_s, 1.0), (c - b) / max(c_s - b_s, 1.0))
            self.share = min(max(lesser, 0.0), MOST_DRIFT)
