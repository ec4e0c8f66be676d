"""From decoded frames to small RGB pictures, in one thread.

FFmpeg's own scaler starts threads of its own for every picture, which on a box with many cameras wait for each other
(6 ms a picture on a loaded machine, 2026-11-22). A video frame carries colours at half its size already, so scaling
its three planes and converting afterwards touches a quarter of what converting first would.
Source: ITU-R BT.601-7, section 2.5 (conversion), and its limited range of 16 to 235.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.found import Picture

_FULL_RANGE = 2  # AVCOL_RANGE_JPEG
_GREY_CHROMA = 128.0


def _matrix(luma: float, black: float, chroma: float) -> NDArray[np.float32]:
    """Give YCbCr to RGB as (3, 4): three factors and an offset for each colour."""
    factors = np.array(
        [[luma, 0, 1.402 * chroma], [luma, -0.344136 * chroma, -0.714136 * chroma], [luma, 1.772 * chroma, 0]],
        np.float32,
    )
    offsets = -factors @ np.array([black, _GREY_CHROMA, _GREY_CHROMA], np.float32)
    return np.concatenate([factors, offsets[:, None]], axis=1)


_LIMITED, _FULL = _matrix(255 / 219, 16, 255 / 224), _matrix(1, 0, 1)


def scaled(frame: Any, width_px: int, height_px: int) -> Picture:
    """Give a frame as uint8 (height, width, 3) RGB, each pixel the mean of those it stands for."""
    name = frame.format.name
    if name not in ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p"):
        picture: Picture = frame.to_ndarray(format="rgb24")
        return cv2.resize(picture, (width_px, height_px), interpolation=cv2.INTER_AREA)
    planes = [_scaled(plane_of(frame, number), width_px, height_px) for number in range(3)]
    is_full = name.startswith("yuvj") or frame.color_range == _FULL_RANGE
    return cv2.transform(cv2.merge(planes), _FULL if is_full else _LIMITED)


def plane_of(frame: Any, number: int) -> Picture:
    """Give a plane of a planar frame without copying it, uint8 (h, w)."""
    plane = frame.planes[number]
    rows: Picture = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]


def _scaled(plane: Picture, width_px: int, height_px: int) -> Picture:
    if plane.shape == (height_px, width_px):
        return plane
    is_smaller = width_px < plane.shape[1]
    return cv2.resize(plane, (width_px, height_px), interpolation=cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR)
