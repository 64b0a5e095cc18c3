"""Scores how much an aligned crop looks like a face, by correlation with rendered mean faces; no network is needed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np

EXPECTED = Path(__file__).with_name("expected_faces.png")
"""Grey mean faces side by side: frontal, turned to either side, with an open mouth. Made by `tools/expected_faces.py`.
"""

SIDE = 64
"""Side of the compared crops in pixels."""

COMPARED = (slice(16, 56), slice(12, 52))
"""Rows and columns that are compared, from brows to chin; hair and background differ between pictures."""

DEVIATIONS = (4.0, 8.0)
"""Standard deviations in pixels of the Gaussians that even out the light."""

LEAST_DETAIL = 7.0
"""Standard deviation of fine detail, in grey levels, below which the likeness is reduced. Faces have 8 or more."""


def likeness(crop: np.ndarray) -> float:
    """Compares a crop with the mean faces.

    Args:
        crop: aligned crop, uint8 `(64, 64, 3)` RGB (`catgan.faces.alignment.align`).

    Returns:
        The largest correlation with a mean face, -1..1, after evening out the light. For photographs of faces it is
        0.26
        or more in 95 % of cases, with median 0.49.
    """
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    alike = np.max(np.mean(np.einsum("si,fsi->fs", _patterns(grey), _expected()), axis=1))
    values = grey.astype(np.float32)
    detail = (values - cv2.GaussianBlur(values, (0, 0), DEVIATIONS[0]))[COMPARED].std()
    return float(alike * min(detail / LEAST_DETAIL, 1.0))


@cache
def expected_faces() -> list[np.ndarray]:
    """Loads the mean faces, uint8 `(64, 64)` each."""
    sheet = cv2.imread(str(EXPECTED), cv2.IMREAD_GRAYSCALE)
    if sheet is None:
        raise RuntimeError(f"{EXPECTED} belongs to this package and is missing")
    return np.hsplit(sheet, sheet.shape[1] // SIDE)


@cache
def _expected() -> np.ndarray:
    """Returns the patterns of the mean faces, `(faces, deviations, pixels)`."""
    return np.stack([_patterns(face) for face in expected_faces()])


def _patterns(grey: np.ndarray) -> np.ndarray:
    """Returns unit vectors of a picture with its light evened out, `(deviations, pixels)`."""
    evened = np.stack([even(grey, deviation)[COMPARED].ravel() for deviation in DEVIATIONS])
    return evened / np.maximum(np.linalg.norm(evened, axis=1, keepdims=True), 1e-6)


def even(grey: np.ndarray, deviation: float) -> np.ndarray:
    """Removes light and contrast from a grey picture `(h, w)`: its local mean becomes 0, its local standard deviation
    about 1.

    Args:
        grey: the picture.
        deviation: standard deviation in pixels of the Gaussian that defines the neighbourhood.
    """
    values = grey.astype(np.float32)
    values -= cv2.GaussianBlur(values, (0, 0), deviation)
    return values / (np.sqrt(cv2.GaussianBlur(values * values, (0, 0), deviation)) + 4.0)
