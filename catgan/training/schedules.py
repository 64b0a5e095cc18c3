"""Computes schedules: values that change over a training, as pure functions of the real faces seen.

Nothing here has a state, so a resumed training is where an undisturbed one would be.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catgan.training.experiment import TrainingConfig

WARM_UP = 0.1
"""Share of a training in which mean matching is off, because the label heads are not trained yet."""
MAX_HALF_LIFE = 0.1
"""The longest half-life of the averaged weights, as a share of the faces seen."""


def cosine(start: float, end: float, progress: float) -> float:
    """Goes from `start` (progress 0) to `end` (progress 1 and after) along half a cosine (R3GAN, Huang et al. 2024)."""
    return end + 0.5 * (start - end) * (1.0 + math.cos(math.pi * min(max(progress, 0.0), 1.0)))


def learning_rate(training: TrainingConfig, images: int) -> float:
    """Returns the learning rate of all optimisers."""
    return cosine(training.learning_rate, training.final_learning_rate, images / training.images)


def beta2(training: TrainingConfig, images: int) -> float:
    """Returns Adam's second moment decay; a short memory suits the start, where gradients change fast."""
    return cosine(training.beta2, training.final_beta2, images / training.images)


def augmentation(training: TrainingConfig, images: int) -> float:
    """Returns the probability of each kind of augmentation; it rises, since overfitting comes late."""
    return cosine(0.0, training.augment, images / training.images)


def ema_decay(training: TrainingConfig, images: int) -> float:
    """Returns the decay of the averaged weights in one step.

    The half-life begins at 0, so that the initial weights are forgotten, and is never more than `MAX_HALF_LIFE` of the
    faces seen.
    """
    half_life = min(training.ema_half_life, MAX_HALF_LIFE * images)
    return 0.5 ** (training.batch_size / half_life) if half_life > 0 else 0.0


def warmed_up(training: TrainingConfig, weight: float, images: int) -> float:
    """Returns `weight`, or 0 in the first `WARM_UP` of the training."""
    return weight if images >= WARM_UP * training.images else 0.0


def common(training: TrainingConfig, step: int, attempt: int = 0) -> dict[str, float]:
    """Returns the values of all schedules that every kind of training has, by name.

    Args:
        step: number of the step, from 0.
        attempt: number of times that the training was rolled back; each halves the learning rate.
    """
    images = step * training.batch_size
    return {"learning_rate": learning_rate(training, images) * 0.5 ** attempt, "beta2": beta2(training, images),
            "augmentation": augmentation(training, images), "ema_decay": ema_decay(training, images)}
