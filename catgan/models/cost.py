"""What a network costs: multiply-adds of its convolutions and dense layers, which are nearly all of its work."""

from __future__ import annotations

import math

import keras


def multiply_adds(model: keras.Model) -> int:
    """Multiply-adds of one forward pass over one face."""
    return sum(layer_multiply_adds(layer) for layer in all_layers(model))


def all_layers(model: keras.Model) -> list[keras.Layer]:
    """Every layer of a network, also those inside of other layers."""
    return model._flatten_layers(include_self=False)


def layer_multiply_adds(layer: keras.Layer) -> int:
    """Multiply-adds of one forward pass through one layer alone, for one face."""
    if isinstance(layer, keras.layers.Dense):
        return math.prod(layer.kernel.shape)
    if isinstance(layer, keras.layers.Conv2DTranspose):
        # Every input pixel meets the whole kernel.
        return math.prod(layer.kernel.shape) * math.prod(layer.input.shape[1:3])
    if isinstance(layer, keras.layers.Conv2D):
        return math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:3])
    return 0


def step_multiply_adds(generator: keras.Model, discriminator: keras.Model, penalty_interval: int) -> float:
    """Multiply-adds that one training step (`catgan.training.tasks.adversarial`) spends on one real face.

    Args:
        penalty_interval: steps between two with R1 and R2.
    """
    g, d = step_passes(penalty_interval)
    return g * multiply_adds(generator) + d * multiply_adds(discriminator)


def step_passes(penalty_interval: int) -> tuple[float, float]:
    """What one training step spends on one real face, in forward passes of the generator and of the discriminator.

    A backward pass costs two forward passes, or one where only inputs need gradients; the gradient of a gradient four
    (Griewank & Walther 2008, ch. 3). See `step_multiply_adds`.
    """
    on_penalties = 2 * (1 + 4) / penalty_interval
    return 1 + 3, 2 * 3 + on_penalties + 2
