"""Converts pixels between photographs (uint8) and networks (float in [-1, 1])."""

from __future__ import annotations

import numpy as np


def to_network(images: np.ndarray, channels: int) -> np.ndarray:
    """Converts photographs to the input of networks.

    Args:
        images: uint8 RGB `(n, h, w, 3)`, or `(n, h, w, channels)`.
        channels: 1 or 3. One channel is luminance (ITU-R BT.601), as OpenCV and Pillow compute it.

    Returns:
        float32 `(n, h, w, channels)` in [-1, 1].
    """
    if images.shape[-1] == 3 and channels == 1:
        images = np.rint(images @ np.array([0.299, 0.587, 0.114], np.float32))[..., None]
    return np.asarray(images, np.float32) / 127.5 - 1.0


def from_network(pixels: np.ndarray) -> np.ndarray:
    """Converts float `(n, h, w, 1 or 3)` in [-1, 1] to uint8 RGB `(n, h, w, 3)`."""
    images = np.clip(np.rint((np.asarray(pixels, np.float32) + 1.0) * 127.5), 0, 255).astype(np.uint8)
    return np.repeat(images, 3, axis=-1) if images.shape[-1] == 1 else images
