"""Metrics of labels of which several may be true at once, and of probabilities of classes."""

from __future__ import annotations

import numpy as np


def average_precision(present: np.ndarray, scores: np.ndarray) -> float | None:
    """Computes the average precision: the mean over recalls of the precision, without interpolation.

    Args:
        present: bool `(n,)`.
        scores: `(n,)`, the higher the more likely present; equal scores count as one step.

    Returns:
        0..1; None where none is present.
    """
    truth, values = np.asarray(present, bool), np.asarray(scores, np.float64)
    if not truth.any():
        return None
    order = np.argsort(-values, kind="stable")
    truth, values = truth[order], values[order]
    ends = np.append(values[1:] != values[:-1], True)
    hits, said = np.cumsum(truth)[ends], (np.arange(len(values)) + 1)[ends]
    return float((np.diff(hits, prepend=0) * (hits / said)).sum() / hits[-1])


def mean_average_precision(values: np.ndarray, scores: np.ndarray) -> float | None:
    """Computes the mean of `average_precision` over the categories in which it is defined.

    Args:
        values: `(n, k)`, 1 = present, 0 = absent, NaN = unknown.
        scores: `(n, k)`.
    """
    known = np.isfinite(values)
    found = [average_precision(values[known[:, place], place] > 0.5, scores[known[:, place], place])
             for place in range(values.shape[1])]
    defined = [value for value in found if value is not None]
    return float(np.mean(defined)) if defined else None


def brier_score(probabilities: np.ndarray, labels: np.ndarray) -> float | None:
    """Computes the Brier score of classes: the squared distance of probabilities and truth, summed over classes, 0..2.

    Args:
        probabilities: `(n, classes)`, rows sum to 1.
        labels: class numbers, int `(n,)`.
    """
    if not len(labels):
        return None
    true = labels[:, None] == np.arange(probabilities.shape[1])
    return float(np.square(probabilities - true).sum(1).mean())


def chance_macro_f1(labels: np.ndarray, classes: int) -> float:
    """Computes the macro-F1 that an answer at random, each class equally often, has in the long run.

    Args:
        labels: class numbers, int `(n,)`; classes that do not occur count with 0.
        classes: how many.
    """
    shares = np.bincount(labels, minlength=classes) / max(len(labels), 1)
    return float(np.mean(2.0 * shares / classes / (shares + 1.0 / classes)))


def agreement(predicted: np.ndarray, other: np.ndarray, given: np.ndarray, classes: int) -> float | None:
    """Computes how much predictions agree with other labels beyond what a third label explains.

    Cohen's kappa (1960) with the agreement that is expected where both are independent within each value of `given`:
    0 = independent, 1 = equal.

    Args:
        predicted, other: class numbers, int `(n,)`.
        given: any whole numbers, `(n,)`.
        classes: how many.

    Returns:
        None where agreement is certain already, or there are no rows.
    """
    if not len(predicted):
        return None
    _, strata = np.unique(given, return_inverse=True)
    counts = np.bincount(strata).astype(np.float64)
    said, true = (np.bincount(strata * classes + part, minlength=len(counts) * classes).reshape(-1, classes)
                  for part in (predicted, other))
    expected = float(((said * true).sum(1) / counts).sum() / len(predicted))
    observed = float((predicted == other).mean())
    return None if expected > 1.0 - 1e-9 else (observed - expected) / (1.0 - expected)
