"""A layer that computes angles and distances of one pose."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from catgan.backend.engine import Tensor
from catgan.joints import JOINTS
from catgan.models.multimodal.bodies import norm

ANGLES = (("spine", "neck", "head"), ("neck", "first shoulder", "first elbow"),
          ("neck", "second shoulder", "second elbow"), ("first shoulder", "first elbow", "first hand"),
          ("second shoulder", "second elbow", "second hand"), ("root", "first hip", "first knee"),
          ("root", "second hip", "second knee"), ("first hip", "first knee", "first foot"),
          ("second hip", "second knee", "second foot"))
"""Angles at the second joint, after Crenn et al. 2016."""
DISTANCES = (("first hand", "root"), ("second hand", "root"), ("first hand", "second hand"), ("first hand", "head"),
             ("second hand", "head"), ("first foot", "second foot"), ("first foot", "root"), ("second foot", "root"),
             ("head", "root"))
"""Distances between two joints."""
DIRECTIONS = (("root", "neck"), ("neck", "head"))
"""Directions of trunk and head, measured across the shoulders, upwards and forwards."""
SHOULDERS = ("first shoulder", "second shoulder")


def _places(names: tuple[tuple[str, ...], ...]) -> np.ndarray:
    return np.array([[JOINTS.index(name) for name in group] for group in names]).T


@keras.saving.register_keras_serializable("catgan")
class PoseShape(layers.Layer):
    """Computes angles, distances and directions of one pose.

    Input: the output of `CentredJoints`, `(n, 16, 4)`. Output `(n, 44)`: for each of `ANGLES` (in half turns, less a
    half), `DISTANCES` (in body heights) and `DIRECTIONS` (three components of a unit vector) its values, all 0 unless
    all of its joints are known; then whether they are.
    """

    def call(self, inputs):
        values = ops.cast(inputs, "float32")
        joints, mask = values[..., :3], values[..., 3]
        parts = [_angles(joints, mask), _distances(joints, mask), _directions(joints, mask)]
        found = ops.concatenate([part for part, _ in parts] + [known for _, known in parts], axis=-1)
        return ops.cast(found, self.compute_dtype)

    def get_config(self) -> dict[str, object]:  # Keras derives none where the dtype is a policy object
        return super().get_config()


def _angles(joints: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    first, middle, last = _places(ANGLES)
    one = ops.take(joints, first, axis=1) - ops.take(joints, middle, axis=1)
    other = ops.take(joints, last, axis=1) - ops.take(joints, middle, axis=1)
    known = _all_known(mask, first, middle, last)
    # The arc tangent has a gradient at straight joints too, which the arc cosine has not.
    turned = ops.arctan2(norm(ops.cross(one, other)), ops.sum(one * other, axis=-1))
    return (turned / np.float32(np.pi) - 0.5) * known, known


def _distances(joints: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    one, other = _places(DISTANCES)
    known = _all_known(mask, one, other)
    return norm(ops.take(joints, one, axis=1) - ops.take(joints, other, axis=1)) * known, known


def _directions(joints: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Turns directions about the vertical into the frame of the shoulders; forwards where the left one comes first."""
    low, high = _places(DIRECTIONS)
    left, right = _places((SHOULDERS,))
    known = _all_known(mask, low, high) * _all_known(mask, left, right)
    across = _unit((ops.take(joints, right, axis=1) - ops.take(joints, left, axis=1)) * np.array([1, 0, 1], np.float32))
    along = _unit(ops.take(joints, high, axis=1) - ops.take(joints, low, axis=1))
    forwards = ops.stack([across[..., 2], 0.0 * across[..., 1], -across[..., 0]], axis=-1)
    turned = ops.stack([ops.sum(along * across, axis=-1), along[..., 1], ops.sum(along * forwards, axis=-1)], axis=-1)
    turned = turned * known[..., None]
    return ops.reshape(turned, (-1, 3 * len(DIRECTIONS))), known


def _unit(vectors: Tensor) -> Tensor:
    return vectors / norm(vectors)[..., None]


def _all_known(mask: Tensor, *places: np.ndarray) -> Tensor:
    found = ops.take(mask, places[0], axis=1)
    for place in places[1:]:
        found = found * ops.take(mask, place, axis=1)
    return found
