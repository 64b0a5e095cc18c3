"""Convolutions over the bones of a body and over time (spatial-temporal graph convolutions, Yan et al. 2018)."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from catgan.joints import BONES, JOINTS


def neighbours() -> np.ndarray:
    """Returns three matrices `(3, 16, 16)`: the joint itself, its neighbour towards the root, and those away from it.

    Rows are normalised to a sum of 1, or are 0 where a joint has no such neighbour.
    """
    towards, away = np.zeros((2, len(JOINTS), len(JOINTS)), np.float32)
    for parent, child in BONES:
        towards[child, parent] = away[parent, child] = 1.0
    return np.stack([np.eye(len(JOINTS), dtype=np.float32),
                     *(each / np.maximum(each.sum(1, keepdims=True), 1.0) for each in (towards, away))])


@keras.saving.register_keras_serializable("catgan")
class GraphConvolution(layers.Layer):
    """Convolves each frame over the bones: one kernel for the joint itself, one towards the root, one away from it.

    Args:
        units: channels of the output.
        initializer: of the kernels, as Keras layers take it.

    Input: `(n, t, 16, c)`. Output: `(n, t, 16, units)`.
    """

    def __init__(self, units: int, initializer: str | dict | keras.initializers.Initializer = "he_normal",
                 **arguments: object):
        super().__init__(**arguments)
        self.units = units
        self.initializer = keras.initializers.get(initializer)

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(3 * input_shape[-1], self.units), initializer=self.initializer,
                                      name="kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, inputs):
        gathered = [inputs] + [ops.matmul(ops.cast(matrix, self.compute_dtype), inputs)
                               for matrix in neighbours()[1:]]
        return ops.matmul(ops.concatenate(gathered, axis=-1), self.kernel) + self.bias

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "units": self.units,
                "initializer": keras.initializers.serialize(self.initializer)}
