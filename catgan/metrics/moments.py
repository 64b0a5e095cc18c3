"""Sums over pairs (truth, prediction) that add up over batches, and the CCC, PCC, RMSE and ICC computed from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Moments:
    """Holds count, means and centred sums of squares and products of two variables, in float64.

    Merged pairwise (Chan, Golub & LeVeque 1979), so that the result over a data set does not depend on how it was
    cut into batches.
    """

    n: int = 0
    mean_x: float = 0.0
    mean_y: float = 0.0
    xx: float = 0.0
    yy: float = 0.0
    xy: float = 0.0

    @classmethod
    def of(cls, x: np.ndarray, y: np.ndarray, mask: np.ndarray | None = None) -> Moments:
        """Computes the moments of the known pairs of two arrays `(n,)`; masked values are ignored, NaN too."""
        mask = np.ones(len(x), bool) if mask is None else np.asarray(mask, bool)
        x, y = np.asarray(x)[mask].astype(np.float64), np.asarray(y)[mask].astype(np.float64)
        if not len(x):
            return cls()
        dx, dy = x - x.mean(), y - y.mean()
        return cls(len(x), float(x.mean()), float(y.mean()), float(dx @ dx), float(dy @ dy), float(dx @ dy))

    def __add__(self, other: Moments) -> Moments:
        n = self.n + other.n
        if not n:
            return self
        dx, dy = other.mean_x - self.mean_x, other.mean_y - self.mean_y
        weight = self.n * other.n / n
        return Moments(n, self.mean_x + dx * other.n / n, self.mean_y + dy * other.n / n,
                       self.xx + other.xx + dx * dx * weight, self.yy + other.yy + dy * dy * weight,
                       self.xy + other.xy + dx * dy * weight)

    @property
    def pcc(self) -> float | None:
        """Pearson's correlation; None where a variable does not vary."""
        if self.n < 2 or _constant(self.xx, self.mean_x) or _constant(self.yy, self.mean_y):
            return None
        return float(np.clip(self.xy / np.sqrt(self.xx) / np.sqrt(self.yy), -1.0, 1.0))

    @property
    def ccc(self) -> float | None:
        """Concordance correlation (Lin 1989) with population moments; None where it is 0 / 0."""
        if not self.n:
            return None
        spread = self.xx + self.yy + self.n * (self.mean_x - self.mean_y) ** 2
        return None if _constant(spread, max(abs(self.mean_x), abs(self.mean_y))) else 2.0 * self.xy / spread

    @property
    def rmse(self) -> float | None:
        """Root mean squared difference."""
        if not self.n:
            return None
        total = self.xx + self.yy - 2.0 * self.xy + self.n * (self.mean_x - self.mean_y) ** 2
        return float(np.sqrt(max(total, 0.0) / self.n))

    @property
    def icc(self) -> float | None:
        """ICC(3,1) of Shrout & Fleiss 1979 for two raters: consistency, two-way mixed, single rater.

        With two raters (MS_rows - MS_error) / (MS_rows + MS_error) = 2 Sxy / (Sxx + Syy). None for fewer than two
        pairs, or where nothing varies.
        """
        if self.n < 2 or (_constant(self.xx, self.mean_x) and _constant(self.yy, self.mean_y)):
            return None
        return 2.0 * self.xy / (self.xx + self.yy)


def _constant(sum_of_squares: float, mean: float) -> bool:
    """Tells whether a sum of squares is no more than rounding of a constant."""
    return sum_of_squares <= 1e-24 * max(1.0, mean * mean)
