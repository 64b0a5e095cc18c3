"""Area under the ROC curve on many draws of subjects: faces are sorted once, draws only weight them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from catgan.studies.compare.draws import Draws


def auc(true: np.ndarray, scores: np.ndarray, draws: Draws) -> np.ndarray:
    """Computes the area under the ROC curve, as `catgan.metrics.au.auc`; ties count half.

    Args:
        true: `(n,)`, 1 = present, 0 = absent, NaN = unknown.
        scores: `(n,)`.
        draws: of whole groups of the `n` rows.

    Returns:
        float64 `(1 + draws,)`, NaN unless both classes are drawn.
    """
    known = np.flatnonzero(np.isfinite(true))
    present, values, codes = true[known] >= 0.5, np.asarray(scores)[known], draws.codes[known]
    # Of equal scores, present ones are taken first, then last: the mean of both counts half of each tie.
    orders = [np.lexsort((present if last else ~present, values)) for last in (False, True)]
    if np.array_equal(present[orders[0]], present[orders[1]]):
        orders = orders[:1]
    parts = []
    for counts in draws.blocks():
        won = [_won(counts, list(zip(codes[order].tolist(), present[order].tolist()))) for order in orders]
        pairs = _total(counts, codes[present]) * _total(counts, codes[~present])
        parts.append(np.mean(won, axis=0) / np.where(pairs > 0, pairs, np.nan))
    return np.concatenate(parts)


def _won(counts: np.ndarray, rows: Iterable[tuple[int, bool]]) -> np.ndarray:
    """Counts pairs in which the present row comes after the absent one, of every draw at once.

    Args:
        counts: float32 `(groups, draws)`; sums of them are exact below 2**24.
        rows: group and presence of each row, lowest score first. A loop over rows is four times as fast as cumulative
            sums, since every step is one operation on all draws.
    """
    below, product = np.zeros(counts.shape[1], np.float32), np.zeros(counts.shape[1], np.float32)
    won = np.zeros(counts.shape[1])
    for group, is_present in rows:
        if is_present:
            np.multiply(counts[group], below, out=product)
            won += product
        else:
            below += counts[group]
    return won


def _total(counts: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Sums the counts of rows, by their groups, of every draw."""
    weights = np.bincount(codes, minlength=len(counts)).astype(np.float64)
    total: np.ndarray = weights @ counts
    return total
