"""Colours the drawings of a model of one channel."""

from __future__ import annotations

import cv2
import numpy as np

HALF_REPLACED = 24.0
"""Change in grey levels at which half of the colour comes from the surroundings."""

LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
"""ITU-R BT.601, as in `catgan.models.pixels.to_network`."""


def add_luminance(faces: np.ndarray, added: np.ndarray) -> np.ndarray:
    """Adds grey differences to faces in colour.

    After a small change a pixel keeps its colour. After a large change it shows something else, such as a dark mouth
    where teeth were, and takes the colour of its surroundings.

    Args:
        faces: float32 RGB `(n, h, w, 3)`, 0..255.
        added: luminance that is added, `(n, h, w, 1)`.

    Returns:
        float32 `(n, h, w, 3)` with the luminance of `faces` + `added`; equal to `faces` where `added` is 0.
    """
    light = faces @ LUMINANCE[:, None]
    colour = faces - light
    if not colour.any():
        return faces + added
    new = np.square(added) / (np.square(added) + HALF_REPLACED ** 2)
    around = np.stack([_around(*parts) for parts in zip(colour, 1.0 - new)])
    return light + added + (1.0 - new) * colour + new * around


def _around(colour: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Blurs the colour of unchanged pixels around each pixel, `(h, w, 3)`."""
    sums = cv2.GaussianBlur(kept * np.concatenate([colour, np.ones_like(kept)], axis=-1), (0, 0), len(colour) / 16.0)
    return sums[..., :3] / (sums[..., 3:] + 1e-3)
