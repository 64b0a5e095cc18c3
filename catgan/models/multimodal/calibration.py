"""Calibrates the answers of networks of several modalities on validation people."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from catgan.metrics.calibration import TEMPERATURES, variance_scale


@dataclass(frozen=True)
class FusionCalibration:
    """Corrections by part of a network: `"fused"`, or a modality alone; a part without one stays as it is.

    Args:
        temperatures: by which logits are divided (Guo et al. 2017).
        scales: factors on the deviation of each dimension of affect (Laves et al. 2020).
    """

    temperatures: Mapping[str, float] = field(default_factory=dict)
    scales: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Returns the numbers as JSON values."""
        return {"temperatures": dict(self.temperatures),
                "scales": {part: list(values) for part, values in self.scales.items()}}

    @classmethod
    def from_dict(cls, content: Mapping) -> FusionCalibration:
        """Reads what `to_dict` returned."""
        return cls({part: float(value) for part, value in content["temperatures"].items()},
                   {part: tuple(map(float, values)) for part, values in content["scales"].items()})


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Finds the temperature T for which softmax(logits / T) has the least cross-entropy (Guo et al. 2017).

    Args:
        logits: `(n, classes)`.
        labels: int `(n,)`, below 0 = unknown.

    Returns:
        T within `catgan.metrics.calibration.TEMPERATURES`; 1 where no label is known.
    """
    known = np.asarray(labels) >= 0
    values, truth = np.asarray(logits, np.float64)[known], np.asarray(labels)[known]
    if not len(truth):
        return 1.0

    def cost(log_temperature: float) -> float:
        return float(-log_softmax(values / math.exp(log_temperature), -1)[np.arange(len(truth)), truth].mean())

    low, high = map(math.log, TEMPERATURES)
    return math.exp(float(minimize_scalar(cost, bounds=(low, high), method="bounded", options={"xatol": 1e-6}).x))


def fit_scales(affect: np.ndarray, deviation: np.ndarray, truth: np.ndarray) -> tuple[float, ...]:
    """Finds the factor on the deviation of each dimension for which errors are as large as it says.

    Args:
        affect, deviation: predictions, `(n, d)`.
        truth: `(n, d)`, NaN = unknown. A dimension of which nothing is known keeps its deviation.
    """
    known = np.isfinite(truth)
    error = np.where(known, affect - np.where(known, truth, 0.0), 0.0)
    return tuple((variance_scale(error[:, place], deviation[:, place], known[:, place]) or 1.0)
                 for place in range(truth.shape[1]))
