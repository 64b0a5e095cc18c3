"""Builds the network that predicts the bias of generated faces: predicted labels minus those of real faces."""

from __future__ import annotations

import keras

from catgan.conditions import encoded_width
from catgan.labels import LabelSpec
from catgan.models.layers import Blocks


def build_bias(spec: LabelSpec, seed: int = 0) -> keras.Model:
    """Builds a small network from an encoded condition `(n, 2 * width)` to the bias of the generator `(n, width)`.

    It is trained on pairs of a real and a generated face under one condition: its target is the difference of the
    heads' predictions on the two. Variation within a condition averages out. It starts at 0.
    """
    blocks = Blocks("float32", seed)
    condition = keras.Input((encoded_width(spec.width),), name="condition")
    hidden = condition
    for index in (1, 2):
        hidden = blocks.dense(hidden, 128, f"bias_{index}", leaky=True)
    return keras.Model(condition, blocks.dense(hidden, spec.width, "bias", scale=1e-4), name="bias")
