"""People who stand still, as they are drawn."""

from __future__ import annotations

import numpy as np

STANDING = np.array([
    (0, .93, 0), (0, 1.18, 0), (0, 1.42, 0), (0, 1.61, .03),
    (.19, 1.40, 0), (.23, 1.09, 0), (.25, .85, .06), (-.19, 1.40, 0), (-.23, 1.09, 0), (-.25, .85, .06),
    (.10, .93, 0), (.11, .50, .02), (.12, .08, 0), (-.10, .93, 0), (-.11, .50, .02), (-.12, .08, 0)])
"""Joints `(16, 3)` of an adult of 1.73 m who faces the camera, in metres."""


def standing(x: float = 0.0, z: float = 0.0) -> np.ndarray:
    """Returns the joints of the standing person at another place."""
    return STANDING + (x, 0, z)
