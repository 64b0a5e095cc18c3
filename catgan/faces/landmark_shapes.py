"""Makes shapes of landmarks: positions without the place, size and tilt of the head, and their movement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from catgan.errors import DataError, unknown_name
from catgan.faces.frontal import frontal
from catgan.faces.landmark_sets import LandmarkSet, landmark_set

REFERENCES = ("first", "median", "none")
START_FRAMES = 3
"""Number of seen frames whose mean `"first"` subtracts: one frame alone would add its jitter to all others."""


@dataclass(frozen=True)
class ShapeOptions:
    """Chooses how landmarks become the input of a network.

    Args:
        reference: what is subtracted: `"first"`, the first seen frames; `"median"`, the median over the seen frames;
            `"none"`, nothing, so that shapes are positions instead of displacements.
        velocities: whether the change from the frame before is added, as further coordinates.
        frontal: whether the rotation of the head is removed first, see `catgan.faces.frontal`.
    """

    reference: str = "first"
    velocities: bool = False
    frontal: bool = False

    def __post_init__(self) -> None:
        if self.reference not in REFERENCES:
            raise unknown_name("reference of landmarks", self.reference, REFERENCES)

    @property
    def channels(self) -> int:
        """Number of values per point and frame."""
        return 4 if self.velocities else 2


def shapes(points: np.ndarray, seen: np.ndarray, options: ShapeOptions, landmarks: str | LandmarkSet) -> np.ndarray:
    """Computes the shapes of one sequence.

    Args:
        points: in pixels, `(t, p, 2)` or `(t, p, 3)`; the depth is not used.
        seen: bool `(t,)`.
        options: what is subtracted and added.
        landmarks: the set of landmarks, or its name.

    Returns:
        float32 `(t, p, options.channels)` in eye distances, x to the right and y down. 0 in frames that are not seen,
        and everywhere where none is seen.

    Raises:
        DataError: another number of points than the set has, or eyes in one place.
    """
    seen = np.asarray(seen, bool)
    if options.frontal:
        points = frontal(points, seen, landmarks)
    values = displaced(upright(points, seen, landmarks), seen, options.reference)
    if options.velocities:
        values = np.concatenate([values, velocities(values, seen)], -1)
    return values.astype(np.float32)


def upright(points: np.ndarray, seen: np.ndarray, landmarks: str | LandmarkSet) -> np.ndarray:
    """Removes place, size and tilt: the middle of the eyes becomes 0, the line between them level.

    The unit is the median distance of the eyes over the seen frames, so that a blink or a turned head does not change
    the size.

    Args:
        points, seen, landmarks: as `shapes`.

    Returns:
        float64 `(t, p, 2)`, 0 in frames that are not seen.
    """
    known = landmark_set(landmarks) if isinstance(landmarks, str) else landmarks
    given = np.asarray(points, np.float64)
    if given.ndim != 3 or given.shape[1] != known.count or given.shape[2] not in (2, 3):
        raise DataError(f"Landmarks of '{known.name}' must have the shape (frames, {known.count}, 2). "
                        f"Received: {given.shape}.")
    result, given = np.zeros((*given.shape[:2], 2)), given[seen, :, :2]
    if not len(given):
        return result
    left, right = (given[:, list(eye)].mean(1) for eye in known.eyes)
    across = right - left
    distance = float(np.median(np.hypot(*across.T)))
    if not distance > 0.0:
        raise DataError("Both eyes of a face lie in one place: its landmarks cannot be scaled.")
    cosine, sine = (across / np.maximum(np.hypot(*across.T), 1e-9)[:, None]).T
    centred = (given - (0.5 * (left + right))[:, None]) / distance
    x, y = centred[..., 0], centred[..., 1]
    level = [cosine[:, None] * x + sine[:, None] * y, cosine[:, None] * y - sine[:, None] * x]
    result[seen] = np.stack(level, -1)
    return result


def displaced(values: np.ndarray, seen: np.ndarray, reference: str) -> np.ndarray:
    """Subtracts the reference frame from the seen frames; arguments as `shapes`."""
    if reference == "none" or not seen.any():
        return values
    known = values[seen]
    start = np.median(known, 0) if reference == "median" else known[:START_FRAMES].mean(0)
    return np.where(seen[:, None, None], values - start, 0.0)


def velocities(values: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Returns the change of each frame from the frame before; 0 where one of the two is not seen."""
    change = np.zeros_like(values)
    both = seen[1:] & seen[:-1]
    change[1:][both] = (values[1:] - values[:-1])[both]
    return change
