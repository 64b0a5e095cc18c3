"""Scores an attribution against a cause that is known: the planted landmarks, and the planted moment."""

from __future__ import annotations

import numpy as np

from catgan.errors import DataError
from catgan.explain.landmarks.stability import most_relevant

TOP = 16
"""Landmarks that are counted as the most relevant ones."""
SHARE = 0.9
"""Share of the relevance that the found moment holds."""


def share_in_points(relevance: np.ndarray, points: np.ndarray) -> float | None:
    """Returns the share of the relevance `(p,)` that lies in some landmarks, 0..1; None without any relevance."""
    whole = float(np.sum(relevance))
    return float(np.sum(np.asarray(relevance)[points])) / whole if whole > 0.0 else None


def share_of_top(relevance: np.ndarray, points: np.ndarray, count: int = TOP) -> float | None:
    """Returns the share of the `count` most relevant landmarks that are among `points`; None without any relevance.

    Where there are fewer `points`, as many landmarks count as there are: a brow has 10 points.
    """
    chosen = most_relevant(relevance, min(count, len(points)))
    return float(np.isin(chosen, points).mean()) if len(points) and np.sum(relevance) > 0.0 else None


def moments_of(attributions: np.ndarray) -> np.ndarray:
    """Returns the absolute net relevance of each frame: signed attributions `(n, t, p)` to float64 `(n, t)`.

    Landmarks are added with their signs first, so that the jitter of many landmarks cancels.
    """
    return np.abs(np.asarray(attributions, np.float64).sum(-1))


def found_moment(moments: np.ndarray, share: float = SHARE) -> tuple[int, int] | None:
    """Finds the shortest run of frames that holds a share of the relevance; of equally short ones the fullest.

    Args:
        moments: relevance of each frame, 0 or more, `(t,)`.
        share: of the whole relevance, above 0 and at most 1.

    Returns:
        The first frame and the frame after the last one; None without any relevance.

    Raises:
        DataError: a share out of range.
    """
    if not 0.0 < share <= 1.0:
        raise DataError(f"The share of the relevance must lie above 0 and up to 1. Received: {share:g}.")
    sums = np.concatenate([[0.0], np.cumsum(np.asarray(moments, np.float64))])
    if not sums[-1] > 0.0:
        return None
    needed = share * sums[-1] * (1.0 - 1e-12)
    for length in range(1, len(sums)):
        held = sums[length:] - sums[:-length]
        if held.max() >= needed:
            start = int(held.argmax())
            return start, start + length
    return 0, len(sums) - 1


def moment_iou(first: tuple[int, int] | None, second: tuple[int, int] | None) -> float:
    """Returns frames in both moments over frames in either, 0..1; a moment is its first frame and the one after its
    last. 0 where one is None."""
    if first is None or second is None:
        return 0.0
    both = max(0, min(first[1], second[1]) - max(first[0], second[0]))
    return both / (first[1] - first[0] + second[1] - second[0] - both)
