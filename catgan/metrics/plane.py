"""Expressions in the plane of valence and arousal: where each class lies, and which classes are confused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from catgan.metrics.figures import Figures

RINGS = (0.2, 0.5)
"""Distances from neutral that divide the plane: near, middle, far."""
REGIONS = ("valence+ arousal+", "valence- arousal+", "valence- arousal-", "valence+ arousal-", "near neutral",
           "middle", "far")
"""Quadrants, and rings around neutral. Every point lies in one quadrant and in one ring."""


def positions(classes: np.ndarray, valence: np.ndarray, arousal: np.ndarray, mask: np.ndarray,
              names: Sequence[str]) -> dict[str, Figures]:
    """Computes where the frames of each class lie.

    Args:
        classes: class numbers, `(n,)`.
        valence, arousal: -1..1, `(n,)`.
        mask: `(n,)`, whether class, valence and arousal are known.
        names: of the classes.

    Returns:
        Per class that has frames: `n`, `valence` and `arousal`, their means, and the population `covariance` `(2, 2)`.
    """
    result: dict[str, Figures] = {}
    for number, name in enumerate(names):
        rows = np.asarray(mask, bool) & (classes == number)
        if rows.any():
            points = np.stack([valence[rows], arousal[rows]]).astype(np.float64)
            result[name] = {"n": int(rows.sum()), "valence": float(points[0].mean()),
                            "arousal": float(points[1].mean()), "covariance": np.cov(points, bias=True).tolist()}
    return result


def ellipse(covariance: Sequence[Sequence[float]], deviations: float = 1.0) -> tuple[float, float, float]:
    """Computes the ellipse of points that lie a number of standard deviations from the mean.

    Returns:
        Width and height (whole axes, the longer one first), and the angle of the longer axis in degrees.
    """
    sizes, axes = np.linalg.eigh(np.asarray(covariance, np.float64))
    height, width = 2 * deviations * np.sqrt(np.maximum(sizes, 0.0))
    return float(width), float(height), float(np.degrees(np.arctan2(axes[1, 1], axes[0, 1])))


def largest_confusions(matrix: np.ndarray, names: Sequence[str], most: int = 8, least: float = 0.05) -> list[Figures]:
    """Lists the most frequent confusions of a matrix `(classes, classes)`, rows true.

    Args:
        matrix: counts.
        names: of the classes.
        most: number of confusions at most.
        least: share of the true class from which a confusion is listed.

    Returns:
        `true`, `predicted`, `count` and `share` (of the frames of the true class), largest share first.
    """
    matrix = np.asarray(matrix)
    totals = matrix.sum(1)
    found: list[Figures] = [
        {"true": names[row], "predicted": names[column], "count": int(count), "share": float(count / totals[row])}
        for (row, column), count in np.ndenumerate(matrix) if row != column and count]
    return sorted((entry for entry in found if entry["share"] >= least), key=lambda entry: -entry["share"])[:most]


def regions(valence: np.ndarray, arousal: np.ndarray) -> Mapping[str, np.ndarray]:
    """Tells per region of `REGIONS` which points lie in it, bool `(n,)`; 0 counts as positive."""
    positive, active, distance = valence >= 0, arousal >= 0, np.hypot(valence, arousal)
    near, far = distance < RINGS[0], distance >= RINGS[1]
    parts = (positive & active, ~positive & active, ~positive & ~active, positive & ~active, near, ~near & ~far, far)
    return dict(zip(REGIONS, parts))
