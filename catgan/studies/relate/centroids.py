"""Where expressions lie in the valence-arousal plane: centroids with intervals over subjects, and ellipses."""

from __future__ import annotations

import numpy as np

from catgan.errors import DataError
from catgan.metrics import bootstrap, plane
from catgan.metrics.figures import Figures
from catgan.studies.relate.faces import DIMENSIONS, LabelledFaces
from catgan.studies.relate.options import RelateOptions

LEAST_FACES = 5
"""Faces that a class needs for a centroid."""


def centroids(faces: LabelledFaces, options: RelateOptions) -> Figures:
    """Computes per expression where its faces lie.

    Args:
        faces: with their labels.
        options: draws and seed.

    Returns:
        Per class `n`, `valence`, `arousal`, the population `covariance` (see `catgan.metrics.plane.positions`),
        `valence_interval`, `arousal_interval`, and `ellipse`: width, height and angle in degrees of the ellipse of one
        standard deviation.

    Raises:
        DataError: no class has five faces whose expression, valence and arousal are known.
    """
    known = plane_known(faces)
    counts = np.bincount(faces.classes[known], minlength=len(faces.names))
    enough = known & np.isin(faces.classes, np.flatnonzero(counts >= LEAST_FACES))
    if not enough.any():
        raise DataError(f"no expression has {LEAST_FACES} faces that know expression, valence and arousal")
    kept = faces.select(enough)
    (valence, arousal), everyone = kept.affect.T, np.ones(len(kept), bool)
    found = plane.positions(kept.classes, valence, arousal, everyone, kept.names)

    def means(rows: np.ndarray) -> dict[str, float | None]:
        each = bootstrap_means(kept.classes[rows], kept.affect[rows], len(kept.names))
        return {f"{name}/{dimension}": None if np.isnan(value) else float(value)
                for name, row in zip(kept.names, each) for dimension, value in zip(DIMENSIONS, row)}

    intervals = bootstrap.intervals(means, kept.groups, options.draws, options.seed)
    for name, place in found.items():
        place |= {f"{dimension}_interval": intervals[f"{name}/{dimension}"] for dimension in DIMENSIONS}
        place["ellipse"] = list(plane.ellipse(place["covariance"]))
    return found


def plane_known(faces: LabelledFaces) -> np.ndarray:
    """Tells which faces know expression, valence and arousal, bool `(n,)`."""
    return (faces.classes >= 0) & np.isfinite(faces.affect).all(1)


def bootstrap_means(classes: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """Computes the mean of each class of values `(n, d)`, `(count, d)`; NaN for classes without faces."""
    sizes = np.bincount(classes, minlength=count).astype(np.float64)
    sums = np.stack([np.bincount(classes, column, minlength=count) for column in values.T], axis=1)
    return sums / np.where(sizes > 0, sizes, np.nan)[:, None]
