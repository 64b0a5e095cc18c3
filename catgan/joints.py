"""Names the 16 joints of a body, as the E-Gait data set has them, and the bones between them.

Arrays of joints have the shape `(..., 16, 3)`, in metres: x to the right of the image, y up, z towards the camera.

E-Gait: Bhattacharya et al., STEP (AAAI 2020).
"""

from __future__ import annotations

from typing import Literal

JOINTS = ("root", "spine", "neck", "head", "first shoulder", "first elbow", "first hand", "second shoulder",
          "second elbow", "second hand", "first hip", "first knee", "first foot", "second hip", "second knee",
          "second foot")
"""The joints in their order. `Sides` says whether *first* is left."""
BONES = ((0, 1), (1, 2), (2, 3), (2, 4), (4, 5), (5, 6), (2, 7), (7, 8), (8, 9), (0, 10), (10, 11), (11, 12), (0, 13),
         (13, 14), (14, 15))
"""Pairs of joints that a bone connects."""

Sides = Literal["left first", "right first"]
"""Which side joints 4-6 and 10-12 are: left by the data set's text, right by its authors' feature code."""

MIRRORED = (0, 1, 2, 3, 7, 8, 9, 4, 5, 6, 13, 14, 15, 10, 11, 12)
"""For each joint, the joint of the other side."""
FEWEST_KNOWN = 8
"""Number of known joints, the root among them, that a posture needs."""
