"""Data set -> batches. Which faces a step sees is a function of (seed, step) alone: nothing to store, nothing to
replay after a resume."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from catgan.labels import Labels


class Batch(NamedTuple):
    """`images` uint8 `(b, h, w, channels)`; `values` and `mask` float32 `(b, spec.width)` (`Labels.encode`)."""

    images: np.ndarray
    values: np.ndarray
    mask: np.ndarray


class Batches:
    """Shuffled batches, mirrored at random.

    Every epoch is a permutation of its own; a batch may span two epochs, so that no face is left out.

    Args:
        images: uint8 `(n, h, w, channels)`; may be memory-mapped.
        labels: `n` labels.
        batch_size: faces per batch.
        seed: of the permutations and of the mirroring.
        mirror: whether half of the faces are flipped left to right, labels included.
    """

    def __init__(self, images: np.ndarray, labels: Labels, batch_size: int, seed: int, mirror: bool = True):
        self.images, self.batch_size, self.seed, self.mirror = images, batch_size, seed, mirror
        self.encoded = labels.encode()
        self.mirrored = labels.flip().encode() if mirror else self.encoded
        self._orders: dict[int, np.ndarray] = {}

    def __call__(self, step: int) -> Batch:
        """The batch of step number `step` (from 0)."""
        rows = self._rows(step * self.batch_size)
        images = self.images[np.sort(rows)][np.argsort(np.argsort(rows))]  # a memory map is read in order
        values, mask = (part[rows] for part in self.encoded)
        if self.mirror:
            flip = np.random.default_rng([self.seed, 1, step]).random(len(rows)) < 0.5
            images[flip] = images[flip, :, ::-1]
            values[flip], mask[flip] = (part[rows[flip]] for part in self.mirrored)
        return Batch(images, values, mask)

    def _rows(self, start: int) -> np.ndarray:
        count = len(self.images)
        positions = np.arange(start, start + self.batch_size)
        rows = np.empty(self.batch_size, np.int64)
        for epoch in np.unique(positions // count):
            chosen = positions // count == epoch
            rows[chosen] = self._order(int(epoch))[positions[chosen] % count]
        return rows

    def _order(self, epoch: int) -> np.ndarray:
        if epoch not in self._orders:
            order = np.random.default_rng([self.seed, 0, epoch]).permutation(len(self.images))
            self._orders = {key: value for key, value in self._orders.items() if key == epoch - 1} | {epoch: order}
        return self._orders[epoch]
