"""The picture of everything that stands still, painted once for a camera and lit again when the light changes.

The ground is painted at twice the picture's size and reduced, which smooths edges better than any line drawing does.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.cameras.brush import Brush, Picture, Sprite, fixed
from simulators.cameras.ground import paint_ground
from simulators.cameras.light import Light, light_of, paint_sky
from simulators.cameras.obstacles import obstacle_item
from simulators.cameras.projection import FAR_M, NEAR_M, Camera
from simulators.cameras.roadside import Item, items
from simulators.cameras.scene import Obstacle, Place, Sky
from simulators.cameras.texture import clouds, sample

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
_FINER = 2
_FINER_UP_TO_PX = 800  # a larger picture has fine edges anyway, and four times its pixels take seconds
_HAZE_M = 900.0
_MUD = np.array([92, 122, 142], np.float32)


@dataclass(slots=True)
class Backdrop:
    """What stands still before a camera, not yet lit.

    Attributes:
        camera: of the picture's size.
        colour: by an even noon, uint8 (h, w, 3) BGR.
        x: where the ground under each pixel lies, metres; for what stands up, its foot.
        y: the same to the north.
        distance_m: to it; `FAR_M` is the sky.
        height_m: of the ground over the crown of the road; large for what stands up.
        road: the carriageway, bool.
        sprites: what stands up, the farthest first.
        casters: what throws shadows.
    """

    place: Place
    camera: Camera
    colour: Picture
    x: Floats
    y: Floats
    distance_m: Floats
    height_m: Floats
    road: Mask
    sprites: list[Sprite]
    casters: list[Floats]


def paint_backdrop(place: Place, camera: Camera, obstacles: tuple[Obstacle, ...] = ()) -> Backdrop:
    """Paint what stands still."""
    finer = _FINER if camera.width_px <= _FINER_UP_TO_PX else 1
    fine_camera = Camera(
        camera.position, camera.axes, camera.focal_px * finer, camera.width_px * finer, camera.height_px * finer
    )
    places, distance = fine_camera.ground()
    footprint_m = distance**2 / (camera.position[2] * fine_camera.focal_px)
    fine = np.clip(1.3 - footprint_m * 4, 0, 1).astype(np.float32)
    ground = paint_ground(place, places[..., 0], places[..., 1], fine)
    picture = np.clip(ground.colour, 0, 255).astype(np.uint8)
    size = (camera.width_px, camera.height_px)
    picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    step = slice(None, None, finer)
    backdrop = Backdrop(
        place,
        camera,
        picture,
        places[step, step, 0].copy(),
        places[step, step, 1].copy(),
        distance[step, step].copy(),
        ground.height_m[step, step].copy(),
        ground.road[step, step].copy(),
        [],
        [],
    )
    eye = (float(camera.position[0]), float(camera.position[1]))
    everything = items(place, eye) + [obstacle_item(one) for one in obstacles]
    _stand_up(backdrop, everything)
    return backdrop


def _stand_up(backdrop: Backdrop, found: list[Item]) -> None:
    camera = backdrop.camera
    brush = Brush(camera, backdrop.colour)
    feet = np.array([[*item.foot, 0.0] for item in found] or np.empty((0, 3)), np.float32)
    _, depths = camera.project(feet)
    for number in np.argsort(-depths):
        item = found[number]
        if depths[number] <= -_NEARBY_M:
            continue
        item.draw(brush)
        if len(item.caster):
            backdrop.casters.append(item.caster)
        sprite = brush.take(item.foot)
        if sprite is not None:
            backdrop.sprites.append(sprite)
            _note(backdrop, sprite)


_NEARBY_M = 15.0  # so far behind the lens something may yet throw a shadow or hang a wire into the picture


def _note(backdrop: Backdrop, sprite: Sprite) -> None:
    left, top, right, bottom = sprite.box
    window, on = (slice(top, bottom), slice(left, right)), sprite.mask > 0
    away = float(np.hypot(sprite.foot[0] - backdrop.camera.position[0], sprite.foot[1] - backdrop.camera.position[1]))
    for layer, value in (
        (backdrop.x, sprite.foot[0]),
        (backdrop.y, sprite.foot[1]),
        (backdrop.distance_m, away),
        (backdrop.height_m, 9.0),
        (backdrop.road, False),
    ):
        layer[window][on] = value


def light_backdrop(backdrop: Backdrop, sky: Sky, flood_m: float) -> Picture:
    """Light what stands still: shadows, wet road or water, haze and the sky; uint8 (h, w, 3) BGR.

    Street lamps are not in it: they are laid over everything at the end.
    """
    light = light_of(sky)
    above = paint_sky(backdrop.camera, sky, light, backdrop.place.seed)
    picture = backdrop.colour.astype(np.float32) * light.ambient
    shade = _static_shadows(backdrop, light)
    picture *= (1 - light.sun_share * 1.1 * shade)[..., None]
    if sky.wet > 0 or flood_m > 0:
        _wet(backdrop, picture, sky, flood_m, above)
    _haze(backdrop, picture, sky, above)
    picture[backdrop.distance_m >= FAR_M] = above[backdrop.distance_m >= FAR_M]
    return np.clip(picture, 0, 255).astype(np.uint8)


def _static_shadows(backdrop: Backdrop, light: Light) -> Floats:
    mask = np.zeros(backdrop.colour.shape[:2], np.uint8)
    if light.sun_share <= 0:
        return mask.astype(np.float32)
    reach = light.sun[:2] / light.sun[2]
    for caster in backdrop.casters:
        fallen = caster.copy()
        fallen[:, :2] -= reach * caster[:, 2:]
        fallen[:, 2] = 0
        pixels, depth = backdrop.camera.project(fallen)
        if len(caster) > 2 and (depth > NEAR_M).all():  # noqa: PLR2004 - a line has no inside
            cv2.fillConvexPoly(mask, cv2.convexHull(fixed(pixels)), 255, cv2.LINE_8, 4)
    mask[backdrop.height_m > 5] = 0  # noqa: PLR2004 - what stands up is lit from the side
    return cv2.GaussianBlur(mask, (0, 0), 1.2).astype(np.float32) / 255


def _wet(backdrop: Backdrop, picture: Floats, sky: Sky, flood_m: float, above: Picture) -> None:
    """Darken what is wet, and let water lie where the ground is lower than its surface."""
    glaze = (
        cv2.GaussianBlur(above, (0, 0), 9).mean(axis=(0, 1)) if (backdrop.distance_m >= FAR_M).any() else above.mean()
    )
    flat = np.clip(backdrop.camera.position[2] / np.maximum(backdrop.distance_m, 1), 0, 1)
    mirror = (0.06 + 0.75 * np.exp(-flat * 7)).astype(np.float32)
    level = backdrop.height_m < 5  # noqa: PLR2004 - walls stay dry
    picture[level] *= 1 - 0.34 * sky.wet
    water = water_cover(backdrop, sky, flood_m)
    muddy = _MUD * light_of(sky).ambient
    depth_m = flood_m - backdrop.height_m
    opaque = (np.clip(depth_m / 0.12, 0.15, 0.92) if flood_m > 0 else np.full_like(depth_m, 0.1))[..., None]
    pool = picture * (1 - opaque) + muddy * opaque
    pool = pool + (glaze - pool) * np.minimum(mirror * 1.5, 0.85)[..., None]
    shine = picture + (glaze - picture) * (mirror * 0.35 * sky.wet * level)[..., None]
    picture[:] = shine * (1 - water[..., None]) + pool * water[..., None]


def water_cover(backdrop: Backdrop, sky: Sky, flood_m: float) -> Floats:
    """Give how much each pixel is under water, 0 to 1; rain alone leaves puddles in the dips."""
    surface_m = flood_m if flood_m > 0 else -0.075 + 0.045 * sky.wet
    ripple = 0.008 * sample(clouds(3), backdrop.x, backdrop.y, 5.0)
    return np.clip((surface_m - backdrop.height_m + ripple) / 0.02, 0, 1).astype(np.float32)


def _haze(backdrop: Backdrop, picture: Floats, sky: Sky, above: Picture) -> None:
    thick = sky.haze + min(0.8, sky.rain_mm_h / 60)
    share = 1 - np.exp(-backdrop.distance_m / _HAZE_M * (0.4 + 5 * thick))
    veil = above.reshape(-1, 3)[: above.shape[1] * 4].mean(axis=0)
    picture += (veil - picture) * np.minimum(share, 0.9)[..., None]
