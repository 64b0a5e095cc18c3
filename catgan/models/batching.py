"""Any number of faces through a network that is compiled for a few sizes of batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

BATCHES = (64, 16, 4)
"""Faces that go through a network at once, at most; smaller sizes for few, since what is missing is padded."""


def in_batches(function: Callable[..., Any], *arrays: np.ndarray) -> Any:
    """Applies `function` to batches of a few sizes, so that it is compiled for these alone; the last is padded.

    Args:
        function: of arrays `(m, ...)`, to an array or a nest of arrays `(m, ...)`.
        arrays: `(n, ...)` each.

    Returns:
        What `function` gives, `(n, ...)`.
    """
    count, start, results = len(arrays[0]), 0, []
    while start < max(count, 1):
        size = next((size for size in BATCHES if count - start > 0.75 * size), BATCHES[-1])
        parts = [array[start:start + size] for array in arrays]
        missing, start = size - len(parts[0]), start + size
        padded = [np.concatenate([part, np.zeros((missing, *part.shape[1:]), part.dtype)]) for part in parts]
        results.append(keras.tree.map_structure(lambda item: np.asarray(item)[:size - missing], function(*padded)))
    return keras.tree.map_structure(lambda *items: np.concatenate(items), *results)


def one_by_one(function: Callable[..., Any], *arrays: np.ndarray) -> Any:
    """Applies `function` to one face at a time.

    A network may give other last bits for the same face in a batch of another size, or in another place of it. Alone, a
    face comes out the same whatever else was asked.

    Args:
        function: of arrays `(1, ...)`, to an array or a nest of arrays `(1, ...)`.
        arrays: `(n, ...)` each, n of 1 or more.

    Returns:
        What `function` gives, `(n, ...)`.
    """
    results = [function(*(array[row:row + 1] for array in arrays)) for row in range(len(arrays[0]))]
    return keras.tree.map_structure(lambda *items: np.concatenate(items), *results)
