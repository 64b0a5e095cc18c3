"""Data set -> batches. Which faces a step sees is a function of (seed, step) alone: nothing to store, nothing to
replay after a resume."""

from __future__ import annotations

import mmap
from typing import NamedTuple

import cv2
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
        images: uint8 `(n, h, w, channels)`; may be memory-mapped: then the memory in use does not grow with `n`.
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
        self._mapping = _mapping(images)

    def __call__(self, step: int) -> Batch:
        """The batch of step number `step` (from 0)."""
        rows = self._rows(step * self.batch_size)
        values, mask = (part[rows] for part in self.encoded)
        flip = np.zeros(len(rows), bool)
        if self.mirror:
            flip = np.random.default_rng([self.seed, 1, step]).random(len(rows)) < 0.5
            values[flip], mask[flip] = (part[rows[flip]] for part in self.mirrored)
        return Batch(self._faces(rows, flip), values, mask)

    def _faces(self, rows: np.ndarray, flip: np.ndarray) -> np.ndarray:
        """The faces `rows`, those under `flip` mirrored: each copied once, by OpenCV where NumPy would go pixel by
        pixel."""
        images = self.images.view(np.ndarray)  # a row of a memory map is slow to make
        faces = np.empty((len(rows), *images.shape[1:]), np.uint8)
        for place in np.argsort(rows):  # a file is read in order
            if flip[place]:
                cv2.flip(images[rows[place]], 1, faces[place])
            else:
                faces[place] = images[rows[place]]
        if self._mapping is not None:  # what was read stays in the system's cache, and no longer counts as ours
            self._mapping.madvise(mmap.MADV_DONTNEED)
        return faces

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


def _mapping(images: np.ndarray) -> mmap.mmap | None:
    """The file behind `images`, if it is mapped for reading only and the system can be told to let go of it."""
    base: object = images
    while isinstance(base, np.ndarray):
        base = base.base
    if not isinstance(base, mmap.mmap) or not hasattr(mmap, "MADV_DONTNEED"):
        return None
    return base if memoryview(base).readonly else None  # changed pages would be lost
