"""Defines the answers of networks of several modalities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from scipy.special import expit, softmax

from catgan.models.multimodal.calibration import FusionCalibration
from catgan.models.multimodal.fusion import AFFECT, CATEGORY_LOGITS, LOG_DEVIATION, LOGITS


@dataclass(frozen=True)
class Outputs:
    """Holds answers for n people, float32. Labels that a model does not tell have a width of 0.

    Args:
        probabilities: calibrated, `(n, classes)`; rows sum to 1.
        logits: before calibration, `(n, classes)`.
        affect: `(n, dimensions)`, -1..1.
        affect_deviation: standard deviation of its error, calibrated, `(n, dimensions)`.
        categories: probabilities, `(n, categories)`, of which several may be large.
    """

    probabilities: np.ndarray
    logits: np.ndarray
    affect: np.ndarray
    affect_deviation: np.ndarray
    categories: np.ndarray

    def __len__(self) -> int:
        return len(self.probabilities)

    def select(self, indices: np.ndarray) -> Outputs:
        """Returns the answers for some of the people."""
        return Outputs(*(getattr(self, field.name)[indices] for field in fields(self)))


def decode(raw: Mapping[str, np.ndarray], count: int, part: str, calibration: FusionCalibration) -> Outputs:
    """Turns the outputs of a head into calibrated answers.

    Args:
        raw: outputs by name, see `catgan.models.multimodal.fusion.build_head`.
        count: number of people.
        part: `"fused"` or the modality, for its calibration.
        calibration: of the model.
    """
    nothing = np.zeros((count, 0), np.float32)
    logits = np.asarray(raw.get(LOGITS, nothing), np.float32)
    scaled = logits.astype(np.float64) / calibration.temperatures.get(part, 1.0)
    probabilities = softmax(scaled, -1) if logits.shape[1] else scaled
    affect = np.asarray(raw.get(AFFECT, nothing), np.float32)
    deviation = np.exp(np.asarray(raw.get(LOG_DEVIATION, nothing), np.float64))
    deviation = deviation * np.array(calibration.scales.get(part, (1.0,) * affect.shape[1]))
    return Outputs(probabilities.astype(np.float32), logits, affect, deviation.astype(np.float32),
                   expit(np.asarray(raw.get(CATEGORY_LOGITS, nothing), np.float32)))
