"""Other ways to answer "why?", for comparison: pixels by gradient, and the nearest real face of another answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from catgan.errors import CatganError
from catgan.explain.targets import Target

STEPS, RATE, WEIGHT = 150, 2.0, 300.0
"""Of the pixel search: steps, grey levels that a pixel goes in the first one, and how much the target weighs against
the mean squared change of pixels in shares of the grey range."""
AT_ONCE = 32


def by_pixels(model: Any, images: np.ndarray, targets: Sequence[Target]) -> np.ndarray:
    """The pixels nearest to a face of which the model reads the target (Wachter et al. 2017): Adam on the squared
    shortfall and the squared change. Nothing asks that the result be a face.

    Args:
        model: of `catgan.explain.models`, with gradients.
        images: uint8 `(n, side, side, 3)`.
        targets: one each.

    Returns:
        uint8 `(n, side, side, 3)`.

    Raises:
        CatganError: a model without gradients.
    """
    from catgan.backend import get_engine

    if not model.differentiable:
        raise CatganError("The search over pixels needs a model with gradients.")
    engine, result = get_engine(), []
    for first in range(0, len(images), AT_ONCE):
        faces, goals = images[first:first + AT_ONCE].astype(np.float32), targets[first:first + AT_ONCE]

        def loss(pixels, faces=faces, goals=goals):
            reading = model.predict_tensors(pixels)
            far = ops.concatenate([goal.shortfall({name: values[row:row + 1] for name, values in reading.items()},
                                                  ops.maximum) for row, goal in enumerate(goals)])
            apart = ops.mean(ops.square((pixels - faces) / 255.0), axis=(1, 2, 3))
            return WEIGHT * ops.square(far) + apart, far

        result.append(_descended(engine, loss, faces))
    return np.concatenate(result) if result else images[:0]


def _descended(engine: Any, loss: Any, faces: np.ndarray) -> np.ndarray:
    """Adam over pixels; of each face the nearest pixels that met its target, else the last ones."""
    pixels, best, least = faces.copy(), faces.copy(), np.full(len(faces), np.inf)
    first, second = np.zeros_like(faces), np.zeros_like(faces)
    for step in range(1, STEPS + 1):
        far, slope = engine.input_gradient(loss, pixels)
        apart = np.square(pixels - faces).mean(axis=(1, 2, 3))
        nearer = (np.asarray(far) <= 0.0) & (apart < least)
        best[nearer], least[nearer] = pixels[nearer], apart[nearer]
        first, second = 0.9 * first + 0.1 * np.asarray(slope), 0.99 * second + 0.01 * np.square(np.asarray(slope))
        move = first / (1 - 0.9 ** step) / (np.sqrt(second / (1 - 0.99 ** step)) + 1e-12)
        pixels = np.clip(pixels - RATE * (1 - (step - 1) / STEPS) * move, 0.0, 255.0).astype(np.float32)
    best[np.isinf(least)] = pixels[np.isinf(least)]
    return np.clip(np.rint(best), 0, 255).astype(np.uint8)


def nearest_unlike(features: np.ndarray, targets: Sequence[Target], others: np.ndarray,
                   reading: dict[str, np.ndarray]) -> np.ndarray:
    """For every face the nearest other face that meets its target: the nearest unlike neighbour (Dasarathy 1995), a
    real example instead of a drawn one.

    Args:
        features: of the faces, `(n, d)`; nearness is their cosine.
        targets: one each.
        others: features of the faces to choose among, `(m, d)`.
        reading: what the model reads off those, columns `(m,)`.

    Returns:
        Places among the others `(n,)`; -1 where none meets the target.
    """
    unit, others = (part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-12)
                    for part in (np.asarray(features, np.float64), np.asarray(others, np.float64)))
    chosen = []
    for feature, target in zip(unit, targets):
        meets = np.asarray(target.shortfall(reading)) <= 0.0
        alike = np.where(meets, others @ feature, -np.inf)
        chosen.append(int(alike.argmax()) if meets.any() else -1)
    return np.array(chosen)
