"""Confidence intervals over subjects: percentile bootstrap and jackknife."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from catgan import random_streams


def interval(statistic: Callable[[np.ndarray], float | None], groups: Sequence[str], n: int = 200,
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
    members = _members(groups)
    if not members:
        return None
    random = random_streams.generator("bootstrap", seed)
    drawn = (np.concatenate([members[index] for index in random.integers(len(members), size=len(members))])
             for _ in range(n))
    values = [value for value in map(statistic, drawn) if value is not None]
    if 2 * len(values) < n:
        return None
    low, high = np.percentile(values, [2.5, 97.5])
    return [float(low), float(high)]


def jackknife(statistic: Callable[[np.ndarray], float], groups: Sequence[str], blocks: int = 20,
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


def _members(groups: Sequence[str]) -> list[np.ndarray]:
    """Groups row numbers by subject."""
    _, inverse = np.unique(np.asarray(groups), return_inverse=True)
    if not len(inverse):
        return []
    return np.split(np.argsort(inverse, kind="stable"), np.cumsum(np.bincount(inverse))[:-1])
