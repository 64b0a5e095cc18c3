"""Differences of models over subjects and seeds: interval, p, the difference that could have been found; Holm.

Subjects and seeds are crossed, as cases and readers are in studies of readers: every seed is measured on every subject.
The variance of a mean over seeds is that between seeds, plus that over subjects, less what both hold: the noise of one
seed on one subject (Obuchowski & Rockette 1995, Communications in Statistics 24: 285-308; degrees of freedom: Hillis
2007, Statistics in Medicine 26: 596-619). Seeds are few, so their part is drawn from Student's t.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from catgan import random_streams
from catgan.metrics.figures import Figures

RESOLVED = 10
"""Draws on the other side of 0 from which their share is taken as p. Below, p is that of Student's t."""
POWER = 0.8
"""Chance with which the detectable difference would be found."""


@dataclass(frozen=True)
class Spread:
    """A figure of one model, or a difference of two, and how it varies.

    Args:
        value: mean over seeds on all faces.
        drawn: mean over seeds on every draw of subjects, `(draws,)`, NaN where undefined.
        between: variance of the mean between seeds.
        both: the part of `between` that draws of subjects have too.
        freedom: degrees of freedom of `between`; None where each model has one seed.
    """

    value: float
    drawn: np.ndarray
    between: float = 0.0
    both: float = 0.0
    freedom: float | None = None


def spread_of(samples: np.ndarray) -> Spread:
    """Describes a figure of one model.

    Args:
        samples: `(seeds, 1 + draws)`, first on all faces, then on draws.
    """
    value, drawn, n = float(samples[:, 0].mean()), samples[:, 1:].mean(0), len(samples)
    if n < 2:
        return Spread(value, drawn)
    between, both = _unit_variances(samples)
    return Spread(value, drawn, between / n, both / n, n - 1)


def spread_of_difference(first: np.ndarray, second: np.ndarray, paired: bool) -> Spread:
    """Describes the difference `first` - `second`.

    Args:
        first, second: `(seeds, 1 + draws)`, on the same draws.
        paired: whether both have the same seeds in the same order. Else the variances of both add up, with Welch's
            degrees of freedom; where one model has one seed, it is taken to vary as the other does.
    """
    if paired:
        return spread_of(first - second)
    value = float(first[:, 0].mean() - second[:, 0].mean())
    drawn = first[:, 1:].mean(0) - second[:, 1:].mean(0)
    several = [(part, *_unit_variances(part)) for part in (first, second) if len(part) > 1]
    if len(several) < 2:
        if not several:
            return Spread(value, drawn)
        part, between, both = several[0]
        share = 1 / len(first) + 1 / len(second)
        return Spread(value, drawn, between * share, both * share, len(part) - 1)
    parts = [between / len(part) for part, between, _ in several]
    below = sum(part ** 2 / (len(seeds) - 1) for part, (seeds, _, _) in zip(parts, several))
    return Spread(value, drawn, sum(parts), sum(both / len(part) for part, _, both in several),
                  sum(parts) ** 2 / below if below else len(first) + len(second) - 2)


def _unit_variances(samples: np.ndarray) -> tuple[float, float]:
    """Computes the variance between seeds, and the mean square over draws by which subjects change it."""
    away = samples[:, 1:] - samples[:, :1]
    away = away[:, np.isfinite(away).all(0)]
    away -= away.mean(0)
    both = (away ** 2).sum(0).mean() / (len(samples) - 1) if away.size else 0.0
    return float(samples[:, 0].var(ddof=1)), float(both)


@dataclass(frozen=True)
class Inference:
    """Turns spreads into intervals and p.

    Args:
        groups: number of subjects.
        draws: of subjects.
        seed: of the numbers that stand for seeds.
    """

    groups: int
    draws: int
    seed: int = 0

    def __call__(self, spread: Spread) -> Figures:
        """Computes the `interval` (95 %), `p` (two-sided), `standard_error`, degrees of freedom (`df`) and
        `detectable`, the true difference that would be found with 80 % power at p < .05 without correction. None where
        undefined: for one subject, where fewer than half of the draws are defined, or (`detectable`) nothing varies."""
        drawn = spread.drawn[np.isfinite(spread.drawn)]
        if self.groups < 2 or 2 * len(drawn) < self.draws or not np.isfinite(spread.value):
            return {"interval": None, "p": None, "standard_error": None, "df": None, "detectable": None}
        subjects = self.groups - 1
        away = drawn - drawn.mean()
        own = float((away ** 2).mean())
        # Without the noise that the variance between seeds holds already.
        share = max(1.0 - spread.both / own, 0.0) if spread.freedom and own else 1.0
        over_subjects = share * own * self.groups / subjects
        error = float(np.sqrt(over_subjects + spread.between))
        df = _satterthwaite(over_subjects, subjects, spread.between, spread.freedom)
        # Few subjects: percentiles are stretched to those of Student's t (Hesterberg 2015, section 5.3).
        stretch = np.sqrt(share * self.groups / subjects) * stdtrit(subjects, 0.975) / 1.959964
        values = spread.value + stretch * away + np.sqrt(spread.between) * self._seeds(len(drawn), spread.freedom)
        low, high = np.percentile(values, [2.5, 97.5])
        return {"interval": [float(low), float(high)], "p": _p(values, spread.value, error, df),
                "standard_error": error, "df": df,
                "detectable": float((stdtrit(df, 0.975) + stdtrit(df, POWER)) * error) if error else None}

    def _seeds(self, n: int, freedom: float | None) -> np.ndarray:
        """Returns Student's t at `n` equally probable places, in random order."""
        if freedom is None:
            return np.zeros(n)
        order = random_streams.generator("compared_seeds", self.seed).permutation(n)
        places: np.ndarray = stdtrit(freedom, (order + 0.5) / n)
        return places


def _satterthwaite(one: float, freedom_one: float, other: float, freedom_other: float | None) -> float:
    """Computes the degrees of freedom of a sum of two variances."""
    if freedom_other is None or one + other == 0:
        return float(freedom_one)
    return float((one + other) ** 2 / (one ** 2 / freedom_one + other ** 2 / freedom_other))


def _p(values: np.ndarray, value: float, error: float, df: float) -> float:
    """Computes a two-sided p: twice the share of draws on the other side of 0; where fewer than `RESOLVED` are there,
    that of Student's t, since draws cannot tell a thousandth from a millionth."""
    fewer = min(int((values <= 0).sum()), int((values >= 0).sum()))
    counted = min(1.0, 2.0 * (fewer + 1) / (len(values) + 1))
    if fewer >= RESOLVED or error == 0:
        return counted
    return float(min(2.0 * stdtr(df, -abs(value) / error), 2.0 * (RESOLVED + 1) / (len(values) + 1)))


def holm(values: Sequence[float | None]) -> list[float | None]:
    """Corrects p of one family (Holm 1979); None stays None and is not counted.

    Returns:
        Per p the least level of the whole family at which it is significant, at most 1.
    """
    known = sorted((value, place) for place, value in enumerate(values) if value is not None)
    corrected: list[float | None] = [None] * len(values)
    least = 0.0
    for rank, (value, place) in enumerate(known):
        least = max(least, min(1.0, value * (len(known) - rank)))
        corrected[place] = least
    return corrected
