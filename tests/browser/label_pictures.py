"""A label as a phone's camera sees it: its real QR code, turned, in perspective, out of focus, noisy, unevenly lit."""

from pathlib import Path

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

PHOTO_PX, CAMERA_PX = (4_000, 3_000), (1_280, 720)
QUIET_MODULES, MODULE_PX = 4, 8
PHOTO_NOISE, CAMERA_NOISE = 14.0, 9.0  # standard deviation, of 255 levels
FRAMES = 10


def draw_label(text: str, size: tuple[int, int], noise: float, *, inverted: bool = False) -> Picture:
    """Draw the label in a picture of a size in pixels.

    Args:
        text: what the code says.
        size: width and height.
        noise: of each pixel.
        inverted: light modules on dark.
    """
    modules = np.array(segno.make_qr(text, error="q").matrix, np.uint8)  # as `provisioning/labels.py` prints it
    code = 235 - 215 * np.kron(np.pad(modules, QUIET_MODULES), np.ones((MODULE_PX, MODULE_PX), np.uint8))
    picture = _look_at((255 - code if inverted else code).astype(np.uint8), size)
    return _worsen(picture, noise)


def _look_at(code: Picture, size: tuple[int, int]) -> Picture:
    """Place the code a third of the picture's width wide, turned and seen from the side."""
    side, (width, height) = len(code), size
    corners = np.array([(0.36, 0.24), (0.68, 0.31), (0.62, 0.76), (0.30, 0.66)]) * (width, height)
    seen_from = cv2.getPerspectiveTransform(
        np.array([(0, 0), (side, 0), (side, side), (0, side)], np.float32), corners.astype(np.float32)
    )
    return np.asarray(cv2.warpPerspective(code, seen_from, size, borderValue=(120,)), np.uint8)


def _worsen(picture: Picture, noise: float) -> Picture:
    """Take it out of focus, shade it from left to right and add noise, always the same."""
    width = picture.shape[1]
    blurred = cv2.GaussianBlur(picture, (0, 0), width / 800)
    shade = np.linspace(1.0, 0.6, width)
    grain = np.random.default_rng(7).normal(0, noise, picture.shape)
    return np.clip(blurred * shade + grain, 0, 255).astype(np.uint8)


def write_photos(label: str, folder: Path) -> None:
    """Write photos of a label: as printed, light on dark, of another regency; and one of a wall."""
    for name, text, inverted in (
        ("label", label, False),
        ("inverted", label, True),
        ("foreign", "SL1:malang:TD-01-a:ABCDE12345", False),
    ):
        cv2.imwrite(str(folder / f"{name}.jpg"), draw_label(text, PHOTO_PX, PHOTO_NOISE, inverted=inverted))
    cv2.imwrite(str(folder / "wall.jpg"), _worsen(np.full(PHOTO_PX[::-1], 160, np.uint8), PHOTO_NOISE))


def write_camera(label: str, path: Path) -> None:
    """Write what Chromium's false camera plays over and over, a wall and then the label: MJPEG, pictures in a row."""
    wall = _worsen(np.full(CAMERA_PX[::-1], 160, np.uint8), CAMERA_NOISE)
    frames = [wall] * FRAMES + [draw_label(label, CAMERA_PX, CAMERA_NOISE)] * FRAMES
    colours = (cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR) for frame in frames)
    path.write_bytes(b"".join(cv2.imencode(".jpg", frame)[1].tobytes() for frame in colours))
