"""Detects which regions of an aligned face are covered by a mask, sunglasses, or a hand.

The landmarker fits a plausible mouth under a mask, and models analyse that region all the same. For each region a
weighted sum of nine measures scores how unlike that part of a face it is: three correlations with mean faces, contrast,
smoothness, detail, symmetry, darkest and brightest parts. The weights come from a logistic regression on photographs
with and without painted coverings. docs/journal/2026-11-27-faces.md has hits and false alarms on other photographs.
A single covered eye, and a hand whose folds look like features, are mostly missed.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import cv2
import numpy as np

from catgan.faces.likeness import SIDE, even, expected_faces

FACE = (slice(14, 56), slice(14, 50))
DEVIATIONS = (2.0, 4.0, 8.0)
"""Standard deviations in pixels of the Gaussians that even out the light before correlations."""


class Region(NamedTuple):
    """Describes a part of an aligned crop of 64 pixels and the weights of its measures, in the order of `_measures`."""

    rows: slice
    columns: slice
    weights: tuple[float, ...]
    constant: float


REGIONS = {
    "eyes": Region(slice(20, 34), slice(12, 52), (
        -3.23, -8.85, 1.10, -1.86, 7.47, -3.24, 1.38, -2.44, 1.78), 1.35),
    "nose": Region(slice(32, 45), slice(22, 42), (
        -0.35, -2.65, 0.93, -4.65, 5.41, -0.65, 0.56, -2.54, 0.66), -2.27),
    "mouth": Region(slice(42, 54), slice(18, 46), (
        -2.11, -0.60, -3.25, -4.39, 2.39, -3.08, -0.58, -1.34, 0.89), -1.96),
}


def covered(crop: np.ndarray) -> tuple[str, ...]:
    """Returns the names of the regions of a face that are probably covered.

    Args:
        crop: aligned face, uint8 `(side, side, 3)` RGB. Below 48 pixels the result is always empty.

    Returns:
        A subset of "eyes", "nose" and "mouth"; empty for a face that is fully visible.
    """
    if len(crop) < 48:
        return ()
    how = cv2.INTER_AREA if len(crop) > SIDE else cv2.INTER_LINEAR
    grey = cv2.cvtColor(cv2.resize(crop, (SIDE, SIDE), interpolation=how), cv2.COLOR_RGB2GRAY).astype(np.float32)
    evened = [even(grey, deviation) for deviation in DEVIATIONS]
    return tuple(name for name, region in REGIONS.items()
                 if region.constant + float(np.dot(region.weights, _measures(grey, evened, name))) > 0)


def _measures(grey: np.ndarray, evened: list[np.ndarray], name: str) -> list[float]:
    """Computes the nine measures of a region."""
    place = REGIONS[name][:2]
    part, face = grey[place], grey[FACE]
    spread = float(face.std()) + 4.0
    detail = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 2.0))
    mean = cv2.blur(grey, (3, 3))
    local = np.sqrt(np.maximum(cv2.blur(grey * grey, (3, 3)) - mean * mean, 0))
    alike = [float((patterns @ _unit(values[place])).max()) for patterns, values in zip(_expected(name), evened)]
    centred, mirrored = part - part.mean(), part[:, ::-1] - part.mean()
    return alike + [
        float(np.log(part.std() / spread + 0.05)),
        float((local[place] < 0.12 * spread).mean()),
        float(np.log(detail[place].mean() / (detail[FACE].mean() + 1.0) + 0.05)),
        float((centred * mirrored).sum() / ((centred * centred).sum() + 1e-3)),
        float(np.percentile(part, 25) - np.percentile(face, 10)) / spread,
        float(np.percentile(part, 90) - np.percentile(face, 90)) / spread]


@cache
def _expected(name: str) -> list[np.ndarray]:
    """Returns that region of the mean faces, `(faces, pixels)` for each deviation."""
    place = REGIONS[name][:2]
    return [np.stack([_unit(even(face, deviation)[place]) for face in expected_faces()]) for deviation in DEVIATIONS]


def _unit(values: np.ndarray) -> np.ndarray:
    return values.ravel() / max(float(np.linalg.norm(values)), 1e-6)
