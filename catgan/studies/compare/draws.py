"""Draws of whole subjects with replacement, as counts, so that figures of all draws are products of matrices."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from catgan import random_streams

BLOCK = 40_000_000
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

    def blocks(self) -> Iterable[np.ndarray]:
        """Returns or yields how often each group counts, float32 `(groups, draws of the block)`. The very first column
        is not drawn: every group counts once, so that the first figure is that of all rows."""
        return self._kept if (1 + self.number) * self.groups <= BLOCK else self._drawn()

    @functools.cached_property
    def _kept(self) -> list[np.ndarray]:
        return list(self._drawn())

    def _drawn(self) -> Iterator[np.ndarray]:
        random = random_streams.generator("compared_subjects", self.seed)
        size = max(1, BLOCK // max(self.groups, 1))
        for start in range(0, 1 + self.number, size):
            columns = min(size, 1 + self.number - start)
            counts = np.ones((self.groups, columns), np.float32)
            for column in range(0 if start else 1, columns):
                drawn = random.integers(self.groups, size=self.groups)
                counts[:, column] = np.bincount(drawn, minlength=self.groups)
            yield counts
