"""A batch that several devices share: which rows of which input are whose."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from catgan.errors import CatganError


def check(batch_size: int, devices: int) -> None:
    """Raises `CatganError` if a batch cannot be shared out evenly."""
    if batch_size % devices:
        raise CatganError(f"'training.batch_size' is that of all devices together and must be a multiple of {devices}, "
                          f"their number. Received: {batch_size}.")


def batch_axis(name: str, value: np.ndarray) -> int | None:
    """The axis of an input of a step along which faces lie; None for schedules, which are single numbers."""
    return None if np.ndim(value) == 0 else 1 if name == "latents" else 0


def part(batch: Mapping[str, np.ndarray], index: int, count: int) -> dict[str, np.ndarray]:
    """What device `index` of `count` gets of the inputs of a step: faces that lie side by side, with all that belongs
    to them. See `catgan.training.tasks.adversarial_inputs.Inputs`."""
    return {name: _part(name, np.asarray(value), index, count) for name, value in batch.items()}


def _part(name: str, value: np.ndarray, index: int, count: int) -> np.ndarray:
    axis = batch_axis(name, value)
    if axis is None:
        return value
    if name == "augment":  # numbers for all real faces, then for all generated ones
        return np.concatenate([np.split(half, count)[index] for half in np.split(value, 2)])
    return np.split(value, count, axis)[index]
