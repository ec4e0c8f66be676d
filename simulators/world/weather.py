"""Weather at a mast: air, wind and pressure that go with the sun, the height and the rain.

Source: lapse rate and pressure of the International Standard Atmosphere (ISO 2533); Magnus formula for humidity
(WMO-No. 8, annex 4.B); the twice-daily pressure wave of the tropics, about 1.5 hPa, highest near 10 and 22 local time.
"""

import math
from dataclasses import dataclass

from simulators.world.noise import drift, jitter
from simulators.world.rain import WIB_S

_SEA_LEVEL_CEL = 28.0
_LAPSE_CEL_PER_M = 0.0065
_SEA_LEVEL_HPA = 1_010.0
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Weather:
    """What a mast measures, in the units of the names."""

    air_temperature_cel: float
    relative_humidity_pct: float
    air_pressure_hpa: float
    wind_speed_m_s: float
    wind_direction_deg: float


def cloud_share(seed: int, area: str, at_s: float, rain_mm_h: float) -> float:
    """Give the share of the sky under cloud, 0 to 1: wandering, and full in a heavy shower."""
    fair = 0.35 + 0.25 * drift(seed, f"cloud:{area}", at_s, 5_400.0)
    return min(1.0, fair + rain_mm_h / 15.0)


def weather(seed: int, site: str, at_s: float, height_m: float, rain_mm_h: float) -> Weather:
    """Compute the weather of an instant.

    Args:
        seed: of the regency.
        site: code of the site; tells its noise from others'.
        at_s: seconds since 1970.
        height_m: above the sea.
        rain_mm_h: falling now.
    """
    air_cel = air_temperature_cel(seed, site, at_s, height_m, rain_mm_h)
    dew_cel = _SEA_LEVEL_CEL - _LAPSE_CEL_PER_M * height_m - 3.5 + 1.2 * drift(seed, f"dew:{site}", at_s, 21_600.0)
    dew_cel = min(dew_cel + min(3.0, 0.2 * rain_mm_h), air_cel)
    speed_m_s, direction_deg = _wind(seed, site, at_s, rain_mm_h)
    return Weather(
        air_temperature_cel=air_cel,
        relative_humidity_pct=min(100.0, 100.0 * _vapour_hpa(dew_cel) / _vapour_hpa(air_cel)),
        air_pressure_hpa=_pressure_hpa(seed, site, at_s, height_m),
        wind_speed_m_s=speed_m_s,
        wind_direction_deg=direction_deg,
    )


def air_temperature_cel(seed: int, site: str, at_s: float, height_m: float, rain_mm_h: float) -> float:
    """Compute air temperature: highest about 14 o'clock, lowest before dawn, cooler in rain."""
    hour = local_hour(at_s)
    daily = 4.2 * math.cos((hour - 14.0) / 24.0 * 2 * math.pi)
    wander = 0.8 * drift(seed, f"air:{site}", at_s, 10_800.0) + 0.05 * jitter(seed, f"air:{site}", at_s)
    return _SEA_LEVEL_CEL - _LAPSE_CEL_PER_M * height_m + daily + wander - min(5.0, 0.25 * rain_mm_h)


def local_hour(at_s: float) -> float:
    """Give the hour of the day in West Indonesia Time, 0 to 24."""
    return (at_s + WIB_S) % _DAY_S / 3_600.0


def _vapour_hpa(temperature_cel: float) -> float:
    return 6.112 * math.exp(17.62 * temperature_cel / (243.12 + temperature_cel))


def _pressure_hpa(seed: int, site: str, at_s: float, height_m: float) -> float:
    tide = 1.5 * math.cos((local_hour(at_s) - 10.0) / 12.0 * 2 * math.pi)
    level = _SEA_LEVEL_HPA + tide + 1.5 * drift(seed, f"pressure:{site}", at_s, 86_400.0)
    return level * math.pow(1.0 - 2.25577e-5 * height_m, 5.25588)


def _wind(seed: int, site: str, at_s: float, rain_mm_h: float) -> tuple[float, float]:
    """Give speed and direction: a sea breeze from the north-east by day, air off the mountains by night."""
    day = max(0.0, math.cos((local_hour(at_s) - 14.0) / 12.0 * math.pi))
    gust = jitter(seed, f"gust:{site}", at_s)
    speed = 1.2 + 3.5 * day + 0.8 * drift(seed, f"wind:{site}", at_s, 900.0) + 0.5 * gust + 0.12 * min(50.0, rain_mm_h)
    turned = min(1.0, 3.0 * day)  # the breeze sets in within an hour or two
    direction = 190.0 - 150.0 * turned + 35.0 * drift(seed, f"direction:{site}", at_s, 1_800.0) + 8.0 * gust
    return max(0.0, speed), direction % 360.0
