"""Figures of many draws of subjects at once, from sums per subject. The same figures as those of `catgan.metrics`."""

from __future__ import annotations

import numpy as np

from catgan.studies.compare.draws import Draws

ROUNDING = 1e-12
"""Share of a sum of squares below which its centred part is rounding of a constant."""


def per_group(columns: np.ndarray, draws: Draws) -> np.ndarray:
    """Sums columns `(n, k)` within each group, float64 `(groups, k)`."""
    return np.stack([np.bincount(draws.codes, column, draws.groups) for column in columns.T], 1)


def drawn_sums(columns: np.ndarray, draws: Draws) -> np.ndarray:
    """Sums columns `(n, k)` over all rows and over every draw, float64 `(1 + draws, k)`."""
    sums = per_group(np.asarray(columns, np.float64), draws)
    return np.concatenate([counts.T.astype(np.float64) @ sums for counts in draws.blocks()])


def f1(true: np.ndarray, said: np.ndarray, known: np.ndarray, draws: Draws) -> np.ndarray:
    """Computes F1, as `catgan.metrics.au.f1`, of `k` labels.

    Args:
        true, said, known: bool `(n, k)`: present, said to be present, and whether presence is known.

    Returns:
        float64 `(1 + draws, k)`, NaN where undefined.
    """
    summed = drawn_sums(np.concatenate([true & said & known, (true ^ said) & known], 1), draws)
    hits, wrong = np.split(summed, 2, 1)
    with np.errstate(invalid="ignore"):
        return 2.0 * hits / (2.0 * hits + wrong)


class DrawnMoments:
    """Moments of `k` pairs of variables over all rows and every draw, as `catgan.metrics.moments.Moments`.

    Args:
        x, y: `(n, k)`; a pair is left out where `x` is NaN.
        draws: of whole groups.
    """

    def __init__(self, x: np.ndarray, y: np.ndarray, draws: Draws):
        known = np.isfinite(x)
        count = np.maximum(known.sum(0), 1)
        # Centred first, so that little is lost where the mean of squares is subtracted below.
        x, y = (np.where(known, part, 0.0) for part in (np.asarray(x, np.float64), np.asarray(y, np.float64)))
        self._shift = x.sum(0) / count - y.sum(0) / count
        x, y = (np.where(known, part - part.sum(0) / count, 0.0) for part in (x, y))
        summed = drawn_sums(np.concatenate([known, x, y, x * x, y * y, x * y], 1), draws)
        self.n, sum_x, sum_y, xx, yy, xy = np.split(summed, 6, 1)
        divisor = np.where(self.n > 0, self.n, np.nan)
        self.mean_x, self.mean_y = sum_x / divisor, sum_y / divisor
        self.xx = _centred(xx, self.n * self.mean_x ** 2)
        self.yy = _centred(yy, self.n * self.mean_y ** 2)
        self.xy = xy - self.n * self.mean_x * self.mean_y

    @property
    def pcc(self) -> np.ndarray:
        """Pearson's correlation `(1 + draws, k)`; NaN where a variable does not vary."""
        varies = (self.xx > 0) & (self.yy > 0) & (self.n >= 2)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(varies, np.clip(self.xy / np.sqrt(self.xx * self.yy), -1.0, 1.0), np.nan)

    @property
    def icc(self) -> np.ndarray:
        """ICC(3,1) `(1 + draws, k)`; NaN where nothing varies."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where((self.xx + self.yy > 0) & (self.n >= 2), 2.0 * self.xy / (self.xx + self.yy), np.nan)

    @property
    def ccc(self) -> np.ndarray:
        """Concordance correlation `(1 + draws, k)`; NaN where nothing varies and the means are equal."""
        spread = self.xx + self.yy + self.n * self._gap ** 2
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(spread > 0, 2.0 * self.xy / spread, np.nan)

    @property
    def rmse(self) -> np.ndarray:
        """Root mean squared difference `(1 + draws, k)`."""
        total = self.xx + self.yy - 2.0 * self.xy + self.n * self._gap ** 2
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.sqrt(np.maximum(total, 0.0) / self.n)

    @property
    def _gap(self) -> np.ndarray:
        return self.mean_x - self.mean_y + self._shift


def _centred(squares: np.ndarray, of_mean: np.ndarray) -> np.ndarray:
    """Subtracts the part of the mean from a sum of squares; 0 where only rounding is left."""
    centred = squares - of_mean
    return np.where(centred > np.maximum(ROUNDING * squares, 1e-24), centred, np.where(np.isnan(centred), np.nan, 0.0))


def confusions(true: np.ndarray, said: np.ndarray, classes: int, draws: Draws) -> np.ndarray:
    """Counts confusions, float64 `(1 + draws, classes, classes)`, rows true.

    Args:
        true: place of the class, int `(n,)`, -1 where it is unknown.
        said: the same of the answer, 0 .. `classes` - 1.
    """
    cells = draws.codes * classes * classes + true * classes + said
    counted = np.bincount(cells[true >= 0], minlength=draws.groups * classes * classes)
    counted = counted.reshape(draws.groups, -1).astype(np.float64)
    drawn = [counts.T.astype(np.float64) @ counted for counts in draws.blocks()]
    return np.concatenate(drawn).reshape(-1, classes, classes)


def macro_f1(matrices: np.ndarray, classes: int) -> np.ndarray:
    """Computes macro-F1 of confusion matrices `(m, c, c)`, over those of the first `classes` classes that occur or are
    answered, `(m,)`."""
    hits, involved = np.diagonal(matrices, axis1=1, axis2=2), matrices.sum(1) + matrices.sum(2)
    each = np.where(involved > 0, 2.0 * hits / np.where(involved > 0, involved, 1.0), np.nan)
    return mean_known(each[:, :classes])


def accuracy(matrices: np.ndarray) -> np.ndarray:
    """Computes the share of right answers of confusion matrices `(m, c, c)`, `(m,)`."""
    with np.errstate(invalid="ignore"):
        return np.trace(matrices, axis1=1, axis2=2) / matrices.sum((1, 2))


def mean_known(values: np.ndarray) -> np.ndarray:
    """Computes the mean of the defined values in each row of `(m, k)`, NaN where there are none, `(m,)`."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.where(known, values, 0.0).sum(1) / np.where(known.any(1), known.sum(1), np.nan)
