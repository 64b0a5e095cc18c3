"""Action Unit metrics over known labels: F1, area under the ROC curve, and the threshold of best F1."""

from __future__ import annotations

import numpy as np


def _known(true: np.ndarray, score: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mask = np.asarray(mask, bool)
    return np.asarray(true)[mask].astype(bool), np.asarray(score)[mask].astype(np.float64)


def f1(true: np.ndarray, score: np.ndarray, mask: np.ndarray, threshold: float) -> float | None:
    """Computes F1 of `score >= threshold` against presence.

    Args:
        true: `(n,)`, present or not.
        score: `(n,)`, the higher the more present.
        mask: `(n,)`, False = unknown.
        threshold: in the unit of `score`.

    Returns:
        2 TP / (2 TP + FP + FN); None where nothing is known, or no face has the AU and none is said to.
    """
    truth, values = _known(true, score, mask)
    said = values >= threshold
    hits, wrong = int((said & truth).sum()), int((said ^ truth).sum())
    return None if hits + wrong == 0 else 2.0 * hits / (2.0 * hits + wrong)


def auc(true: np.ndarray, score: np.ndarray, mask: np.ndarray) -> float | None:
    """Computes the area under the ROC curve (Mann-Whitney, ties count half); None unless both classes are known."""
    truth, values = _known(true, score, mask)
    positive, negative = int(truth.sum()), int((~truth).sum())
    if not positive or not negative:
        return None
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[inverse]
    return float((ranks[truth].sum() - positive * (positive + 1) / 2.0) / (positive * negative))


def best_threshold(true: np.ndarray, score: np.ndarray, mask: np.ndarray) -> float | None:
    """Finds the threshold of best F1, for use on a validation split.

    It lies half way between two neighbouring scores. Of equally good ones the middle one is taken, so that the choice
    is stable. None where the AU is never present.
    """
    truth, values = _known(true, score, mask)
    if not truth.any():
        return None
    order = np.argsort(-values, kind="stable")
    values, hits = values[order], np.cumsum(truth[order])
    last = np.append(values[1:] != values[:-1], True)  # only between different scores can a threshold stand
    said = np.arange(1, len(values) + 1)
    scores = np.where(last, 2.0 * hits / (said + truth.sum()), -1.0)
    best = np.flatnonzero(scores >= scores.max() - 1e-12)
    chosen = best[len(best) // 2]
    below = values[chosen + 1] if chosen + 1 < len(values) else values[chosen] - 1e-6
    return float((values[chosen] + below) / 2.0)
