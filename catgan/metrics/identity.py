"""Identity: a linear embedding in closed form, Fisherfaces (Belhumeur et al. 1997), and the verification of embeddings.

That is learned from people with several photographs under changing expression, light and pose; those changes are what
it looks away from. Better ones are trained: `catgan.training.tasks.identity`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catgan.errors import CatganError
from catgan.metrics import au
from catgan.metrics.figures import Figures

SIDE = 32
"""Side in pixels of the faces that Fisherfaces compare."""
MIN_PEOPLE = 20
"""People that `Fisherfaces.fit` needs."""
MIN_FACES = 3
"""Faces a person that count."""


def cosine_similarity(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Computes the cosine similarity of the rows of two arrays `(n, d)`, `(n,)` in -1..1; 0 for a row of zeros."""
    return (a * b).sum(1) / np.maximum(np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1), 1e-12)


@dataclass(frozen=True)
class Fisherfaces:
    """Maps small grey faces linearly to identity features.

    Args:
        mean: `(SIDE * SIDE,)`.
        projection: `(SIDE * SIDE, d)`.
    """

    mean: np.ndarray
    projection: np.ndarray

    @classmethod
    def fit(cls, images: np.ndarray, subjects: Sequence[str], components: int = 150) -> Fisherfaces:
        """Fits the map to uint8 faces `(n, h, w, 3)` and their subjects.

        Principal components first, then the directions in which one person's faces differ are shrunk to one size
        (within-class whitening), so that what tells people apart stands out.

        Raises:
            CatganError: fewer than 20 people with three faces.
        """
        names, inverse, counts = np.unique(np.asarray(subjects), return_inverse=True, return_counts=True)
        kept = counts[inverse] >= MIN_FACES
        people = int((counts >= MIN_FACES).sum())
        if people < MIN_PEOPLE:
            raise CatganError(f"An identity embedding needs {MIN_PEOPLE} people with {MIN_FACES} faces each. "
                              f"Received: {people}.")
        faces, who = _flat(images[kept]), np.unique(inverse[kept], return_inverse=True)[1]
        mean = faces.mean(0)
        components = min(components, len(faces) - people, faces.shape[1])
        _, vectors = np.linalg.eigh(np.cov(faces, rowvar=False))
        principal = vectors[:, ::-1][:, :components]
        scores = (faces - mean) @ principal
        centres = np.stack([np.bincount(who, scores[:, index]) for index in range(components)], 1)
        within = scores - (centres / np.bincount(who)[:, None])[who]
        # Not scikit-learn's discriminant analysis: it shrinks the within-class scatter by another rule.
        values, axes = np.linalg.eigh(np.cov(within, rowvar=False))
        whitening = axes / np.sqrt(values + 1e-3 * values.max())
        return cls(mean, principal @ whitening)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Computes features float64 `(n, d)` of uint8 faces `(n, h, w, 3)`."""
        return (_flat(images) - self.mean) @ self.projection


def verification(features: np.ndarray, subjects: Sequence[str]) -> Figures:
    """Measures how well the cosine similarity of two faces separates pairs of one person from pairs of different
    people.

    Args:
        features: of an identity encoder, `(n, d)`.
        subjects: per face who it is.

    Returns:
        `auc`: the chance that two faces of one person are more alike than two of different people; `same`, `others`:
        mean similarities; `others_95`: the similarity that 95 % of pairs of different people stay below; `pairs` of
        one person. The figures are None where there are no pairs of either kind.
    """
    unit = features / np.maximum(np.linalg.norm(features, axis=-1, keepdims=True), 1e-12)
    _, who = np.unique(np.asarray(subjects), return_inverse=True)
    first, second = np.triu_indices(len(unit), 1)
    alike, same = (unit @ unit.T)[first, second], who[first] == who[second]
    pairs = int(same.sum())
    if pairs in (0, len(same)):
        return {"auc": None, "same": None, "others": None, "others_95": None, "pairs": pairs}
    return {"auc": au.auc(same, alike, np.ones(len(same), bool)), "same": float(alike[same].mean()),
            "others": float(alike[~same].mean()), "others_95": float(np.percentile(alike[~same], 95.0)), "pairs": pairs}


def _flat(images: np.ndarray) -> np.ndarray:
    """Converts faces to grey rows of one size, each with mean 0 and deviation 1."""
    import cv2

    rows = np.stack([cv2.resize(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY), (SIDE, SIDE),
                                interpolation=cv2.INTER_AREA).ravel() for image in images]).astype(np.float64)
    rows -= rows.mean(1, keepdims=True)
    return rows / np.maximum(rows.std(1, keepdims=True), 1e-6)
