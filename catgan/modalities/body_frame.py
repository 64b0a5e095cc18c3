"""Finds where a body faces and how large it is, whichever side its joints name first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from catgan.joints import JOINTS

PAIRS_OF_SIDES = ((4, 7), (10, 13))
"""Shoulders and hips."""
LIMBS = (((10, 11, 12), 1), ((13, 14, 15), 1), ((4, 5, 6), -1), ((7, 8, 9), -1))
"""Limbs, and whether their middle joint bends to the front (knees) or to the back (elbows)."""


@dataclass(frozen=True)
class BodyFrame:
    """Holds joints along the axes of the body.

    Args:
        positions: float64 `(t, 16, 3)`: to the side, up, to the front; in the unit of the input, NaN where unknown. All
            are NaN where it is not known where the body faces.
        size: median distance from the root to the neck, in the unit of the input; NaN where unknown.
    """

    positions: np.ndarray
    size: float

    def joint(self, name: str) -> np.ndarray:
        """Returns the positions of a joint, `(t, 3)`."""
        return self.positions[:, JOINTS.index(name)]


def body_frame(positions: np.ndarray) -> BodyFrame:
    """Turns joints around the vertical so that the body faces +z. One direction is found for the whole clip.

    Args:
        positions: `(t, 16, 3)` with y up, NaN where unknown.
    """
    trunk = positions[:, 2] - positions[:, 0]
    lengths = np.sqrt((trunk ** 2).sum(-1))
    lengths = lengths[np.isfinite(lengths)]
    size = float(np.median(lengths)) if len(lengths) and np.median(lengths) > 0 else float("nan")
    front = facing(positions)
    axes = np.stack([[front[2], 0.0, -front[0]], [0.0, 1.0, 0.0], front], -1)
    return BodyFrame(positions @ axes + 0 * front[0], size)  # NaN all through where the front is unknown


def facing(positions: np.ndarray) -> np.ndarray:
    """Returns the horizontal direction that a body faces, `(3,)` of length 1.

    It is at right angles to the line of shoulders and hips. Knees bend to the front and elbows to the back, which tells
    it from its reverse. NaN where neither is known.
    """
    across = np.zeros(3)
    for first, second in PAIRS_OF_SIDES:
        between = positions[:, first] - positions[:, second]
        across += between[np.isfinite(between).all(-1)].sum(0)
    front = np.array([-across[2], 0.0, across[0]])
    bends = np.zeros(3)
    for (start, middle, end), sign in LIMBS:
        bend = sign * (positions[:, middle] - (positions[:, start] + positions[:, end]) / 2)
        bends += bend[np.isfinite(bend).all(-1)].sum(0)
    length = np.sqrt((front ** 2).sum())
    if length == 0 or front @ bends == 0:
        return np.full(3, np.nan)
    return front / length * np.sign(front @ bends)
