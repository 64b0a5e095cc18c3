"""How sure a figure is: percentile bootstrap over subjects."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np


def interval(statistic: Callable[[np.ndarray], float | None], groups: Sequence[str], n: int = 200,
             seed: int = 0) -> list[float] | None:
    """The 95 % interval of a statistic when whole subjects are drawn again with replacement.

    Faces of one subject are not independent, so they are drawn together.

    Args:
        statistic: takes row numbers `(m,)` and returns the figure, or None where it is undefined.
        groups: per row its subject.
        n: number of draws.
        seed: the same seed gives the same interval.

    Returns:
        `[low, high]`, or None where fewer than half of the draws are defined.
    """
    _, inverse = np.unique(np.asarray(groups), return_inverse=True)
    if not len(inverse):
        return None
    members = np.split(np.argsort(inverse, kind="stable"), np.cumsum(np.bincount(inverse))[:-1])
    random = np.random.default_rng(seed)
    drawn = (np.concatenate([members[index] for index in random.integers(len(members), size=len(members))])
             for _ in range(n))
    values = [value for value in map(statistic, drawn) if value is not None]
    if 2 * len(values) < n:
        return None
    low, high = np.percentile(values, [2.5, 97.5])
    return [float(low), float(high)]
