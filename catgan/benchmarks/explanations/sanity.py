"""Sanity checks: explanations of a randomly initialised network, and Action Units named by chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catgan.explain.models import CatGANModel
from catgan.metrics import counterfactual as measures
from catgan.models.gan.model import CatGAN
from catgan.random_streams import Seed, seed_of

MAX_SHIFTS = 10
"""Other problems that each answer is compared with."""


class Untrained:
    """The explained model with random weights (Adebayo et al. 2018, arXiv 1810.03292), as an explained model.

    Its outputs are scaled to the mean and standard deviation of the trained model's, so that both can be given the
    same targets. An explanation that is as good for it as for the trained model explains nothing.

    Args:
        gan: the trained model.
        faces: uint8 `(n, side, side, 3)`, on which mean and standard deviation are measured.
        seed: of the weights.
    """

    differentiable = False

    def __init__(self, gan: CatGAN, faces: np.ndarray, seed: Seed = 1):
        trained = CatGANModel(gan)
        self.twin = CatGANModel(CatGAN(gan.network, gan.spec, gan.precision, seed=seed_of(seed)))
        self.labels = trained.labels
        wanted, raw = trained.read(faces), self.twin.read(faces)
        self.scales = {column: (raw[column].mean(), max(raw[column].std(), 1e-12), wanted[column].mean(),
                                wanted[column].std(), label.low, label.high)
                       for label in self.labels.values() for column in label.columns}

    def read(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Reads aligned faces as columns `(n,)`, as `CatGANModel.read`."""
        raw = self.twin.read(images)
        return {column: np.clip(mean + deviation * (raw[column] - centre) / scale, low, high)
                for column, (centre, scale, mean, deviation, low, high) in self.scales.items()}


def best_agreement(found: np.ndarray, sets: Sequence[frozenset[int]]) -> dict[str, float]:
    """Compares a set of Action Units with the nearest of several true sets.

    Args:
        found: bool `(k,)`.
        sets: places of Action Units.

    Returns:
        See `catgan.metrics.counterfactual.set_agreement`.
    """
    options = np.array([[place in option for place in range(len(found))] for option in sets])
    scores = measures.set_agreement(np.repeat(found[None], len(options), axis=0), options)
    best = int(np.argmax(scores["jaccard"]))
    return {name: float(values[best]) for name, values in scores.items()}


def by_chance(found: np.ndarray, sets: Sequence[Sequence[frozenset[int]]]) -> np.ndarray:
    """Computes the Jaccard index of answers with the true sets of other problems.

    It is what naming Action Units as often, but at random, would reach.

    Args:
        found: bool `(n, k)`.
        sets: the true sets of each problem.

    Returns:
        `(n,)`; NaN where there is no other problem.
    """
    shifts = range(1, min(MAX_SHIFTS, len(found) - 1) + 1)
    if not shifts:
        return np.full(len(found), np.nan)
    return np.mean([[best_agreement(one, sets[(row + shift) % len(found)])["jaccard"] for row, one in enumerate(found)]
                    for shift in shifts], axis=0)
