"""Whether it is night at a place, so that a lamp that does not burn can be told from one that need not.

Source: NOAA Solar Calculator's equations in their short form (Spencer 1971): right within half a degree.
"""

import math

DAY_S = 86_400.0
NIGHT_DEG = -6.0  # civil twilight has ended: street lamps burn


def elevation_deg(latitude: float, longitude: float, at_s: float) -> float:
    """Give how high the sun stands above the horizon, in degrees.

    Args:
        latitude: degrees, north positive.
        longitude: degrees, east positive.
        at_s: seconds since 1970 in UTC.
    """
    day_of_year = (at_s / DAY_S) % 365.2425
    turn = 2 * math.pi * day_of_year / 365.2425
    declination = (
        0.006918 - 0.399912 * math.cos(turn) + 0.070257 * math.sin(turn)
        - 0.006758 * math.cos(2 * turn) + 0.000907 * math.sin(2 * turn)
    )  # fmt: skip
    equation_min = 229.18 * (
        0.000075 + 0.001868 * math.cos(turn) - 0.032077 * math.sin(turn)
        - 0.014615 * math.cos(2 * turn) - 0.040849 * math.sin(2 * turn)
    )  # fmt: skip
    solar_min = (at_s % DAY_S) / 60 + equation_min + 4 * longitude
    hour = math.radians(solar_min / 4 - 180)
    high = math.radians(latitude)
    sine = math.sin(high) * math.sin(declination) + math.cos(high) * math.cos(declination) * math.cos(hour)
    return math.degrees(math.asin(max(-1.0, min(1.0, sine))))
