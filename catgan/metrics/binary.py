"""Balanced accuracy and area under the ROC curve of many binary classifiers on the same rows, fast enough to resample.

Rows belong to groups, such as the folds of a cross-validation. Classifiers of different groups are different models, so
each group has its own thresholds, and only scores within a group are compared.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class BinaryFigures(NamedTuple):
    """Figures of `m` classifiers, float64 `(m,)` each; NaN unless both classes occur."""

    balanced_accuracy: np.ndarray
    auc: np.ndarray


def best_threshold(truth: np.ndarray, scores: np.ndarray) -> float:
    """Finds the threshold of best balanced accuracy, for use on a validation split.

    It lies half way between two neighbouring scores. Of equally good ones the middle one is taken, so that the choice
    is stable.

    Args:
        truth: bool `(n,)`.
        scores: `(n,)`, the higher the more likely true.

    Returns:
        In the unit of `scores`; 0 unless both classes occur.
    """
    truth, values = np.asarray(truth, bool), np.asarray(scores, np.float64)
    positive, negative = int(truth.sum()), int((~truth).sum())
    if not positive or not negative:
        return 0.0
    order = np.argsort(-values, kind="stable")
    values, hits = values[order], np.cumsum(truth[order])
    said = np.arange(1, len(values) + 1)
    accuracies = 0.5 * (hits / positive + 1.0 - (said - hits) / negative)
    accuracies[:-1][values[1:] == values[:-1]] = -1.0  # only between different scores can a threshold stand
    best = np.flatnonzero(accuracies >= accuracies.max() - 1e-12)
    chosen = best[len(best) // 2]
    below = values[chosen + 1] if chosen + 1 < len(values) else values[chosen] - 1e-6
    return float((values[chosen] + below) / 2.0)


class BinaryScores:
    """Measures `m` binary classifiers on `n` rows, any number of times with other weights of the rows.

    Args:
        truth: bool `(n, m)`.
        scores: `(n, m)`, finite; the higher the more likely true.
        said: bool `(n, m)`: whether the score reached the threshold of its group.
        groups: int `(n,)`, group of each row.
    """

    def __init__(self, truth: np.ndarray, scores: np.ndarray, said: np.ndarray, groups: np.ndarray | None = None):
        self._truth = np.asarray(truth, bool)
        self._hits = np.asarray(said, bool) & self._truth
        self._rejected = ~np.asarray(said, bool) & ~self._truth
        groups = np.zeros(len(scores), np.int64) if groups is None else np.asarray(groups)
        codes = np.unique(groups, return_inverse=True)[1]
        self._member = np.eye(int(codes.max(initial=0)) + 1)[codes].T  # (groups, n), 1 where a row is of the group
        self._order = np.stack([np.lexsort((column, codes)) for column in np.asarray(scores).T], 1)
        self._sorted_truth = np.take_along_axis(self._truth, self._order, 0)
        sizes = np.bincount(codes)
        self._start = np.repeat(np.cumsum(sizes) - sizes, sizes)[:, None]  # first sorted row of each row's group
        values = np.take_along_axis(np.asarray(scores, np.float64), self._order, 0)
        self._first, self._last = _ties(values, self._start)

    def figures(self, weights: np.ndarray | None = None) -> BinaryFigures:
        """Computes the figures.

        Args:
            weights: `(n,)`, how often each row counts; once each by default.
        """
        weights = np.ones(len(self._truth)) if weights is None else np.asarray(weights, np.float64)
        positive = self._member * weights @ self._truth
        negative = self._member * weights @ ~self._truth
        with np.errstate(invalid="ignore", divide="ignore"):
            hits, rejected = weights @ self._hits, weights @ self._rejected
            balanced = 0.5 * (hits / positive.sum(0) + rejected / negative.sum(0))
            return BinaryFigures(balanced, self._won(weights) / (positive * negative).sum(0))

    def _won(self, weights: np.ndarray) -> np.ndarray:
        """Counts pairs of a positive and a negative row of one group in which the positive has the higher score; ties
        count half."""
        ordered = weights[self._order]
        below = np.zeros((len(ordered) + 1, ordered.shape[1]))
        np.cumsum(np.where(self._sorted_truth, 0.0, ordered), 0, out=below[1:])
        lower = 0.5 * (np.take_along_axis(below, self._first, 0) + np.take_along_axis(below, self._last, 0))
        lower -= below[self._start[:, 0]]
        return np.where(self._sorted_truth, ordered * lower, 0.0).sum(0)


def _ties(values: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns for each sorted row the first row of its score in its group, and the row after the last."""
    rows = np.arange(len(values))[:, None]
    new = np.ones(values.shape, bool)
    new[1:] = (values[1:] != values[:-1]) | (start[1:] != start[:-1])
    first = np.maximum.accumulate(np.where(new, rows, 0), 0)
    ends = np.ones(values.shape, bool)
    ends[:-1] = new[1:]
    last = np.minimum.accumulate(np.where(ends, rows + 1, len(values))[::-1], 0)[::-1]
    return first, last
