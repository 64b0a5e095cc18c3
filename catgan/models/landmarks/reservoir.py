"""A recurrent layer whose weights are drawn at random and never change (echo state network)."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from catgan import random_streams
from catgan.models.landmarks.parallel import _where_seen


@keras.saving.register_keras_serializable("catgan")
class Reservoir(layers.Layer):
    """Runs leaky units with fixed random weights: `state = (1 - leak) state + leak tanh(W in + R state + b)`.

    Jaeger 2001. The weights are stored with the model, and none is trained.

    Args:
        units: of the state.
        leak: share of the state that is renewed in a frame.
        radius: spectral radius of the recurrent weights.
        density: share of input weights that are not 0.
        input_scale: standard deviation of what inputs of unit size add to a unit.
        seed: of the weights. Members that read other inputs have the same weights at the same places.

    Input: `[values (m, n, t, d), seen (n, t)]`. Output: the states `(m, n, t, units)`. A frame that is not seen keeps
    the state of the frame before.
    """

    def __init__(self, units: int, leak: float, radius: float, density: float, input_scale: float, seed: int = 0,
                 **arguments: object):
        super().__init__(**{**arguments, "trainable": False})
        self.units, self.leak, self.radius, self.density = units, leak, radius, density
        self.input_scale, self.seed = input_scale, seed

    def build(self, input_shape):
        shape = (input_shape[0][-1], self.units)
        draw = random_streams.generator("reservoir", self.seed, shape[0])
        kept = draw.random(shape) < self.density
        kept[draw.integers(0, shape[0], self.units), np.arange(self.units)] = True  # no unit without an input
        kernel = draw.normal(size=shape) * kept * (self.input_scale / np.sqrt(np.maximum(kept.sum(0), 1)))
        recurrent = draw.normal(size=(self.units, self.units))
        recurrent *= self.radius / max(float(np.abs(np.linalg.eigvals(recurrent)).max()), 1e-9)
        bias = draw.uniform(-0.2, 0.2, self.units)
        self.kernel, self.recurrent, self.bias = (
            self.add_weight(shape=values.shape, initializer=keras.initializers.Zeros(), trainable=False, name=name)
            for name, values in (("kernel", kernel), ("recurrent", recurrent), ("bias", bias)))
        for weight, values in zip((self.kernel, self.recurrent, self.bias), (kernel, recurrent, bias)):
            weight.assign(values.astype(np.float32))

    def call(self, inputs):
        values, seen = inputs
        members, frames = values.shape[0], values.shape[2]
        moved = ops.transpose(values, (0, 2, 1, 3))
        given = ops.matmul(ops.reshape(moved, (-1, values.shape[3])), self.kernel) + self.bias
        given = ops.reshape(given, (members, frames, -1, self.units))
        state = ops.zeros_like(given[:, 0])
        states = []
        for frame in range(frames):
            new = ops.tanh(given[:, frame] + ops.matmul(state, self.recurrent))
            state = _where_seen(seen, frame, (1.0 - self.leak) * state + self.leak * new, state)
            states.append(state)
        return ops.stack(states, axis=2)

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "units": self.units, "leak": self.leak, "radius": self.radius,
                "density": self.density, "input_scale": self.input_scale, "seed": self.seed}
