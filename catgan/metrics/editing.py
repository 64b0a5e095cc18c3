"""Metrics of edited faces whose true counterparts are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catgan.errors import CatganError
from catgan.metrics import bootstrap


def squared_errors(pictures: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Computes the mean squared difference of pictures `(n, h, w, c)` uint8 from the truth, `(n,)`, in squared grey
    levels."""
    if pictures.shape != truth.shape:
        raise CatganError(f"Pictures and truth must have one shape. Received: {pictures.shape} and {truth.shape}.")
    return np.square(pictures.astype(np.float32) - truth).mean(axis=(1, 2, 3), dtype=np.float64)


def explained_change(before: np.ndarray, drawn: np.ndarray, truth: np.ndarray) -> float | None:
    """Computes 1 - (squared error of the drawn faces) / (squared error of the unchanged faces).

    1 = every pixel as the truth has it, 0 = no better than doing nothing, below 0 = worse.

    Args:
        before, drawn, truth: uint8 `(n, h, w, c)`.

    Returns:
        None where the truth changes nothing.
    """
    return share(squared_errors(drawn, truth), squared_errors(before, truth))


def share(errors: np.ndarray, changes: np.ndarray) -> float | None:
    """Computes `explained_change` from the `squared_errors` of the drawn and of the unchanged faces."""
    total = float(changes.sum())
    return 1.0 - float(errors.sum()) / total if total > 0 else None


def share_interval(errors: np.ndarray, changes: np.ndarray, groups: Sequence[str]) -> list[float] | None:
    """Computes the 95 % interval of `share` over subjects."""
    return bootstrap.interval(lambda rows: share(errors[rows], changes[rows]), groups)
