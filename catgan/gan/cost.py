"""What a network costs: multiply-adds of its convolutions and dense layers, which are nearly all of its work."""

from __future__ import annotations

import math

import keras


def multiply_adds(model: keras.Model) -> int:
    """Multiply-adds of one forward pass over one face."""
    return sum(_of_layer(layer) for layer in model._flatten_layers(include_self=False))


def _of_layer(layer: keras.Layer) -> int:
    if isinstance(layer, keras.layers.Dense):
        return math.prod(layer.kernel.shape)
    if isinstance(layer, keras.layers.Conv2DTranspose):
        # Every input pixel meets the whole kernel.
        return math.prod(layer.kernel.shape) * math.prod(layer.input.shape[1:3])
    if isinstance(layer, keras.layers.Conv2D):
        return math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:3])
    return 0


def step_multiply_adds(generator: keras.Model, discriminator: keras.Model, penalty_interval: int,
                       matching_interval: int | None = None) -> float:
    """Multiply-adds that one training step (`catgan.training.step`) spends on one real face.

    A backward pass costs two forward passes, or one where only inputs need gradients; the gradient of a gradient four
    (Griewank & Walther 2008, ch. 3).

    Args:
        penalty_interval: steps between two with R1 and R2.
        matching_interval: steps between two with mean matching; None without.
    """
    g, d = multiply_adds(generator), multiply_adds(discriminator)
    discriminator_step = g + 2 * 3 * d + 2 * (d + 4 * d) / penalty_interval
    generator_step = 3 * g + 2 * d
    return discriminator_step + generator_step * (1.0 + (1.0 / matching_interval if matching_interval else 0.0))
