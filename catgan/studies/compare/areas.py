"""Area under the ROC curve on many draws of subjects: faces are sorted once, draws only weight them."""

from __future__ import annotations

import numpy as np

from catgan.studies.compare.draws import Draws

CELLS = 1_000_000
"""Weights that are held at once, so that they stay in the processor's cache."""


def auc(true: np.ndarray, scores: np.ndarray, draws: Draws) -> np.ndarray:
    """Computes the area under the ROC curve, as `catgan.metrics.au.auc`; ties count half.

    Args:
        true: `(n,)`, 1 = present, 0 = absent, NaN = unknown.
        scores: `(n,)`.
        draws: of whole groups of the `n` rows.

    Returns:
        float64 `(1 + draws,)`, NaN unless both classes are drawn.
    """
    order = np.argsort(scores, kind="stable")
    order = order[np.isfinite(true[order])]
    present = true[order] >= 0.5
    values, codes = np.asarray(scores)[order], draws.codes[order]
    negatives, positives = values[~present], values[present]
    first, last = (np.searchsorted(negatives, positives, side) for side in ("left", "right"))
    parts = [_of_block(counts[start:start + size], codes[~present], codes[present], first, last)
             for counts in draws.blocks() for size in [max(1, CELLS // max(len(order), 1))]
             for start in range(0, len(counts), size)]
    return np.concatenate(parts)


def _of_block(counts: np.ndarray, negative: np.ndarray, positive: np.ndarray, first: np.ndarray,
              last: np.ndarray) -> np.ndarray:
    """Computes the areas of some draws.

    Args:
        counts: float32 `(draws, groups)`; sums of them are exact below 2**24.
        negative, positive: group of each absent and present row, in the order of scores.
        first, last: for each present row the number of absent rows below it, and of those not above it.
    """
    below = np.zeros((len(counts), len(negative) + 1), np.float32 if len(negative) < 2 ** 22 else np.float64)
    np.cumsum(counts[:, negative], 1, out=below[:, 1:])
    weights = counts[:, positive]
    won = np.einsum("dp,dp->d", weights, below[:, first], dtype=np.float64)
    if not np.array_equal(first, last):
        won = 0.5 * (won + np.einsum("dp,dp->d", weights, below[:, last], dtype=np.float64))
    pairs = weights.sum(1, dtype=np.float64) * below[:, -1]
    return won / np.where(pairs > 0, pairs, np.nan)
