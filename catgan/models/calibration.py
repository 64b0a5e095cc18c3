"""Calibrates predicted uncertainties: temperatures, variance factors and conformal quantiles of validation faces."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from catgan.errors import CatganError
from catgan.labels import Labels, LabelSpec
from catgan.metrics import calibration as measures

LEVELS = measures.LEVELS
"""Coverage levels of prediction intervals."""
MIN_DEVIATION = 1e-3
"""Smallest standard deviation, in the unit of the label."""
MIN_PROBABILITY = 1e-7
"""Probabilities are kept this far from 0 and 1, so that their log-odds are finite."""


@dataclass(frozen=True)
class Calibration:
    """Corrections per label column; a column without one stays as it is.

    Args:
        scales: factor on the standard deviation of an intensity, of valence or of arousal (Laves et al. 2020).
        temperatures: of the log-odds of a presence (Guo et al. 2017).
        quantiles: per level, the conformal quantile of the error in standard deviations (Lei et al. 2018); None if
            there were too few faces.
    """

    scales: Mapping[str, float] = field(default_factory=dict)
    temperatures: Mapping[str, float] = field(default_factory=dict)
    quantiles: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)

    def apply(self, columns: dict[str, np.ndarray]) -> None:
        """Corrects columns as `CatGAN.read` returns them, in place."""
        for name, temperature in self.temperatures.items():
            probability = np.clip(columns[name].astype(np.float64), MIN_PROBABILITY, 1 - MIN_PROBABILITY)
            odds = np.log(probability / (1 - probability)) / temperature
            columns[name] = (1 / (1 + np.exp(-odds))).astype(np.float32)
            columns[f"{name}_std"] = np.sqrt(columns[name] * (1 - columns[name]))
        for name, scale in self.scales.items():
            columns[f"{name}_std"] = np.maximum(columns[f"{name}_std"] * np.float32(scale), np.float32(MIN_DEVIATION))

    @property
    def levels(self) -> tuple[float, ...]:
        """Levels that `intervals` accepts; () without intervals."""
        return tuple(map(float, next(iter(self.quantiles.values()), ())))

    def intervals(self, columns: Mapping[str, np.ndarray], level: float, spec: LabelSpec) -> dict[str, np.ndarray]:
        """Computes `NAME_low` and `NAME_high` of every intensity, of valence and of arousal, within their ranges.

        On faces like those of the validation split, each interval holds the true value with probability `level`.

        Raises:
            CatganError: a level that was not calibrated.
        """
        if self.quantiles and level not in self.levels:
            raise CatganError(f"Intervals are known for the levels {', '.join(map(str, self.levels))}. "
                              f"Received: {level}.")
        result = {}
        for name, quantiles in self.quantiles.items():
            low, high = (-1.0, 1.0) if name in ("valence", "arousal") else (0.0, spec.maximum)
            quantile = quantiles[str(level)]
            reach = columns[f"{name}_std"] * (math.inf if quantile is None else quantile)
            result[f"{name}_low"] = np.clip(columns[name] - reach, low, high)
            result[f"{name}_high"] = np.clip(columns[name] + reach, low, high)
        return result

    def to_dict(self) -> dict[str, dict]:
        return {"scales": dict(self.scales), "temperatures": dict(self.temperatures),
                "quantiles": {name: dict(values) for name, values in self.quantiles.items()}}

    @classmethod
    def from_dict(cls, content: Mapping) -> Calibration:
        return cls(content["scales"], content["temperatures"], content["quantiles"])


def calibrate(columns: Mapping[str, np.ndarray], truth: Labels) -> Calibration:
    """Learns corrections from predictions on validation faces.

    Args:
        columns: uncorrected predictions, as `CatGAN.read` returns them, `(n,)` each.
        truth: labels of the same faces. A column without any known label gets no correction.
    """
    spec = truth.spec
    scales, temperatures, quantiles = {}, {}, {}
    dimensions = ("valence", "arousal") if spec.valence_arousal else ()
    for name in (*spec.action_unit_columns, *dimensions):
        values, mask = truth.column(name)
        if not mask.any():
            continue
        if name.endswith("_present"):
            probability = np.clip(columns[name].astype(np.float64), MIN_PROBABILITY, 1 - MIN_PROBABILITY)
            chosen = measures.temperature(np.log(probability / (1 - probability)), values, mask)
            temperatures[name] = 1.0 if chosen is None else chosen
            continue
        error, std = columns[name] - values, columns[f"{name}_std"]
        scale = measures.variance_scale(error, std, mask) or 1.0
        score = np.abs(error) / np.maximum(std * scale, MIN_DEVIATION)
        scales[name] = scale
        quantiles[name] = {str(level): _finite(measures.conformal_quantile(score, level, mask)) for level in LEVELS}
    return Calibration(scales, temperatures, quantiles)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
