"""Valence and arousal metrics over known labels: CCC, PCC, RMSE, sign agreement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from catgan.metrics.moments import Moments


@dataclass(frozen=True)
class Dimension:
    """Sums one dimension of affect over batches; parts of a data set add up with `+`."""

    moments: Moments = Moments()
    agreeing: int = 0

    @classmethod
    def of(cls, true: np.ndarray, predicted: np.ndarray, mask: np.ndarray) -> Dimension:
        """Sums over the known faces of one batch, `(n,)` each."""
        mask = np.asarray(mask, bool)
        agreeing = int((np.sign(np.asarray(true)[mask]) == np.sign(np.asarray(predicted)[mask])).sum())
        return cls(Moments.of(true, predicted, mask), agreeing)

    def __add__(self, other: Dimension) -> Dimension:
        return Dimension(self.moments + other.moments, self.agreeing + other.agreeing)

    def result(self) -> Mapping[str, float | int | None]:
        """Computes `ccc`, `pcc`, `rmse`, `sagr` (share of equal signs, 0 being a sign of its own; Nicolaou et al.
        2011), `n`."""
        moments = self.moments
        return {"ccc": moments.ccc, "pcc": moments.pcc, "rmse": moments.rmse,
                "sagr": self.agreeing / moments.n if moments.n else None, "n": moments.n}
