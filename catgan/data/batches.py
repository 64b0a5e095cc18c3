"""Makes shuffled batches of a data set in memory or in a memory map.

The faces of a batch depend on (seed, step) alone, so a resumed training needs no stored state.
"""

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
    """Holds one batch.

    Attributes:
        images: uint8 `(b, h, w, channels)`.
        values, mask: float32 `(b, spec.width)`, see `Labels.encode`.
        presence, presence_mask: float32 `(b, k)`, for Action Units without a graded intensity; `k` is 0 without them.
    """

    images: np.ndarray
    values: np.ndarray
    mask: np.ndarray
    presence: np.ndarray
    presence_mask: np.ndarray


class Batches:
    """Samples shuffled batches, mirrored at random.

    Every epoch has its own permutation. A batch may span two epochs, so that no face is left out.

    Args:
        images: uint8 `(n, h, w, channels)`. If it is memory-mapped, the memory in use does not grow with `n`.
        labels: `n` labels.
        batch_size: faces per batch.
        seed: of the permutations and of the mirroring.
        mirror: whether half of the faces are flipped left to right, labels included.
        presences: `n` presence labels in addition to `labels`, see `DualDataset.presences`.
        part: index of this data set among those of a training. Each index has its own order.
        labelled_only: whether faces of which no label is known are left out.
    """

    def __init__(self, images: np.ndarray, labels: Labels, batch_size: int, seed: int, mirror: bool = True,
                 presences: Labels | None = None, part: int = 0, labelled_only: bool = False):
        self.images, self.batch_size, self.seed, self.mirror, self.part = images, batch_size, seed, mirror, part
        self.encoded = _encoded(labels, presences)
        self.mirrored = _encoded(labels.flip(), presences and presences.flip()) if mirror else self.encoded
        self._orders: dict[int, np.ndarray] = {}
        self._let_go = releaser(images)
        known = np.concatenate([mask for mask in self.encoded[1::2]], axis=1).any(1)
        self._faces_in_use = np.flatnonzero(known) if labelled_only and known.any() else np.arange(len(images))

    def __len__(self) -> int:
        """Returns the number of faces in use."""
        return len(self._faces_in_use)

    def __call__(self, step: int) -> Batch:
        """Returns the batch of step number `step` (from 0)."""
        rows = self._rows(step * self.batch_size)
        known = [part[rows] for part in self.encoded]
        flip = np.zeros(len(rows), bool)
        if self.mirror:
            flip = random_streams.generator("batch_mirror", self.seed, self.part, step).random(len(rows)) < 0.5
            for part, mirrored in zip(known, self.mirrored):
                part[flip] = mirrored[rows[flip]]
        return Batch(self._faces(rows, flip), *known)

    def _faces(self, rows: np.ndarray, flip: np.ndarray) -> np.ndarray:
        """Copies the faces `rows`, mirrored where `flip` is true.

        OpenCV mirrors, because NumPy would copy pixel by pixel.
        """
        images = self.images.view(np.ndarray)  # indexing a memory map row by row is slow
        faces = np.empty((len(rows), *images.shape[1:]), np.uint8)
        for place in np.argsort(rows):  # reads the file in order
            if flip[place]:
                cv2.flip(images[rows[place]], 1, faces[place])
            else:
                faces[place] = images[rows[place]]
        self._let_go()
        return faces

    def _rows(self, start: int) -> np.ndarray:
        count = len(self)
        positions = np.arange(start, start + self.batch_size)
        rows = np.empty(self.batch_size, np.int64)
        for epoch in np.unique(positions // count):
            chosen = positions // count == epoch
            rows[chosen] = self._order(int(epoch))[positions[chosen] % count]
        return self._faces_in_use[rows]

    def _order(self, epoch: int) -> np.ndarray:
        if epoch not in self._orders:
            order = random_streams.generator("batch_order", self.seed, self.part, epoch).permutation(len(self))
            self._orders = {key: value for key, value in self._orders.items() if key == epoch - 1} | {epoch: order}
        return self._orders[epoch]


def _encoded(labels: Labels, presences: Labels | None) -> tuple[np.ndarray, ...]:
    """Encodes the labels and masks of a `Batch` for all faces."""
    none = np.zeros((len(labels), 0), np.float32)
    return (*labels.encode(), *((none, none) if presences is None else presences.encode()))


def releaser(images: np.ndarray) -> Callable[[], None]:
    """Returns a function that releases the pages of a memory-mapped file.

    Released pages stay in the system's cache, but no longer count as memory of this process. The function does
    nothing for an array in memory. It does nothing for a writable map either, whose changed pages would be lost.
    """
    base: object = images
    while isinstance(base, np.ndarray):
        base = base.base
    if not isinstance(base, mmap.mmap) or not hasattr(mmap, "MADV_DONTNEED") or not memoryview(base).readonly:
        return lambda: None
    return functools.partial(base.madvise, mmap.MADV_DONTNEED)
