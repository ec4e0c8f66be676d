"""What the camera itself adds: noise, dirt, a cover, a lost focus, and the writing in the picture."""

import time
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.cameras.brush import Picture
from simulators.cameras.scene import Lens

Floats = NDArray[np.float32]
_TILES = 6
_WIB_S = 7 * 3_600
_DAYS = ("Sen", "Sel", "Rab", "Kam", "Jum", "Sab", "Min")


@lru_cache(maxsize=8)
def _noise(width: int, height: int, strength: int) -> list[NDArray[np.int16]]:
    """Make a few tiles of sensor noise: coarse in colour, fine in brightness."""
    tiles = []
    for number in range(_TILES):
        random = np.random.default_rng((number, strength))
        fine = random.standard_normal((height, width, 1)).astype(np.float32)
        coarse = cv2.resize(random.standard_normal((height // 3, width // 3, 3)).astype(np.float32), (width, height))
        tiles.append(np.rint((fine * 0.75 + coarse * 0.6) * strength / 2).astype(np.int16))
    return tiles


def add_noise(picture: Picture, frame: int, dark: float) -> Picture:
    """Add sensor noise; by night the amplifier adds more of it."""
    height, width = picture.shape[:2]
    tile = _noise(width, height, 4 + round(8 * dark))[frame % _TILES]
    return cv2.add(picture, tile, dtype=cv2.CV_8U)


@lru_cache(maxsize=8)
def _dirt(width: int, height: int, seed: int) -> Floats:
    """Make blotches of mud and dried drops, 0 to 1."""
    random = np.random.default_rng(seed)
    mask = np.zeros((height, width), np.float32)
    for _ in range(46):
        spot = (int(random.integers(0, width)), int(random.integers(0, height)))
        size = (int(random.uniform(0.01, 0.09) * width), int(random.uniform(0.01, 0.06) * width))
        cv2.ellipse(mask, spot, size, float(random.uniform(0, 180)), 0, 360, float(random.uniform(0.4, 1)), -1)
    return cv2.GaussianBlur(mask, (0, 0), width * 0.012)[..., None]


def apply_lens(picture: Picture, lens: Lens, seed: int) -> Picture:
    """Put what is wrong with the lens into a picture."""
    height, width = picture.shape[:2]
    if lens.defocus > 0:
        picture = cv2.GaussianBlur(picture, (0, 0), 0.5 + lens.defocus * width * 0.016)
    if lens.dirt > 0:
        share = np.minimum(1, _dirt(width, height, seed) * lens.dirt * 1.4)
        soft = cv2.GaussianBlur(picture, (0, 0), width * 0.012).astype(np.float32)
        mud = soft * 0.3 + np.array([30, 42, 50], np.float32)
        picture = (picture * (1 - share) + mud * share).astype(np.uint8)
    if lens.covered > 0:
        picture = _cover(picture, lens.covered, seed)
    return picture


def _cover(picture: Picture, share: float, seed: int) -> Picture:
    """Pull a cloth or a bag over the lens: a little of the light still comes through."""
    tones = ((22, 22, 24), (60, 74, 88), (96, 88, 70))
    cloth = np.array(tones[seed % len(tones)], np.float32)
    light = cv2.resize(cv2.resize(picture, (8, 5), interpolation=cv2.INTER_AREA), picture.shape[1::-1])
    veiled = cloth * (0.75 + 0.5 * light.astype(np.float32) / 255)
    return (picture * (1 - share) + veiled * share).astype(np.uint8)


def write_clock(picture: Picture, name: str, clock_s: float) -> None:
    """Write the camera's name and clock (WIB) into the picture, as cameras do."""
    local = time.gmtime(clock_s + _WIB_S)
    text = time.strftime("%d-%m-%Y ", local) + _DAYS[local.tm_wday] + time.strftime(" %H:%M:%S", local)
    scale = picture.shape[1] / 1280
    for words, place in ((text, (0.014, 0.045)), (name, (0.014, 0.975))):
        spot = (int(place[0] * picture.shape[1]), int(place[1] * picture.shape[0]))
        cv2.putText(picture, words, spot, cv2.FONT_HERSHEY_SIMPLEX, 0.8 * scale, (20, 20, 20), max(2, round(4 * scale)))
        cv2.putText(picture, words, spot, cv2.FONT_HERSHEY_SIMPLEX, 0.8 * scale, (245, 245, 245), 1, cv2.LINE_AA)
