"""Confidence intervals over subjects: percentile bootstrap, also of differences of two models, and jackknife."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from catgan import random_streams
from catgan.metrics.figures import Figures, Interval

Statistics: TypeAlias = Callable[[np.ndarray], Mapping[str, float | None]]
"""Takes row numbers `(m,)` and returns figures by name, None where one is undefined; always the same names."""
Groups: TypeAlias = Sequence[str] | np.ndarray
"""Per row its subject, as text."""


def interval(statistic: Callable[[np.ndarray], float | None], groups: Groups, n: int = 200,
             seed: int = 0) -> list[float] | None:
    """Computes the 95 % percentile bootstrap interval of a statistic; whole subjects are drawn with replacement.

    Faces of one subject are not independent, so they are drawn together.

    Args:
        statistic: takes row numbers `(m,)` and returns the figure, or None where it is undefined.
        groups: per row its subject.
        n: number of draws.
        seed: the same seed gives the same interval.

    Returns:
        `[low, high]`, or None where fewer than half of the draws are defined.
    """
    return _percentiles([statistic(rows) for rows in _draws(groups, n, seed)], n)


def intervals(statistics: Statistics, groups: Groups, n: int = 200,
              seed: int = 0) -> dict[str, Interval | None]:
    """Computes `interval` of several figures on the same draws; arguments as there."""
    drawn = [statistics(rows) for rows in _draws(groups, n, seed)]
    return {name: _percentiles([figures[name] for figures in drawn], n) for name in (drawn[0] if drawn else ())}


def paired(first: Statistics, second: Statistics, groups: Groups, n: int = 1000,
           seed: int = 0) -> dict[str, Figures]:
    """Compares two models on the same rows: the bootstrap of the difference, whole subjects drawn with replacement.

    Both models are measured on the same draw, so that what is hard for both cancels.

    Args:
        first, second: the figures of each model.
        groups: per row its subject.
        n: number of draws.
        seed: the same seed gives the same draws.

    Returns:
        Per name that both have: `first` and `second` on all rows, `difference` = first - second with its 95 %
        `interval`, and `p`, two-sided: twice the smaller share of draws on either side of 0, at least 2 / (n + 1).
        None where a figure is undefined on all rows, or on more than half of the draws.
    """
    rows = np.arange(len(groups))
    all_first, all_second = first(rows), second(rows)
    pairs = [(first(drawn), second(drawn)) for drawn in _draws(groups, n, seed)]
    result: dict[str, Figures] = {}
    for name in (name for name in all_first if name in all_second):
        differences = [_difference(one[name], other[name]) for one, other in pairs]
        result[name] = {"first": all_first[name], "second": all_second[name],
                        "difference": _difference(all_first[name], all_second[name]),
                        "interval": _percentiles(differences, n), "p": _two_sided(differences, n)}
    return result


def _difference(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else float(first - second)


def _two_sided(differences: Sequence[float | None], n: int) -> float | None:
    values = np.array([value for value in differences if value is not None])
    if not len(values) or 2 * len(values) < n:
        return None
    fewer = min(int((values <= 0).sum()), int((values >= 0).sum()))
    return min(1.0, 2.0 * (fewer + 1) / (len(values) + 1))


def _draws(groups: Groups, n: int, seed: int) -> Iterator[np.ndarray]:
    """Yields the row numbers of `n` draws of whole subjects; none where there are no rows."""
    members = _members(groups)
    random = random_streams.generator("bootstrap", seed)
    for _ in range(n if members else 0):
        yield np.concatenate([members[index] for index in random.integers(len(members), size=len(members))])


def _percentiles(values: Sequence[float | None], n: int) -> Interval | None:
    """Returns the middle 95 % of the defined values; None where fewer than half of `n` draws are defined."""
    known = [value for value in values if value is not None]
    if not known or 2 * len(known) < n:
        return None
    low, high = np.percentile(known, [2.5, 97.5])
    return [float(low), float(high)]


def jackknife(statistic: Callable[[np.ndarray], float], groups: Groups, blocks: int = 20,
              seed: int = 0) -> list[float] | None:
    """Computes the 95 % interval of a statistic by leaving out blocks of subjects (Tukey 1958).

    Use it for distances between sets, which a face that is drawn twice would change.

    Args:
        statistic: takes row numbers `(m,)` and returns the figure.
        groups: per row its subject.
        blocks: number of blocks into which subjects are dealt at random, at most the number of subjects.
        seed: the same seed gives the same interval.

    Returns:
        `[low, high]`, 1.96 standard errors to both sides of the figure of all rows; None for fewer than two subjects.
    """
    members = _members(groups)
    blocks = min(blocks, len(members))
    if blocks < 2:
        return None
    dealt = random_streams.generator("jackknife", seed).permutation(np.arange(len(members)) % blocks)
    rows = np.arange(sum(map(len, members)))
    left_out = [np.concatenate([members[index] for index in np.flatnonzero(dealt == block)]) for block in range(blocks)]
    values = np.array([statistic(np.setdiff1d(rows, part, assume_unique=True)) for part in left_out])
    error = np.sqrt((blocks - 1) / blocks * ((values - values.mean()) ** 2).sum())
    middle = statistic(rows)
    return [float(middle - 1.96 * error), float(middle + 1.96 * error)]


def _members(groups: Groups) -> list[np.ndarray]:
    """Groups row numbers by subject."""
    _, inverse = np.unique(np.asarray(groups), return_inverse=True)
    if not len(inverse):
        return []
    return np.split(np.argsort(inverse, kind="stable"), np.cumsum(np.bincount(inverse))[:-1])
