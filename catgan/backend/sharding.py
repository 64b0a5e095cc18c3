"""Splits a batch into equal shards, one per device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from catgan.errors import CatganError


class BatchAxis(NamedTuple):
    """Says where an input of a training step has its faces.

    Args:
        axis: the axis along which faces lie.
        blocks: number of blocks along that axis, each with one entry per face in the same order: 2 where entries for
            all real faces are followed by entries for all generated faces.
    """

    axis: int = 0
    blocks: int = 1


FACES_FIRST = BatchAxis()
ALL_FACES_FIRST: Mapping[str, BatchAxis] = {}
"""Batch axes of a step all of whose inputs have their faces on axis 0, as inputs without an entry do. Scalars, such as
the learning rate, are the same on all devices."""


def check_batch_size(batch_size: int, devices: int) -> None:
    """Checks that a batch can be split evenly.

    Args:
        batch_size: faces per step, on all devices together.
        devices: number of devices.

    Raises:
        CatganError: the batch size is not a multiple of the number of devices.
    """
    if batch_size % devices:
        raise CatganError(f"'training.batch_size' is that of all devices together and must be a multiple of {devices}, "
                          f"their number. Received: {batch_size}.")


def batch_axis(name: str, value: np.ndarray, axes: Mapping[str, BatchAxis] = ALL_FACES_FIRST) -> BatchAxis | None:
    """Returns where the input `name` of a step has its faces, or None for a scalar."""
    return None if np.ndim(value) == 0 else axes.get(name, FACES_FIRST)


def shard(batch: Mapping[str, np.ndarray], index: int, count: int,
          axes: Mapping[str, BatchAxis] = ALL_FACES_FIRST) -> dict[str, np.ndarray]:
    """Returns the shard of a batch that belongs to device `index`: neighbouring faces and all that belongs to them.

    Args:
        batch: inputs of a training step by name.
        index: number of the device, from 0.
        count: number of devices.
        axes: where the inputs have their faces, by name.
    """
    return {name: _shard(np.asarray(value), index, count, batch_axis(name, value, axes))
            for name, value in batch.items()}


def _shard(value: np.ndarray, index: int, count: int, place: BatchAxis | None) -> np.ndarray:
    if place is None:
        return value
    blocks = np.split(value, place.blocks, place.axis)
    return np.concatenate([np.split(block, count, place.axis)[index] for block in blocks], place.axis)
