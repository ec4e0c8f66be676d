"""Rain over one area: afternoon showers of the wet season, and days that really were.

Source: the wet season of Pasuruan is November to April, with convective showers in the afternoon; the chances
below are round figures chosen for a demonstration, not a climatology. Times of a day are West Indonesia Time.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from simulators.world.noise import draw, jitter

WIB_S = 7 * 3_600.0  # UTC+7, no summer time
_DAY_S = 86_400.0
# Light enough that no river reaches a stage by itself on any day of the year: what makes a flood is ordered, or a day
# that really was. With peaks of up to 44 mm/h a gauge of these steep, small catchments did so on 111 days (2026-11-22).
_LEAST_PEAK_MM_H, _MORE_PEAK_MM_H = 2.0, 3.0
_WET_CHANCE = (0.75, 0.75, 0.65, 0.5, 0.25, 0.12, 0.06, 0.05, 0.08, 0.2, 0.5, 0.7)  # by month; of rain on a day
_MONTH_S = 365.2425 / 12 * _DAY_S


@dataclass(frozen=True, slots=True)
class Shower:
    """One spell of rain.

    Attributes:
        start_s: seconds since 1970.
        duration_s: from first to last drop.
        peak_mm_h: in the middle.
    """

    start_s: float
    duration_s: float
    peak_mm_h: float

    def rate_mm_h(self, at_s: float) -> float:
        """Give the intensity: a squared sine, so that it begins and ends gently."""
        share = (at_s - self.start_s) / self.duration_s
        return self.peak_mm_h * math.sin(math.pi * share) ** 2 if 0.0 < share < 1.0 else 0.0


def rain_rate_mm_h(seed: int, area: str, at_s: float, ordered: Sequence[Shower] = ()) -> float:
    """Compute the intensity over an area: its own showers plus those that were ordered.

    Args:
        seed: of the regency.
        area: name of the rain area.
        at_s: seconds since 1970.
        ordered: replayed days and ordered bursts.
    """
    rate = sum(shower.rate_mm_h(at_s) for shower in (*_around(seed, area, at_s), *ordered))
    return max(0.0, rate * (1.0 + 0.15 * jitter(seed, f"rain:{area}", at_s)))


@lru_cache(maxsize=256)  # asked for at each step of the models, drawn once a day
def showers_of_day(seed: int, area: str, day: int) -> tuple[Shower, ...]:
    """Draw the showers of one local day (days since 1970 in WIB): none to two, all after 13:00."""
    return tuple(_draw_showers(seed, area, day))


def _draw_showers(seed: int, area: str, day: int) -> Iterator[Shower]:
    chance = _WET_CHANCE[int((day * _DAY_S % (12 * _MONTH_S)) / _MONTH_S)]
    for number in range(2):
        if draw(seed, area, day, number, "falls") < chance * (1.0 if number == 0 else 0.4):
            hour = 13.0 + 5.0 * draw(seed, area, day, number, "hour")
            yield Shower(
                start_s=day * _DAY_S - WIB_S + hour * 3_600.0,
                duration_s=1_800.0 + 7_200.0 * draw(seed, area, day, number, "duration"),
                peak_mm_h=_LEAST_PEAK_MM_H + _MORE_PEAK_MM_H * draw(seed, area, day, number, "peak") ** 2,
            )


def _around(seed: int, area: str, at_s: float) -> Iterator[Shower]:
    """Give the showers that can be falling: today's and, past midnight, yesterday's."""
    today = int((at_s + WIB_S) // _DAY_S)
    yield from showers_of_day(seed, area, today - 1)
    yield from showers_of_day(seed, area, today)
