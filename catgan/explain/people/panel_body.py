"""Draws a body with the joints that matter."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from catgan.joints import BONES

FOR, AGAINST = "#b2182b", "#2166ac"
"""Red speaks for an answer, blue against it."""


def draw_body(axes: Axes, joints: np.ndarray, known: np.ndarray, relevance: np.ndarray | None = None,
              small: bool = False) -> None:
    """Draws bones and joints as a camera sees them. Joints are as large as their relevance.

    Args:
        axes: to draw on.
        joints: `(16, 3)` in metres, y up.
        known: bool `(16,)`; other joints are not drawn.
        relevance: signed, `(16,)`; red for and blue against the answer.
        small: whether lines are thin.
    """
    scale = 0.5 if small else 1.0
    for start, end in BONES:
        if known[start] and known[end]:
            axes.plot(joints[[start, end], 0], joints[[start, end], 1], color="#8a8a8a", lw=4.5 * scale,
                      solid_capstyle="round", zorder=1)
    weights = np.zeros(len(joints)) if relevance is None else np.asarray(relevance, float)
    largest = max(float(np.abs(weights[known]).max(initial=0.0)), 1e-12)
    sizes = scale ** 2 * (18.0 + 320.0 * np.abs(weights) / largest)
    colours = [FOR if weight > 0.02 * largest else AGAINST if weight < -0.02 * largest else "#555555"
               for weight in weights]
    places = np.flatnonzero(known)
    axes.scatter(joints[places, 0], joints[places, 1], s=sizes[places], c=[colours[place] for place in places],
                 zorder=2, edgecolors="white", linewidths=0.8 * scale)
    axes.set_aspect("equal")
    axes.margins(0.25 if small else 0.2)
    axes.axis("off")
