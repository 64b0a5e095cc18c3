"""Draws the probabilities of expressions over time, stacked to 1."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from catgan.plots import COLOURS

NEUTRAL = "#dddddd"
MORE_COLOURS = ("#F0E442", "#882255", "#44AA99", "#332288", "#661100", "#6699CC")
"""For more expressions than `COLOURS` has colours."""


def colours_of(expressions: list[str]) -> dict[str, str]:
    """Returns one colour for each expression; that of `neutral` is a light grey."""
    others = [name for name in expressions if name != "neutral"]
    palette = COLOURS + MORE_COLOURS
    return {"neutral": NEUTRAL} | {name: palette[place % len(palette)] for place, name in enumerate(others)}


def draw_expressions(panel: Axes, times: np.ndarray, shares: Mapping[str, np.ndarray]) -> None:
    """Draws stacked areas, in the order of `shares`. Gaps stay white.

    Args:
        panel: to draw on.
        times: in seconds, `(points,)`, rising; NaN between two stretches.
        shares: probability of each expression, `(points,)`.
    """
    colours = colours_of(list(shares))
    half = _half_step(times)
    for stretch in np.ma.clump_unmasked(np.ma.masked_invalid(times)):
        # Each reading stands for the time around it, so that a single one is visible too.
        inside = times[stretch]
        edges = np.concatenate([inside[:1] - half, inside, inside[-1:] + half])
        base = np.zeros(len(edges))
        for name, values in shares.items():
            top = base + np.pad(values[stretch], 1, mode="edge")
            panel.fill_between(edges, base, top, color=colours[name], lw=0)
            base = top


def _half_step(times: np.ndarray) -> float:
    steps = np.diff(times)
    steps = steps[np.isfinite(steps)]
    return float(np.median(steps)) / 2 if len(steps) else 0.02
