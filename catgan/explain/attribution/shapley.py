"""Shapley values and path integrals of Action Units, for any function of their intensities.

The function is called `drawn`: it takes Action Unit intensities 0..5 `(m, k)` and returns the model's output for the
faces drawn with them, `(m,)`. `action_units` makes it of a model and a drawer.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from catgan.errors import CatganError
from catgan.explain.attribution.baselines import checked_steps

BATCH_SIZE = 64
"""Faces that are drawn at once."""
MAX_UNITS = 12
"""Action Units that may differ for exact Shapley values, of which `2 ** n` faces are drawn."""
N_STEPS = 20
"""Steps of a path between two settings."""

Drawn: TypeAlias = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class UnitAttribution:
    """The attribution of a change of a model's output to Action Units, in the unit of the output.

    Args:
        method: `"shapley"` or `"au_path_ig"`.
        values: float64 `(k,)`; 0 for an Action Unit that is the same in both settings.
        value, baseline_value: the output after the change, and before it.
        convergence_delta: the completeness error, `values.sum() - (value - baseline_value)`: only rounding for Shapley
            values; for the path, more steps make it smaller.
        renders: how many faces were drawn.
    """

    method: str
    values: np.ndarray
    value: float
    baseline_value: float
    convergence_delta: float
    renders: int

    @property
    def gap(self) -> float:
        """Deprecated name of `convergence_delta`."""
        warnings.warn("UnitAttribution.gap is now UnitAttribution.convergence_delta.", DeprecationWarning, stacklevel=2)
        return self.convergence_delta


def shapley(drawn: Drawn, before: np.ndarray, after: np.ndarray, batch_size: int = BATCH_SIZE) -> UnitAttribution:
    """Computes exact Shapley values of Action Units (Shapley 1953).

    The value of a unit is what its change adds to the output, averaged over all orders in which the units may change.
    All `2 ** d` faces between the two settings are drawn, where `d` units differ.

    Args:
        drawn: Action Unit intensities `(m, k)` -> outputs `(m,)`.
        before, after: the two settings, intensities 0..5 `(k,)`.
        batch_size: faces that are drawn at once.

    Raises:
        CatganError: more than 12 units differ, or settings of another shape or range.
    """
    before, after, moved = _settings(before, after)
    if len(moved) > MAX_UNITS:
        raise CatganError(f"Exact Shapley values draw 2 ** n faces, so at most {MAX_UNITS} Action Units may differ: "
                          f"hold some still, or use 'au_path_ig'. Received: {len(moved)}.")
    subsets = np.arange(2 ** len(moved))
    members = (subsets[:, None] >> np.arange(len(moved))) & 1 == 1
    levels = np.repeat(before[None], len(subsets), axis=0)
    levels[:, moved] = np.where(members, after[moved], before[moved])
    answers, values = _answers(drawn, levels, batch_size), np.zeros(len(before))
    weights = _weights(len(moved))
    for place, unit in enumerate(moved):
        without = subsets[~members[:, place]]
        added = answers[without | (1 << place)] - answers[without]
        values[unit] = weights[members[without].sum(1)] @ added
    return _result("shapley", values, answers[-1], answers[0], len(levels))


def _weights(players: int) -> np.ndarray:
    """Returns, by the size of a set without a player, the share of all orders in which this set comes before it."""
    return np.array([1.0 / (players * math.comb(players - 1, size)) for size in range(players)])


def au_path_ig(drawn: Drawn, before: np.ndarray, after: np.ndarray, steps: int = N_STEPS,
               batch_size: int = BATCH_SIZE) -> UnitAttribution:
    """Computes Integrated Gradients along the straight line between two settings of the Action Units.

    This is the Aumann-Shapley value (Aumann & Shapley 1974, Sundararajan et al. 2017). From the middle of every step,
    each unit alone moves half a step back and half a step on. Such central differences need no gradient, stay between
    the settings, and add up exactly where units do not interact. `2 * d * steps + 2` faces are drawn, where `d` units
    differ.

    Args:
        drawn, before, after, batch_size: as `shapley`.
        steps: of the midpoint rule, from 1.

    Raises:
        CatganError: settings of another shape or range, or a number of steps that is not whole and positive.
    """
    before, after, moved = _settings(before, after)
    steps = checked_steps(steps)
    middles = before + (np.arange(steps)[:, None] + 0.5) / steps * (after - before)
    halves = (np.diag(after - before) * 0.5 / steps)[moved]
    # Rounding can take a level below 0, which no face has.
    levels = np.clip([middles[:, None] - halves, middles[:, None] + halves], *np.sort([before, after], axis=0))
    answers = _answers(drawn, np.concatenate([[before, after], levels.reshape(-1, len(before))]), batch_size)
    back, on = answers[2:].reshape(2, steps, len(moved))
    values = np.zeros(len(before))
    values[moved] = (on - back).sum(0)
    return _result("au_path_ig", values, answers[1], answers[0], len(answers))


def _settings(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns both settings as float64, and the places where they differ."""
    before, after = np.array(before, np.float64), np.array(after, np.float64)
    if before.ndim != 1 or before.shape != after.shape:
        raise CatganError("Two settings must have one intensity per Action Unit, (k,). "
                          f"Received: {before.shape} and {after.shape}.")
    both = np.concatenate([before, after])
    outside = both[~((both >= 0.0) & (both <= 5.0))]
    if len(outside):
        raise CatganError(f"Intensities of Action Units must lie in 0..5. Received: {outside[0]:g}.")
    return before, after, np.flatnonzero(before != after)


def _answers(drawn: Drawn, levels: np.ndarray, batch_size: int) -> np.ndarray:
    answers = np.concatenate([np.asarray(drawn(levels[first:first + batch_size]), np.float64)
                              for first in range(0, len(levels), batch_size)])
    if answers.shape != levels.shape[:1] or not np.isfinite(answers).all():
        raise CatganError(f"Each of the {len(levels)} drawn faces needs one finite answer. "
                          f"Received: {np.isfinite(answers).sum()} of shape {answers.shape}.")
    return answers


def _result(method: str, values: np.ndarray, value: float, baseline_value: float, renders: int) -> UnitAttribution:
    delta = float(values.sum() - (value - baseline_value))
    return UnitAttribution(method, values, float(value), float(baseline_value), delta, renders)
