"""Runs networks on any number of faces with few batch sizes, so that they are compiled few times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import keras
import numpy as np

from catgan.errors import CatganError

Nest = TypeVar("Nest")
"""An array `(n, ...)`, or a dictionary or tuple of such arrays."""

BATCH_SIZES = (64, 16, 4)
"""Allowed batch sizes, largest first. A batch that is not full is padded."""
MIN_FILLED = 0.75
"""A batch size is used if more than this share of the batch is filled, else the next smaller one."""


def in_batches(function: Callable[..., Nest], *arrays: np.ndarray, batch_size: int | None = None) -> Nest:
    """Applies a function to batches of the sizes in `BATCH_SIZES`; the last batch is padded with zeros.

    Args:
        function: of arrays `(m, ...)`, to an array or a nest of arrays `(m, ...)`.
        arrays: `(n, ...)` each.
        batch_size: one size for all batches instead, 1 or more.

    Returns:
        The results of all batches, `(n, ...)`.

    Raises:
        CatganError: a batch size below 1.
    """
    if batch_size is not None and batch_size < 1:
        raise CatganError(f"'batch_size' must be 1 or more. Received: {batch_size}.")
    sizes = BATCH_SIZES if batch_size is None else (batch_size,)
    count, start, results = len(arrays[0]), 0, []
    while start < max(count, 1):
        size = next((size for size in sizes if count - start > MIN_FILLED * size), sizes[-1])
        parts = [array[start:start + size] for array in arrays]
        missing, start = size - len(parts[0]), start + size
        padded = [np.concatenate([part, np.zeros((missing, *part.shape[1:]), part.dtype)]) for part in parts]
        results.append(keras.tree.map_structure(lambda item: np.asarray(item)[:size - missing], function(*padded)))
    return keras.tree.map_structure(lambda *items: np.concatenate(items), *results)


def one_by_one(function: Callable[..., Nest], *arrays: np.ndarray) -> Nest:
    """Applies a function to one face at a time, so that a result does not depend on the other faces.

    In a batch of another size, or at another place in it, a network may round the same face differently.

    Args:
        function: of arrays `(1, ...)`, to an array or a nest of arrays `(1, ...)`.
        arrays: `(n, ...)` each, n of 1 or more.

    Returns:
        The results of all faces, `(n, ...)`.
    """
    results = [function(*(array[row:row + 1] for array in arrays)) for row in range(len(arrays[0]))]
    return keras.tree.map_structure(lambda *items: np.concatenate(items), *results)
