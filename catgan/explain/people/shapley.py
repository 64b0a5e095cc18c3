"""Exact Shapley values of the modalities of a person (Shapley 1953), for any function of a set of modalities.

A set function takes which modalities are used, bool `(n, m)`, and returns numbers `(n, k)`: row by row, of n people.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from catgan.errors import CatganError, unknown_name
from catgan.explain.people.model import Answers, Available, Features, FusionModel, as_columns, as_mapping

MOST_MODALITIES = 8
"""Modalities of which all `2 ** m` subsets are asked."""
SMALLEST = 1e-6
"""Smallest probability, and smallest distance from 1, whose log odds are taken."""
LOG_ODDS, PROBABILITY = "log_odds", "probability"
"""Names of the measures of the predicted class."""

SetFunction: TypeAlias = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Contributions:
    """What each modality adds to the answers about `n` people.

    Args:
        modalities: names of the `m` modalities.
        measures: names of the `k` numbers of an answer: `log_odds` and `probability` of the predicted class, and the
            dimensions of affect.
        values: Shapley values, float64 `(n, m, k)`; 0 for a modality that is not available.
        drops: what the answer loses if that modality alone is missing, float64 `(n, m, k)`.
        everything: the answer with all available modalities, `(n, k)`.
        nothing: the answer without any, `(n, k)`.
        available: bool `(n, m)`.
    """

    modalities: tuple[str, ...]
    measures: tuple[str, ...]
    values: np.ndarray
    drops: np.ndarray
    everything: np.ndarray
    nothing: np.ndarray
    available: np.ndarray

    @property
    def gaps(self) -> np.ndarray:
        """Completeness gaps `(n, k)`: sum of the values - (everything - nothing); only rounding."""
        return self.values.sum(1) - (self.everything - self.nothing)

    def of(self, measure: str) -> np.ndarray:
        """Returns the Shapley values of one measure, `(n, m)`.

        Raises:
            CatganError: an unknown measure.
        """
        return self.values[:, :, self.place(measure)]

    def drop(self, measure: str) -> np.ndarray:
        """Returns the drops of one measure, `(n, m)`; see `of`."""
        return self.drops[:, :, self.place(measure)]

    def place(self, measure: str) -> int:
        """Returns the place of a measure."""
        if measure not in self.measures:
            raise unknown_name("measure of a contribution", measure, self.measures)
        return self.measures.index(measure)

    @property
    def first(self) -> np.ndarray:
        """The modality with the largest Shapley value of the log odds, int64 `(n,)`; -1 where none is available."""
        values = np.where(self.available, self.of(LOG_ODDS), -np.inf)
        return np.where(self.available.any(1), values.argmax(1), -1)


def subsets(count: int) -> np.ndarray:
    """Returns all subsets of `count` modalities, bool `(2 ** count, count)`: subset s has modality i if bit i is set.

    Raises:
        CatganError: more than `MOST_MODALITIES`, or none.
    """
    if not 1 <= count <= MOST_MODALITIES:
        raise CatganError(f"Exact contributions ask all subsets of 1..{MOST_MODALITIES} modalities. Received: {count}.")
    return (np.arange(2 ** count)[:, None] >> np.arange(count)) & 1 == 1


def shapley_values(answers: np.ndarray) -> np.ndarray:
    """Computes Shapley values from the answers of all subsets.

    Args:
        answers: `(2 ** m, ...)` in the order of `subsets`.

    Returns:
        float64 `(m, ...)`: what each modality adds, averaged over all orders in which they may come.
    """
    count = int(math.log2(len(answers)))
    members, numbers = subsets(count), np.asarray(answers, np.float64)
    weights = np.array([1.0 / (count * math.comb(count - 1, size)) for size in range(count)])
    found = []
    for player in range(count):
        without = np.flatnonzero(~members[:, player])
        added = numbers[without | (1 << player)] - numbers[without]
        found.append(np.tensordot(weights[members[without].sum(1)], added, axes=1))
    return np.stack(found)


def contributions(function: SetFunction, available: np.ndarray, modalities: Sequence[str],
                  measures: Sequence[str]) -> Contributions:
    """Computes exact contributions for a set function.

    A modality that a person lacks is in no set, so that it adds exactly 0.

    Args:
        function: bool `(n, m)` to numbers `(n, k)`.
        available: bool `(n, m)`.
        modalities, measures: names of the m modalities and of the k numbers.

    Raises:
        CatganError: more than `MOST_MODALITIES`, answers of another shape, or a number that is not finite.
    """
    available = np.asarray(available, bool)
    sets = subsets(available.shape[1])
    answers = np.stack([np.asarray(function(available & one), np.float64) for one in sets])
    shape = (len(sets), len(available), len(measures))
    if answers.shape != shape or not np.isfinite(answers).all():
        raise CatganError(f"All subsets need finite answers of shape {shape}. Received: {answers.shape}, "
                          f"{int((~np.isfinite(answers)).sum())} not finite.")
    whole = len(sets) - 1
    drops = np.stack([answers[whole] - answers[whole - (1 << place)] for place in range(available.shape[1])], axis=1)
    return Contributions(tuple(modalities), tuple(measures), np.moveaxis(shapley_values(answers), 0, 1), drops,
                         answers[whole], answers[0], available)


def explained_contributions(model: FusionModel, features: Features, available: Available,
                            classes: np.ndarray | None = None) -> Contributions:
    """Computes what each modality adds to the answers of a network.

    Args:
        model: the network.
        features: of n people.
        available: of n people.
        classes: int `(n,)`, the explained class of each person; the most probable one by default.
    """
    mask = as_columns(available, model.modalities)
    if classes is None:
        classes = model.fused(features, as_mapping(mask, model.modalities)).probabilities.argmax(1)
    explained = np.asarray(classes, np.int64)

    def function(used: np.ndarray) -> np.ndarray:
        return measured(model.fused(features, as_mapping(used, model.modalities)), explained)

    return contributions(function, mask, model.modalities, (LOG_ODDS, PROBABILITY, *model.dimensions))


def measured(answers: Answers, classes: np.ndarray) -> np.ndarray:
    """Returns log odds and probability of a class of each person, and affect: float64 `(n, 2 + dimensions)`."""
    chosen = np.take_along_axis(np.asarray(answers.probabilities, np.float64), classes[:, None], axis=1)
    return np.concatenate([log_odds(chosen), chosen, np.asarray(answers.affect, np.float64)], axis=1)


def log_odds(probabilities: np.ndarray) -> np.ndarray:
    """Returns log p - log(1 - p) of probabilities, which are kept `SMALLEST` away from 0 and 1."""
    clipped = np.clip(np.asarray(probabilities, np.float64), SMALLEST, 1.0 - SMALLEST)
    return np.log(clipped) - np.log1p(-clipped)
