"""What an answer would be without one modality, or with that modality as it is in the mean over people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from catgan.explain.people.limits import Limits, mean_features
from catgan.explain.people.model import Available, Features, FusionModel
from catgan.explain.people.shapley import log_odds


@dataclass(frozen=True)
class DirectEffect:
    """The direct effect of a modality: the answer with all, minus the answer without what is special about it.

    Args:
        modality: its name.
        whole: probability of the predicted class with all modalities.
        missing: without this modality.
        mean: with its features replaced by their mean over validation people; None where that is not known.
        says_without: the most probable class without it.
    """

    modality: str
    whole: float
    missing: float
    mean: float | None
    says_without: str

    @property
    def effect(self) -> float:
        """Change of the log odds through the modality, against its absence."""
        return float(log_odds(np.array(self.whole)) - log_odds(np.array(self.missing)))

    @property
    def mean_effect(self) -> float | None:
        """Change of the log odds through the modality, against its mean."""
        return None if self.mean is None else float(log_odds(np.array(self.whole)) - log_odds(np.array(self.mean)))

    def to_dict(self) -> dict[str, object]:
        """Returns it as JSON can hold it."""
        return {"modality": self.modality, "probability": self.whole, "without": self.missing, "with_mean": self.mean,
                "says_without": self.says_without, "effect_log_odds": self.effect,
                "mean_effect_log_odds": self.mean_effect}


def direct_effect(model: FusionModel, features: Features, available: Available, modality: str,
                  limits: Limits = Limits()) -> DirectEffect | None:
    """Computes the direct effect of a modality for one person; None where it is not available.

    Args:
        model: the network.
        features, available: of one person, `(1, ...)`.
        modality: its name.
        limits: hold the mean features.
    """
    if not available[modality][0]:
        return None
    whole = model.fused(features, available).probabilities[0]
    without = model.fused(features, {**available, modality: np.zeros(1, bool)}).probabilities[0]
    place, replaced = int(whole.argmax()), mean_features(limits, features, modality)
    mean = None if replaced is None else float(model.fused(replaced, available).probabilities[0, place])
    return DirectEffect(modality, float(whole[place]), float(without[place]), mean,
                        model.classes[int(without.argmax())])
