"""Persons with known points, without MediaPipe."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from catgan.modalities.person import Person


def standing(left: float = 100.0, top: float = 50.0, size: float = 100.0,
             hidden: Iterable[int] = ()) -> Person:
    """Returns a person whose point `i` lies at `(left + size * (i % 2), top + size * (i // 2) / 16)` pixels."""
    number = np.arange(33)
    points = np.stack([left + size * (number % 2), top + size * (number // 2) / 16, np.zeros(33)], 1)
    visible = ~np.isin(number, list(hidden))
    metres = np.stack([number % 2 - 0.5, number / 10 - 2.35, number / 100], 1)
    return Person(points.astype(np.float32), metres.astype(np.float32), visible.astype(np.float32), visible)
