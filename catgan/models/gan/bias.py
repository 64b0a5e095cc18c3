"""By how much generated faces of given labels are read differently from real faces of these labels, on average."""

from __future__ import annotations

import keras

from catgan.conditions import encoded_width
from catgan.labels import LabelSpec
from catgan.models.layers import Blocks


def build_bias(spec: LabelSpec, seed: int = 0) -> keras.Model:
    """A small network from a condition `(n, 2 * width)` to the bias of the generator `(n, width)`.

    It is taught, on pairs of a real and a generated face of one condition, the difference of what the heads read off
    the two. What it cannot foresee, it averages out: whether the heads shrink towards the mean, and how much faces of
    one label differ from each other. It begins at 0.
    """
    blocks = Blocks("float32", seed)
    condition = keras.Input((encoded_width(spec.width),), name="condition")
    hidden = condition
    for index in (1, 2):
        hidden = blocks.dense(hidden, 128, f"bias_{index}", leaky=True)
    return keras.Model(condition, blocks.dense(hidden, spec.width, "bias", scale=1e-4), name="bias")
