"""A pinhole camera: from metres to pixels and back to the ground.

Pixels are counted from the upper left corner of the picture, u to the right and v down.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.cameras.scene import Pose

Floats = NDArray[np.float32]
NEAR_M = 0.8  # what is nearer to the glass is not drawn
FAR_M = 2_000.0


@dataclass(frozen=True, slots=True)
class Camera:
    """A pose with a picture size.

    Attributes:
        focal_px: by the horizontal angle of view.
        axes: right, up and forward as rows, float32 (3, 3).
    """

    position: Floats
    axes: Floats
    focal_px: float
    width_px: int
    height_px: int

    def project(self, points_m: Floats) -> tuple[Floats, Floats]:
        """Project points.

        Args:
            points_m: (n, 3).

        Returns:
            Pixels (n, 2), and depths along the optical axis in metres (n); pixels of what is nearer than `NEAR_M` mean
            nothing.
        """
        seen = (points_m - self.position) @ self.axes.T
        depth = seen[:, 2]
        scale = self.focal_px / np.maximum(depth, NEAR_M)
        u = self.width_px / 2 + seen[:, 0] * scale
        v = self.height_px / 2 - seen[:, 1] * scale
        return np.stack([u, v], axis=1), depth

    def rays(self) -> Floats:
        """Give the direction of each pixel's centre, with a depth of 1 along the axis: float32 (h, w, 3)."""
        u = (np.arange(self.width_px, dtype=np.float32) + 0.5 - self.width_px / 2) / self.focal_px
        v = (self.height_px / 2 - np.arange(self.height_px, dtype=np.float32) - 0.5) / self.focal_px
        right, up, forward = self.axes
        return u[None, :, None] * right + v[:, None, None] * up + forward

    def ground(self) -> tuple[Floats, Floats]:
        """Give where each pixel meets the ground.

        Returns:
            Positions in metres, float32 (h, w, 2), and distances along the ground (h, w); `FAR_M` above the horizon.
        """
        rays = self.rays()
        down = np.minimum(rays[..., 2], -1e-6)
        reach = np.minimum(-self.position[2] / down, FAR_M * 2)
        offsets = rays[..., :2] * reach[..., None]
        distance = np.minimum(np.hypot(offsets[..., 0], offsets[..., 1]), FAR_M)
        distance[rays[..., 2] >= 0] = FAR_M
        return offsets + self.position[:2], distance


def camera(pose: Pose, width_px: int, height_px: int, turned_deg: float = 0.0) -> Camera:
    """Make a camera of a pose, turned from it by so many degrees to the right and half as many up."""
    bearing, pitch = math.radians(pose.bearing_deg + turned_deg), math.radians(pose.pitch_deg + abs(turned_deg) / 4)
    forward = np.array(
        [math.sin(bearing) * math.cos(pitch), math.cos(bearing) * math.cos(pitch), math.sin(pitch)], np.float32
    )
    level = np.array([math.cos(bearing), -math.sin(bearing), 0.0], np.float32)
    upright = np.cross(level, forward).astype(np.float32)
    roll = math.radians(pose.roll_deg)
    right = level * math.cos(roll) - upright * math.sin(roll)
    up = upright * math.cos(roll) + level * math.sin(roll)
    focal_px = width_px / 2 / math.tan(math.radians(pose.view_deg) / 2)
    position = np.array([pose.x_m, pose.y_m, pose.height_m], np.float32)
    return Camera(position, np.stack([right, up, forward]).astype(np.float32), focal_px, width_px, height_px)
