"""Sums over a batch that several devices share.

Losses sum over the batch with `total` and `mean`. An engine that splits a batch among devices opens `summed_by` around
each part of a step, so that all devices have the loss of the whole batch.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from keras import ops

from catgan.backend.engine import Tensor

Adder = Callable[[Tensor], Tensor]
"""Adds up one tensor over all devices."""
_add_over_devices: Adder | None = None


@contextlib.contextmanager
def summed_by(add_over_devices: Adder) -> Iterator[None]:
    """Passes sums over the batch through `add_over_devices` while it is open."""
    global _add_over_devices
    previous, _add_over_devices = _add_over_devices, add_over_devices
    try:
        yield
    finally:
        _add_over_devices = previous


def total(x: Tensor, axis: int | None = None) -> Tensor:
    """Sums a tensor over the batch, on all devices; with `axis=None` also over all other axes."""
    summed = ops.sum(x, axis=axis)
    return summed if _add_over_devices is None else _add_over_devices(summed)


def mean(x: Tensor) -> Tensor:
    """Means a tensor `(n,)` over the batch, on all devices."""
    return total(x) / total(ops.ones_like(x))
