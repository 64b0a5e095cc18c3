"""The relevance of facial landmarks, of regions and of moments for an expression, and their order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from catgan.errors import DataError
from catgan.faces.landmark_sets import LandmarkSet, landmark_set
from catgan.metrics.figures import Figures


@dataclass(frozen=True)
class LandmarkRanking:
    """The relevance of landmarks for one expression, in the unit of its logit.

    The relevance of a landmark is the mean over clips of the sum over time of its absolute attribution, where the
    attribution of a landmark is the signed sum over its coordinates. With displacements that is an inner product, which
    does not change when the axes are turned. Regions and pairs add the signed attributions of their landmarks first:
    neighbours that move together share their credit at random, but their sum is stable.

    Args:
        expression: name of the class.
        landmarks: the set of landmarks, p of them.
        points: landmarks that the network reads, int64, ascending.
        relevance: float64 `(p,)`; 0 for landmarks that are not read.
        signed: mean signed attribution in each frame, float64 `(t, p)`.
        over_time: mean over clips of the sum of all absolute attributions of a frame, float64 `(t,)`.
        regions: relevance of each region.
        regions_over_time: mean signed attribution of each region in each frame, float64 `(t,)` each.
        pairs: relevance of a landmark together with that on the other side, the same for both, float64 `(p,)`.
        clips: number of clips.
        gap: median completeness gap of the clips, as a share; None where it is unknown.
        method, baseline: of the attribution.
    """

    expression: str
    landmarks: LandmarkSet
    points: np.ndarray
    relevance: np.ndarray
    signed: np.ndarray
    over_time: np.ndarray
    regions: Mapping[str, float]
    regions_over_time: Mapping[str, np.ndarray]
    pairs: np.ndarray
    clips: int
    gap: float | None = None
    method: str = ""
    baseline: str = ""

    @property
    def order(self) -> np.ndarray:
        """The landmarks that are read, the most relevant first, int64."""
        return self._sorted(self.relevance)

    @property
    def net(self) -> np.ndarray:
        """Mean over clips of the signed sum over time, float64 `(p,)`: what speaks for the expression is above 0.

        Attributions to jitter cancel here, while they add up in `relevance`.
        """
        return self.signed.sum(0)

    @property
    def regions_net(self) -> dict[str, float]:
        """The sum of `net` over each region: the most stable answer, since neighbours share their credit at random."""
        return {name: float(values.sum()) for name, values in self.regions_over_time.items()}

    @property
    def pair_order(self) -> np.ndarray:
        """The landmarks that are read, sorted by `pairs`: both sides stand beside each other, int64."""
        return self._sorted(self.pairs)

    def _sorted(self, relevance: np.ndarray) -> np.ndarray:
        partner = np.minimum(self.points, self.landmarks.mirror[self.points])
        return self.points[np.lexsort((self.points, partner, -relevance[self.points]))]

    def top(self, count: int) -> np.ndarray:
        """Returns the `count` most relevant landmarks, int64."""
        return self.order[:count]

    def to_dict(self) -> Figures:
        """Returns the ranking as lists and numbers that JSON can hold."""
        return {"expression": self.expression, "landmark_set": self.landmarks.name, "points": self.points.tolist(),
                "order": self.order.tolist(), "relevance": self.relevance.tolist(), "pairs": self.pairs.tolist(),
                "net": self.net.tolist(),
                "over_time": self.over_time.tolist(), "regions": dict(self.regions),
                "regions_net": self.regions_net, "clips": self.clips,
                "gap": self.gap, "method": self.method, "baseline": self.baseline}


def point_attributions(values: np.ndarray) -> np.ndarray:
    """Adds the signed attributions of the coordinates of each landmark: `(n, t, p, c)` to float64 `(n, t, p)`."""
    return np.asarray(values, np.float64).sum(-1)


def relevance_of(attributions: np.ndarray) -> np.ndarray:
    """Returns the relevance of landmarks in each clip: `(n, t, p)` to float64 `(n, p)`."""
    return np.abs(attributions).sum(1)


def rank(attributions: np.ndarray, expression: str, landmarks: str | LandmarkSet, points: np.ndarray | None = None,
         gap: float | None = None, method: str = "", baseline: str = "") -> LandmarkRanking:
    """Ranks landmarks by attributions of clips that show an expression.

    Args:
        attributions: signed, of each landmark, `(n, t, p)`, see `point_attributions`; 0 in frames that were not seen.
        expression: name of the class.
        landmarks: the set of landmarks, or its name.
        points: those that the network reads; all by default.
        gap, method, baseline: see `LandmarkRanking`.

    Raises:
        DataError: no clip, or another number of landmarks than the set has.
    """
    known = landmark_set(landmarks) if isinstance(landmarks, str) else landmarks
    found = np.asarray(attributions, np.float64)
    if found.ndim != 3 or not len(found) or found.shape[2] != known.count:
        raise DataError(f"A ranking of '{known.name}' needs attributions of at least one clip, (n, t, {known.count}). "
                        f"Received: {found.shape}.")
    regions = {name: found[:, :, chosen].sum(-1) for name, chosen in known.regions.items()}
    other = np.where(known.mirror == np.arange(known.count), 0.0, found[:, :, known.mirror])
    read = np.arange(known.count) if points is None else np.unique(points)
    return LandmarkRanking(
        expression, known, read[read >= 0].astype(np.int64), relevance_of(found).mean(0), found.mean(0),
        np.abs(found).sum(2).mean(0), {name: float(np.abs(each).sum(1).mean()) for name, each in regions.items()},
        {name: each.mean(0) for name, each in regions.items()}, relevance_of(found + other).mean(0), len(found), gap,
        method, baseline)
