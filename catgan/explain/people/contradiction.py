"""Says where modalities contradict each other: what they answer alone, by their own heads.

Two modalities a and b answer with probabilities p_a and p_b over k emotions. Both show one emotion or two different
ones. With even odds for that, equal chances for all emotions, and readings that are independent given the emotions
shown, the probability of two different ones is (1 - s) / (1 + (k - 2) s) with s = sum p_a p_b: 1 where both are certain
and differ, 0 where both are certain and agree, 1/2 where one says nothing. A modality of reliability r has its answer
mixed with equal chances: r p + (1 - r) / k.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from catgan.errors import CatganError


@dataclass(frozen=True)
class Contradiction:
    """Two modalities that seem to show different emotions.

    Args:
        first, second: names of the modalities.
        first_says, second_says: their own most probable emotions.
        sureness: probability that they show different emotions, 0..1, see the module.
    """

    first: str
    second: str
    first_says: str
    second_says: str
    sureness: float

    def to_dict(self) -> dict[str, object]:
        """Returns it as JSON can hold it."""
        return {"modalities": [self.first, self.second], "say": [self.first_says, self.second_says],
                "sureness": round(self.sureness, 6)}


def sureness(first: np.ndarray, second: np.ndarray, first_reliability: np.ndarray | float = 1.0,
             second_reliability: np.ndarray | float = 1.0) -> np.ndarray:
    """Computes the probability that two answers are of different emotions.

    Args:
        first, second: calibrated probabilities `(..., k)`, k of 2 or more.
        first_reliability, second_reliability: 0..1, `(...)`.

    Returns:
        float64 `(...)`, 0..1.
    """
    one, other = (_mixed(answer, reliability) for answer, reliability in ((first, first_reliability),
                                                                          (second, second_reliability)))
    same = np.clip((one * other).sum(-1), 0.0, 1.0)
    return (1.0 - same) / (1.0 + (one.shape[-1] - 2) * same)


def _mixed(answer: np.ndarray, reliability: np.ndarray | float) -> np.ndarray:
    answer, weight = np.asarray(answer, np.float64), np.asarray(reliability, np.float64)[..., None]
    if answer.shape[-1] < 2:
        raise CatganError(f"Answers contradict each other over 2 emotions or more. Received: {answer.shape[-1]}.")
    return weight * answer + (1.0 - weight) / answer.shape[-1]


def pair_sureness(own: Mapping[str, np.ndarray], available: Mapping[str, np.ndarray],
                  reliability: Mapping[str, np.ndarray] | None = None) -> dict[tuple[str, str], np.ndarray]:
    """Computes `sureness` of each pair of modalities of n people.

    Args:
        own: own probabilities by modality, `(n, k)`.
        available: bool `(n,)` by modality.
        reliability: 0..1, `(n,)` by modality; 1 where it is not given.

    Returns:
        float64 `(n,)` by pair; 0 where one of the two is not available, or where both say the same emotion.
    """
    rely = reliability or {}
    found = {}
    for first, second in combinations(own, 2):
        sure = sureness(own[first], own[second], rely.get(first, 1.0), rely.get(second, 1.0))
        apart = np.argmax(own[first], -1) != np.argmax(own[second], -1)
        found[first, second] = np.where(apart & available[first] & available[second], sure, 0.0)
    return found


def found_contradictions(own: Mapping[str, np.ndarray], available: Mapping[str, np.ndarray], classes: Sequence[str],
                         threshold: float, reliability: Mapping[str, np.ndarray] | None = None
                         ) -> list[list[Contradiction]]:
    """Finds the contradictions of each of n people, the surest first.

    Args:
        own, available, reliability: as `pair_sureness`.
        classes: names of the emotions.
        threshold: sureness from which a contradiction is said, see `catgan.explain.people.limits`.
    """
    pairs = pair_sureness(own, available, reliability)
    says = {name: np.argmax(answer, -1) for name, answer in own.items()}
    people = len(next(iter(own.values()))) if own else 0
    found: list[list[Contradiction]] = []
    for row in range(people):
        one = [Contradiction(first, second, classes[says[first][row]], classes[says[second][row]], float(sure[row]))
               for (first, second), sure in pairs.items() if sure[row] >= threshold and sure[row] > 0.0]
        found.append(sorted(one, key=lambda pair: -pair.sureness))
    return found
