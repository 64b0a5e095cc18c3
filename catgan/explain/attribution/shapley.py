"""Attribution to Action Units: a face is drawn between two settings, and each AU gets its share of the change of the
answer. Unlike pixels, AUs can be switched one by one and still give a face.

A drawer and a model together are one callable, `drawn(levels)`: AU intensities 0..5 `(m, k)` -> what the model says of
the drawn faces, `(m,)`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from catgan.errors import CatganError

BATCH = 64
"""Faces that are drawn at once."""

MOST, STEPS = 12, 20

Drawn = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class UnitAttribution:
    """The share of every AU in the change of an answer, in the unit of the answer.

    Args:
        method: `"shapley"` or `"au_path_ig"`.
        values: float64 `(k,)`; 0 for an AU that is the same in both settings.
        value, baseline_value: what the model says of the face after, and before.
        gap: the completeness gap, `values.sum() - (value - baseline_value)`: rounding alone for Shapley values; for
            the path, more steps make it smaller.
        renders: how many faces were drawn.
    """

    method: str
    values: np.ndarray
    value: float
    baseline_value: float
    gap: float
    renders: int


def shapley(drawn: Drawn, before: np.ndarray, after: np.ndarray) -> UnitAttribution:
    """Exact Shapley values (Shapley 1953): the mean, over all orders in which the AUs may change from one setting to
    the other, of what each adds when its turn comes.

    All `2 ** d` faces between the two settings are drawn, where `d` AUs differ.

    Args:
        drawn: AU intensities `(m, k)` -> answers `(m,)`.
        before, after: the two settings, intensities 0..5 `(k,)`.

    Raises:
        CatganError: more than 12 AUs differ; settings that are none.
    """
    before, after, moved = _settings(before, after)
    if len(moved) > MOST:
        raise CatganError(f"Exact Shapley values draw 2 ** n faces, so at most {MOST} Action Units may differ: hold "
                          f"some still, or use 'au_path_ig'. Received: {len(moved)}.")
    subsets = np.arange(2 ** len(moved))
    members = (subsets[:, None] >> np.arange(len(moved))) & 1 == 1
    levels = np.repeat(before[None], len(subsets), axis=0)
    levels[:, moved] = np.where(members, after[moved], before[moved])
    answers, values = _answers(drawn, levels), np.zeros(len(before))
    weights = _weights(len(moved))
    for place, unit in enumerate(moved):
        without = subsets[~members[:, place]]
        added = answers[without | (1 << place)] - answers[without]
        values[unit] = weights[members[without].sum(1)] @ added
    return _result("shapley", values, answers[-1], answers[0], len(levels))


def _weights(players: int) -> np.ndarray:
    """By the size of a set without a player: the share of all orders in which just this set comes before it."""
    return np.array([1.0 / (players * math.comb(players - 1, size)) for size in range(players)])


def au_path_ig(drawn: Drawn, before: np.ndarray, after: np.ndarray, steps: int = STEPS) -> UnitAttribution:
    """Integrated Gradients along the straight line between two settings of the AUs (the Aumann-Shapley value: Aumann &
    Shapley 1974, Sundararajan et al. 2017).

    From the middle of every step, each AU alone is moved half a step back and half a step on: central differences,
    which need no gradient, stay between the settings, and add up exactly where AUs do not act together. It draws
    `2 * d * steps + 2` faces, where `d` AUs differ.

    Args:
        drawn, before, after: as `shapley`.
        steps: of the midpoint rule, from 1.

    Raises:
        CatganError: settings or steps that are none.
    """
    before, after, moved = _settings(before, after)
    if not isinstance(steps, (int, np.integer)) or steps < 1:
        raise CatganError(f"The number of steps must be whole, from 1. Received: {steps}.")
    middles = before + (np.arange(steps)[:, None] + 0.5) / steps * (after - before)
    halves = (np.diag(after - before) * 0.5 / steps)[moved]
    # Clipped, as rounding can take a level below 0, which is none.
    levels = np.clip([middles[:, None] - halves, middles[:, None] + halves], *np.sort([before, after], axis=0))
    answers = _answers(drawn, np.concatenate([[before, after], levels.reshape(-1, len(before))]))
    back, on = answers[2:].reshape(2, steps, len(moved))
    values = np.zeros(len(before))
    values[moved] = (on - back).sum(0)
    return _result("au_path_ig", values, answers[1], answers[0], len(answers))


def _settings(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both settings as float64, and the places where they differ."""
    before, after = np.array(before, np.float64), np.array(after, np.float64)
    if before.ndim != 1 or before.shape != after.shape:
        raise CatganError("Two settings must have one intensity per Action Unit, (k,). "
                          f"Received: {before.shape} and {after.shape}.")
    both = np.concatenate([before, after])
    outside = both[~((both >= 0.0) & (both <= 5.0))]
    if len(outside):
        raise CatganError(f"Intensities of Action Units must lie in 0..5. Received: {outside[0]:g}.")
    return before, after, np.flatnonzero(before != after)


def _answers(drawn: Drawn, levels: np.ndarray) -> np.ndarray:
    answers = np.concatenate([np.asarray(drawn(levels[first:first + BATCH]), np.float64)
                              for first in range(0, len(levels), BATCH)])
    if answers.shape != levels.shape[:1] or not np.isfinite(answers).all():
        raise CatganError(f"Each of the {len(levels)} drawn faces needs one finite answer. "
                          f"Received: {np.isfinite(answers).sum()} of shape {answers.shape}.")
    return answers


def _result(method: str, values: np.ndarray, value: float, baseline_value: float, renders: int) -> UnitAttribution:
    gap = float(values.sum() - (value - baseline_value))
    return UnitAttribution(method, values, float(value), float(baseline_value), gap, renders)
