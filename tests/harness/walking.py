"""Joints of one walking body, without noise."""

from __future__ import annotations

import numpy as np

from catgan.synthesis.bodies import Proportions, Walk, walk_joints


def walking(frames: int = 40, rate: float = 15, heading: float = 0.0, **parameters: float) -> np.ndarray:
    """Returns joints `(frames, 16, 3)` of a person of mean proportions; `parameters` are those of `Walk`."""
    return walk_joints(Proportions(), Walk(**parameters), frames, rate, heading)
