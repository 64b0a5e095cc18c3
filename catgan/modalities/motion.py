"""Smooths and differentiates joints whose positions are partly unknown, and finds the cycle of a walk.

Unknown values are NaN here. Joints are `(t, 16, 3)` with y up; see `catgan.joints`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from catgan.errors import DataError
from catgan.joints import JOINTS

WIDTH_SECONDS = 0.1
"""Standard deviation of the Gaussian weights of a local fit."""
REACH = 2.5
"""Widths to each side beyond which frames have no weight."""
FEWEST_NEAR, FEWEST_A_SIDE = 5, 2
"""Known frames that a derivative needs within reach, and on each side of its frame."""

CYCLES_PER_SECOND = np.arange(0.35, 2.4, 0.01)
"""Frequencies that are tried; a cycle has two steps."""
FEWEST_CYCLES = 1.0
"""Cycles that a clip must hold for its frequency to be stated."""
LEAST_EXPLAINED = 0.5
"""Share of the feet's movement against each other that a cycle must explain."""


@dataclass(frozen=True)
class Motion:
    """Holds smoothed positions and their derivatives, float64 `(t, k, 3)`, NaN where unknown.

    Args:
        position: in the unit of the input; as it was where too few frames are known to smooth.
        velocity, acceleration, jerk: per second, second², second³.
    """

    position: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray
    jerk: np.ndarray


def with_unknown(joints: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Returns joints as float64 with NaN where they are unknown or not finite.

    Args:
        joints: `(t, 16, 3)`.
        known: bool `(t, 16)`.

    Raises:
        DataError: other shapes.
    """
    joints, known = np.asarray(joints, float), np.asarray(known, bool)
    if joints.ndim != 3 or joints.shape[1:] != (len(JOINTS), 3) or known.shape != joints.shape[:2]:
        raise DataError(f"Joints must have the shape (t, {len(JOINTS)}, 3), and their mask (t, {len(JOINTS)}). "
                        f"Received: {joints.shape} and {known.shape}.")
    return np.where((known & np.isfinite(joints).all(-1))[..., None], joints, np.nan)


def differentiate(positions: np.ndarray, rate: float, width: float = WIDTH_SECONDS) -> Motion:
    """Fits a cubic to the known frames around each frame, with Gaussian weights, and returns its derivatives.

    The fit smooths before it differentiates, and needs no values in place of unknown ones. At 15 frames per second and
    the usual width, what moves once a second keeps .99 of its speed and .88 of its acceleration and jerk.

    Args:
        positions: `(t, k, 3)`, NaN where unknown.
        rate: frames per second, above 0.
        width: standard deviation of the weights in seconds, above 0.

    Raises:
        DataError: a rate or a width that is not positive.
    """
    if not (np.isfinite(rate) and rate > 0 and width > 0):
        raise DataError(f"Derivatives need a positive rate and width. Received: {rate} and {width}.")
    known = np.isfinite(positions).all(-1)
    values = np.where(known[..., None], positions, 0.0)
    away = (np.arange(len(positions))[None] - np.arange(len(positions))[:, None]) / (rate * width)
    near = np.abs(away) <= REACH + 1e-9
    weights = np.where(near, np.exp(-0.5 * away ** 2), 0.0) * away ** np.arange(7)[:, None, None]
    sums = weights @ known.astype(float)
    matrix = np.moveaxis(sums[np.add.outer(np.arange(4), np.arange(4))], (0, 1), (-2, -1))
    flat = values.reshape(len(values), values.shape[1] * 3)
    right = np.moveaxis((weights[:4] @ flat).reshape(4, *values.shape), 0, -2)
    fitted = _enough(near, away, known) & known
    matrix = np.where(fitted[..., None, None], matrix, np.eye(4))
    cubic = np.where(fitted[..., None, None], np.linalg.solve(matrix, right), np.nan)
    scale = (1, width, width ** 2 / 2, width ** 3 / 6)
    return Motion(np.where(fitted[..., None], cubic[..., 0, :], np.where(known[..., None], positions, np.nan)),
                  *(cubic[..., power, :] / scale[power] for power in (1, 2, 3)))


def _enough(near: np.ndarray, away: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Tells where enough frames are known around a frame, bool `(t, k)`."""
    one = known.astype(float)
    count = near @ one
    before, after = ((near & (sign * away > 0)) @ one for sign in (-1, 1))
    return (count >= FEWEST_NEAR) & (before >= FEWEST_A_SIDE) & (after >= FEWEST_A_SIDE)


def cycle_frequency(apart: np.ndarray, rate: float) -> float:
    """Finds the frequency of a walk by least squares of one sine per coordinate, also where frames are missing.

    Args:
        apart: `(t, 3)`, one foot minus the other, NaN where unknown.
        rate: frames per second.

    Returns:
        Cycles (two steps) per second; NaN where the known frames span no whole cycle, or no frequency explains half of
        the movement, as for a person who stands.
    """
    known = np.isfinite(apart).all(-1)
    seconds, values = np.flatnonzero(known) / rate, apart[known]
    if len(values) < 8:
        return float("nan")
    total = ((values - values.mean(0)) ** 2).sum()
    span = seconds[-1] - seconds[0] + 1 / rate
    tried = CYCLES_PER_SECOND[(CYCLES_PER_SECOND * span >= FEWEST_CYCLES) & (CYCLES_PER_SECOND < 0.4 * rate)]
    if len(tried) < 3 or total <= 0:
        return float("nan")
    angles = 2 * np.pi * tried[:, None] * seconds
    waves = np.stack([np.sin(angles), np.cos(angles)], 1)
    waves -= waves.mean(-1, keepdims=True)
    along = waves @ (values - values.mean(0))
    explained = (along * np.linalg.solve(waves @ np.swapaxes(waves, 1, 2), along)).sum((1, 2))
    best = int(np.argmax(explained))
    if explained[best] < LEAST_EXPLAINED * total or best in (0, len(tried) - 1):
        return float("nan")
    return float(tried[best] + 0.01 * _vertex(explained[best - 1:best + 2]))


def _vertex(three: np.ndarray) -> float:
    """Returns where the parabola through values at -1, 0, 1 has its top, -0.5 .. 0.5."""
    bend = three[0] - 2 * three[1] + three[2]
    return float(np.clip((three[0] - three[2]) / (2 * bend), -0.5, 0.5)) if bend < 0 else 0.0
