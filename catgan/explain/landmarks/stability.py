"""Compares rankings of landmarks between variants, folds and seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
from scipy import stats

from catgan.errors import DataError
from catgan.metrics.figures import Figures

TOP = 32
"""Landmarks whose overlap is counted."""


def kendall_tau(first: np.ndarray, second: np.ndarray) -> float | None:
    """Computes Kendall's tau-b of two relevances `(p,)`, -1..1; None where one is constant."""
    return _defined(lambda: stats.kendalltau(first, second).statistic, first, second)


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float | None:
    """Computes Spearman's rank correlation of two relevances `(p,)`, -1..1; None where one is constant."""
    return _defined(lambda: stats.spearmanr(first, second).statistic, first, second)


def partial_rank_correlation(first: np.ndarray, second: np.ndarray, given: np.ndarray) -> float | None:
    """Computes the rank correlation of two relevances `(p,)` that a third map does not explain; None where undefined.

    Attributions of displacements are large where much moves, whatever the network has learned. So relevances of two
    networks are compared given the motion: what is left of the ranks after a linear fit to its ranks is correlated.
    """
    ranks = [stats.rankdata(one) for one in (first, second, given)]
    if any(np.ptp(one) == 0.0 for one in ranks):
        return None
    left = [one - np.polyval(np.polyfit(ranks[2], one, 1), ranks[2]) for one in ranks[:2]]
    norms = [float(np.linalg.norm(one)) for one in left]
    return float(left[0] @ left[1] / (norms[0] * norms[1])) if min(norms) > 1e-9 * len(ranks[0]) else None


def _defined(compute: Callable[[], float], first: np.ndarray, second: np.ndarray) -> float | None:
    return None if np.ptp(first) == 0.0 or np.ptp(second) == 0.0 else float(compute())


def top_jaccard(first: np.ndarray, second: np.ndarray, count: int = TOP) -> float:
    """Computes how far the most relevant landmarks agree: those in both over those in either, 0..1.

    Args:
        first, second: relevances `(p,)`.
        count: number of the most relevant landmarks.
    """
    one, two = (set(most_relevant(relevance, count).tolist()) for relevance in (first, second))
    return len(one & two) / len(one | two)


def most_relevant(relevance: np.ndarray, count: int) -> np.ndarray:
    """Returns the `count` landmarks of the largest relevance, int64; of equal ones the first."""
    return np.argsort(-np.asarray(relevance, np.float64), kind="stable")[:count]


def stability(relevances: Sequence[np.ndarray] | np.ndarray, count: int = TOP) -> Figures:
    """Compares all pairs of relevances, such as those of the folds of one study.

    Args:
        relevances: `(p,)` each, two or more.
        count: see `top_jaccard`.

    Returns:
        `kendall_tau` and `jaccard`, each with its `mean` and its `lowest` over the pairs, None where undefined;
        `chance_jaccard`, expected of random rankings; `top`; and `n`, the number of relevances.

    Raises:
        DataError: fewer than two relevances, or different numbers of landmarks.
    """
    given = [np.asarray(one, np.float64) for one in relevances]
    if len(given) < 2 or len({one.shape for one in given}) > 1 or given[0].ndim != 1:
        raise DataError("Stability needs two relevances or more of the same landmarks. "
                        f"Received: {[one.shape for one in given]}.")
    pairs = list(combinations(given, 2))
    count = min(count, len(given[0]))
    share = count / len(given[0])
    taus = [tau for tau in (kendall_tau(*pair) for pair in pairs) if tau is not None]
    return {"kendall_tau": _summary(taus), "jaccard": _summary([top_jaccard(*pair, count) for pair in pairs]),
            "chance_jaccard": share / (2.0 - share), "top": count, "n": len(given)}


def _summary(values: Sequence[float]) -> Figures:
    return {"mean": float(np.mean(values)) if values else None, "lowest": float(np.min(values)) if values else None}
