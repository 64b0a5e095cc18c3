"""Draws of whole subjects with replacement, as counts, so that figures of all draws are products of matrices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from catgan import random_streams

BLOCK = 4_000_000
"""Counts that are held at once."""


@dataclass(frozen=True)
class Draws:
    """Draws of whole groups, the same in every pass and for every model.

    Args:
        codes: number of the group of each row, int64 `(n,)`, 0 .. `groups` - 1.
        groups: number of groups.
        number: of draws.
        seed: the same seed gives the same draws.
    """

    codes: np.ndarray
    groups: int
    number: int
    seed: int = 0

    @classmethod
    def of(cls, groups: np.ndarray, number: int, seed: int = 0) -> Draws:
        """Makes draws from the name of the group of each row, `(n,)`."""
        names, codes = np.unique(groups, return_inverse=True)
        return cls(codes.astype(np.int64), len(names), number, seed)

    def blocks(self) -> Iterator[np.ndarray]:
        """Yields how often each group counts, float32 `(draws of the block, groups)`. The very first row is not drawn:
        every group counts once, so that the first figure is that of all rows."""
        random = random_streams.generator("compared_subjects", self.seed)
        size = max(1, BLOCK // max(self.groups, 1))
        yield np.ones((1, self.groups), np.float32)
        for start in range(0, self.number, size):
            rows = min(size, self.number - start)
            drawn = random.integers(self.groups, size=(rows, self.groups))
            drawn += np.arange(rows)[:, None] * self.groups
            yield np.bincount(drawn.ravel(), minlength=rows * self.groups).reshape(rows, -1).astype(np.float32)
