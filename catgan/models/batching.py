"""Runs networks on any number of faces with few batch sizes, so that they are compiled few times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np

from catgan.errors import CatganError

Nest = TypeVar("Nest")
"""An array `(n, ...)`, or a dictionary or tuple of such arrays."""

BATCH_SIZES = (64, 16, 4)
"""Allowed batch sizes, largest first. A batch that is not full is padded."""
MIN_FILLED = 0.75
"""A batch size is used if more than this share of the batch is filled, else the next smaller one."""


def in_batches(function: Callable[..., Nest], *arrays: np.ndarray, batch_size: int | None = None,
               padded: bool = True) -> Nest:
    """Applies a function to batches of the sizes in `BATCH_SIZES`; the last batch is padded with zeros.

    Args:
        function: of arrays `(m, ...)`, to an array or a nest of arrays `(m, ...)`.
        arrays: `(n, ...)` each.
        batch_size: one size for all batches instead, 1 or more.
        padded: False for batches of the largest size and a last one of what is left, for functions that are not
            compiled.

    Returns:
        The results of all batches, `(n, ...)`.

    Raises:
        CatganError: a batch size below 1.
    """
    if batch_size is not None and batch_size < 1:
        raise CatganError(f"'batch_size' must be 1 or more. Received: {batch_size}.")
    sizes = BATCH_SIZES if batch_size is None else (batch_size,)
    if not padded and len(arrays[0]):
        return _joined([function(*(array[first:first + sizes[0]] for array in arrays))
                        for first in range(0, len(arrays[0]), sizes[0])])
    count, start, results = len(arrays[0]), 0, []
    while start < max(count, 1):
        size = next((size for size in sizes if count - start > MIN_FILLED * size), sizes[-1])
        parts = [array[start:start + size] for array in arrays]
        missing, start = size - len(parts[0]), start + size
        filled = [np.concatenate([part, np.zeros((missing, *part.shape[1:]), part.dtype)]) for part in parts]
        results.append(_cut(function(*filled), size - missing))
    return _joined(results)


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
    return _joined(results)


def _joined(results: list[Nest]) -> Nest:
    """Joins the results of batches."""
    return cast(Nest, _mapped(lambda *items: np.concatenate(items), *results))


def _cut(result: Nest, count: int) -> Nest:
    """Takes the first `count` of each array."""
    return cast(Nest, _mapped(lambda item: item[:count], result))


def _mapped(function: Callable[..., np.ndarray], *nests: object) -> object:
    """Applies a function to the arrays at equal places of equal nests."""
    first = nests[0]
    if isinstance(first, dict):
        return {key: _mapped(function, *(cast(dict, nest)[key] for nest in nests)) for key in first}
    if isinstance(first, tuple | list):
        return tuple(_mapped(function, *parts) for parts in zip(*cast(tuple[tuple, ...], nests)))
    return function(*map(np.asarray, nests))
