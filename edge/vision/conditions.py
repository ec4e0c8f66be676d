"""Hysteresis: what must hold for a while before it has begun, and be gone for a while before it has ended."""

PAUSE_S = 5.0  # longer without a look, and nobody knows what was meanwhile: pictures come each two seconds at least


class Condition:
    """Something that may be so; looked at again and again with whether it seems so now.

    A lapse no longer than a third of the time that is wanted does not begin the waiting anew: a detector misses one
    picture in ten. A pause between two looks does.
    """

    def __init__(self, begin_s: float, end_s: float, *, holds: bool = False, pause_s: float = PAUSE_S) -> None:
        """Begin.

        Args:
            begin_s: it must seem so for this long.
            end_s: it must not seem so for this long.
            holds: whether it has begun already, before a restart.
            pause_s: a longer one begins the waiting anew; infinite where a look tells what was meanwhile, too.
        """
        self._begin_s = begin_s
        self._end_s = end_s
        self._pause_s = pause_s
        self.holds = holds
        self._looked_s = float("-inf")
        self._other_since_s: float | None = None
        self._lapse_since_s: float | None = None

    @property
    def may_hold(self) -> bool:
        """Tell whether it holds, or may soon: it has begun to seem so."""
        return self.holds or self._other_since_s is not None

    def look(self, seems: bool, at_s: float) -> bool:  # noqa: FBT001 - what is looked at
        """Take one look; tell whether it has begun or ended by it, see `holds`.

        Args:
            seems: whether it seems so now.
            at_s: by a clock that nobody sets.
        """
        if abs(at_s - self._looked_s) > self._pause_s:
            self._other_since_s = self._lapse_since_s = None
        self._looked_s = at_s
        wanted_s = self._end_s if self.holds else self._begin_s
        if seems == self.holds:
            self._lapse(at_s, wanted_s)
            return False
        self._lapse_since_s = None
        if self._other_since_s is None or at_s < self._other_since_s:
            self._other_since_s = at_s
        if at_s - self._other_since_s < wanted_s:
            return False
        self.holds = seems
        self._other_since_s = None
        return True

    def _lapse(self, at_s: float, wanted_s: float) -> None:
        if self._other_since_s is None:
            return
        if self._lapse_since_s is None or at_s < self._lapse_since_s:
            self._lapse_since_s = at_s
        if at_s - self._lapse_since_s >= wanted_s / 3:
            self._other_since_s = self._lapse_since_s = None
