"""What a head reads on average off real faces of given labels: the yardstick of mean matching."""

from __future__ import annotations

import keras

from catgan.gan.blocks import Blocks
from catgan.labels import LabelSpec


def build_expectation(spec: LabelSpec, seed: int = 0) -> keras.Model:
    """A small network from a condition `(n, 2 * width)` to expected readings `(n, width)`.

    It is taught by squared error on real faces alone, so that it knows how far a head shrinks towards the mean, and
    what labels that are not in the condition come to. It begins as the condition's own values.
    """
    blocks = Blocks("float32", seed)
    condition = keras.Input((2 * spec.width,), name="condition")
    hidden = condition
    for index in (1, 2):
        hidden = blocks.dense(hidden, 128, f"expectation_{index}", leaky=True)
    change = blocks.dense(hidden, spec.width, "expectation", scale=0.01)
    return keras.Model(condition, condition[:, :spec.width] + change, name="expectation")
