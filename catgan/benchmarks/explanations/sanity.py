"""What explanations are worth that know nothing: those of a network that learned nothing, and sets named by chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catgan.explain.models import CatGANModel
from catgan.metrics import counterfactual as measures
from catgan.models.gan.model import CatGAN

SHIFTS = 10


class Untrained:
    """The explained model with weights that were never trained (Adebayo et al. 2018, arXiv 1810.03292).

    What it says has the mean and the spread of what the trained model says, so that both can be asked the same. An
    explanation that would be as good for it explains nothing. See `catgan.explain.models`.

    Args:
        gan: the trained model.
        faces: uint8 `(n, side, side, 3)`, on which mean and spread are measured.
        seed: of the weights.
    """

    differentiable = False

    def __init__(self, gan: CatGAN, faces: np.ndarray, seed: int = 1):
        trained, self.twin = CatGANModel(gan), CatGANModel(CatGAN(gan.network, gan.spec, gan.precision, seed=seed))
        self.labels = trained.labels
        wanted, raw = trained.read(faces), self.twin.read(faces)
        self.scales = {column: (raw[column].mean(), max(raw[column].std(), 1e-12), wanted[column].mean(),
                                wanted[column].std(), label.low, label.high)
                       for label in self.labels.values() for column in label.columns}

    def read(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Columns `(n,)`, as `CatGANModel.read`."""
        raw = self.twin.read(images)
        return {column: np.clip(mean + spread * (raw[column] - centre) / scale, low, high)
                for column, (centre, scale, mean, spread, low, high) in self.scales.items()}


def best_agreement(found: np.ndarray, sets: Sequence[frozenset[int]]) -> dict[str, float]:
    """`catgan.metrics.counterfactual.set_agreement` of a set, bool `(k,)`, with the nearest of the sets that do as
    well (places)."""
    options = np.array([[place in option for place in range(len(found))] for option in sets])
    scores = measures.set_agreement(np.repeat(found[None], len(options), axis=0), options)
    best = int(np.argmax(scores["jaccard"]))
    return {name: float(values[best]) for name, values in scores.items()}


def by_chance(found: np.ndarray, sets: Sequence[Sequence[frozenset[int]]]) -> np.ndarray:
    """The Jaccard index of sets with the true ones of other questions, `(n,)`: what naming Action Units as often, but
    at random, would reach. NaN where there is no other question.

    Args:
        found: bool `(n, k)`.
        sets: for each question its true sets.
    """
    shifts = range(1, min(SHIFTS, len(found) - 1) + 1)
    if not shifts:
        return np.full(len(found), np.nan)
    return np.mean([[best_agreement(one, sets[(row + shift) % len(found)])["jaccard"] for row, one in enumerate(found)]
                    for shift in shifts], axis=0)
