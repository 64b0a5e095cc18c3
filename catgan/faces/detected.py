"""What the landmarker says of one face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class DetectedFace:
    """One face.

    Args:
        landmarks: float32 `(478, 3)`: x to the right, y down, z away from the camera, in pixels of the image given.
        blendshapes: 52 scores 0..1 by ARKit name.
        yaw, pitch: degrees; positive when the face turns to the image's right and up, once it is upright.
        roll: degrees, -180..180; positive when the face is turned clockwise. 180 is upside down.
        turned: by how many degrees, clockwise, the photograph was turned before the face was found: 0, 90, 180 or 270.
    """

    landmarks: np.ndarray
    blendshapes: dict[str, float]
    yaw: float
    pitch: float
    roll: float
    turned: int = 0

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, width, height of the landmarks, in pixels."""
        low, high = self.landmarks[:, :2].min(0), self.landmarks[:, :2].max(0)
        return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])
