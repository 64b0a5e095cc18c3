"""Counts multiply-adds of convolutions and dense layers, which are nearly all the work of a network."""

from __future__ import annotations

import math

import keras


def multiply_adds(model: keras.Model) -> int:
    """Counts the multiply-adds of one forward pass over one face."""
    return sum(layer_multiply_adds(layer) for layer in all_layers(model))


def all_layers(model: keras.Model) -> list[keras.Layer]:
    """Lists every layer of a network, nested ones too."""
    return model._flatten_layers(include_self=False)


def layer_multiply_adds(layer: keras.Layer) -> int:
    """Counts the multiply-adds of one forward pass through one layer, for one face."""
    if isinstance(layer, keras.layers.Dense):
        return math.prod(layer.kernel.shape)
    if isinstance(layer, keras.layers.Conv2DTranspose):
        # Every input pixel meets the whole kernel.
        return math.prod(layer.kernel.shape) * math.prod(layer.input.shape[1:3])
    if isinstance(layer, keras.layers.Conv2D):
        return math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:3])
    return 0


def step_multiply_adds(generator: keras.Model, discriminator: keras.Model, penalty_interval: int) -> float:
    """Counts the multiply-adds of one training step (`catgan.training.tasks.adversarial`) per real face.

    Args:
        penalty_interval: steps between two with R1 and R2.
    """
    g, d = step_passes(penalty_interval)
    return g * multiply_adds(generator) + d * multiply_adds(discriminator)


def step_passes(penalty_interval: int) -> tuple[float, float]:
    """Counts the cost of one training step per real face, in forward passes of generator and discriminator.

    A backward pass costs two forward passes, or one where only inputs need gradients; the gradient of a gradient four
    (Griewank & Walther 2008, ch. 3). See `step_multiply_adds`.
    """
    on_penalties = 2 * (1 + 4) / penalty_interval
    return 1 + 3, 2 * 3 + on_penalties + 2
