"""One face through a video: where it is in every frame, without the trembling of landmarks found frame by frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catgan.faces.landmarks import DetectedFace, overlap

LEAST_OVERLAP = 0.2
"""Of the boxes of one face in neighbouring frames."""


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


def smoothed(values: np.ndarray, deviation: float) -> np.ndarray:
    """A path, evened out in time by a Gaussian; gaps stay gaps.

    Args:
        values: `(frames, ...)`, NaN where nothing is known.
        deviation: of the Gaussian, in frames.

    Returns:
        The same shape; what is known is the mean of what is known around it, what is not stays NaN.
    """
    if deviation <= 0 or not values.size:
        return values.astype(np.float64)
    flat = values.reshape(len(values), -1).astype(np.float64)
    known = np.isfinite(flat)
    reach = int(np.ceil(3 * deviation))
    weights = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) / deviation))
    weighted, counted = (np.apply_along_axis(np.convolve, 0, part, weights)[reach:reach + len(flat)]
                         for part in (np.where(known, flat, 0.0), known.astype(np.float64)))
    return np.where(known, weighted / np.maximum(counted, 1e-12), np.nan).reshape(values.shape)
