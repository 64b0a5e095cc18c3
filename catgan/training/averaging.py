"""Averages the weights of a training exponentially."""

from __future__ import annotations

import keras
from keras import ops

from catgan.backend.engine import Tensor


def update_average(average: keras.Model, network: keras.Model, decay: Tensor) -> None:
    """Moves averaged weights towards the trained ones.

    Args:
        average: a network of the same sizes, which holds the averages.
        network: is trained.
        decay: share of the average that stays, 0..1.
    """
    for mean, value in zip(average.weights, network.weights):
        kept = ops.cast(decay, mean.dtype)
        mean.assign(kept * mean + (1 - kept) * value)
