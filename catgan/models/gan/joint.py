"""Which combinations of Action Units training faces showed: what lies far from all of them is not to be relied on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from catgan.labels import Labels

INSIDE, RIDGE = 0.99, 0.05
"""The share of training faces that lies within the bound, and the variance (in squared levels) that is added to each
unit's, so that one that next to never moves does not rule the distance."""
PRESENT, EXPECTED, SELDOM = 1.0, 20.0, 0.02
"""The level from which a unit counts as there (FACS A); of two units that come independently of each other, the faces
that should show both for their absence to say something; the share of these below which they count as apart."""


@dataclass(frozen=True)
class Joint:
    """Where the Action Units of the training faces lie together.

    Args:
        mean: in levels 0..5, `(k,)`.
        covariance: `(k, k)`, with `RIDGE`; 0 between units that were never annotated on one face.
        bound: the Mahalanobis distance within which `INSIDE` of the training faces lie: counted, not computed from a
            Gaussian, which intensities do not follow.
        apart: pairs of units (places) that training faces showed alone, but never together, as wide and closed eyes:
            what neither a mean nor a covariance can say.
    """

    mean: np.ndarray
    covariance: np.ndarray
    bound: float
    apart: tuple[tuple[int, int], ...] = ()

    def distance(self, levels: np.ndarray) -> np.ndarray:
        """The Mahalanobis distance (1936) of combinations `(n, k)` from the training faces, `(n,)`."""
        apart = np.asarray(levels, np.float64) - self.mean
        return np.sqrt(np.maximum((apart * np.linalg.solve(self.covariance, apart.T).T).sum(1), 0.0))

    def inside(self, levels: np.ndarray) -> np.ndarray:
        """Whether they lie within the bound, bool `(n,)`."""
        return self.distance(levels) <= self.bound

    def joins(self, levels: np.ndarray, before: np.ndarray) -> np.ndarray:
        """Whether combinations `(n, k)` bring together what is `apart`, and was so before, bool `(n,)`."""
        return joins(self.apart, levels, before)

    def to_dict(self) -> dict[str, Any]:
        return {"mean": np.round(self.mean, 4).tolist(), "covariance": np.round(self.covariance, 4).tolist(),
                "bound": round(self.bound, 4), "apart": [list(pair) for pair in self.apart]}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Joint:
        return cls(np.array(content["mean"]), np.array(content["covariance"]), float(content["bound"]),
                   tuple((int(one), int(other)) for one, other in content.get("apart", ())))


def joins(apart: Iterable[tuple[int, int]], levels: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Whether levels `(n, k)` show two units of a pair (places) that levels `before`, `(n, k)` or `(k,)`, did not."""
    result = np.zeros(len(levels), bool)
    for pair in apart:
        now, then = ((part[..., list(pair)] >= PRESENT).all(-1) for part in (levels, before))
        result |= now & ~then
    return result


def learn_joint(labels: Labels) -> Joint | None:
    """The joint of the Action Units of training faces; None without any that has a known one.

    What is unknown of a face does not count: covariances are those of the faces that know both units, and for the bound
    an unknown unit stands at its mean. Units are apart where next to none of the faces that know both shows both.
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
    pairs = known.astype(np.float64).T @ known.astype(np.float64)
    covariance = centred.T @ centred / np.maximum(pairs, 1.0)
    # Pairs counted on different faces need not add up to a covariance: its negative directions are taken out.
    spread, directions = np.linalg.eigh(covariance)
    covariance = (directions * np.maximum(spread, 0.0)) @ directions.T + RIDGE * np.eye(units)
    joint = Joint(mean, covariance, 0.0)
    return Joint(mean, covariance, float(np.quantile(joint.distance(mean + centred), INSIDE)), _apart(values, known))


def _apart(values: np.ndarray, known: np.ndarray) -> tuple[tuple[int, int], ...]:
    shown, known = ((known & (values >= PRESENT)).astype(np.float64), known.astype(np.float64))
    both, known_both = shown.T @ shown, np.maximum(known.T @ known, 1.0)
    expected = (shown.T @ known) * (known.T @ shown) / known_both
    one, other = np.nonzero(np.triu((expected >= EXPECTED) & (both <= SELDOM * expected), 1))
    return tuple(zip(one.tolist(), other.tolist()))
