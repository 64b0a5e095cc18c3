"""Layers that compute several independent networks ("members") at once.

Tensors have the member as their first axis: `(members, n, t, units)`. No weight is shared by two members, so that each
is the network that it would be alone. Axis 0 is 1 where all members read the same input.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from catgan.backend.engine import Tensor

EPSILON = 1e-6
"""Added to variances, so that the square root has a gradient."""


@keras.saving.register_keras_serializable("catgan")
class PerMember(keras.initializers.Initializer):
    """Draws the weights of every member by themselves, so that the number of members does not change their size.

    Args:
        kind: name of a Keras initializer: `"glorot_uniform"` or `"orthogonal"`.
        seed: of the first member; member m has `seed + m`.
    """

    def __init__(self, kind: str = "glorot_uniform", seed: int = 0):
        self.kind, self.seed = kind, int(seed)

    def __call__(self, shape, dtype=None):
        made = [keras.initializers.get({"class_name": self.kind, "config": {"seed": self.seed + member}})
                for member in range(shape[0])]
        return ops.stack([one(tuple(shape[1:]), dtype=dtype) for one in made])

    def get_config(self) -> dict[str, object]:
        return {"kind": self.kind, "seed": self.seed}


@keras.saving.register_keras_serializable("catgan")
class SelectPoints(layers.Layer):
    """Gives each member the landmarks that it reads, scaled to unit size.

    Args:
        points: `(members, k)`, numbers of landmarks; -1 for none, which gives 0. One row of several equal rows is kept.

    Input: `(n, t, p, c)`. Output: `(members or 1, n, t, k * c)`. The weight `scale` `(p, c)` is not trained.
    """

    def __init__(self, points: object, **arguments: object):
        super().__init__(**arguments)
        given = np.asarray(points, np.int64)
        self.points = given[:1] if (given == given[0]).all() else given

    def build(self, input_shape):
        self.scale = self.add_weight(shape=tuple(input_shape[2:]), initializer="ones", trainable=False, name="scale",
                                     dtype="float32", autocast=False)

    def call(self, inputs):
        members, k = self.points.shape
        shape = ops.shape(inputs)
        # The few points are gathered first: scaling and all that follows then costs what they cost.
        flat = np.maximum(self.points.ravel(), 0)
        known = ops.convert_to_tensor((self.points.ravel() >= 0)[:, None], "float32")
        scale = ops.take(self.scale, flat, axis=0) * known
        taken = ops.take(ops.cast(inputs, "float32"), flat, axis=2) * scale
        taken = ops.reshape(taken, (shape[0], inputs.shape[1], members, k * inputs.shape[3]))
        return ops.cast(ops.transpose(taken, (2, 0, 1, 3)), self.compute_dtype)

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "points": self.points.tolist()}


@keras.saving.register_keras_serializable("catgan")
class ParallelDense(layers.Layer):
    """Applies a dense layer of its own to each member.

    Args:
        members: number of networks.
        units: of the output.
        activation: as Keras layers take it.
        seed: of the initial weights.

    Input: `(members or 1, n, ..., d)`. Output: `(members, n, ..., units)`.
    """

    def __init__(self, members: int, units: int, activation: str | None = None, seed: int = 0, **arguments: object):
        super().__init__(**arguments)
        self.members, self.units, self.seed = members, units, seed
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(self.members, input_shape[-1], self.units), name="kernel",
                                      initializer=PerMember("glorot_uniform", self.seed))
        self.bias = self.add_weight(shape=(self.members, 1, self.units), initializer="zeros", name="bias")

    def call(self, inputs):
        shape, inner = ops.shape(inputs), inputs.shape[2:-1]
        flat = ops.reshape(inputs, (inputs.shape[0], -1, inputs.shape[-1]))
        outputs = self.activation(ops.matmul(flat, self.kernel) + self.bias)
        return ops.reshape(outputs, (self.members, shape[1], *inner, self.units))

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "members": self.members, "units": self.units, "seed": self.seed,
                "activation": keras.activations.serialize(self.activation)}


@keras.saving.register_keras_serializable("catgan")
class ParallelGRU(layers.Layer):
    """Runs gated recurrent units of its own for each member; the same equations as `keras.layers.GRU`.

    Args:
        members: number of networks.
        units: of the state.
        seed: of the initial weights.

    Input: `[values (members or 1, n, t, d), seen (n, t)]`. Output: the states `(members, n, t, units)`. A frame that is
    not seen keeps the state of the frame before.
    """

    def __init__(self, members: int, units: int, seed: int = 0, **arguments: object):
        super().__init__(**arguments)
        self.members, self.units, self.seed = members, units, seed

    def build(self, input_shape):
        shape = (self.members, input_shape[0][-1], 3 * self.units)
        self.kernel = self.add_weight(shape=shape, initializer=PerMember("glorot_uniform", self.seed), name="kernel")
        self.recurrent = self.add_weight(shape=(self.members, self.units, 3 * self.units), name="recurrent",
                                         initializer=PerMember("orthogonal", self.seed))
        self.bias = self.add_weight(shape=(self.members, 2, 3 * self.units), initializer="zeros", name="bias")

    def call(self, inputs):
        values, seen = inputs
        frames, units = values.shape[2], self.units
        moved = ops.transpose(values, (0, 2, 1, 3))
        flat = ops.reshape(moved, (values.shape[0], -1, values.shape[3]))
        given = ops.matmul(flat, self.kernel) + self.bias[:, :1]
        given = ops.reshape(given, (self.members, frames, -1, 3 * units))
        state = ops.zeros_like(given[:, 0, :, :units])
        states = []
        for frame in range(frames):
            own = ops.matmul(state, self.recurrent) + self.bias[:, 1:]
            now = given[:, frame]
            gates = ops.sigmoid(now[..., :2 * units] + own[..., :2 * units])
            update, reset = gates[..., :units], gates[..., units:]
            new = ops.tanh(now[..., 2 * units:] + reset * own[..., 2 * units:])
            state = _where_seen(seen, frame, update * state + (1.0 - update) * new, state)
            states.append(state)
        return ops.stack(states, axis=2)

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "members": self.members, "units": self.units, "seed": self.seed}


@keras.saving.register_keras_serializable("catgan")
class Summary(layers.Layer):
    """Summarises what units did over the frames that were seen.

    Args:
        parts: of `"last"`, the last frame's value; `"mean"`; `"deviation"`, the standard deviation; `"max"`; and
            `"apex"`, the value in the frame in which the values are largest together.

    Input: `[values (m, n, t, d), seen (n, t)]`. Output: `(m, n, len(parts) * d)`; without any frame 0.
    """

    def __init__(self, parts: object = ("last", "mean", "max"), **arguments: object):
        super().__init__(**arguments)
        self.parts: tuple[str, ...] = tuple(parts)  # type: ignore[arg-type]

    def call(self, inputs):
        values, seen = inputs
        weight = ops.cast(seen, values.dtype)[None, ..., None]
        count = ops.maximum(ops.sum(weight, axis=2), 1.0)
        return ops.concatenate([getattr(self, f"_{part}")(values, weight, count) for part in self.parts], axis=-1)

    def _mean(self, values: Tensor, weight: Tensor, count: Tensor) -> Tensor:
        return ops.sum(values * weight, axis=2) / count

    def _deviation(self, values: Tensor, weight: Tensor, count: Tensor) -> Tensor:
        apart = (values - self._mean(values, weight, count)[:, :, None]) * weight
        return ops.sqrt(ops.sum(ops.square(apart), axis=2) / count + EPSILON)

    def _max(self, values: Tensor, weight: Tensor, count: Tensor) -> Tensor:
        highest = ops.max(ops.where(weight > 0.0, values, -1e9), axis=2)
        return ops.where(ops.any(weight > 0.0, axis=2), highest, 0.0)

    def _last(self, values: Tensor, weight: Tensor, count: Tensor) -> Tensor:
        places = ops.arange(1, values.shape[2] + 1, dtype=values.dtype)[None, None, :, None] * weight
        return self._at(values, weight, places)

    def _apex(self, values: Tensor, weight: Tensor, count: Tensor) -> Tensor:
        return self._at(values, weight, ops.sum(ops.square(values), axis=-1, keepdims=True) * weight)

    def _at(self, values: Tensor, weight: Tensor, size: Tensor) -> Tensor:
        """Takes the frame with the largest `size`, the first of equal ones."""
        chosen = ops.one_hot(ops.argmax(size[..., 0], axis=2), values.shape[2], dtype=values.dtype)
        return ops.sum(values * weight * chosen[..., None], axis=2)

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "parts": list(self.parts)}


def _where_seen(seen: Tensor, frame: int, new: Tensor, old: Tensor) -> Tensor:
    return ops.where(ops.cast(seen[:, frame], "bool")[None, :, None], new, old)
