"""Fits linear read-outs in closed form: ridge and logistic regression on summaries of clips."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import eigh
from sklearn.linear_model import LogisticRegression

from catgan.models.landmarks.architectures import LandmarkConfig

STRENGTHS = tuple(10.0 ** power for power in range(-3, 5))
"""Strengths of ridge regression that are tried, as multiples of the mean variance of the features."""
INVERSE_STRENGTHS = (0.001, 0.01, 0.1, 1.0)
"""Those of logistic regression (scikit-learn's C)."""


class Readout(NamedTuple):
    """A linear function of a summary.

    Attributes:
        kernel: `(d, outputs)`.
        bias: `(outputs,)`.
    """

    kernel: np.ndarray
    bias: np.ndarray

    def __call__(self, summary: np.ndarray) -> np.ndarray:
        """Returns `(n, outputs)`."""
        return summary @ self.kernel + self.bias


def fit_readout(summary: np.ndarray, targets: np.ndarray, weights: np.ndarray, config: LandmarkConfig,
                validation: tuple[np.ndarray, np.ndarray]) -> Readout:
    """Fits a read-out.

    Args:
        summary: `(n, d)`.
        targets: bool `(n, outputs)`.
        weights: of the clips, `(n,)`; see `class_weights`.
        config: kind of read-out, number of components.
        validation: summary and targets of other clips, for the strength of logistic regression.
    """
    values = np.asarray(summary, np.float64)
    mean, deviation = values.mean(0), values.std(0)
    deviation = np.where(deviation > 1e-9, deviation, np.inf)  # a constant feature tells nothing
    scaled = (values - mean) / deviation
    turn = _components(scaled, config.components)
    inputs = scaled if turn is None else scaled @ turn
    if config.readout == "ridge":
        fitted = ridge(inputs, targets, weights)
    else:
        other = (np.asarray(validation[0], np.float64) - mean) / deviation
        fitted = _logistic(inputs, targets, weights, other if turn is None else other @ turn, validation[1])
    kernel = (fitted.kernel if turn is None else turn @ fitted.kernel) / deviation[:, None]
    return Readout(kernel, fitted.bias - mean @ kernel)


def class_weights(labels: np.ndarray) -> np.ndarray:
    """Returns the weight of each clip so that all classes have the same sum; mean 1, `(n,)`.

    Args:
        labels: int `(n,)`, 0 or more.
    """
    _, places, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return len(labels) / (len(counts) * counts[places])


def _components(scaled: np.ndarray, count: int) -> np.ndarray | None:
    """Returns the directions of the largest variance, scaled to variance 1, `(d, count)`; None for all features."""
    if not count or count > min(scaled.shape):
        return None
    variance, vectors = eigh(scaled.T @ scaled / len(scaled),
                             subset_by_index=(scaled.shape[1] - count, scaled.shape[1] - 1))
    return vectors / np.sqrt(np.maximum(variance, 1e-12))


def ridge(inputs: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> Readout:
    """Fits ridge regressions to -1 and 1; the strength of each is the one with the smallest leave-one-out error.

    Args:
        inputs: `(n, d)`.
        targets: bool `(n, outputs)`.
        weights: of the clips, `(n,)`, above 0.
    """
    signs, root = np.where(np.asarray(targets, bool), 1.0, -1.0), np.sqrt(weights)[:, None]
    mean, middle = (weights @ part / weights.sum() for part in (inputs, signs))
    rows, aims = root * (inputs - mean), root * (signs - middle)
    left, values = _left_singular(rows)
    projected, unit = left.T @ aims, values.sum() / min(rows.shape)
    squares, best = np.square(left), np.full(aims.shape[1], np.inf)
    chosen = np.full(aims.shape[1], unit)
    for strength in STRENGTHS:
        shrunk = values / (values + strength * unit)
        # The mean is fitted too, which the second term of the leverage stands for.
        kept = 1.0 - squares @ shrunk - weights / weights.sum()
        errors = (aims - left @ (shrunk[:, None] * projected)) / np.maximum(kept, 1e-6)[:, None]
        loss = np.square(errors).mean(0)
        better = loss < best
        best[better], chosen[better] = loss[better], strength * unit
    kernel = rows.T @ (left @ (projected / (values[:, None] + chosen)))
    return Readout(kernel, middle - mean @ kernel)


def _left_singular(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns left singular vectors `(n, r)` and squared singular values `(r,)`, by the smaller Gram matrix."""
    wide = rows.shape[1] > rows.shape[0]
    values, vectors = eigh(rows @ rows.T if wide else rows.T @ rows, driver="evd")
    kept = values > 1e-10 * max(float(values[-1]), 1e-300)
    values, vectors = values[kept], vectors[:, kept]
    return (vectors if wide else rows @ (vectors / np.sqrt(values))), values


def _logistic(inputs: np.ndarray, targets: np.ndarray, weights: np.ndarray, other: np.ndarray,
              truth: np.ndarray) -> Readout:
    kernels, biases = [], []
    for column, known in zip(np.asarray(targets, bool).T, np.asarray(truth, bool).T):
        models = [LogisticRegression(C=inverse, max_iter=300).fit(inputs, column, weights)
                  for inverse in INVERSE_STRENGTHS]
        sides = np.where(known, -1.0, 1.0)
        losses = [float(np.logaddexp(0.0, sides * model.decision_function(other)).mean()) for model in models]
        best = models[int(np.argmin(losses))]
        kernels.append(best.coef_[0])
        biases.append(float(best.intercept_[0]))
    return Readout(np.stack(kernels, 1), np.array(biases))
