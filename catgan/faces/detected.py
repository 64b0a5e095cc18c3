"""Defines the landmarker's result for one face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class DetectedFace:
    """Describes one face as the landmarker found it.

    Args:
        landmarks: float32 `(478, 3)`: x to the right, y down, z away from the camera, in pixels of the image.
        blendshapes: 52 scores 0..1 by ARKit name.
        yaw, pitch: degrees; positive if the face, turned upright, looks to the image's right and up.
        roll: degrees, -180..180; positive if the face is rotated clockwise. 180 is upside down.
        turned: rotation of the photograph, clockwise in degrees, in which the face was found: 0, 90, 180 or 270.
    """

    landmarks: np.ndarray
    blendshapes: dict[str, float]
    yaw: float
    pitch: float
    roll: float
    turned: int = 0

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, width and height of the landmarks, in pixels."""
        low, high = self.landmarks[:, :2].min(0), self.landmarks[:, :2].max(0)
        return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])
