"""Faces on either side of a target, as autoencoders know them: for IM1 and IM2 (Van Looveren & Klaise 2021).

Linear autoencoders, that is principal components, of small grey pictures: they have no training to go wrong, and a
benchmark has one pair of them for every target.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from catgan.explain.targets import Target
from catgan.metrics import counterfactual_space as space

SIDE, COMPONENTS, FACES = 32, 40, 600
"""Pixels of a side; principal components; faces that an autoencoder learns from, at most."""


class Autoencoder:
    """The principal components of pictures `(n, SIDE, SIDE, 1)`, 0..1."""

    def __init__(self, pictures: np.ndarray):
        rows = pictures.reshape(len(pictures), -1)
        self.mean = rows.mean(0)
        # Of the smaller of the two square matrices: pictures are fewer than pixels.
        values, vectors = np.linalg.eigh((rows - self.mean) @ (rows - self.mean).T)
        kept = (values > 1e-9 * values.max()).nonzero()[0][-COMPONENTS:]
        self.parts = (rows - self.mean).T @ vectors[:, kept] / np.sqrt(values[kept])

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        rows = pictures.reshape(len(pictures), -1) - self.mean
        return (rows @ self.parts @ self.parts.T + self.mean).reshape(pictures.shape)


def small(faces: np.ndarray) -> np.ndarray:
    """Faces uint8 `(n, side, side, 3)` as grey pictures `(n, SIDE, SIDE, 1)`, float 0..1."""
    return np.stack([cv2.resize(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
                     for face in faces])[..., None] / 255.0


def interpretability(answers: np.ndarray, targets: Sequence[Target], faces: np.ndarray,
                     labels: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """IM1 and IM2 of answers, see `catgan.metrics.counterfactual_space`.

    Args:
        answers: uint8 `(n, side, side, 3)`.
        targets: one each.
        faces, labels: faces uint8 `(m, side, side, 3)` and what is true of them, columns `(m,)`: those that meet a
            target are its side, the others the side that is explained away from.

    Returns:
        `im1` and `im2`, `(n,)`, lower is better; NaN where one side has next to no faces.
    """
    pictures, known = small(answers), small(faces)
    everyone = Autoencoder(known[:FACES])
    result = {name: np.full(len(answers), np.nan) for name in ("im1", "im2")}
    for row, target in enumerate(targets):
        met = np.asarray(target.shortfall(labels)) <= 0.0
        if min(met.sum(), (~met).sum()) <= COMPONENTS:
            continue
        picture = pictures[[row]]
        by_target, by_source = (Autoencoder(known[side][:FACES])(picture) for side in (met, ~met))
        result["im1"][row] = space.im1(picture, by_source, by_target)[0]
        result["im2"][row] = space.im2(picture, by_target, everyone(picture))[0]
    return result
