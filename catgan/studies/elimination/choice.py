"""Chooses the number of points on validation people by the one-standard-error rule (Breiman et al. 1984)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from catgan.metrics import bootstrap
from catgan.metrics.binary import BinaryScores

DRAWS = 200
"""Draws of people for the standard error."""


class Choice(NamedTuple):
    """The number of points that validation people chose.

    Attributes:
        size: the smallest number whose figure is at most one standard error below the best.
        best: the number with the best figure.
        figures: the figure of each number of points, `(sizes,)`.
        error: standard error of the best figure.
    """

    size: int
    best: int
    figures: tuple[float, ...]
    error: float


def choose(truth: np.ndarray, scores: np.ndarray, thresholds: np.ndarray, sizes: Sequence[int], people: Sequence[str],
           criterion: str = "balanced_accuracy") -> Choice:
    """Chooses the number of points, for one expression or for the mean over `e` of them.

    Args:
        truth: bool `(n, e)`.
        scores: `(n, sizes, e)`.
        thresholds: `(sizes, e)`.
        sizes: numbers of points, falling.
        people: of each clip; whole people are drawn for the standard error.
        criterion: `"balanced_accuracy"` or `"auc"`.
    """
    n, count, expressions = scores.shape
    flat = scores.reshape(n, -1)
    measured = BinaryScores(np.tile(truth, (1, count)), flat, flat >= thresholds.ravel())

    def means(weights: np.ndarray | None = None) -> np.ndarray:
        return getattr(measured.figures(weights), criterion).reshape(count, expressions).mean(1)

    found = np.nan_to_num(means(), nan=0.0)
    best = int(found.argmax())

    def of_best(rows: np.ndarray) -> Mapping[str, float | None]:
        value = float(means(np.bincount(rows, minlength=n))[best])
        return {criterion: value if np.isfinite(value) else None}

    # The 95 % interval of the bootstrap is 3.92 standard errors wide.
    interval = bootstrap.intervals(of_best, people, DRAWS)[criterion]
    error = 0.0 if interval is None else (interval[1] - interval[0]) / 3.92
    enough = [size for size, figure in zip(sizes, found.tolist()) if figure >= found[best] - error]
    return Choice(min(enough), sizes[best], tuple(found.tolist()), error)
