"""From a moment to a picture and its truth.

What stands still is painted once and lit again only when the light has changed visibly; a frame is a copy of it with
shadows, things, lamps, weather and the lens on top.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.cameras.backdrop import Backdrop, light_backdrop, paint_backdrop
from simulators.cameras.brush import SHIFT, Picture, Sprite, fixed
from simulators.cameras.cast import Cast, assemble, footprint
from simulators.cameras.lens import add_noise, apply_lens, write_clock
from simulators.cameras.light import Light, light_of
from simulators.cameras.mesh import Form
from simulators.cameras.night import NightLight, shine, street_light
from simulators.cameras.projection import NEAR_M, Camera, camera
from simulators.cameras.scene import Moment, Place, Pose, Sky, Thing
from simulators.cameras.truth import Box, Truth
from simulators.cameras.weather import drops, rain

Floats = NDArray[np.float32]
_PART = 2  # who covers whom is judged on a picture half as large
_LEAST_VISIBLE = 0.1  # less of a body than this is nothing that could be found


@dataclass(slots=True)
class _Lit:
    """What stands still in one light, and what that depended on."""

    key: tuple[object, ...]
    picture: Picture
    night: NightLight | None


class Renderer:
    """One camera's pictures of one place.

    Args:
        name: written into the picture and the truth.
        place: what stands still.
        pose: where the camera hangs.
    """

    def __init__(self, name: str, place: Place, pose: Pose, width_px: int = 640, height_px: int = 360) -> None:
        self.name, self._place, self._pose = name, place, pose
        self.width_px, self.height_px = width_px, height_px
        self._backdrops: dict[tuple[object, ...], Backdrop] = {}
        self._lit: _Lit | None = None
        self._last: Picture | None = None
        self._frame = 0

    def render(self, moment: Moment) -> tuple[Picture, Truth]:
        """Give the picture of a moment, uint8 (h, w, 3) BGR, and what is true of it."""
        view = camera(self._pose, self.width_px, self.height_px, moment.lens.turned_deg)
        light = light_of(moment.sky)
        cast = assemble(view, moment.things, light, moment.ordered.flood_m)
        backdrop = self._backdrop(view, moment)
        truth = self._truth(backdrop, moment, light, cast)
        self._frame += 1
        if moment.lens.frozen and self._last is not None:
            return self._last, truth
        self._last = self._draw(backdrop, moment, light, cast)
        return self._last, truth

    def _draw(self, backdrop: Backdrop, moment: Moment, light: Light, cast: Cast | None) -> Picture:
        view = backdrop.camera
        lit = self._light(backdrop, moment, light)
        picture = lit.picture.copy()
        if cast is not None:
            _shadows(picture, view, cast.things, light, moment.ordered.flood_m)
            draw_cast(picture, cast, backdrop, lit.picture)
        if lit.night is not None:
            picture = shine(picture, view, lit.night, cast, light.dark, moment.sky.wet)
        return self._finish(picture, moment, light)

    def _finish(self, picture: Picture, moment: Moment, light: Light) -> Picture:
        sky, seed = moment.sky, self._place.seed
        if sky.rain_mm_h > 0:
            picture = rain(picture, sky.rain_mm_h, self._frame, 1 - 0.7 * light.dark)
            if sky.rain_mm_h > 12:  # noqa: PLR2004 - mm/h; lighter rain hardly wets the glass under its hood
                picture = drops(picture, seed + int(moment.at_s) // 20)
        picture = apply_lens(picture, moment.lens, seed)
        picture = add_noise(picture, self._frame, light.dark)
        write_clock(picture, self.name, moment.clock_s)
        return picture

    def _backdrop(self, view: Camera, moment: Moment) -> Backdrop:
        key = (moment.lens.turned_deg, moment.ordered.obstacles)
        found = self._backdrops.get(key)
        if found is None:
            if len(self._backdrops) > 2:  # noqa: PLR2004 - as it is, and two things that were ordered
                self._backdrops.pop(next(iter(self._backdrops)))
            found = self._backdrops[key] = paint_backdrop(self._place, view, moment.ordered.obstacles)
        return found

    def _light(self, backdrop: Backdrop, moment: Moment, light: Light) -> _Lit:
        sky = _rounded(moment.sky)
        flood_m = round(moment.ordered.flood_m, 2)
        key = (id(backdrop), sky, flood_m, moment.ordered.lamps_out)
        if self._lit is None or self._lit.key != key:
            picture = light_backdrop(backdrop, sky, flood_m)
            night = None
            if light.dark > 0:
                wet = max(sky.wet, float(flood_m > 0))
                night = street_light(backdrop, light.ambient, light.dark, moment.ordered.lamps_out, wet=wet)
            self._lit = _Lit(key, picture, night)
        return self._lit

    def _truth(self, backdrop: Backdrop, moment: Moment, light: Light, cast: Cast | None) -> Truth:
        ordered, view = moment.ordered, backdrop.camera
        return Truth(
            camera=self.name,
            frame=self._frame,
            at_s=moment.at_s,
            clock_s=moment.clock_s,
            width_px=view.width_px,
            height_px=view.height_px,
            state=ordered.state(),
            flood_m=ordered.flood_m,
            lens=moment.lens.state(),
            dark=light.dark > 0.5,  # noqa: PLR2004 - the middle of dusk
            rain_mm_h=moment.sky.rain_mm_h,
            lamps_out=tuple(sorted(ordered.lamps_out)) if light.dark > 0 else (),
            intruder=ordered.intruder,
            boxes=tuple(_boxes(backdrop, cast)) if cast else (),
        )


def _rounded(sky: Sky) -> Sky:
    """Round a sky to steps that cannot be seen, so that the light is not computed anew for every frame."""
    return replace(
        sky,
        sun_elevation_deg=round(sky.sun_elevation_deg),
        sun_bearing_deg=round(sky.sun_bearing_deg / 4) * 4,
        cloud=round(sky.cloud, 1),
        rain_mm_h=round(sky.rain_mm_h / 4) * 4,
        wet=round(sky.wet, 1),
        haze=round(sky.haze, 1),
    )


def draw_cast(picture: Picture, cast: Cast, backdrop: Backdrop, lit: Picture) -> None:
    """Draw things from far to near; what stands still and nearer is laid over them again."""
    cover = _covers(cast, backdrop)
    sprites = backdrop.sprites
    drawn = 0
    for number, pieces in enumerate(cast.pieces):
        while drawn < len(sprites) and sprites[drawn].depth_m > cast.depths_m[number]:
            if cover[drawn, :number].any():
                _lay(picture, lit, backdrop, drawn)
            drawn += 1
        _draw_pieces(picture, cast.pixels, pieces)
    for left in range(drawn, len(sprites)):
        if cover[left].any():
            _lay(picture, lit, backdrop, left)


def _draw_pieces(
    picture: Picture, pixels: NDArray[np.int32], pieces: list[tuple[int, int, int, int, list[float]]]
) -> None:
    for form, first, end, thick, colour in pieces:
        if form == Form.FACE:
            cv2.fillConvexPoly(picture, pixels[first:end], colour, cv2.LINE_AA, SHIFT)
        elif form == Form.ROD:
            one, two = pixels[first:end].tolist()
            cv2.line(picture, one, two, colour, thick, cv2.LINE_AA, SHIFT)
        else:
            cv2.circle(picture, pixels[first].tolist(), thick * (1 << SHIFT) // 2, colour, -1, cv2.LINE_AA, SHIFT)


def _covers(cast: Cast, backdrop: Backdrop) -> NDArray[np.bool_]:
    """Tell which of what stands still may cover which thing: (sprites, things)."""
    boxes = np.array([sprite.box for sprite in backdrop.sprites] or np.empty((0, 4)), np.float32)
    depths = np.array([sprite.depth_m for sprite in backdrop.sprites], np.float32)
    apart = (boxes[:, None, 0] > cast.boxes[None, :, 2]) | (boxes[:, None, 2] < cast.boxes[None, :, 0])
    apart |= (boxes[:, None, 1] > cast.boxes[None, :, 3]) | (boxes[:, None, 3] < cast.boxes[None, :, 1])
    return ~apart & (depths[:, None] < cast.depths_m[None, :])


def _lay(picture: Picture, lit: Picture, backdrop: Backdrop, number: int) -> None:
    sprite = backdrop.sprites[number]
    left, top, right, bottom = sprite.box
    cv2.copyTo(lit[top:bottom, left:right], sprite.mask, picture[top:bottom, left:right])


def _shadows(picture: Picture, view: Camera, things: list[Thing], light: Light, flood_m: float) -> None:
    """Darken the ground under things, and where they throw a shadow."""
    mask = np.zeros(picture.shape[:2], np.uint8)
    feet = np.stack([footprint(thing) for thing in things])
    ground = np.concatenate([feet, np.full((*feet.shape[:2], 1), flood_m, np.float32)], axis=2)
    if light.sun_share > 0 and flood_m <= 0:
        heights = np.array([thing.height_m * 0.92 for thing in things], np.float32)
        tips = ground.copy()
        tips[..., :2] -= (light.sun[:2] / light.sun[2]) * heights[:, None, None]
        _fill(mask, view, np.concatenate([ground, tips], axis=1), round(255 * light.sun_share), hull=True)
    _fill(mask, view, ground, 135, hull=False)
    left, top, width, height = cv2.boundingRect(mask)
    if width:
        window = picture[top : top + height, left : left + width]
        soft = cv2.blur(mask[top : top + height, left : left + width], (3, 3))
        cv2.multiply(window, cv2.merge([255 - soft] * 3), dst=window, scale=1 / 255)


def _fill(mask: Picture, view: Camera, corners_m: Floats, value: int, *, hull: bool) -> None:
    count = corners_m.shape[1]
    pixels, depth = view.project(corners_m.reshape(-1, 3))
    spots = fixed(pixels).reshape(-1, count, 2)
    clear = (depth.reshape(-1, count) > NEAR_M).all(axis=1)
    for corners, is_clear in zip(spots, clear, strict=True):
        if is_clear:
            cv2.fillConvexPoly(mask, cv2.convexHull(corners) if hull else corners, value, cv2.LINE_8, SHIFT)


def _boxes(backdrop: Backdrop, cast: Cast) -> list[Box]:
    view, visible = backdrop.camera, _visible_shares(backdrop, cast)
    found = []
    for thing, edges, share in zip(cast.things, cast.boxes.tolist(), visible, strict=True):
        left, top = max(0.0, edges[0]), max(0.0, edges[1])
        right, bottom = min(float(view.width_px), edges[2]), min(float(view.height_px), edges[3])
        if share >= _LEAST_VISIBLE and right > left and bottom > top:
            box = (round(left, 1), round(top, 1), round(right, 1), round(bottom, 1), round(share, 2))
            place = (round(thing.x_m, 2), round(thing.y_m, 2), round(thing.speed_m_s, 2))
            found.append(Box(thing.number, thing.kind, *box, *place))
    return found


def _visible_shares(backdrop: Backdrop, cast: Cast) -> list[float]:
    """Give the share of each body that is seen: its outline against what of it is left when all are drawn."""
    view, cover, sprites = backdrop.camera, _covers(cast, backdrop), backdrop.sprites
    owners = np.zeros((-(-view.height_px // _PART), -(-view.width_px // _PART)), np.uint16)
    areas, drawn = [], 0
    for number, pieces in enumerate(cast.pieces):
        while drawn < len(sprites) and sprites[drawn].depth_m > cast.depths_m[number]:
            if cover[drawn, :number].any():
                _hide(owners, sprites[drawn])
            drawn += 1
        if not pieces:
            areas.append(1.0)
            continue
        first, end = cast.spans[number]
        outline = cv2.convexHull(cast.pixels[first:end])
        areas.append(max(1.0, cv2.contourArea(outline) / (_PART << SHIFT) ** 2))
        cv2.fillConvexPoly(owners, outline // _PART, number + 1, cv2.LINE_8, SHIFT)
    for left in range(drawn, len(sprites)):
        if cover[left].any():
            _hide(owners, sprites[left])
    seen = np.bincount(owners.ravel(), minlength=len(areas) + 1)[1:]
    return [min(1.0, float(count) / area) for count, area in zip(seen, areas, strict=True)]


def _hide(owners: NDArray[np.uint16], sprite: Sprite) -> None:
    """Take away what stands still and nearer covers."""
    left, top, right, bottom = (-(-edge // _PART) for edge in sprite.box)
    mask = sprite.mask[top * _PART - sprite.box[1] :: _PART, left * _PART - sprite.box[0] :: _PART]
    owners[top:bottom, left:right][mask[: bottom - top, : right - left] > 0] = 0
