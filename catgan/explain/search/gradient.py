"""The gradient search: a proximal step over changes of Action Units says which ones matter, drawing says how many.

For models whose numbers and drawer let gradients pass. Sparse by construction: what a change does not earn, the
soft threshold takes away (iterative shrinkage, Daubechies et al. 2004).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from catgan.explain.search.beam import LEAST, MOST, Distance, Found, Odd, State

STEPS, RATE, SPARSITY = 16, 0.15, 0.3
"""Steps; how far, in shares of the range of an intensity, the steepest unit goes in the first one; and the share of it
that the soft threshold takes from all."""

Gradient = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""`gradient(rows (m,), levels (m, k))`: how far from the target `(m,)`, and its gradient by the levels `(m, k)`."""


def gradient_search(distance: Distance, gradient: Gradient, settings: np.ndarray, free: np.ndarray,
                    most: int = MOST, odd: Odd | None = None, past: float = 0.0) -> Found:
    """The fewest units, in the order in which the gradient found them to matter, then the smallest change of them.

    Args:
        distance, settings, free, most, odd, past: as `catgan.explain.search.beam.search`.
        gradient: of how far from the target, 0 = reached.
    """
    levels = descend(gradient, settings, free)
    state = State(distance, settings, odd)
    state.start = state.ask(np.arange(len(settings)), settings)
    order = np.argsort(-np.abs(levels - settings), axis=1, kind="stable")
    for size in range(1, min(most, settings.shape[1]) + 1):
        rows = np.flatnonzero(~state.reached)
        tried = settings[rows].copy()
        for place in range(size):
            unit = order[rows, place]
            now = settings[rows, unit]
            far = np.where(levels[rows, unit] > now, 5.0, np.where(now >= LEAST, -past, 0.0))
            moves = np.abs(levels[rows, unit] - settings[rows, unit]) > 1e-9
            tried[np.arange(len(rows)), unit] = np.where(moves, far, settings[rows, unit])
        kept = (np.abs(tried - settings[rows]) >= LEAST).any(1)
        rows, tried = rows[kept], tried[kept]
        distances = state.ask(rows, tried)
        state.refine(rows[distances <= 0.0], tried[distances <= 0.0], distances[distances <= 0.0])
        for row, level, distance in zip(rows, tried, distances):
            if not state.reached[row]:
                state.approach(int(row), level[None], np.array([distance]))
    return Found(state.levels, state.reached, state.renders + STEPS)


def descend(gradient: Gradient, settings: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Levels `(n, k)` after proximal steps from `settings`: the steepest unit of a face goes by a falling rate, the
    others in proportion, all are drawn back by a share of it; what has arrived is only drawn back."""
    levels, everyone = settings.copy(), np.arange(len(settings))
    for step in range(STEPS):
        rate = 5.0 * RATE * (1.0 - step / STEPS)
        distances, slopes = gradient(everyone, levels)
        slopes = np.where(free, slopes, 0.0)
        steepest = np.maximum(np.abs(slopes).max(1, keepdims=True), 1e-12)
        change = levels - settings - rate * np.where(distances[:, None] > 0.0, slopes / steepest, 0.0)
        change = np.sign(change) * np.maximum(np.abs(change) - SPARSITY * rate, 0.0)
        levels = np.clip(settings + change, 0.0, 5.0)
    return levels
