"""Divides faces into folds without shared subjects, and predicts each fold from the others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from catgan import random_streams


def folds_of(groups: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Deals subjects to folds at random, as evenly as their number allows.

    Args:
        groups: per face its subject, `(n,)`.
        count: number of folds; fewer where there are fewer subjects.
        seed: the same seed gives the same folds.

    Returns:
        The fold of each face, int64 `(n,)`.
    """
    names, members = np.unique(groups, return_inverse=True)
    dealt = np.arange(len(names)) % max(min(count, len(names)), 1)
    return random_streams.generator("related_folds", seed).permutation(dealt)[members]


def predicted_by_others(folds: np.ndarray, fit: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray | None:
    """Predicts the faces of each fold by a model that was fitted to all other folds.

    Args:
        folds: of `folds_of`.
        fit: takes the rows to fit and the rows to predict; returns predictions for the latter, `(m, ...)`.

    Returns:
        Predictions `(n, ...)`; None for fewer than two folds.
    """
    if folds.max(initial=0) < 1:
        return None
    result: np.ndarray | None = None
    for fold in range(int(folds.max()) + 1):
        rows = np.flatnonzero(folds == fold)
        part = fit(np.flatnonzero(folds != fold), rows)
        if result is None:
            result = np.zeros((len(folds), *part.shape[1:]), part.dtype)
        result[rows] = part
    return result
