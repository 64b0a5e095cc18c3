"""Schedules: what changes over a training, as pure functions of the real faces seen.

Nothing here remembers anything, so a resumed training is where an undisturbed one would be.
"""

from __future__ import annotations

import math

from catgan.training.experiment import TrainingConfig


def cosine(start: float, end: float, progress: float) -> float:
    """From `start` (progress 0) to `end` (progress 1 and after) along half a cosine (R3GAN, Huang et al. 2024)."""
    return end + 0.5 * (start - end) * (1.0 + math.cos(math.pi * min(max(progress, 0.0), 1.0)))


def learning_rate(training: TrainingConfig, images: int) -> float:
    """Of all optimisers."""
    return cosine(training.learning_rate, training.final_learning_rate, images / training.images)


def gamma(training: TrainingConfig, images: int) -> float:
    """Weight of R1 and R2."""
    return cosine(training.gamma, training.final_gamma, images / training.images)


def beta2(training: TrainingConfig, images: int) -> float:
    """Adam's memory of squared gradients: short while much changes."""
    return cosine(training.beta2, training.final_beta2, images / training.images)


def augmentation(training: TrainingConfig, images: int) -> float:
    """Probability of each kind of augmentation; it rises, since overfitting comes late."""
    return cosine(0.0, training.augment, images / training.images)


def ema_decay(training: TrainingConfig, images: int) -> float:
    """Decay of the averaged weights in one step. The half-life begins at 0, so that the start is forgotten, and is
    never more than a tenth of what was seen."""
    half_life = min(training.ema_half_life, 0.1 * images)
    return 0.5 ** (training.batch_size / half_life) if half_life > 0 else 0.0


def matching(training: TrainingConfig, images: int) -> float:
    """Weight of mean matching: 0 in the first tenth, while heads are not to be trusted yet."""
    return training.matching_weight if images >= 0.1 * training.images else 0.0


def at(training: TrainingConfig, images: int) -> dict[str, float]:
    """All schedules by name after `images` faces."""
    return {function.__name__: function(training, images)
            for function in (learning_rate, gamma, beta2, augmentation, ema_decay, matching)}
