"""Baselines of counterfactual explanation: gradient search over pixels, and the nearest unlike neighbour."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import keras
import numpy as np
from keras import ops

from catgan.backend import get_engine
from catgan.errors import ModelError
from catgan.explain.goals import Target
from catgan.explain.models import DifferentiableModel, ExplainedModel
from catgan.explain.tensors import Tensor

STEPS = 150
"""Steps of the search over pixels."""
LEARNING_RATE = 2.0
"""Grey levels by which a pixel moves in the first step; falls linearly to 0."""
TARGET_WEIGHT = 300.0
"""Weight of the squared shortfall against the mean squared change of pixels in shares of the grey range."""
BATCH_SIZE = 32
"""Faces that are searched at once."""

Loss: TypeAlias = Callable[[Tensor], tuple[Tensor, Tensor]]
"""From pixels `(n, side, side, 3)` in 0..255 to the loss of each face and its shortfall, `(n,)`."""


def by_pixels(model: ExplainedModel, images: np.ndarray, targets: Sequence[Target],
              batch_size: int = BATCH_SIZE) -> np.ndarray:
    """Finds pixels near a face for which the model's output meets the target (Wachter et al. 2017).

    Adam minimises the squared shortfall and the squared change. Nothing constrains the result to be a face.

    Args:
        model: with gradients.
        images: uint8 `(n, side, side, 3)`.
        targets: one for each face.
        batch_size: faces that are searched at once.

    Returns:
        uint8 `(n, side, side, 3)`.

    Raises:
        ModelError: a model without gradients.
    """
    if not (model.differentiable and isinstance(model, DifferentiableModel)):
        raise ModelError("The search over pixels needs a model with gradients.")
    result = []
    for first in range(0, len(images), batch_size):
        part = slice(first, first + batch_size)
        faces = images[part].astype(np.float32)
        result.append(_descended(_loss(model, faces, targets[part]), faces))
    return np.concatenate(result) if result else images[:0]


def _loss(model: DifferentiableModel, faces: np.ndarray, targets: Sequence[Target]) -> Loss:
    def loss(pixels: Tensor) -> tuple[Tensor, Tensor]:
        reading = model.predict_tensors(pixels)
        shortfall = ops.concatenate([target.shortfall({name: values[row:row + 1] for name, values in reading.items()},
                                                      ops.maximum) for row, target in enumerate(targets)])
        change = ops.mean(ops.square((pixels - faces) / 255.0), axis=(1, 2, 3))
        return TARGET_WEIGHT * ops.square(shortfall) + change, shortfall

    return loss


def _descended(loss: Loss, faces: np.ndarray) -> np.ndarray:
    """Runs Adam over pixels. Returns, for each face, the nearest pixels that met its target, else the last ones."""
    engine, pixels = get_engine(), keras.Variable(faces, name="pixels")
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.PolynomialDecay(LEARNING_RATE, STEPS, 0.0),
                                      beta_1=0.9, beta_2=0.99, epsilon=1e-12)
    best, nearest = faces.copy(), np.full(len(faces), np.inf)
    for _ in range(STEPS):
        now = ops.convert_to_numpy(pixels.value)
        shortfall, slope = engine.input_gradient(loss, pixels.value)
        change = np.square(now - faces).mean(axis=(1, 2, 3))
        nearer = (np.asarray(shortfall) <= 0.0) & (change < nearest)
        best[nearer], nearest[nearer] = now[nearer], change[nearer]
        optimizer.apply([slope], [pixels])
        pixels.assign(ops.clip(pixels.value, 0.0, 255.0))
    best[np.isinf(nearest)] = ops.convert_to_numpy(pixels.value)[np.isinf(nearest)]
    return np.clip(np.rint(best), 0, 255).astype(np.uint8)


def nearest_unlike(features: np.ndarray, targets: Sequence[Target], others: np.ndarray,
                   reading: Mapping[str, np.ndarray]) -> np.ndarray:
    """Finds the nearest unlike neighbour of each face (Dasarathy 1995): the nearest real face that meets its target.

    Args:
        features: of the faces, `(n, d)`; nearness is their cosine.
        targets: one for each face.
        others: features of the faces to choose among, `(m, d)`.
        reading: the model's output for those, columns `(m,)`.

    Returns:
        Rows of `others`, `(n,)`; -1 where none meets the target.
    """
    unit, others = (part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-12)
                    for part in (np.asarray(features, np.float64), np.asarray(others, np.float64)))
    chosen = []
    for feature, target in zip(unit, targets):
        meets = np.asarray(target.shortfall(reading)) <= 0.0
        similarity = np.where(meets, others @ feature, -np.inf)
        chosen.append(int(similarity.argmax()) if meets.any() else -1)
    return np.array(chosen)
