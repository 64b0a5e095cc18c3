"""Puts the answers of several raters together by a stated rule. Where they are too far apart, the label is unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from catgan.errors import CatganError, unknown_name
from catgan.pipelines.annotation.changes import Value

HOWS = ("median", "mean")
NOT_VISIBLE, TOO_FEW, DISAGREE = "not visible", "too few raters", "raters disagree"
"""Why a label that was rated is unknown."""


@dataclass(frozen=True)
class Rule:
    """Says how the answers of several raters become one label.

    Args:
        intensities: `"median"` or `"mean"` of the intensities of an Action Unit.
        dimensions: the same of valence and of arousal.
        least: smallest number of raters who give a value.
        intensity_spread: largest difference between the highest and the lowest intensity, 0..5.
        dimension_spread: the same of valence and of arousal, 0..2.
    """

    intensities: str = "median"
    dimensions: str = "mean"
    least: int = 1
    intensity_spread: float = 2.0
    dimension_spread: float = 0.5

    def __post_init__(self) -> None:
        for how in (self.intensities, self.dimensions):
            if how not in HOWS:
                raise unknown_name("rule", how, HOWS)
        if self.least < 1 or not 0.0 <= self.intensity_spread <= 5.0 or not 0.0 <= self.dimension_spread <= 2.0:
            raise CatganError(
                "A rule needs 1 or more raters, a spread of intensities in 0..5, and of valence and arousal in 0..2. "
                f"Received: {self.least}, {self.intensity_spread:g}, {self.dimension_spread:g}.")

    def stated(self) -> list[str]:
        """Says in words what is done, a line each."""
        raters = "1 rater" if self.least == 1 else f"{self.least} raters"
        return [f"at least {raters}; not visible is unknown, never absent",
                f"Action Units: {self.intensities}; unknown where raters are more than {self.intensity_spread:g} "
                "levels apart",
                f"valence, arousal: {self.dimensions}; unknown where raters are more than {self.dimension_spread:g} "
                "apart",
                "expression: that of more than half of the raters, else unknown"]


class Agreed(NamedTuple):
    """A label of all raters: its value, or None and why."""

    value: float | str | None
    why: str | None = None


def agree(label: str, answers: Sequence[Value], rule: Rule) -> Agreed:
    """Puts the answers of raters to one label together.

    Args:
        label: its name.
        answers: of all who have answered, at least one; None = not visible, or cannot say.
        rule: what is done.
    """
    known = [value for value in answers if value is not None]
    if not known:
        return Agreed(None, NOT_VISIBLE)
    if len(known) < rule.least:
        return Agreed(None, TOO_FEW)
    if label == "expression":
        word, count = Counter(map(str, known)).most_common(1)[0]
        return Agreed(word) if 2 * count > len(known) else Agreed(None, DISAGREE)
    unit = label.startswith("AU")
    values = np.array([float(value) for value in known])
    if np.ptp(values) > (rule.intensity_spread if unit else rule.dimension_spread) + 1e-9:
        return Agreed(None, DISAGREE)
    how = rule.intensities if unit else rule.dimensions
    return Agreed(round(float(np.median(values) if how == "median" else np.mean(values)), 4))


def agree_over_time(values: np.ndarray, rule: Rule) -> tuple[np.ndarray, dict[str, int]]:
    """Puts the ratings over time of raters together.

    Args:
        values: `(raters, n)` of valence or of arousal; NaN = unknown.
        rule: what is done.

    Returns:
        float64 `(n,)`, NaN = unknown, and how many rated values are unknown, by reason.
    """
    count = np.isfinite(values).sum(0)
    rated = np.flatnonzero(count)
    result = np.full(values.shape[1], np.nan)
    result[rated] = (np.nanmedian if rule.dimensions == "median" else np.nanmean)(values[:, rated], axis=0)
    few = (count > 0) & (count < rule.least)
    apart = np.zeros(len(count), bool)
    apart[rated] = np.nanmax(values[:, rated], 0) - np.nanmin(values[:, rated], 0) > rule.dimension_spread + 1e-9
    apart &= ~few
    result[few | apart] = np.nan
    return result, {name: int(found.sum()) for name, found in ((TOO_FEW, few), (DISAGREE, apart)) if found.any()}
