"""Where the sun stands.

Source: the low-precision formulas of the Astronomical Almanac as J. J. Michalsky gives them, "The Astronomical
Almanac's algorithm for approximate solar position (1950-2050)", Solar Energy 40 (1988) 227-235: 0.01 degrees.
Refraction is left out: it is below 0.6 degrees, and only at the horizon.
"""

import math

_J2000_S = 946_728_000.0  # 2000-01-01T12:00:00Z
_DAY_S = 86_400.0
HORIZON_DEG = -0.833  # upper limb and mean refraction: the convention of printed sunrise tables


def elevation_deg(at_s: float, latitude: float, longitude: float) -> float:
    """Compute the sun's true elevation.

    Args:
        at_s: seconds since 1970, UTC.
        latitude: degrees, north positive.
        longitude: degrees, east positive.

    Returns:
        Degrees above the horizon, without refraction.
    """
    days = (at_s - _J2000_S) / _DAY_S
    declination, right_ascension = _equatorial(days)
    hour_angle = math.radians(_sidereal_hours(days) * 15.0 + longitude) - right_ascension
    place = math.radians(latitude)
    height = math.sin(place) * math.sin(declination)
    height += math.cos(place) * math.cos(declination) * math.cos(hour_angle)
    return math.degrees(math.asin(max(-1.0, min(1.0, height))))


def crossings(day_start_s: float, latitude: float, longitude: float) -> tuple[float, float]:
    """Find sunrise and sunset in the 24 hours from local midnight, outside the polar circles.

    Returns:
        Seconds since 1970 at which the centre passes `HORIZON_DEG` upward, then downward.
    """
    noon_s = max(
        (day_start_s + minute * 60.0 for minute in range(0, 1440, 4)),
        key=lambda at_s: elevation_deg(at_s, latitude, longitude),
    )
    half_s = _DAY_S / 2
    return (
        _crossing(noon_s - half_s, noon_s, latitude, longitude),
        _crossing(noon_s + half_s, noon_s, latitude, longitude),
    )


def _crossing(dark_s: float, light_s: float, latitude: float, longitude: float) -> float:
    for _ in range(20):  # halves 12 h to 0.04 s
        middle_s = (dark_s + light_s) / 2
        if elevation_deg(middle_s, latitude, longitude) > HORIZON_DEG:
            light_s = middle_s
        else:
            dark_s = middle_s
    return light_s


def _equatorial(days: float) -> tuple[float, float]:
    """Give declination and right ascension in radians, `days` after J2000."""
    anomaly = math.radians((357.528 + 0.9856003 * days) % 360.0)
    mean_longitude = 280.460 + 0.9856474 * days
    ecliptic = math.radians((mean_longitude + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly)) % 360.0)
    obliquity = math.radians(23.439 - 0.0000004 * days)
    right_ascension = math.atan2(math.cos(obliquity) * math.sin(ecliptic), math.cos(ecliptic))
    return math.asin(math.sin(obliquity) * math.sin(ecliptic)), right_ascension


def _sidereal_hours(days: float) -> float:
    """Give Greenwich mean sidereal time in hours."""
    universal_hours = ((days + 0.5) % 1.0) * 24.0
    return (6.697375 + 0.0657098242 * days + universal_hours) % 24.0
