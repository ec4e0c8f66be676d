"""How a stream flows: whether pictures have stopped, and why those that come are too few.

One word at a time, and it stays: a stream that stutters is slowed and never lost, one whose pictures stop for longer
than that is lost and not slowed.
"""

from collections import deque

from edge.vision.eye import StreamState
from edge.vision.reasons import Reason, because, listed

MOST_GAP_S = 22.0  # what is longer was told as lost
STEADY_S = 5.0  # of pictures without a silence: it is back
AGAIN_S = 300.0  # stopped again within this: steady for a moment is not enough, its line comes and goes
COME_S = 45.0  # of pictures without such a stop, however they stutter
SLOW_SHARE = 0.6  # of the pictures a second that are wanted
RECURRING = (3, 90.0)  # gaps within seconds: it stutters; a camera that is restarted has one
STILL = (1, 60.0)  # and as long as there are so many it still does
BROKEN_SHARE, STILL_BROKEN_SHARE = 0.1, 0.05  # of what comes
LEAST_PACKETS = 20  # of fewer nothing can be said
_NOTE_EVERY_S, _NOTES = 1.0, 20


class Loss:
    """Whether pictures have stopped; told when none has come for a while, whatever came before.

    It ends after a moment of steady pictures, but where they had stopped a short time before, only when they have come
    for longer than such a stop takes.

    Attributes:
        holds: they have.
    """

    def __init__(self, due_s: float, after_s: float) -> None:
        """Begin with nothing lost.

        Args:
            due_s: to the next picture; later it is overdue.
            after_s: overdue for so long they have stopped.
        """
        self._due_s, self._after_s = due_s, after_s
        self.holds = False
        self._began_s: float | None = None  # to look
        self._ended_s = float("-inf")
        self._is_again = False
        self._steady_since_s: float | None = None
        self._come_since_s: float | None = None

    def is_silent(self, seen_s: float, now_s: float) -> bool:
        """Tell whether a picture is overdue."""
        return now_s - seen_s > self._due_s

    def look(self, seen_s: float, now_s: float) -> bool:
        """Take one look; tell whether it has begun or ended by it, see `holds`.

        Args:
            seen_s: when the last picture came; minus infinity before the first.
            now_s: by the same clock, which nobody sets.
        """
        self._began_s = now_s if self._began_s is None else self._began_s
        is_gone = now_s - max(seen_s + self._due_s, self._began_s) >= self._after_s
        if not self.holds:
            return is_gone and self._begin(now_s)
        if is_gone:
            self._steady_since_s = self._come_since_s = None
        elif self.is_silent(seen_s, now_s):
            self._steady_since_s = None
        else:
            self._steady_since_s = now_s if self._steady_since_s is None else self._steady_since_s
            self._come_since_s = now_s if self._come_since_s is None else self._come_since_s
        return self._is_back(now_s) and self._end(now_s)

    def _is_back(self, now_s: float) -> bool:
        steady_s, come_s = (
            0.0 if since_s is None else now_s - since_s for since_s in (self._steady_since_s, self._come_since_s)
        )
        return come_s >= COME_S or (steady_s >= STEADY_S and not self._is_again)

    def _begin(self, now_s: float) -> bool:
        self._is_again = now_s - self._ended_s < AGAIN_S
        self._steady_since_s = self._come_since_s = None
        self.holds = True
        return True

    def _end(self, now_s: float) -> bool:
        self._ended_s = now_s
        self.holds = False
        return True


class Flow:
    """Why the pictures of a stream that comes are too few.

    Attributes:
        longest_gap_s: of those that it was judged by last; 0 without.
    """

    def __init__(self, state: StreamState, wanted_hz: float) -> None:
        """Begin knowing nothing.

        Args:
            state: of the stream, as the eye keeps it.
            wanted_hz: pictures a second.
        """
        self._state, self._wanted_hz = state, wanted_hz
        self._notes: deque[tuple[float, int, int]] = deque(maxlen=_NOTES)
        self.longest_gap_s = 0.0

    def why(self, now_s: float, *, is_silent: bool, is_slowed: bool) -> Reason | None:
        """Say why they are too few, all that is so; None where they are enough.

        Args:
            now_s: by the eye's clock.
            is_silent: none has come for a moment: only what was before is known.
            is_slowed: it was so until now; then less is enough.
        """
        broken = self._broken(now_s, STILL_BROKEN_SHARE if is_slowed else BROKEN_SHARE)
        told = [self._stutter(now_s, *(STILL if is_slowed else RECURRING))]
        if not is_silent:
            told += [broken, self._rate()]
        so = [one for one in told if one is not None]
        return listed(so) if so else None

    def gaps_s(self, now_s: float, within_s: float = STILL[1]) -> list[float]:
        """Give the lengths of the gaps that ended lately."""
        return [length_s for ended_s, length_s in self._state.gaps if now_s - ended_s < within_s]

    def _stutter(self, now_s: float, least: int, within_s: float) -> Reason | None:
        short_s = [one for one in self.gaps_s(now_s, within_s) if one < MOST_GAP_S]
        self.longest_gap_s = max(short_s, default=0.0)
        if len(short_s) < least:
            return None
        return because("stutter", count=len(short_s), seconds=within_s, longest=self.longest_gap_s)

    def _broken(self, now_s: float, most_share: float) -> Reason | None:
        """Take the counts so far; say it where too large a share of the last seconds was damaged."""
        state = self._state
        if not self._notes or now_s - self._notes[-1][0] >= _NOTE_EVERY_S:
            self._notes.append((now_s, state.broken, state.decoded))
        _, broken, decoded = self._notes[0]
        broken, decoded = state.broken - broken, state.decoded - decoded
        if broken + decoded < LEAST_PACKETS or broken <= most_share * (broken + decoded):
            return None
        return because("broken", share=100 * broken / (broken + decoded))

    def _rate(self) -> Reason | None:
        """Say it where fewer come than are wanted; of a stream that has just begun it is not known how many come."""
        rate_hz = self._state.rate_hz
        is_slow = 0 < rate_hz < SLOW_SHARE * self._wanted_hz
        return because("rate", rate=rate_hz, wanted=self._wanted_hz) if is_slow else None
