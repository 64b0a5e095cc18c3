"""Stand-ins of networks of several modalities whose answers are known."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import softmax

CLASSES = ("neutral", "happiness", "sadness")


@dataclass(frozen=True)
class KnownAnswers:
    """Answers with given probabilities."""

    probabilities: np.ndarray
    affect: np.ndarray
    affect_deviation: np.ndarray


@dataclass(frozen=True)
class AdditiveModel:
    """Adds the logits that each modality holds; its inputs are logits, `(n, classes)` by the name `logits`.

    Where a modality has an `image`, its logits are `image_weight` for the second class if the upper left corner is
    white.
    """

    modalities: tuple[str, ...] = ("face", "posture", "gait", "context")
    classes: tuple[str, ...] = CLASSES
    dimensions: tuple[str, ...] = ("valence",)
    image_weight: float = 4.0
    asked: list = field(default_factory=list)

    def features(self, inputs):
        return {name: self._logits(arrays) for name, arrays in inputs.items()}

    def _logits(self, arrays):
        if "logits" in arrays:
            return np.asarray(arrays["logits"], np.float32)
        corner = np.asarray(arrays["image"], np.float64)[:, :8, :8].mean((1, 2, 3)) / 255
        return (corner[:, None] * self.image_weight * np.eye(len(self.classes))[1]).astype(np.float32)

    def fused(self, features, available):
        self.asked.append(available)
        logits = sum(np.where(available[name][:, None], features[name], 0.0) for name in self.modalities)
        return self._answers(logits)

    def alone(self, features):
        return {name: self._answers(np.asarray(logits, np.float64)) for name, logits in features.items()}

    def _answers(self, logits):
        probabilities = softmax(np.asarray(logits, np.float64), -1)
        valence = np.tanh(logits[:, 1:2] - logits[:, 2:3])
        return KnownAnswers(probabilities, valence, np.full_like(valence, 0.2))


def logits_of(**rows):
    """Inputs of modalities: a list of logits for each person."""
    return {name: {"logits": np.array(logits, np.float32)} for name, logits in rows.items()}


def everything(count, model=AdditiveModel()):
    """Availability of all modalities for `count` people."""
    return {name: np.ones(count, bool) for name in model.modalities}
