"""Autoencoders of the faces on either side of a target, for IM1 and IM2 (Van Looveren & Klaise 2021).

They are linear, that is principal components of small grey pictures. These need no training, and a benchmark needs two
of them for every target.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from catgan.explain.goals import Target
from catgan.metrics import counterfactual_space as space

SIDE = 32
"""Side of the small pictures in pixels."""
COMPONENTS = 40
"""Principal components of an autoencoder."""
MAX_FACES = 600
"""Faces that an autoencoder is fitted to, at most."""
MIN_VARIANCE = 1e-9
"""Share of the largest variance from which a component counts; below it lies rounding."""


class Autoencoder:
    """The first principal components of pictures, computed by scikit-learn.

    Args:
        pictures: `(n, SIDE, SIDE, 1)` in 0..1.
    """

    def __init__(self, pictures: np.ndarray):
        from sklearn.decomposition import PCA

        rows = pictures.reshape(len(pictures), -1)
        fitted = PCA(min(COMPONENTS, *rows.shape), svd_solver="full").fit(rows)
        variances = fitted.explained_variance_
        self.mean, self.components = fitted.mean_, fitted.components_[variances > MIN_VARIANCE * variances[0]]

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        """Reconstructs pictures `(m, SIDE, SIDE, 1)`."""
        rows = pictures.reshape(len(pictures), -1) - self.mean
        return (rows @ self.components.T @ self.components + self.mean).reshape(pictures.shape)


def small(faces: np.ndarray) -> np.ndarray:
    """Shrinks faces uint8 `(n, side, side, 3)` to grey pictures `(n, SIDE, SIDE, 1)`, float 0..1."""
    return np.stack([cv2.resize(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
                     for face in faces])[..., None] / 255.0


def interpretability(answers: np.ndarray, targets: Sequence[Target], faces: np.ndarray,
                     labels: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Computes IM1 and IM2 of answers, see `catgan.metrics.counterfactual_space`.

    Args:
        answers: uint8 `(n, side, side, 3)`.
        targets: one for each answer.
        faces: uint8 `(m, side, side, 3)`, from which the autoencoders learn.
        labels: the true labels of those, columns `(m,)`. Faces that meet a target are one class, the others the other.

    Returns:
        `im1` and `im2`, `(n,)`, lower is better; NaN where a class has too few faces.
    """
    pictures, known = small(answers), small(faces)
    everyone = Autoencoder(known[:MAX_FACES])
    result = {name: np.full(len(answers), np.nan) for name in ("im1", "im2")}
    for row, target in enumerate(targets):
        met = np.asarray(target.shortfall(labels)) <= 0.0
        if min(met.sum(), (~met).sum()) <= COMPONENTS:
            continue
        picture = pictures[[row]]
        by_target, by_source = (Autoencoder(known[side][:MAX_FACES])(picture) for side in (met, ~met))
        result["im1"][row] = space.im1(picture, by_source, by_target)[0]
        result["im2"][row] = space.im2(picture, by_target, everyone(picture))[0]
    return result
