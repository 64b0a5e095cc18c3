"""Says where the evidence about a person is insufficient. That is an answer, not an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import entr

LEAST_RELIABILITY = 0.2
"""Reliability below which a modality alone is not enough. A convention."""
NOTHING = "nothing of this person can be read"
UNRELIABLE = "only what can hardly be relied on can be read"
UNDECIDED = "the answer is nearly as open as without any evidence"


@dataclass(frozen=True)
class Sufficiency:
    """Whether the evidence suffices for an answer.

    Args:
        sufficient: whether it does.
        reason: in words, why not; "" where it does.
        entropy: of the probabilities, as a share of the largest possible one, 0..1.
        limit: of the entropy, from which on an answer is not given.
    """

    sufficient: bool
    reason: str
    entropy: float
    limit: float

    def to_dict(self) -> dict[str, object]:
        """Returns it as JSON can hold it."""
        return {"sufficient": self.sufficient, "reason": self.reason, "entropy": round(self.entropy, 6),
                "limit": round(self.limit, 6)}


def entropies(probabilities: np.ndarray) -> np.ndarray:
    """Computes the entropy of probabilities `(n, k)` as a share of the largest possible one, log k: float64 `(n,)`."""
    numbers = np.asarray(probabilities, np.float64)
    return entr(numbers).sum(-1) / np.log(numbers.shape[-1])


def sufficiency(probabilities: np.ndarray, available: Mapping[str, bool], reliability: Mapping[str, float],
                limit: float) -> Sufficiency:
    """Judges the evidence about one person.

    Args:
        probabilities: calibrated, `(k,)`.
        available: by modality.
        reliability: 0..1, of the modalities that are available; 1 where it is not given.
        limit: of the entropy, 0..1, see `catgan.explain.people.limits`.
    """
    used = [name for name, there in available.items() if there]
    entropy = float(entropies(probabilities[None])[0])
    reason = ""
    if not used:
        reason = NOTHING
    elif all(reliability.get(name, 1.0) < LEAST_RELIABILITY for name in used):
        reason = UNRELIABLE
    elif entropy > limit:
        reason = UNDECIDED
    return Sufficiency(not reason, reason, entropy, limit)
