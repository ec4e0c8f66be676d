"""How many of the pictures that a camera sends and that should be looked at nobody looks at."""

from collections import deque

from edge.vision.reasons import because

NOTE_EVERY_S = 1.0
NOTES = 20
LEAST = 5  # pictures, of fewer nothing can be said
MOST_SHARE = 0.5
LATE, MISSED = because("late"), because("missed")


class Neglect:
    """A tally of the last seconds."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._notes: deque[tuple[float, int, int, int, int]] = deque(maxlen=NOTES)

    def look(self, now_s: float, late: int, looked: int, missed: int, shown: int) -> str:
        """Take the counts so far; say why hardly any picture is looked at, nothing where most are.

        Args:
            now_s: monotonic.
            late: not looked at, because they were old.
            looked: looked at.
            missed: of these, not shown to the detector though something moved.
            shown: of these, shown to it.
        """
        if not self._notes or now_s - self._notes[-1][0] >= NOTE_EVERY_S:
            self._notes.append((now_s, late, looked, missed, shown))
        _, *first = self._notes[0]
        new_late, new_looked, new_missed, new_shown = (
            now - then for now, then in zip((late, looked, missed, shown), first, strict=True)
        )
        if _is_most(new_late, new_looked):
            return LATE
        return MISSED if _is_most(new_missed, new_shown) else ""


def _is_most(without: int, with_it: int) -> bool:
    return without + with_it >= LEAST and without > MOST_SHARE * (without + with_it)
