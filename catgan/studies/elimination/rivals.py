"""Ranks landmarks without a trained network: by how much they move, and by a group lasso."""

from __future__ import annotations

import numpy as np
import scipy.special

PATH_STEPS = 16
"""Penalties of the path of the group lasso, from the one at which the first point enters down to `PATH_END` of it."""
PATH_END = 0.03
PASSES = 60
"""Steps of FISTA at each penalty."""


def motion_variance(shapes: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Computes the variance of each point over the seen frames of a clip, summed over axes, mean over clips: `(p,)`.

    Args:
        shapes: `(n, t, p, c)`; the first two channels are the position.
        seen: bool `(n, t)`.
    """
    weights = seen[..., None, None] / np.maximum(seen.sum(1), 1)[:, None, None, None]
    position = shapes[..., :2]
    middle = (weights * position).sum(1, keepdims=True)
    return (weights * (position - middle) ** 2).sum((1, 3)).mean(0)


def summaries(shapes: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Summarises clips for a linear network: the values at the apex, their means and standard deviations.

    The apex is the frame in which all points together are farthest from 0.

    Args:
        shapes, seen: as `motion_variance`.

    Returns:
        float32 `(n, p, 3 c)`.
    """
    weights = seen[..., None, None] / np.maximum(seen.sum(1), 1)[:, None, None, None]
    middle = (weights * shapes).sum(1)
    spread = np.sqrt((weights * (shapes - middle[:, None]) ** 2).sum(1))
    apex = shapes[np.arange(len(shapes)), ((shapes ** 2).sum((2, 3)) * seen).argmax(1)]
    return np.concatenate([apex, middle, spread], -1).astype(np.float32)


def group_lasso(features: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Ranks points by a group lasso (Yuan & Lin 2006) of a linear network, whose first layer is its only one.

    All weights of a point are one group of a logistic regression. Positive and negative clips weigh the same in total.
    The relevance of a point is the penalty at which it enters; of points that do not enter by the end of the path, the
    penalty at which they would enter next.

    Args:
        features: `(n, p, f)`, see `summaries`.
        truth: bool `(n, m)`; one regression for each column. Both classes occur in each.

    Returns:
        float64 `(m, p)`.
    """
    problem = _Logistic(features, truth)
    weights, bias = np.zeros(problem.shape, np.float32), np.zeros(problem.shape[1], np.float32)
    largest = problem.norms(problem.slope(weights, bias)[0]).max(1)
    relevance = np.zeros((truth.shape[1], features.shape[1]))
    penalty = largest
    for share in np.geomspace(1.0, PATH_END, PATH_STEPS + 1)[1:]:
        penalty = share * largest
        weights, bias = problem.minimise(weights, bias, penalty)
        entered = (problem.norms(weights) > 0.0) & (relevance == 0.0)
        relevance[entered] = np.broadcast_to(penalty[:, None], relevance.shape)[entered]
    outside = np.minimum(problem.norms(problem.slope(weights, bias)[0]), (1.0 - 1e-6) * penalty[:, None])
    # Of points that enter at one penalty, the one with larger weights at the end counts more.
    final = problem.norms(weights)
    return np.where(relevance == 0.0, outside, relevance + 1e-3 * penalty[:, None] * final / (final + 1.0))


class _Logistic:
    """Logistic regressions with one group of weights per point.

    Args:
        features: `(n, p, f)`.
        truth: bool `(n, m)`.
    """

    def __init__(self, features: np.ndarray, truth: np.ndarray):
        n, self._points, self._size = features.shape
        flat = features.reshape(n, -1).astype(np.float32)
        self._features = (flat - flat.mean(0)) / np.maximum(flat.std(0), 1e-6)
        self._truth = np.asarray(truth, bool)
        self._balance = np.where(self._truth, 0.5 / self._truth.sum(0), 0.5 / (~self._truth).sum(0)).astype(np.float32)
        self.shape = (flat.shape[1], self._truth.shape[1])
        self._step = (1.0 / np.maximum(0.25 * self._curvature(), 1e-12)).astype(np.float32)

    def slope(self, weights: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns the gradient of the loss by weights `(p f, m)` and by biases `(m,)`."""
        error = self._balance * (scipy.special.expit(self._features @ weights + bias) - self._truth)
        return self._features.T @ error, error.sum(0)

    def norms(self, weights: np.ndarray) -> np.ndarray:
        """Returns the length of the weights of each point, `(m, p)`."""
        return np.sqrt((weights.reshape(self._points, self._size, -1) ** 2).sum(1)).T

    def minimise(self, weights: np.ndarray, bias: np.ndarray, penalty: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Minimises the loss with a penalty `(m,)` by accelerated proximal gradients (Beck & Teboulle 2009)."""
        ahead, ahead_bias, momentum = weights, bias, 1.0
        for _ in range(PASSES):
            slope, slope_bias = self.slope(ahead, ahead_bias)
            moved = self._shrunk(ahead - self._step * slope, self._step * penalty)
            moved_bias = ahead_bias - self._step * slope_bias
            following = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * momentum ** 2))
            pull = np.float32((momentum - 1.0) / following)
            ahead, ahead_bias = moved + pull * (moved - weights), moved_bias + pull * (moved_bias - bias)
            weights, bias, momentum = moved, moved_bias, following
        return weights, bias

    def _shrunk(self, weights: np.ndarray, by: np.ndarray) -> np.ndarray:
        """Shortens the weights of each point by a length, or to 0."""
        groups = weights.reshape(self._points, self._size, -1)
        lengths = np.sqrt((groups ** 2).sum(1, keepdims=True))
        kept = np.maximum(1.0 - by / np.maximum(lengths, 1e-12), 0.0)
        return (groups * kept).reshape(weights.shape).astype(np.float32)

    def _curvature(self, passes: int = 20) -> np.ndarray:
        """Returns the largest eigenvalue of the weighted covariance for each regression, with 10 % to spare."""
        vectors = np.ones(self.shape, np.float32)
        lengths = np.ones(self.shape[1], np.float32)
        for _ in range(passes):
            vectors = self._features.T @ (self._balance * (self._features @ (vectors / lengths)))
            lengths = np.maximum(np.sqrt((vectors ** 2).sum(0)), 1e-12)
        return 1.1 * lengths
