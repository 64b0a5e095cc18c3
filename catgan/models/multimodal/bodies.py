"""Layers that free joints from place and size. Unknown joints have no influence on what they return.

Joints are those of `catgan.joints`, in any unit. A joint counts as known where its mask is set and its numbers are
finite. A frame whose root is unknown is unknown as a whole, because the other joints are measured from the root.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from catgan.backend.engine import Tensor
from catgan.joints import BONES

PROPORTIONS = (0.144, 0.144, 0.13, 0.129, 0.186, 0.146, 0.129, 0.186, 0.146, 0.096, 0.245, 0.246, 0.096, 0.245, 0.246)
"""Typical length of each bone of `BONES`, as a share of the body's height (Drillis & Contini 1966)."""
SMALLEST_BODY = 1e-5
"""Height, in the unit of the joints, below which a body has no size and all joints count as unknown."""
RATE = 15.0
"""Frames per second; velocities are in body heights per second."""
DEVIATION_SCALE = 5.0
"""Factor on deviations from the mean pose, in body heights, which makes them about 1."""
_EPSILON = 1e-12
_PARENTS, _CHILDREN = (np.array(side) for side in zip(*BONES))


def centred(joints: Tensor, known: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Measures joints from the root, in body heights.

    The height is the sum of the lengths of all bones whose ends are known, in all frames, over the sum of their
    `PROPORTIONS`.

    Args:
        joints: `(n, t, 16, 3)`.
        known: `(n, t, 16)`; above 0.5 means known.

    Returns:
        Joints `(n, t, 16, 3)`, 0 where unknown; float32 mask `(n, t, 16)`; places of the root in body heights from the
        origin, `(n, t, 3)`.
    """
    joints = ops.cast(joints, "float32")
    there = ops.logical_and(ops.cast(known, "float32") > 0.5, ops.all(ops.isfinite(joints), axis=-1))
    there = ops.logical_and(there, there[..., :1])
    joints = ops.where(there[..., None], joints, 0.0)
    mask = ops.cast(there, "float32")
    height = _height(joints, mask)
    measured = ops.cast(height > SMALLEST_BODY, "float32")
    mask = mask * measured[..., None]
    scale = measured / ops.maximum(height, SMALLEST_BODY)
    root = joints[..., 0, :]
    return (joints - root[..., None, :]) * (scale[..., None] * mask)[..., None], mask, root * scale[..., None]


def _height(joints: Tensor, mask: Tensor) -> Tensor:
    """Returns the height of each body, `(n, 1)`."""
    ends = ops.take(mask, _PARENTS, axis=-1) * ops.take(mask, _CHILDREN, axis=-1)
    length = norm(ops.take(joints, _CHILDREN, axis=-2) - ops.take(joints, _PARENTS, axis=-2)) * ends
    expected = ends * np.array(PROPORTIONS, np.float32)
    return (ops.sum(length, axis=(1, 2)) / ops.maximum(ops.sum(expected, axis=(1, 2)), 1e-6))[:, None]


def norm(vectors: Tensor) -> Tensor:
    """Returns lengths `(...)` of `(..., k)`, whose gradient is finite at 0."""
    return ops.sqrt(ops.sum(ops.square(vectors), axis=-1) + _EPSILON)


@keras.saving.register_keras_serializable("catgan")
class CentredJoints(layers.Layer):
    """Measures the joints of each frame from the root, in body heights.

    Input: `[joints (n, 16, 3), known (n, 16)]`. Output `(n, 16, 4)`: the joint, 0 where unknown, and its mask.
    """

    def call(self, inputs):
        joints, known = inputs
        found, mask, _ = centred(joints[:, None], known[:, None])
        return ops.cast(ops.concatenate([found, mask[..., None]], axis=-1)[:, 0], self.compute_dtype)

    def get_config(self) -> dict[str, object]:  # Keras derives none where the dtype is a policy object
        return super().get_config()


@keras.saving.register_keras_serializable("catgan")
class Movement(layers.Layer):
    """Computes what moves in a clip: without the mean pose of the clip, which is posture.

    Input: `[joints (n, t, 16, 3), known (n, t, 16)]`. Output `(n, t, 16, 7)`: the joint measured from the root, minus
    its mean over the clip, times `DEVIATION_SCALE`; its velocity in body heights per second, 0 where the joint is
    unknown in this frame or the one before; its mask.
    """

    def call(self, inputs):
        found, mask, _ = centred(*inputs)
        mask = mask[..., None]
        mean = ops.sum(found, axis=1, keepdims=True) / ops.maximum(ops.sum(mask, axis=1, keepdims=True), 1.0)
        deviation = (found - mean) * mask
        both = mask[:, 1:] * mask[:, :-1]
        velocity = (found[:, 1:] - found[:, :-1]) * both * RATE
        velocity = ops.pad(velocity, [[0, 0], [1, 0], [0, 0], [0, 0]])
        return ops.cast(ops.concatenate([deviation * DEVIATION_SCALE, velocity, mask], axis=-1), self.compute_dtype)

    def get_config(self) -> dict[str, object]:
        return super().get_config()


@keras.saving.register_keras_serializable("catgan")
class RootMotion(layers.Layer):
    """Computes how the root moves, in body heights per second; all 0 where joints are measured from the hips.

    Input: as of `Movement`. Output `(n, t, 3)`: horizontal speed and vertical velocity since the frame before, 0 where
    one of both is unknown; horizontal speed of the straight line that fits the root's places best, in known frames.
    """

    def call(self, inputs):
        _, mask, root = centred(*inputs)
        seen = mask[..., :1]
        step = (root[:, 1:] - root[:, :-1]) * (seen[:, 1:] * seen[:, :-1]) * RATE
        step = ops.pad(step, [[0, 0], [1, 0], [0, 0]])
        speed, steady = _horizontal(step), _horizontal(_slope(root, seen)) * RATE * seen[..., 0]
        return ops.cast(ops.stack([speed, step[..., 1], steady], axis=-1), self.compute_dtype)

    def get_config(self) -> dict[str, object]:
        return super().get_config()


def _horizontal(vectors: Tensor) -> Tensor:
    """Returns lengths `(...)` in x and z of `(..., 3)`; exactly 0 where both are."""
    return norm(ops.take(vectors, np.array([0, 2]), axis=-1)) - _EPSILON ** 0.5


def _slope(places: Tensor, seen: Tensor) -> Tensor:
    """Fits a straight line by least squares; places `(n, t, 3)`, mask `(n, t, 1)`. Returns `(n, 1, 3)` a frame."""
    frames = np.arange(places.shape[1], dtype=np.float32)[None, :, None]
    count = ops.maximum(ops.sum(seen, axis=1, keepdims=True), 1.0)
    apart = (frames - ops.sum(frames * seen, axis=1, keepdims=True) / count) * seen
    middle = ops.sum(places * seen, axis=1, keepdims=True) / count
    return (ops.sum(apart * (places - middle), axis=1, keepdims=True)
            / ops.maximum(ops.sum(ops.square(apart), axis=1, keepdims=True), 1.0))
