"""Which level answers a question about history: the finest one that is whole over the span and fits the points.

Whether samples fit is not guessed from the span: a gauge that reports each quarter of an hour has few enough for a
month. So a level is asked for one row more than may be returned, which an index answers quickly, and the next
coarser one is asked if that row is there.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cloud.api.models import Resolution

MINUTE_S, HOUR_S, DAY_S = 60.0, 3_600.0, 86_400.0
WIDTHS_S: dict[Resolution, float | None] = {"raw": None, "1m": MINUTE_S, "1h": HOUR_S, "1d": DAY_S}


@dataclass(frozen=True, slots=True)
class Horizons:
    """From when on each level is whole; before, its retention may have dropped some of it."""

    raw_from: datetime
    minutes_from: datetime
    hours_from: datetime


def list_levels(start: datetime, horizons: Horizons) -> list[Resolution]:
    """List the levels that are whole from an instant on, finest first."""
    since: dict[Resolution, datetime] = {
        "raw": horizons.raw_from,
        "1m": horizons.minutes_from,
        "1h": horizons.hours_from,
    }
    return [*(level for level, whole_from in since.items() if start >= whole_from), "1d"]


def choose_days(start: datetime, stop: datetime, points: int) -> int:
    """Choose how many days make a point, so that no more than `points` (at least 2) touch the span."""
    days = -(-(stop - start) // timedelta(days=1))
    # A span that begins within a bucket touches one bucket more than it is long.
    return max(1, -(-days // (points - 1)))
