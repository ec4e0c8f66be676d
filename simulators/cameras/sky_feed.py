"""The sky over a camera: the sun from place and time, rain from the world."""

import math
from collections.abc import Callable

from simulators.cameras.scene import Sky
from simulators.world.sun import elevation_deg

_DRY_AFTER_S = 1_800.0


class SkyFeed:
    """Light and weather at a site.

    Args:
        world_s: gives the world's time of an instant, seconds since 1970; its clock may run quicker.
    """

    def __init__(self, latitude: float, longitude: float, world_s: Callable[[float], float]) -> None:
        self._latitude, self._longitude, self._world_s = latitude, longitude, world_s
        self.rain_mm_h = 0.0
        self._wet, self._last_s = 0.0, 0.0

    def __call__(self, at_s: float) -> Sky:
        """Give the sky at an instant."""
        now_s = self._world_s(at_s)
        if self.rain_mm_h > 0:
            self._wet = min(1.0, self._wet + self.rain_mm_h / 20)
        elif self._last_s:
            self._wet = max(0.0, self._wet - max(0.0, now_s - self._last_s) / _DRY_AFTER_S)
        self._last_s = now_s
        height = elevation_deg(now_s, self._latitude, self._longitude)
        cloud = min(1.0, 0.25 + self.rain_mm_h / 10)
        return Sky(height, self._bearing_deg(now_s, height), cloud, self.rain_mm_h, self._wet)

    def _bearing_deg(self, now_s: float, height: float) -> float:
        """Find where the sun stands from its heights here, a little later, and a little to the north.

        On a sphere the height grows towards the sun's bearing: one degree of latitude is one degree of arc.
        """
        north = elevation_deg(now_s, self._latitude + 0.5, self._longitude) - height
        east = elevation_deg(now_s, self._latitude, self._longitude + 0.5) - height
        return math.degrees(math.atan2(east / math.cos(math.radians(self._latitude)), north)) % 360
