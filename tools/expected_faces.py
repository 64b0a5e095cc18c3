"""Renders `catgan/faces/expected_faces.png`, the mean faces that `catgan.faces.likeness` compares crops with.

    PYTHONPATH=. python tools/expected_faces.py
"""

from __future__ import annotations

import numpy as np

from catgan.faces import alignment, likeness
from catgan.faces.images import to_rgb
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Scene

SCENES = (Scene(), Scene(pose=(-28.0, 0.0, 0.0)), Scene(pose=(28.0, 0.0, 0.0)),
          Scene(action_units={12: 4.0, 25: 5.0, 26: 4.0}))
"""The mean face: frontal, turned to either side, and with an open mouth."""


def expected_faces() -> np.ndarray:
    """Returns the aligned faces side by side, grey, uint8 `(SIDE, 4 SIDE)`."""
    images, landmarks = Renderer(2 * likeness.SIDE).render(SCENES, 1)
    faces = [alignment.align(to_rgb(image), points, likeness.SIDE).image[..., 0]
             for image, points in zip(images, landmarks)]
    return np.hstack(faces)


if __name__ == "__main__":
    import cv2

    cv2.imwrite(str(likeness.EXPECTED), expected_faces())
