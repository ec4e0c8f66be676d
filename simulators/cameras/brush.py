"""Draws things that stand still onto the backdrop, and remembers which pixels each of them covers.

Everything is drawn from far to near. A thing's pixels are kept as a sprite, so that what drives behind it is covered.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.cameras.projection import NEAR_M, Camera

Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]
Colour = tuple[float, float, float]
SHIFT = 4  # fixed-point bits of OpenCV's coordinates


@dataclass(frozen=True, slots=True)
class Sprite:
    """Where something that stands still covers the picture.

    Attributes:
        depth_m: along the optical axis.
        foot: where it stands, metres.
        box: left, top, right, bottom in pixels.
        mask: 255 where it is, uint8 (bottom - top, right - left).
    """

    depth_m: float
    foot: tuple[float, float]
    box: tuple[int, int, int, int]
    mask: Picture


class Brush:
    """Draws into a picture and a mask at once.

    Args:
        camera: of the picture's size.
        picture: uint8 (h, w, 3) BGR, drawn into.
    """

    def __init__(self, camera: Camera, picture: Picture) -> None:
        self.camera, self.picture = camera, picture
        self._mask = np.zeros(picture.shape[:2], np.uint8)

    def polygon(self, points_m: Floats, colour: Colour) -> None:
        """Fill a flat polygon given in metres (n, 3); what reaches behind the camera is left out."""
        pixels, depth = self.camera.project(points_m.astype(np.float32))
        if (depth > NEAR_M).all():
            corners = [fixed(pixels)]
            cv2.fillPoly(self.picture, corners, colour, cv2.LINE_AA, SHIFT)
            cv2.fillPoly(self._mask, corners, 255, cv2.LINE_8, SHIFT)

    def limb(self, start_m: Floats, end_m: Floats, width_m: float, colour: Colour) -> None:
        """Draw a rod with round ends."""
        pixels, depth = self.camera.project(np.stack([start_m, end_m]).astype(np.float32))
        if (depth > NEAR_M).all():
            thick = max(1, round(width_m * self.camera.focal_px / float(depth.mean())))
            one, two = (tuple(map(int, point)) for point in fixed(pixels))
            cv2.line(self.picture, one, two, colour, thick, cv2.LINE_AA, SHIFT)
            cv2.line(self._mask, one, two, 255, thick, cv2.LINE_8, SHIFT)

    def blobs(self, centres_m: Floats, radii_m: Floats, colours: Floats) -> None:
        """Draw balls, the farthest first."""
        pixels, depth = self.camera.project(centres_m.astype(np.float32))
        radii = np.maximum(1, np.rint(radii_m * self.camera.focal_px / np.maximum(depth, NEAR_M)))
        shown = (depth > NEAR_M) & (pixels > -radii[:, None]).all(axis=1)
        shown &= (pixels < np.array([self.camera.width_px, self.camera.height_px]) + radii[:, None]).all(axis=1)
        order = np.argsort(-depth)
        order = order[shown[order]]
        rows = (np.rint(pixels[order]).astype(int).tolist(), radii[order].astype(int).tolist(), colours[order].tolist())
        for centre, radius, colour in zip(*rows, strict=True):
            cv2.circle(self.picture, centre, radius, colour, -1, cv2.LINE_AA)
            cv2.circle(self._mask, centre, radius, 255, -1)

    def surface(self, corners_m: Floats, texture: Picture) -> None:
        """Lay a picture onto a flat quadrilateral: upper left, upper right, lower right, lower left."""
        pixels, depth = self.camera.project(corners_m.astype(np.float32))
        if (depth <= NEAR_M).any() or np.abs(pixels).max() > 30_000:  # noqa: PLR2004 - fixed-point range
            return
        h, w = texture.shape[:2]
        source = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
        matrix = cv2.getPerspectiveTransform(source, pixels.astype(np.float32))
        size = (self.picture.shape[1], self.picture.shape[0])
        cv2.warpPerspective(texture, matrix, size, self.picture, cv2.INTER_AREA, cv2.BORDER_TRANSPARENT)
        cv2.fillPoly(self._mask, [fixed(pixels)], 255, cv2.LINE_8, SHIFT)

    def take(self, foot: tuple[float, float]) -> Sprite | None:
        """Give what was drawn since the last time; None if nothing of it is in the picture."""
        left, top, width, height = cv2.boundingRect(self._mask)
        if not width:
            return None
        box = (left, top, left + width, top + height)
        piece = self._mask[top : top + height, left : left + width]
        mask = piece.copy()
        piece[:] = 0
        _, depth = self.camera.project(np.array([[*foot, 0.0]], np.float32))
        return Sprite(float(depth[0]), foot, box, mask)


def fixed(pixels: Floats) -> NDArray[np.int32]:
    """Give pixels as OpenCV's fixed-point numbers; a pixel's centre is at its half."""
    return (np.clip(pixels - 0.5, -30_000, 30_000) * (1 << SHIFT)).astype(np.int32)
