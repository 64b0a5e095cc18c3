"""A pinhole camera over a ground plane, shared by drawn places and drawn people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from catgan.errors import CatganError

NEAR = 0.3
"""Nearest depth in metres that is drawn; nearer points are moved to it."""


@dataclass(frozen=True)
class Camera:
    """A camera that looks horizontally along the ground.

    The world is in metres: x to the image's right, y up from the ground, z towards the camera. The camera stands
    `distance` before the origin. Its axis meets the picture at the horizon, which need not lie in the middle.

    Args:
        height: above the ground in metres.
        distance: from the origin, along z, in metres.
        focal: focal length in heights of the picture.
        horizon: row of the horizon, as a share of the picture's height from its upper edge.

    Raises:
        CatganError: a height, distance or focal length that is not above 0.
    """

    height: float = 1.2
    distance: float = 3.6
    focal: float = 1.7
    horizon: float = 0.38

    def __post_init__(self) -> None:
        if not min(self.height, self.distance, self.focal) > 0:
            raise CatganError("Height, distance and focal length of a camera must be above 0. Received: "
                              f"{self.height:g}, {self.distance:g}, {self.focal:g}.")

    def scale(self, z: float, size: tuple[int, int]) -> float:
        """Returns the pixels of one metre at a place's z."""
        return self.focal * size[0] / max(self.distance - z, NEAR)

    def project(self, points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Projects points of the world to pixels.

        Args:
            points: `(..., 3)` in metres.
            size: height and width of the picture in pixels.

        Returns:
            float64 `(..., 2)`: x and y in pixels from the upper left corner.
        """
        points = np.asarray(points, np.float64)
        scale = self.focal * size[0] / np.maximum(self.distance - points[..., 2], NEAR)
        return np.stack([size[1] / 2 + scale * points[..., 0],
                         size[0] * self.horizon + scale * (self.height - points[..., 1])], -1)
