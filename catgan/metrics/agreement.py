"""Agreement of raters: intraclass correlations, weighted kappa of ordered levels, and Fleiss' kappa of classes.

Cohen's kappa of two raters is `catgan.metrics.categories.agreement`; the CCC is `catgan.metrics.Moments.ccc`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Icc(NamedTuple):
    """Intraclass correlations of single ratings (Shrout & Fleiss 1979).

    Attributes:
        n: number of items that every rater has rated.
        agreement: ICC(2,1): raters are a sample, and their means count. None where it is not defined.
        consistency: ICC(3,1): raters are fixed, and differences of their means do not count.
    """

    n: int
    agreement: float | None
    consistency: float | None


def intraclass_correlations(ratings: np.ndarray) -> Icc:
    """Computes ICC(2,1) and ICC(3,1).

    Args:
        ratings: `(items, raters)`, NaN = unknown. Items that a rater has not rated are left out.

    Returns:
        Figures of at least two items and two raters, where something varies; else None.
    """
    known = np.asarray(ratings, np.float64)
    known = known[np.isfinite(known).all(1)]
    n, k = known.shape
    if n < 2 or k < 2:
        return Icc(n, None, None)
    mean, items, raters = known.mean(), known.mean(1), known.mean(0)
    between = k * np.square(items - mean).sum() / (n - 1)
    judges = n * np.square(raters - mean).sum() / (k - 1)
    error = np.square(known - items[:, None] - raters + mean).sum() / ((n - 1) * (k - 1))
    consistency = between + (k - 1) * error
    agreement = consistency + k * (judges - error) / n
    return Icc(n, _ratio(between - error, agreement), _ratio(between - error, consistency))


def weighted_kappa(one: np.ndarray, other: np.ndarray, levels: int) -> float | None:
    """Computes Cohen's kappa with quadratic weights (Cohen 1968): 1 = equal, 0 = as by chance.

    Args:
        one, other: ordered levels `0..levels - 1` of two raters, int `(n,)`.
        levels: how many there are.

    Returns:
        None without items, or where both raters give one and the same level throughout.
    """
    if not len(one):
        return None
    counts = np.bincount(np.asarray(one) * levels + np.asarray(other), minlength=levels * levels)
    observed = counts.reshape(levels, levels) / len(one)
    weights = np.square(np.subtract.outer(np.arange(levels), np.arange(levels)))
    expected = float((weights * np.outer(observed.sum(1), observed.sum(0))).sum())
    return None if expected < 1e-12 else 1.0 - float((weights * observed).sum()) / expected


def fleiss_kappa(counts: np.ndarray) -> float | None:
    """Computes the kappa of any number of raters (Fleiss 1971), which may differ between items.

    Args:
        counts: int `(items, classes)`: how many raters chose each class. Items of fewer than two raters are left out.

    Returns:
        None without items, or where all raters chose one class throughout.
    """
    counts = np.asarray(counts, np.float64)
    counts = counts[counts.sum(1) >= 2]
    if not len(counts):
        return None
    raters = counts.sum(1)
    observed = float(((np.square(counts).sum(1) - raters) / (raters * (raters - 1))).mean())
    expected = float(np.square(counts.sum(0) / counts.sum()).sum())
    return None if expected > 1.0 - 1e-12 else (observed - expected) / (1.0 - expected)


def _ratio(above: float, below: float) -> float | None:
    return float(above / below) if abs(below) > 1e-12 else None
