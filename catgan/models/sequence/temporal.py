"""Builds temporal networks: from the features of every frame to what the label heads take."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import keras
from keras import layers, ops

from catgan.models.heads import Head
from catgan.models.sequence.architectures import SequenceConfig

HIDDEN = "hidden"
"""Name of the output before the label heads."""


def build_temporal(sequence: SequenceConfig, heads: Sequence[Head], features: int, seed: int = 0) -> keras.Model:
    """Builds a temporal network.

    A frame that is not seen enters as zeros. Recurrent layers keep their state there; convolutional networks get the
    mask as a further input.

    Args:
        sequence: kind and sizes.
        heads: the label heads.
        features: number of features of a frame.
        seed: of the initial weights and of dropout.

    Returns:
        A model of any number of frames t, `{"features": (n, t, features), "seen": (n, t)} -> dict`: per head the
        input of `Head.outputs` `(n, t, units)`, and `"hidden"` `(n, t, width)`.
    """
    build = _Layers(sequence, seed)
    frames = keras.Input((None, features), name="features")
    seen = keras.Input((None,), name="seen")
    mask = ops.expand_dims(ops.cast(seen, "float32"), -1)
    hidden = layers.LayerNormalization(name="input_norm")(frames) * mask
    if sequence.kind == "frame":
        hidden = build.dense(hidden)
    elif sequence.convolutional:
        hidden = build.convolutional(hidden, mask)
    else:
        hidden = build.recurrent(hidden, ops.cast(seen, "bool"))
    hidden = layers.Dropout(sequence.dropout, seed=build.seed("dropout"), name="dropout")(hidden)
    outputs = {head.name: layers.Dense(head.units, kernel_initializer=build.kernel(head.name, 0.01), name=head.name)(
        hidden) for head in heads}
    return keras.Model({"features": frames, "seen": seen}, {**outputs, HIDDEN: hidden}, name="temporal")


class _Layers:
    """Makes the layers of one temporal network."""

    def __init__(self, sequence: SequenceConfig, seed: int):
        self.sequence, self._seed = sequence, seed

    def seed(self, name: str) -> int:
        """Returns the seed of one layer."""
        return zlib.crc32(f"{self._seed}/{name}".encode()) % 2 ** 31

    def kernel(self, name: str, scale: float = 2.0) -> keras.initializers.Initializer:
        return keras.initializers.VarianceScaling(scale, mode="fan_in", seed=self.seed(name))

    def dense(self, hidden: keras.KerasTensor) -> keras.KerasTensor:
        for index in range(self.sequence.layers):
            name = f"dense_{index}"
            if index:
                hidden = layers.Dropout(self.sequence.dropout, seed=self.seed(f"drop_{index}"), name=f"drop_{index}")(
                    hidden)
            hidden = layers.Dense(self.sequence.units, activation="relu", kernel_initializer=self.kernel(name),
                                  name=name)(hidden)
        return hidden

    def recurrent(self, hidden: keras.KerasTensor, seen: keras.KerasTensor) -> keras.KerasTensor:
        sequence = self.sequence
        cls = layers.LSTM if sequence.kind == "lstm" else layers.GRU
        for index in range(sequence.layers):
            name = f"recurrent_{index}"
            if index:
                hidden = layers.Dropout(sequence.dropout, seed=self.seed(f"drop_{index}"), name=f"drop_{index}")(hidden)
            # cuDNN refuses masks with unseen frames before seen ones.
            layer = cls(sequence.units, return_sequences=True, name=name, kernel_initializer=self.kernel(name, 1.0),
                        recurrent_initializer=keras.initializers.Orthogonal(seed=self.seed(f"{name}/state")),
                        use_cudnn=False)
            if sequence.kind == "bigru":
                layer = layers.Bidirectional(layer, name=name)
            hidden = layer(hidden, mask=seen)
        return hidden

    def convolutional(self, hidden: keras.KerasTensor, mask: keras.KerasTensor) -> keras.KerasTensor:
        sequence = self.sequence
        padding = "causal" if sequence.causal else "same"
        hidden = layers.Dense(sequence.units, kernel_initializer=self.kernel("width", 1.0), name="width")(
            ops.concatenate([hidden, mask], axis=-1))
        for index, dilation in enumerate(sequence.dilations):
            name = f"block_{index}"
            inner = layers.LayerNormalization(name=f"{name}_norm")(hidden) * mask
            inner = layers.Conv1D(sequence.units, sequence.kernel_size, padding=padding, dilation_rate=dilation,
                                  activation="relu", kernel_initializer=self.kernel(name), name=name)(inner)
            inner = layers.Dropout(sequence.dropout, seed=self.seed(f"{name}/drop"), name=f"{name}_drop")(inner)
            inner = layers.Dense(sequence.units, kernel_initializer=self.kernel(f"{name}_out", 0.1),
                                 name=f"{name}_out")(inner)
            hidden = hidden + inner
        return layers.LayerNormalization(name="output_norm")(hidden)
