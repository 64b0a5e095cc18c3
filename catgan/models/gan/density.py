"""Density of Action Unit combinations in the training faces: marks combinations that a model never saw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from catgan.labels import Labels

INSIDE = 0.99
"""Share of the training faces that lies within the bound."""
RIDGE = 0.05
"""Variance, in squared levels, that is added to every Action Unit, so that a nearly constant one does not dominate."""
PRESENT = 1.0
"""Level from which an Action Unit counts as present (FACS A)."""
MIN_EXPECTED_FACES = 20.0
"""Faces that would show both of two independent Action Units; with fewer, their exclusion cannot be concluded."""
MAX_SHARED = 0.02
"""Exclusive Action Units appear together in at most this share of the expected faces."""


@dataclass(frozen=True)
class ActionUnitDensity:
    """Mean, covariance and mutual exclusions of Action Units in the training faces.

    Args:
        mean: levels 0..5, `(k,)`.
        covariance: `(k, k)`, with `RIDGE`; 0 between Action Units that were never annotated on one face.
        bound: Mahalanobis distance within which `INSIDE` of the training faces lie. It is an empirical quantile,
            because intensities are not Gaussian.
        exclusive_pairs: places of Action Units that appeared alone but never together, such as wide and closed eyes. A
            mean and a covariance cannot express this.
    """

    mean: np.ndarray
    covariance: np.ndarray
    bound: float
    exclusive_pairs: tuple[tuple[int, int], ...] = ()

    def distance(self, levels: np.ndarray) -> np.ndarray:
        """Computes the Mahalanobis distance (1936) of combinations `(n, k)` from the training faces, `(n,)`."""
        centred = np.asarray(levels, np.float64) - self.mean
        return np.sqrt(np.maximum((centred * np.linalg.solve(self.covariance, centred.T).T).sum(1), 0.0))

    def inside(self, levels: np.ndarray) -> np.ndarray:
        """Tells whether combinations `(n, k)` lie within the bound, bool `(n,)`."""
        return self.distance(levels) <= self.bound

    def violates_exclusion(self, levels: np.ndarray, before: np.ndarray) -> np.ndarray:
        """Tells whether combinations `(n, k)` have an exclusive pair that `before` has not, bool `(n,)`."""
        return violates_exclusion(self.exclusive_pairs, levels, before)

    def to_dict(self) -> dict[str, object]:
        return {"mean": np.round(self.mean, 4).tolist(), "covariance": np.round(self.covariance, 4).tolist(),
                "bound": round(self.bound, 4), "apart": [list(pair) for pair in self.exclusive_pairs]}

    @classmethod
    def from_dict(cls, content: Mapping) -> ActionUnitDensity:
        return cls(np.array(content["mean"]), np.array(content["covariance"]), float(content["bound"]),
                   tuple((int(one), int(other)) for one, other in content.get("apart", ())))


def violates_exclusion(exclusive_pairs: Iterable[tuple[int, int]], levels: np.ndarray,
                       before: np.ndarray) -> np.ndarray:
    """Tells whether both Action Units of a pair are present in `levels` but were not in `before`.

    Args:
        exclusive_pairs: places of Action Units that exclude each other.
        levels: 0..5, `(n, k)`.
        before: levels `(n, k)` or `(k,)`.

    Returns:
        bool `(n,)`.
    """
    result = np.zeros(len(levels), bool)
    for pair in exclusive_pairs:
        now, then = ((part[..., list(pair)] >= PRESENT).all(-1) for part in (levels, before))
        result |= now & ~then
    return result


def learn_density(labels: Labels) -> ActionUnitDensity | None:
    """Estimates the density of Action Units from the labels of training faces.

    Unknown labels are left out: a covariance is estimated on the faces that know both Action Units. For the bound an
    unknown Action Unit is set to its mean.

    Returns:
        None if no face has a known Action Unit.
    """
    units = len(labels.spec.action_units)
    values = labels.values[:, :units].astype(np.float64) * (5.0 / labels.spec.maximum)
    known = labels.mask[:, :units].astype(bool)
    rows = known.any(1)
    if not units or not rows.any():
        return None
    values, known = values[rows], known[rows]
    counts = np.maximum(known.sum(0), 1)
    mean = np.where(known, values, 0.0).sum(0) / counts
    centred = np.where(known, values - mean, 0.0)
    density = ActionUnitDensity(mean, _covariance(centred, known), 0.0)
    bound = float(np.quantile(density.distance(mean + centred), INSIDE))
    return ActionUnitDensity(mean, density.covariance, bound, _exclusive_pairs(values, known))


def _covariance(centred: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Pairwise covariance with `RIDGE`; `centred` `(n, k)` is 0 where `known` is False."""
    pairs = known.astype(np.float64).T @ known.astype(np.float64)
    covariance = centred.T @ centred / np.maximum(pairs, 1.0)
    # Pairs that were counted on different faces need not form a covariance: negative eigenvalues are set to 0.
    variances, directions = np.linalg.eigh(covariance)
    return (directions * np.maximum(variances, 0.0)) @ directions.T + RIDGE * np.eye(len(covariance))


def _exclusive_pairs(values: np.ndarray, known: np.ndarray) -> tuple[tuple[int, int], ...]:
    """Pairs that appear together far less often than independent Action Units would."""
    present, known = ((known & (values >= PRESENT)).astype(np.float64), known.astype(np.float64))
    both, known_both = present.T @ present, np.maximum(known.T @ known, 1.0)
    expected = (present.T @ known) * (known.T @ present) / known_both
    one, other = np.nonzero(np.triu((expected >= MIN_EXPECTED_FACES) & (both <= MAX_SHARED * expected), 1))
    return tuple(zip(one.tolist(), other.tolist()))
