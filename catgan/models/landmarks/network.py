"""Builds networks on landmarks: from shapes of points to a logit for each member."""

from __future__ import annotations

import zlib

import keras
import numpy as np
from keras import layers, ops

from catgan.models.landmarks.architectures import LandmarkConfig
from catgan.models.landmarks.parallel import ParallelDense, ParallelGRU, SelectPoints, Summary
from catgan.models.landmarks.reservoir import Reservoir

SUMMARY = "summary"
"""Name of the layer whose output the read-out sees."""
READOUT = "readout"
"""Name of the last layer."""
SCALED = "scaled"
"""Name of the layer that holds the scale of the inputs."""
HIDDEN = 32
"""Units of the last hidden layer of a trained network."""


def build_network(config: LandmarkConfig, points: np.ndarray, input_shape: tuple[int, int, int], outputs: int = 1,
                  seed: int = 0) -> keras.Model:
    """Builds independent networks of one kind that are computed together.

    Args:
        config: kind and sizes.
        points: int `(members, k)`, the landmarks that each reads; -1 = none.
        input_shape: frames, number of all landmarks, values per landmark.
        outputs: logits of each member.
        seed: of the weights.

    Returns:
        A model `{"shapes": (n, t, p, c), "seen": (n, t)} -> (n, members * outputs)`, logits.
    """
    members = len(points)
    shapes, seen = keras.Input(input_shape, name="shapes"), keras.Input(input_shape[:1], name="seen")
    hidden = SelectPoints(points, name=SCALED)(shapes)
    if config.kind == "trained":
        hidden = ParallelDense(members, config.dense, "tanh", _seed(seed, "input"), name="input")(hidden)
        hidden = ParallelGRU(members, config.units, _seed(seed, "recurrent"), name="recurrent")([hidden, seen])
        hidden = Summary(("last", "mean", "max"), name=SUMMARY)([hidden, seen])
        hidden = layers.Dropout(config.dropout, seed=_seed(seed, "dropout"), name="dropout")(hidden)
        hidden = ParallelDense(members, HIDDEN, "tanh", _seed(seed, "hidden"), name="hidden")(hidden)
    elif config.kind == "randomised":
        found = []
        for layer in range(config.layers):
            hidden = Reservoir(config.units, config.leak, config.radius, config.density, config.input_scale,
                               _seed(seed, f"reservoir_{layer}"), name=f"reservoir_{layer}")([hidden, seen])
            found.append(hidden)
        hidden = ops.concatenate(found, axis=-1) if len(found) > 1 else hidden
        hidden = Summary(("last", "mean", "deviation", "max"), name=SUMMARY)([hidden, seen])
    else:
        hidden = Summary(("apex", "mean", "deviation"), name=SUMMARY)([hidden, seen])
    logits = ParallelDense(members, outputs, None, _seed(seed, READOUT), name=READOUT)(hidden)
    logits = ops.reshape(ops.transpose(logits, (1, 0, 2)), (-1, members * outputs))
    return keras.Model({"shapes": shapes, "seen": seen}, logits, name="network")


def set_scale(network: keras.Model, shapes: np.ndarray, seen: np.ndarray) -> None:
    """Sets the scale of the inputs from training clips: 1 over the root mean square of each coordinate.

    A coordinate that hardly moves is not enlarged to the size of the others: what it has is mostly noise.

    Args:
        network: made by `build_network`.
        shapes: `(n, t, p, c)`.
        seen: bool `(n, t)`.
    """
    squares = np.einsum("ntpc,nt->pc", np.square(shapes, dtype=np.float32), seen.astype(np.float32),
                        optimize=True) / max(int(seen.sum()), 1)
    whole = squares.mean(0, keepdims=True)
    network.get_layer(SCALED).scale.assign(1.0 / np.sqrt(squares + 0.1 * whole + 1e-12))


def _seed(seed: int, name: str) -> int:
    return zlib.crc32(f"{seed}/{name}".encode()) % 2 ** 31
