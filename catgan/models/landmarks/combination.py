"""Combines binaries to probabilities that sum to 1, calibrated on validation clips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_softmax, softmax

SMALLEST = 1e-6
"""Smallest probability of a binary before all are divided by their sum."""


@dataclass(frozen=True)
class Combination:
    """Turns logits into probabilities.

    Args:
        slopes, offsets: of each binary: its probability is the logistic function of `slope * logit + offset` (Platt
            1999). A softmax over classes has one slope, the inverse temperature (Guo et al. 2017), and offset 0.
        joint: whether the logits are those of one softmax.
    """

    slopes: tuple[float, ...]
    offsets: tuple[float, ...]
    joint: bool

    @classmethod
    def identity(cls, classes: int, joint: bool) -> Combination:
        """Returns the combination that changes no logit."""
        return cls((1.0,) * classes, (0.0,) * classes, joint)

    def scaled(self, logits: np.ndarray) -> np.ndarray:
        """Returns calibrated logits, `(n, classes)`."""
        return np.asarray(logits, np.float64) * self.slopes + self.offsets

    def __call__(self, logits: np.ndarray) -> np.ndarray:
        """Returns probabilities of the classes, float32 `(n, classes)`; rows sum to 1."""
        values = self.scaled(logits)
        if self.joint:
            return softmax(values, -1).astype(np.float32)
        each = np.maximum(expit(values), SMALLEST)
        return (each / each.sum(-1, keepdims=True)).astype(np.float32)

    def to_dict(self) -> dict[str, object]:
        """Returns the numbers as JSON values."""
        return {"slopes": list(self.slopes), "offsets": list(self.offsets), "joint": self.joint}

    @classmethod
    def from_dict(cls, content: Mapping) -> Combination:
        """Reads what `to_dict` returned."""
        return cls(tuple(map(float, content["slopes"])), tuple(map(float, content["offsets"])),
                   bool(content["joint"]))


def fit_combination(logits: np.ndarray, labels: np.ndarray, joint: bool) -> Combination:
    """Fits slopes and offsets by maximum likelihood; a class that no clip shows keeps its logits.

    Args:
        logits: of validation clips, `(n, classes)`.
        labels: int `(n,)`, 0 or more.
        joint: whether the logits are those of one softmax.
    """
    values, classes = np.asarray(logits, np.float64), logits.shape[1]
    if not len(values):
        return Combination.identity(classes, joint)
    if joint:
        found = minimize(lambda log: -log_softmax(np.exp(log[0]) * values, -1)[np.arange(len(values)), labels].mean(),
                         np.zeros(1), bounds=[(-3.0, 3.0)])
        return Combination((float(np.exp(found.x[0])),) * classes, (0.0,) * classes, True)
    pairs = [platt(values[:, place], labels == place) for place in range(classes)]
    return Combination(tuple(slope for slope, _ in pairs), tuple(offset for _, offset in pairs), False)


def platt(logits: np.ndarray, positive: np.ndarray) -> tuple[float, float]:
    """Fits slope and offset of the logistic function of one binary (Platt 1999, with its soft targets).

    Returns 1 and 0 where all clips lie on one side.
    """
    count = int(positive.sum())
    if count in (0, len(positive)):
        return 1.0, 0.0
    others = len(positive) - count
    # Soft targets keep the slope finite where the sides do not overlap.
    targets = np.where(positive, (count + 1.0) / (count + 2.0), 1.0 / (others + 2.0))
    scale = max(float(logits.std()), 1e-9)
    unit = logits / scale

    def loss(given: np.ndarray) -> tuple[float, np.ndarray]:
        values = given[0] * unit + given[1]
        apart = expit(values) - targets
        return (float(np.mean(np.logaddexp(0.0, values) - targets * values)),
                np.array([np.mean(apart * unit), np.mean(apart)]))

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(1e-3, None), (None, None)])
    return float(found.x[0] / scale), float(found.x[1])
