"""How far a reading is to be trusted: factors and conformal quantiles learned on validation faces."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from catgan.errors import CatganError
from catgan.labels import Labels, LabelSpec
from catgan.metrics import calibration as measures

LEVELS = measures.LEVELS
"""Shares of faces whose truth an interval is to hold."""
SMALLEST = 1e-3  # of a deviation, in the unit of the label


@dataclass(frozen=True)
class Calibration:
    """Corrections per label column; a column that is not named is taken as it is.

    Args:
        scales: factor on the standard deviation of an intensity, of valence or of arousal (Laves et al. 2020).
        temperatures: of the log-odds of a presence (Guo et al. 2017).
        quantiles: per level, in standard deviations, how far the truth lies from the reading in that share
            of faces: split conformal prediction (Lei et al. 2018). None = too few faces to say.
    """

    scales: Mapping[str, float] = field(default_factory=dict)
    temperatures: Mapping[str, float] = field(default_factory=dict)
    quantiles: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)

    def apply(self, columns: dict[str, np.ndarray]) -> None:
        """Corrects the columns of `CatGAN.read` in place."""
        for name, temperature in self.temperatures.items():
            probability = np.clip(columns[name].astype(np.float64), 1e-7, 1 - 1e-7)
            odds = np.log(probability / (1 - probability)) / temperature
            columns[name] = (1 / (1 + np.exp(-odds))).astype(np.float32)
            columns[f"{name}_std"] = np.sqrt(columns[name] * (1 - columns[name]))
        for name, scale in self.scales.items():
            columns[f"{name}_std"] = np.maximum(columns[f"{name}_std"] * np.float32(scale), np.float32(SMALLEST))

    @property
    def levels(self) -> tuple[float, ...]:
        """The shares that `intervals` knows, those of `LEVELS` for what was calibrated here; () without intervals."""
        return tuple(map(float, next(iter(self.quantiles.values()), ())))

    def intervals(self, columns: Mapping[str, np.ndarray], level: float, spec: LabelSpec) -> dict[str, np.ndarray]:
        """`NAME_low` and `NAME_high` of every intensity, valence and arousal, within their ranges.

        Of new faces like those of validation, a share `level` or more has its truth inside, label by label.

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

    def to_dict(self) -> dict[str, Any]:
        return {"scales": dict(self.scales), "temperatures": dict(self.temperatures),
                "quantiles": {name: dict(values) for name, values in self.quantiles.items()}}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Calibration:
        return cls(content["scales"], content["temperatures"], content["quantiles"])


def calibrate(columns: Mapping[str, np.ndarray], truth: Labels) -> Calibration:
    """Learns corrections from uncorrected readings of `n` validation faces and their labels; labels of which nothing is
    known stay as they are."""
    spec = truth.spec
    scales, temperatures, quantiles = {}, {}, {}
    dimensions = ("valence", "arousal") if spec.valence_arousal else ()
    for name in (*spec.action_unit_columns, *dimensions):
        values, mask = truth.column(name)
        if not mask.any():
            continue
        if name.endswith("_present"):
            probability = np.clip(columns[name].astype(np.float64), 1e-7, 1 - 1e-7)
            chosen = measures.temperature(np.log(probability / (1 - probability)), values, mask)
            temperatures[name] = 1.0 if chosen is None else chosen
            continue
        error, std = columns[name] - values, columns[f"{name}_std"]
        scale = measures.variance_scale(error, std, mask) or 1.0
        score = np.abs(error) / np.maximum(std * scale, SMALLEST)
        scales[name] = scale
        quantiles[name] = {str(level): _finite(measures.conformal_quantile(score, level, mask)) for level in LEVELS}
    return Calibration(scales, temperatures, quantiles)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
