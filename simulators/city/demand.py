"""Who drives when: kinds of vehicles, the day's curve, arrivals.

Arrivals depend on the seed alone, never on the signals, so that two runs of one seed differ only by what was done to
them.
Shares of kinds are made up after the region's usual picture: seven of ten on a motorcycle.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

DAY_S = 86_400.0
# Share of the peak by hour of the day in WIB.
DAY_CURVE = (
    *(0.12, 0.08, 0.07, 0.10, 0.22, 0.50, 0.92, 1.00, 0.88, 0.72, 0.68, 0.70),
    *(0.72, 0.70, 0.72, 0.86, 1.00, 0.98, 0.80, 0.62, 0.50, 0.40, 0.28, 0.18),
)
# Attributes of SUMO's vehicle types: share, class, length m, width m, greatest speed m/s, acceleration m/s².
KINDS: dict[str, tuple[float, str, float, float, float, float]] = {
    "motorcycle": (0.70, "motorcycle", 2.1, 0.8, 15.0, 3.5),
    "car": (0.21, "passenger", 4.5, 1.8, 16.0, 2.6),
    "angkot": (0.03, "passenger", 4.2, 1.7, 13.0, 2.0),
    "truck": (0.05, "truck", 8.5, 2.4, 12.0, 1.2),
    "bus": (0.01, "bus", 11.0, 2.5, 13.0, 1.2),
}
_HEADROOM = 4.0  # arrivals are drawn for so many times the peak, then thinned


@dataclass(frozen=True, slots=True)
class Arrival:
    """A vehicle that wants to enter: its kind, and a number in [0, 1) that chooses its way."""

    kind: str
    choice: float


class Stream:
    """The arrivals at one place.

    Args:
        seed: of the run.
        name: of the place.
        peak_per_h: arrivals at the peak of the day.
        start_s: when the run begins.
    """

    def __init__(self, seed: int, name: str, peak_per_h: float, start_s: float) -> None:
        self._random = random.Random(f"{seed}/{name}")  # noqa: S311 - traffic, not secrets
        self._rate_s = peak_per_h * _HEADROOM / 3_600.0
        self._next_s = start_s
        self._draw()

    def until(self, now_s: float, share: float) -> Iterator[Arrival]:
        """Give the arrivals up to an instant.

        Args:
            now_s: on the same clock as the start.
            share: of the peak, at most 4.
        """
        while self._rate_s and self._next_s <= now_s:
            wanted, kind, choice = self._random.random(), self._random.random(), self._random.random()
            self._draw()
            if wanted * _HEADROOM < share:
                yield Arrival(_kind(kind), choice)

    def _draw(self) -> None:
        if self._rate_s:
            self._next_s += self._random.expovariate(self._rate_s)


def share_of_day(second_of_day: float) -> float:
    """Give the share of the peak at a time of day in WIB, the hours' values joined by lines from their middles."""
    hour = second_of_day % DAY_S / 3_600.0 - 0.5
    before = int(hour // 1)
    part = hour - before
    return DAY_CURVE[before % 24] * (1 - part) + DAY_CURVE[(before + 1) % 24] * part


def _kind(choice: float) -> str:
    for name, (share, *_) in KINDS.items():
        choice -= share
        if choice < 0:
            return name
    return "car"
