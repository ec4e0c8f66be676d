"""What a controller has displayed, second by second: since when, and for how long yet as far as that can be known.

Pure. A controller says `signal_state`, a letter for each phase (G green, Y yellow, R red, F flashing, - not in use).
NTCIP 1202 tells no remaining time, and an actuated phase has none; what can be said is how long the phase showed the
same the last time. It is called what it is: an expectation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word of a controller at an instant."""

    time: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Display:
    """What a phase displays.

    Attributes:
        letter: G, Y, R, F or -.
        since_s: for how long; at least so long, if the change was before what is known.
        expected_s: how long yet, if it lasts as long as the last time; None: not known.
        last_green_s: how long the last whole green was; None: not known.
    """

    letter: str
    since_s: float
    expected_s: float | None
    last_green_s: float | None


@dataclass(frozen=True, slots=True)
class _Stretch:
    letter: str
    began: datetime
    ended: datetime
    is_whole: bool

    @property
    def length_s(self) -> float:
        return (self.ended - self.began).total_seconds()


def read_displays(spoken: Sequence[Spoken], now: datetime) -> list[Display]:
    """Say for each phase, from 1 on, what it displays.

    Args:
        spoken: words in the order of time.
        now: by the clock that stamped them.
    """
    if not spoken:
        return []
    return [_read_phase(spoken, place, now) for place in range(len(spoken[-1].text))]


def _read_phase(spoken: Sequence[Spoken], place: int, now: datetime) -> Display:
    stretches = _divide(spoken, place, now)
    current = stretches[-1]
    same = [one.length_s for one in stretches[:-1] if one.is_whole and one.letter == current.letter]
    greens = [one.length_s for one in stretches[:-1] if one.is_whole and one.letter == "G"]
    steady = current.letter in "GYR"
    return Display(
        letter=current.letter,
        since_s=round(current.length_s, 1),
        expected_s=round(max(0.0, same[-1] - current.length_s), 1) if same and steady else None,
        last_green_s=round(greens[-1], 1) if greens else None,
    )


def _divide(spoken: Sequence[Spoken], place: int, now: datetime) -> list[_Stretch]:
    """Divide what was said of one phase into stretches of the same letter; the first may have begun earlier."""
    stretches: list[_Stretch] = []
    letter, began = "", spoken[0].time
    for word in spoken:
        said = word.text[place].upper() if place < len(word.text) else "-"
        if said != letter:
            if letter:
                stretches.append(_Stretch(letter, began, word.time, is_whole=bool(stretches)))
            letter, began = said, word.time
    stretches.append(_Stretch(letter, began, max(now, began), is_whole=False))
    return stretches
