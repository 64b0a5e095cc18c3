"""Precision, recall, density and coverage of generated faces, from nearest neighbours in feature space.

Each point of a set stands for a ball that reaches to its k-th neighbour in the set, itself not counted. Distances are
Euclidean, in float64, and computed in blocks: memory grows with the number of faces, not with its square.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from catgan.errors import CatganError

BLOCK = 4_000_000
"""Distances that are held at once: 32 MB per array."""


def feature_sets(real: np.ndarray, fake: np.ndarray, least: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Checks both sets and converts them to float64, `(n, d)` and `(m, d)`.

    Raises:
        CatganError: not two sets of rows of one length, fewer than `least` rows, or values that are NaN or infinite.
    """
    sets = [np.asarray(features, np.float64) for features in (real, fake)]
    for name, features in zip(("real", "generated"), sets):
        if features.ndim != 2 or not features.shape[1] or len(features) < least:
            raise CatganError(f"Features of {name} faces must be an array (n, d) with n of at least {least}. "
                              f"Received: {features.shape}.")
        bad = int((~np.isfinite(features)).any(1).sum())
        if bad:
            raise CatganError(f"Features must be finite. Received: {bad} of {len(features)} {name} faces with NaN or "
                              "infinite values.")
    if sets[0].shape[1] != sets[1].shape[1]:
        raise CatganError("Features of real and generated faces must have one length. "
                          f"Received: {sets[0].shape[1]} and {sets[1].shape[1]}.")
    return sets[0], sets[1]


def precision_recall(real: np.ndarray, fake: np.ndarray, k: int = 5) -> dict[str, float]:
    """Computes improved precision and recall (Kynkäänniemi et al. 2019).

    Args:
        real, fake: features `(n, d)` and `(m, d)`, more than `k` of each.
        k: the neighbour a ball reaches to, 1 or more.

    Returns:
        `precision`: share of generated faces inside the ball of a real one; `recall`: share of real faces inside the
        ball of a generated one. 0..1, the higher the better.

    Raises:
        CatganError: see `feature_sets`.
    """
    real, fake = _centred(real, fake, k)
    reach_real, reach_fake = _reach(real, k), _reach(fake, k)
    precise, recalled = np.zeros(len(fake), bool), np.zeros(len(real), bool)
    for rows, distances in _blocks(real, fake):
        precise |= (distances <= reach_real[rows, None]).any(0)
        recalled[rows] = (distances <= reach_fake).any(1)
    return {"precision": float(precise.mean()), "recall": float(recalled.mean())}


def density_coverage(real: np.ndarray, fake: np.ndarray, k: int = 5) -> dict[str, float]:
    """Computes density and coverage (Naeem et al. 2020), which are less sensitive to outliers than precision.

    Args:
        real, fake: features `(n, d)` and `(m, d)`, more than `k` of each.
        k: the neighbour a ball reaches to, 1 or more.

    Returns:
        `density`: real balls around a generated face, mean, over `k`: 1 is expected of equal distributions, more is
        possible; `coverage`: share of real balls with a generated face inside, 0..1. The higher the better.

    Raises:
        CatganError: see `feature_sets`.
    """
    real, fake = _centred(real, fake, k)
    reach, inside, covered = _reach(real, k), 0, 0
    for rows, distances in _blocks(real, fake):
        within = distances <= reach[rows, None]
        inside += int(within.sum())
        covered += int(within.any(1).sum())
    return {"density": inside / (k * len(fake)), "coverage": covered / len(real)}


def _centred(real: np.ndarray, fake: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    if k < 1:
        raise CatganError(f"k must be 1 or more. Received: {k}.")
    real, fake = feature_sets(real, fake, k + 1)
    middle = real.mean(0)  # distances by scalar products lose digits where features lie far from 0
    return real - middle, fake - middle


def _reach(features: np.ndarray, k: int) -> np.ndarray:
    """Computes the squared distance of each row to its k-th neighbour, `(n,)`, plus a rounding error so that ties count
    as inside."""
    reach = np.empty(len(features))
    for rows, distances in _blocks(features, features):
        distances[np.arange(len(distances)), np.arange(rows.start, rows.stop)] = np.inf
        distances.partition(k - 1, axis=1)
        reach[rows] = distances[:, k - 1]
    return reach + 1e-13 * float((features ** 2).sum(1).max())


def _blocks(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Yields slices of `a` with their squared distances to all of `b`, `(rows, len(b))`, which may be written to."""
    step = max(1, BLOCK // len(b))
    norms = (b ** 2).sum(1)
    for start in range(0, len(a), step):
        part = a[start:start + step]
        distances = part @ (-2.0 * b.T)
        distances += norms
        distances += (part ** 2).sum(1)[:, None]
        yield slice(start, start + len(part)), np.maximum(distances, 0.0, out=distances)
