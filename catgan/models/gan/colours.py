"""Colours for what a model of one channel draws."""

from __future__ import annotations

import cv2
import numpy as np

NEW = 24.0
"""Grey levels of a change at which half of the colour is that of what is around: something else is seen there."""

LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
"""ITU-R BT.601, as `catgan.models.gan.model.to_network`."""


def add_luminance(faces: np.ndarray, added: np.ndarray) -> np.ndarray:
    """Faces that become lighter or darker, in colour.

    What is a little lighter or darker keeps its colour. Where something else is seen, a dark mouth where teeth were, it
    takes on the colour around it: what teeth lack in red, the mouth behind them would lack too.

    Args:
        faces: float32 RGB `(n, h, w, 3)`, 0..255.
        added: luminance that is added, `(n, h, w, 1)`.

    Returns:
        Float32 `(n, h, w, 3)` of the luminance `faces` + `added`; where nothing is added, `faces`.
    """
    light = faces @ LUMINANCE[:, None]
    colour = faces - light
    if not colour.any():
        return faces + added
    new = np.square(added) / (np.square(added) + NEW ** 2)
    around = np.stack([_around(*parts) for parts in zip(colour, 1.0 - new)])
    return light + added + (1.0 - new) * colour + new * around


def _around(colour: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """The colour of what stays around each pixel, `(h, w, 3)`."""
    sums = cv2.GaussianBlur(kept * np.concatenate([colour, np.ones_like(kept)], axis=-1), (0, 0), len(colour) / 16.0)
    return sums[..., :3] / (sums[..., 3:] + 1e-3)
