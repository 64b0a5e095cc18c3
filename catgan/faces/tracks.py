"""One face through a video: where it is in every frame, without the trembling of landmarks found frame by frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catgan.faces.landmarks import DetectedFace, overlap

LEAST_OVERLAP = 0.2
"""Of the boxes of one face in neighbouring frames."""
LEAST_WEIGHT = 0.01
"""Of the Gaussian, beyond which neighbours do not count: three deviations."""
MOST_NEIGHBOURS = 1000
"""On each side, whatever times a damaged file gives."""


def follow(faces: Sequence[DetectedFace], last: DetectedFace | None, index: int = 0) -> DetectedFace | None:
    """The face of a frame that goes on from the last frame's.

    Args:
        faces: of this frame, the largest first.
        last: where the face was seen last; None at the beginning.
        index: which one begins the track.

    Returns:
        None where it is not there.
    """
    if last is None:
        return faces[index] if index < len(faces) else None
    near = max(faces, key=lambda face: overlap(face.box, last.box), default=None)
    return near if near is not None and overlap(near.box, last.box) >= LEAST_OVERLAP else None


def smoothed(values: np.ndarray, times: np.ndarray, deviation: float) -> np.ndarray:
    """Smooths a path in time by a Gaussian; frames need not be evenly spaced, and gaps stay gaps.

    Args:
        values: `(frames, ...)`, NaN where nothing is known.
        times: seconds, `(frames,)`, rising.
        deviation: of the Gaussian, in seconds.

    Returns:
        float64, the same shape; what is known is the mean of what is known around it, what is not stays NaN.
    """
    if deviation <= 0 or not values.size:
        return values.astype(np.float64)
    flat = values.reshape(len(values), -1).astype(np.float64)
    known = np.isfinite(flat)
    filled, there = np.where(known, flat, 0.0), known.astype(np.float64)
    weighted, counted = filled.copy(), there.copy()
    for shift in range(1, len(flat)):
        weights = np.exp(-0.5 * np.square((times[shift:] - times[:-shift]) / deviation))[:, None]
        if shift > MOST_NEIGHBOURS or weights.max() < LEAST_WEIGHT:
            break
        weighted[shift:] += weights * filled[:-shift]
        counted[shift:] += weights * there[:-shift]
        weighted[:-shift] += weights * filled[shift:]
        counted[:-shift] += weights * there[shift:]
    return np.where(known, weighted / np.maximum(counted, 1e-12), np.nan).reshape(values.shape)
