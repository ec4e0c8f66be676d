"""What the sky gives: colours of sun and sky by the sun's height, and the picture of the sky itself.

Colours are BGR factors on an evenly lit surface at noon; a camera's exposure follows the light, so that a picture at
dusk is darker than by day but far from black.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.cameras.projection import Camera
from simulators.cameras.scene import Sky
from simulators.cameras.texture import SIDE, clouds

Floats = NDArray[np.float32]
# sun's elevation in degrees: brightness, and the warmth of what light there is as BGR
_BY_ELEVATION = (
    (-12.0, 0.20, (1.12, 1.0, 0.92)),
    (-6.0, 0.25, (1.18, 1.0, 0.90)),
    (-2.0, 0.45, (1.10, 0.98, 0.98)),
    (3.0, 0.78, (0.90, 0.98, 1.08)),
    (12.0, 0.93, (0.95, 0.99, 1.04)),
    (25.0, 1.0, (1.0, 1.0, 1.0)),
)
_SUN_SHARE = 0.45  # of the light on level ground by a clear noon
LAMPS_ON_DEG = 1.0  # the sun stands so low when street lamps go on


@dataclass(frozen=True, slots=True)
class Light:
    """The light of a moment.

    Attributes:
        ambient: BGR factor of everything.
        sun: towards it, unit vector.
        sun_share: of the light that comes straight from the sun; 0 throws no shadows.
        dark: 0 by day to 1 by night: how much lamps and headlights matter.
    """

    ambient: Floats
    sun: Floats
    sun_share: float
    dark: float


def light_of(sky: Sky) -> Light:
    """Give the light under a sky."""
    elevation = sky.sun_elevation_deg
    heights = [row[0] for row in _BY_ELEVATION]
    bright = float(np.interp(elevation, heights, [row[1] for row in _BY_ELEVATION]))
    tint = np.array([np.interp(elevation, heights, [row[2][part] for row in _BY_ELEVATION]) for part in range(3)])
    overcast = min(1.0, sky.cloud + sky.rain_mm_h / 20)
    bright *= 1 - 0.22 * overcast if elevation > 0 else 1.0
    tint = tint * (1 - 0.5 * overcast) + np.array([1.03, 1.0, 0.97]) * 0.5 * overcast
    low = math.radians(max(elevation, 4.0))
    bearing = math.radians(sky.sun_bearing_deg)
    sun = np.array([math.sin(bearing) * math.cos(low), math.cos(bearing) * math.cos(low), math.sin(low)], np.float32)
    clear = float(np.clip((0.75 - overcast) / 0.4, 0, 1)) * float(np.clip((elevation - 1) / 6, 0, 1))
    dark = float(np.clip((LAMPS_ON_DEG - elevation) / 8, 0, 1))
    return Light((bright * tint).astype(np.float32), sun, _SUN_SHARE * clear, dark)


def paint_sky(camera: Camera, sky: Sky, light: Light, seed: int) -> NDArray[np.uint8]:
    """Paint the sky over the whole picture, with clouds and the mountains on the horizon."""
    rays = camera.rays()
    up = rays[..., 2] / np.linalg.norm(rays, axis=2)
    bearing = np.arctan2(rays[..., 0], rays[..., 1])
    picture = _gradient(up, sky, light)
    _clouds(picture, rays, sky, light, seed)
    _mountains(picture, up, bearing, light, seed)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _gradient(up: Floats, sky: Sky, light: Light) -> Floats:
    overcast = min(1.0, sky.cloud + sky.rain_mm_h / 20)
    zenith = np.array([214, 168, 120]) * (1 - overcast) + np.array([186, 184, 180]) * overcast
    horizon = np.array([232, 224, 212]) * (1 - overcast) + np.array([214, 213, 210]) * overcast
    glow = max(0.0, 1 - abs(sky.sun_elevation_deg) / 7) * (1 - overcast)
    horizon = horizon * (1 - 0.6 * glow) + np.array([110, 170, 250]) * 0.6 * glow
    share = np.clip(up / 0.5, 0, 1)[..., None] ** 0.6
    night = 1 - 0.62 * light.dark
    return ((horizon * (1 - share) + zenith * share) * np.minimum(light.ambient * 1.1, 1.1) * night).astype(np.float32)


def _clouds(picture: Floats, rays: Floats, sky: Sky, light: Light, seed: int) -> None:
    height = np.maximum(rays[..., 2], 0.02)
    columns = (rays[..., 0] / height * 60).astype(np.int64) % SIDE
    rows = (rays[..., 1] / height * 60).astype(np.int64) % SIDE
    cover = np.clip((clouds(seed + 20)[rows, columns] + sky.cloud * 1.2 - 0.55) * 2, 0, 1)[..., None]
    white = np.array([238, 240, 242]) * np.minimum(light.ambient, 1.05) * (1 - 0.55 * light.dark)
    fade = np.clip(rays[..., 2:] * 6, 0, 1) * 0.7
    picture += (white - picture) * cover * fade


def _mountains(picture: Floats, up: Floats, bearing: Floats, light: Light, seed: int) -> None:
    row = clouds(seed + 21, 6)[7]
    angle = (bearing / (2 * math.pi) * SIDE).astype(np.int64) % SIDE
    centre = (seed * 0.7) % (2 * math.pi) - math.pi
    apart = np.abs((bearing - centre + math.pi) % (2 * math.pi) - math.pi)
    ridge = 0.012 + 0.05 * np.clip(row[angle], 0, 1) + 0.14 * np.exp(-((apart / 0.22) ** 1.3))
    on = up < ridge
    haze = picture * 0.62 + np.array([120, 104, 84]) * light.ambient * (1 - 0.5 * light.dark) * 0.38
    picture[on] = haze[on]


def blur_shadows(mask: NDArray[np.uint8], scale: int) -> NDArray[np.uint8]:
    """Soften the edges of shadows."""
    return cv2.GaussianBlur(mask, (0, 0), 0.7 * scale)
