"""Light from the sky: irradiance on a level plane, and illuminance by day and in twilight.

Source: clear-sky irradiance of B. Haurwitz (Journal of Meteorology 2, 1945); 115 lm/W for daylight; natural
illuminance in twilight from the RCA Electro-Optics Handbook (1974), section 6, as knots of a log-linear line.
"""

import math
from itertools import pairwise

_LUMENS_PER_WATT = 115.0
# (elevation of the sun in degrees, illuminance in lx): sunset, end of civil, nautical and astronomical twilight
_TWILIGHT = ((0.0, 600.0), (-6.0, 3.4), (-12.0, 0.008), (-18.0, 0.0006))


def irradiance_w_m2(elevation_deg: float, cloud: float) -> float:
    """Compute global irradiance.

    Args:
        elevation_deg: of the sun.
        cloud: share of the sky, 0 to 1; a full cover leaves a quarter (Kasten and Czeplak 1980).
    """
    upward = math.sin(math.radians(elevation_deg))
    if upward <= 0.0:
        return 0.0
    return 1_098.0 * upward * math.exp(-0.057 / upward) * (1.0 - 0.75 * math.pow(cloud, 3.4))


def illuminance_lx(elevation_deg: float, cloud: float) -> float:
    """Compute illuminance on a level plane: daylight plus what the sky gives in twilight."""
    return _LUMENS_PER_WATT * irradiance_w_m2(elevation_deg, cloud) + _twilight_lx(elevation_deg) * (1.0 - 0.5 * cloud)


def _twilight_lx(elevation_deg: float) -> float:
    if elevation_deg >= 0.0:
        return _TWILIGHT[0][1]
    for (high, bright), (low, dim) in pairwise(_TWILIGHT):
        if elevation_deg >= low:
            share = (high - elevation_deg) / (high - low)
            return bright * math.pow(dim / bright, share)
    return _TWILIGHT[-1][1]
