"""Layers for pictures of which only a part is seen, or counts."""

from __future__ import annotations

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("catgan")
class FilledPicture(layers.Layer):
    """Fills what must not be seen of a picture with the mean colour of the rest.

    Filled so, a hole has the least outline: what stood there is not told by its shape.

    Input: `[pixels (n, h, w, 3) in 0..255, seen (n, h, w) in 0..1]`. Output: `(n, h, w, 3)` in [-1, 1]. Where `seen` is
    0, the pixels have no influence.
    """

    def call(self, inputs):
        pixels, seen = (ops.cast(each, "float32") for each in inputs)
        seen = ops.clip(seen, 0.0, 1.0)[..., None]
        kept = (pixels / 127.5 - 1.0) * seen
        mean = ops.sum(kept, axis=(1, 2), keepdims=True) / ops.maximum(ops.sum(seen, axis=(1, 2), keepdims=True), 1.0)
        return ops.cast(kept + mean * (1.0 - seen), self.compute_dtype)

    def get_config(self) -> dict[str, object]:  # Keras derives none where the dtype is a policy object
        return super().get_config()


@keras.saving.register_keras_serializable("catgan")
class SpatialWeights(layers.Layer):
    """Turns logits of places into weights: a softmax over all places, times their number, so that the mean is 1.

    Input and output: `(n, h, w, 1)`.
    """

    def call(self, inputs):
        logits = ops.cast(inputs, "float32")
        height, width = logits.shape[1:3]
        flat = ops.softmax(ops.reshape(logits, (-1, height * width)), axis=-1)
        return ops.cast(ops.reshape(flat * (height * width), (-1, height, width, 1)), self.compute_dtype)

    def get_config(self) -> dict[str, object]:  # Keras derives none where the dtype is a policy object
        return super().get_config()
