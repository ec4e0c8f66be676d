"""Lamps and headlights: how they light a dark scene, and how they glare.

Light falls on what was painted as if by day: the picture is multiplied by a map of light a quarter of its size, and
the lamps themselves are added on top. Both maps are soft, so that a quarter is enough.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.cameras.backdrop import Backdrop
from simulators.cameras.brush import Picture
from simulators.cameras.cast import Cast
from simulators.cameras.projection import FAR_M, NEAR_M, Camera
from simulators.cameras.scene import Kind, Lamp, Thing

Floats = NDArray[np.float32]
_PART = 4
_FULL = 128  # this value of the map leaves the picture as it is
_WARM, _WHITE = np.array([0.42, 0.78, 1.1], np.float32), np.array([1.05, 1.02, 0.96], np.float32)
_REACH_M = 24.0
_BRIGHT_M = 22.0  # a lamp farther away fills less of a pixel than is drawn
_FIXED = 16


@dataclass(slots=True)
class NightLight:
    """The light of one camera's street lamps, kept while they burn alike."""

    steady: Floats
    glow: Picture


def street_light(
    backdrop: Backdrop, ambient: Floats, dark: float, lamps_out: frozenset[str], *, wet: float
) -> NightLight:
    """Compute what the street lamps give.

    Args:
        backdrop: what they light.
        ambient: factor of what is painted already.
        dark: 0 is day, 1 is night.
        lamps_out: names of those that do not burn.
        wet: how much the road mirrors them.
    """
    step = slice(_PART // 2, None, _PART)
    x, y = backdrop.x[step, step], backdrop.y[step, step]
    steady = np.full((*x.shape, 3), 1 - 0.3 * dark, np.float32)
    glow = np.zeros((*x.shape, 3), np.float32)
    for lamp in backdrop.place.lamps:
        if lamp.name not in lamps_out:
            colour = _WARM if lamp.warm else _WHITE
            square = (x - lamp.head[0]) ** 2 + (y - lamp.head[1]) ** 2
            fall = (1 + square / lamp.height_m**2) ** -1.2
            steady += fall[..., None] * colour * (3.4 * dark)
            _halo(glow, backdrop.camera, lamp, colour * dark, wet)
    sky = backdrop.distance_m[step, step] >= FAR_M
    steady[sky] = 1.0
    soft = cv2.GaussianBlur(glow, (0, 0), 2.2) * 2 + cv2.GaussianBlur(glow, (0, 0), 7.0) * 2.5
    return NightLight(np.minimum(steady, 3.9 / max(0.2, float(ambient.mean())) ** 0.3), _bytes(soft))


def _bytes(values: Floats) -> Picture:
    return np.clip(values, 0, 255).astype(np.uint8)


def _halo(glow: Floats, camera: Camera, lamp: Lamp, colour: Floats, wet: float) -> None:
    spots = np.array([[*lamp.head, lamp.height_m], [*lamp.head, -lamp.height_m]], np.float32)
    pixels, depth = camera.project(spots)
    for spot, away, strength in ((pixels[0], depth[0], 255.0), (pixels[1], depth[1], 90.0 * wet)):
        if away > NEAR_M and strength:
            faded = strength * min(1.0, _BRIGHT_M / float(away))
            radius = max(1, round(0.35 * camera.focal_px / float(away) / _PART))
            centre = (int(np.clip(spot[0] / _PART, -999, 9999)), int(np.clip(spot[1] / _PART, -999, 9999)))
            tall = radius if strength > 200 else radius * 5  # noqa: PLR2004 - what a wet road mirrors is drawn out
            cv2.ellipse(glow, centre, (radius, tall), 0, 0, 360, (colour * faded).tolist(), -1)


def shine(picture: Picture, camera: Camera, light: NightLight, cast: Cast | None, dark: float, wet: float) -> Picture:
    """Light a picture by lamps and headlights."""
    h, w = light.steady.shape[:2]
    beams = np.zeros((h, w), np.uint8)
    glare = light.glow.copy()
    moving = [thing for thing in cast.things if thing.kind is not Kind.PERSON] if cast else []
    if cast and moving:
        _beams(beams, camera, moving)
        beams = cv2.GaussianBlur(beams, (0, 0), 1.6)
        _lamps(glare, camera, cast, dark, wet)
    falling = light.steady * _FULL / 2
    falling += beams[..., None] * (_WHITE * (0.62 * dark))
    size = (camera.width_px, camera.height_px)
    lit = cv2.resize(_bytes(falling), size, interpolation=cv2.INTER_LINEAR)
    picture = cv2.multiply(picture, lit, scale=2 / _FULL)
    return cv2.add(picture, cv2.resize(glare, size, interpolation=cv2.INTER_LINEAR))


def _beams(beams: Picture, camera: Camera, things: list[Thing]) -> None:
    """Lay a trapezium of light before each vehicle, weaker the farther."""
    for share, value in ((1.0, 60), (0.65, 110), (0.35, 170)):
        corners = np.array([_ahead(thing, share) for thing in things], np.float32)
        pixels, depth = camera.project(corners.reshape(-1, 3))
        spots = (np.clip(pixels / _PART, -2000, 2000) * _FIXED).astype(np.int32).reshape(-1, 4, 2)
        clear = (depth.reshape(-1, 4) > NEAR_M).all(axis=1)
        for corner, is_clear in zip(spots, clear, strict=True):
            if is_clear:
                cv2.fillConvexPoly(beams, corner, value, cv2.LINE_8, 4)


def _ahead(thing: Thing, share: float) -> list[tuple[float, float, float]]:
    heading = math.radians(thing.heading_deg)
    sin, cos = math.sin(heading), math.cos(heading)
    reach = _REACH_M * share * (0.6 if thing.kind is Kind.MOTORCYCLE else 1.0)
    near, far = thing.length_m / 2 + 0.3, thing.length_m / 2 + reach
    wide = thing.width_m / 2
    corners = ((near, wide), (near, -wide), (far, -wide - reach * 0.13), (far, wide + reach * 0.13))
    return [(thing.x_m + a * sin - b * cos, thing.y_m + a * cos + b * sin, 0.0) for a, b in corners]


def _lamps(glare: Picture, camera: Camera, cast: Cast, dark: float, wet: float) -> None:
    """Draw head and tail lamps that can be seen, with their halo and what a wet road mirrors of them."""
    spots, colours, sizes, owners = [], [], [], []
    for number, thing in enumerate(cast.things):
        if thing.kind is Kind.PERSON:
            continue
        for spot, colour, size in _visible_lamps(camera, thing):
            spots.append(spot)
            colours.append(colour)
            sizes.append(size)
            owners.append(number)
    if not spots:
        return
    places = np.array(spots, np.float32)
    pixels, depth = camera.project(places)
    mirrored, _ = camera.project(places * np.array([1, 1, -1], np.float32))
    layer = np.zeros_like(glare)
    for number in np.flatnonzero((depth > NEAR_M) & ~_hidden(cast, pixels, np.array(owners))):
        radius = sizes[number] * camera.focal_px / depth[number] / _PART
        faded = min(1.0, 1.6 * _BRIGHT_M / float(depth[number]))
        colour = tuple(part * faded for part in colours[number])
        centre = (round(float(pixels[number, 0]) / _PART), round(float(pixels[number, 1]) / _PART))
        cv2.circle(layer, centre, max(1, round(float(radius))), colour, -1)
        if wet > 0:
            below = (round(float(mirrored[number, 0]) / _PART), round(float(mirrored[number, 1]) / _PART))
            tint = tuple(part * 0.4 * wet for part in colour)
            cv2.line(layer, centre, below, tint, max(1, round(float(radius))))
    wide = cv2.GaussianBlur(layer, (0, 0), 4.0)
    near = cv2.GaussianBlur(layer, (0, 0), 1.0)
    cv2.add(glare, cv2.addWeighted(near, 0.9 * dark, wide, 0.8 * dark, 0), dst=glare)


def _hidden(cast: Cast, pixels: Floats, owners: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which lamps somebody nearer stands before; boxes a little smaller than the bodies' stand for them."""
    width = (cast.boxes[:, 2] - cast.boxes[:, 0]) * 0.12
    left, right = cast.boxes[:, 0] + width, cast.boxes[:, 2] - width
    top, bottom = cast.boxes[:, 1] + width, cast.boxes[:, 3]
    x, y = pixels[:, 0, None], pixels[:, 1, None]
    before = (x > left) & (x < right) & (y > top) & (y < bottom) & (np.arange(len(left)) > owners[:, None])
    return before.any(axis=1)


def _visible_lamps(
    camera: Camera, thing: Thing
) -> list[tuple[tuple[float, float, float], tuple[float, float, float], float]]:
    heading = math.radians(thing.heading_deg)
    sin, cos = math.sin(heading), math.cos(heading)
    to_lens = ((camera.position[0] - thing.x_m) * sin + (camera.position[1] - thing.y_m) * cos).item()
    away = math.hypot(camera.position[0] - thing.x_m, camera.position[1] - thing.y_m)
    facing = to_lens / max(away, 1.0)
    front = facing > 0
    end = thing.length_m / 2 * (1 if front else -1)
    strength = abs(facing) * (1.0 if front or thing.braking else 0.55)
    colour = (
        (235.0 * strength, 250.0 * strength, 255.0 * strength)
        if front
        else (20 * strength, 25 * strength, 255.0 * strength)
    )
    high = 0.85 if thing.kind is Kind.MOTORCYCLE else 0.7 if thing.kind is Kind.CAR else 0.95
    across = (0.0,) if thing.kind is Kind.MOTORCYCLE else (0.38 * thing.width_m, -0.38 * thing.width_m)
    size = 0.16 if front else 0.1
    return [((thing.x_m + end * sin - b * cos, thing.y_m + end * cos + b * sin, high), colour, size) for b in across]
