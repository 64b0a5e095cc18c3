"""Gradient search for a counterfactual: proximal gradient steps rank the Action Units, drawn faces decide how many.

For models and drawers that gradients pass through. The soft threshold of each step makes the change sparse (iterative
shrinkage, Daubechies et al. 2004).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from catgan.explain.search.options import SearchOptions
from catgan.explain.search.refinement import Distance, ImplausibilityTest, SearchResult, SearchState

Gradient = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""`gradient(rows (m,), levels (m, k))`: distance from the target, 0 = reached, `(m,)`, and its gradient by the levels,
`(m, k)`."""


def gradient_search(distance: Distance, gradient: Gradient, settings: np.ndarray, allowed: np.ndarray,
                    options: SearchOptions = SearchOptions(), is_implausible: ImplausibilityTest | None = None,
                    intensity_slack: float = 0.0) -> SearchResult:
    """Searches the fewest units, in the order in which the gradient ranks them, then the smallest change of them.

    Args:
        distance, settings, allowed, options, is_implausible, intensity_slack: as `catgan.explain.search.beam.search`.
        gradient: see `Gradient`.
    """
    levels = descend(gradient, settings, allowed, options)
    state = SearchState(distance, settings, options, is_implausible)
    order = np.argsort(-np.abs(levels - settings), axis=1, kind="stable")
    for size in range(1, min(options.max_units, settings.shape[1]) + 1):
        rows = np.flatnonzero(~state.reached)
        tried = settings[rows].copy()
        for place in range(size):
            unit = order[rows, place]
            now = settings[rows, unit]
            lowest = np.where(now >= options.min_change, -intensity_slack, 0.0)
            far = np.where(levels[rows, unit] > now, 5.0, lowest)
            changes = np.abs(levels[rows, unit] - settings[rows, unit]) > 1e-9
            tried[np.arange(len(rows)), unit] = np.where(changes, far, settings[rows, unit])
        kept = (np.abs(tried - settings[rows]) >= options.min_change).any(1)
        rows, tried = rows[kept], tried[kept]
        distances = state.ask(rows, tried)
        state.refine(rows[distances <= 0.0], tried[distances <= 0.0], distances[distances <= 0.0])
        for row, level, distance_there in zip(rows, tried, distances):
            if not state.reached[row]:
                state.approach(int(row), level[None], np.array([distance_there]))
    return SearchResult(state.levels, state.reached, state.renders + options.gradient_steps)


def descend(gradient: Gradient, settings: np.ndarray, allowed: np.ndarray,
            options: SearchOptions = SearchOptions()) -> np.ndarray:
    """Takes proximal gradient steps from `settings`.

    The steepest unit of a face goes by a falling rate, the others in proportion. The soft threshold then draws all of
    them back by a share of the rate. A face that has reached its target is only drawn back.

    Args:
        gradient, settings, allowed, options: as `gradient_search`.

    Returns:
        Levels 0..5, `(n, k)`.
    """
    levels, everyone = settings.copy(), np.arange(len(settings))
    for step in range(options.gradient_steps):
        rate = 5.0 * options.gradient_rate * (1.0 - step / options.gradient_steps)
        distances, slopes = gradient(everyone, levels)
        slopes = np.where(allowed, slopes, 0.0)
        steepest = np.maximum(np.abs(slopes).max(1, keepdims=True), 1e-12)
        change = levels - settings - rate * np.where(distances[:, None] > 0.0, slopes / steepest, 0.0)
        change = np.sign(change) * np.maximum(np.abs(change) - options.gradient_sparsity * rate, 0.0)
        levels = np.clip(settings + change, 0.0, 5.0)
    return levels
