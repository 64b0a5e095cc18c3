"""Data set -> batches. Which faces a step sees is a function of (seed, step) alone: nothing to store, nothing to
replay after a resume."""

from __future__ import annotations

import functools
import mmap
from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np

from catgan import random_streams
from catgan.labels import Labels


class Batch(NamedTuple):
    """`images` uint8 `(b, h, w, channels)`; `values` and `mask` float32 `(b, spec.width)` (`Labels.encode`); `presence`
    and `presence_mask` float32 `(b, k)`, of Action Units whose intensity nobody graded, `k` 0 where none are given."""

    images: np.ndarray
    values: np.ndarray
    mask: np.ndarray
    presence: np.ndarray
    presence_mask: np.ndarray


class Batches:
    """Shuffled batches, mirrored at random.

    Every epoch is a permutation of its own; a batch may span two epochs, so that no face is left out.

    Args:
        images: uint8 `(n, h, w, channels)`; may be memory-mapped: then the memory in use does not grow with `n`.
        labels: `n` labels.
        batch_size: faces per batch.
        seed: of the permutations and of the mirroring.
        mirror: whether half of the faces are flipped left to right, labels included.
        presences: `n` presences beside `labels`, see `DualDataset.presences`.
        part: number of this data set among those of a training, so that each has an order of its own.
    """

    def __init__(self, images: np.ndarray, labels: Labels, batch_size: int, seed: int, mirror: bool = True,
                 presences: Labels | None = None, part: int = 0):
        self.images, self.batch_size, self.seed, self.mirror, self.part = images, batch_size, seed, mirror, part
        self.encoded = _encoded(labels, presences)
        self.mirrored = _encoded(labels.flip(), presences and presences.flip()) if mirror else self.encoded
        self._orders: dict[int, np.ndarray] = {}
        self._let_go = releaser(images)

    def __call__(self, step: int) -> Batch:
        """The batch of step number `step` (from 0)."""
        rows = self._rows(step * self.batch_size)
        known = [part[rows] for part in self.encoded]
        flip = np.zeros(len(rows), bool)
        if self.mirror:
            flip = random_streams.generator("batch_mirror", self.seed, self.part, step).random(len(rows)) < 0.5
            for part, mirrored in zip(known, self.mirrored):
                part[flip] = mirrored[rows[flip]]
        return Batch(self._faces(rows, flip), *known)

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
        self._let_go()
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
            order = random_streams.generator("batch_order", self.seed, self.part, epoch).permutation(len(self.images))
            self._orders = {key: value for key, value in self._orders.items() if key == epoch - 1} | {epoch: order}
        return self._orders[epoch]


def _encoded(labels: Labels, presences: Labels | None) -> tuple[np.ndarray, ...]:
    """Everything but the faces of a `Batch`, for all faces."""
    none = np.zeros((len(labels), 0), np.float32)
    return (*labels.encode(), *((none, none) if presences is None else presences.encode()))


def releaser(images: np.ndarray) -> Callable[[], None]:
    """What lets go of the pages of a mapped file that were read: they stay in the system's cache, and no longer count
    as ours. Does nothing for an array in memory, or one that may be written to: changed pages would be lost."""
    base: object = images
    while isinstance(base, np.ndarray):
        base = base.base
    if not isinstance(base, mmap.mmap) or not hasattr(mmap, "MADV_DONTNEED") or not memoryview(base).readonly:
        return lambda: None
    return functools.partial(base.madvise, mmap.MADV_DONTNEED)
