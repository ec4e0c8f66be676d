"""What a simulated BMKG sees: heavy rain of the running world becomes a warning, an order becomes an earthquake."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from simulators.bmkg.publish import WIB, Quake, Weather
from simulators.errors import Refused
from simulators.regency.model import Regency, Site

HEAVY_MM_H = 10.0  # BMKG speaks of heavy rain from 10 mm in an hour on
LASTS = timedelta(hours=3)
AGAIN = timedelta(minutes=90)  # while it goes on raining, a new warning takes the place of the one that ends
_MARGIN_DEGREES = 0.06
_MALANG_KM = 60
_LEAST, _MOST = 1.0, 9.5


class Sky:
    """Makes warnings from rain, one for each rain area.

    Args:
        regency: where it rains.
    """

    def __init__(self, regency: Regency) -> None:
        self._regency = regency
        self._current: dict[str, Weather] = {}
        self._numbers = 0

    def look(self, rain_mm_h: Mapping[str, float], now: datetime) -> list[Weather]:
        """Give the warnings in force.

        Args:
            rain_mm_h: by site.
            now: aware.
        """
        wet = {site.rain_area for site in self._regency.sites if rain_mm_h.get(site.code, 0.0) >= HEAVY_MM_H}
        for area in wet:
            known = self._current.get(area)
            if known is None or now - known.sent_at > AGAIN:
                self._current[area] = self._warn(area, now)
        self._current = {area: one for area, one in self._current.items() if one.ends_at > now}
        return list(self._current.values())

    def _warn(self, area: str, now: datetime) -> Weather:
        sites = [site for site in self._regency.sites if site.rain_area == area]
        self._numbers += 1
        code = f"CJT{now.astimezone(WIB):%Y%m%d}{self._numbers % 1_000:03d}"
        places = tuple(sorted({site.district for site in sites}))
        return Weather(code, "Jawa Timur", "East Java", places, _around(sites), now, now + LASTS)


def order_quake(order: Mapping[str, Any], now: datetime) -> Quake:
    """Read an order for an earthquake off the south coast.

    Raises:
        Refused: there can be none of that strength.
    """
    try:
        magnitude = float(order.get("magnitude", 5.0))
    except (TypeError, ValueError) as error:
        raise Refused(str(error)) from error
    if not _LEAST <= magnitude <= _MOST:
        raise Refused(f"a magnitude is from {_LEAST:g} to {_MOST:g}")
    felt = "III Malang, II-III Pasuruan" if magnitude >= 4.5 else ""  # noqa: PLR2004 - what people feel 60 km away
    place = f"{_MALANG_KM} km barat daya Kab. Malang (simulasi)"
    return Quake(now, -8.55, 112.55, magnitude, 30, place, felt)


def _around(sites: Sequence[Site]) -> tuple[tuple[float, float], ...]:
    south, north = (pick(site.latitude for site in sites) for pick in (min, max))
    west, east = (pick(site.longitude for site in sites) for pick in (min, max))
    south, north, west, east = (
        round(edge, 2)
        for edge in (
            south - _MARGIN_DEGREES,
            north + _MARGIN_DEGREES,
            west - _MARGIN_DEGREES,
            east + _MARGIN_DEGREES,
        )
    )
    return ((south, west), (south, east), (north, east), (north, west), (south, west))
