"""Goals and targets of counterfactuals: what the reading of a changed face must show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from catgan.explain.models import Label, Readings
from catgan.explain.tensors import Tensor

KEEP_WIDTH = 0.1
"""Share of a label's range by which a kept label may drift either way."""
MAX_MARGIN_SHARE = 0.4
"""Largest share of a goal's interval that the margin takes at one end."""

Maximum = Callable[[Tensor, Tensor], Tensor]
"""Elementwise maximum of two arrays, NumPy's or that of the Keras backend."""


@dataclass(frozen=True)
class Goal:
    """One label to reach or to keep.

    Args:
        label: the label.
        low, high: interval that it must lie in, in the label's unit. For a class, `low - 1` is the difference of
            probability by which it must win.
        name: class that must be the likeliest; None for numbers.
        kept: whether the goal keeps a label instead of changing it.
        other: whether any class other than `name` must be the likeliest.
    """

    label: Label
    low: float
    high: float
    name: str | None = None
    kept: bool = False
    other: bool = False

    def shortfall(self, reading: Mapping[str, Tensor], maximum: Maximum = np.maximum) -> Tensor:
        """Returns the distance to the goal as a share of the label's range, `(n,)`; 0 = met.

        Args:
            reading: columns `(n,)`, of NumPy or of the Keras backend.
            maximum: the maximum of two arrays, NumPy's or the backend's.
        """
        if self.name is not None:
            own = self.label.columns[self.label.classes.index(self.name)]
            others = [reading[column] for column in self.label.columns if column != own]
            likeliest = others[0]
            for other in others[1:]:
                likeliest = maximum(likeliest, other)
            lead = reading[own] - likeliest if self.other else likeliest - reading[own]
            return maximum(lead + (self.low - 1.0), 0.0)
        values = reading[self.label.columns[0]]
        return (maximum(self.low - values, 0.0) + maximum(values - self.high, 0.0)) / self.label.span

    def spare(self, reading: Readings) -> np.ndarray:
        """Returns the margin by which a goal is met, in the unit of `shortfall`, `(n,)`; negative where it is not."""
        if self.name is not None:
            own = self.label.columns[self.label.classes.index(self.name)]
            others = [reading[column] for column in self.label.columns if column != own]
            lead = reading[own] - np.max(others, axis=0)
            return (-lead if self.other else lead) + (1.0 - self.low)
        values = reading[self.label.columns[0]]
        return np.minimum(values - self.low, self.high - values) / self.label.span

    def towards(self, reading: Readings, row: int = 0) -> Goal:
        """Returns the goal with the near end of its interval alone, seen from the reading of face `row`.

        The smallest change that passes the near end goes no farther, and a change that passes both ends has crossed
        the interval.
        """
        if self.name is not None or self.kept:
            return self
        value = float(np.asarray(reading[self.label.columns[0]])[row])
        if value < self.low:
            return replace(self, high=np.inf)
        return replace(self, low=-np.inf) if value > self.high else self

    def tightened(self, margin: float) -> Goal:
        """Returns the goal with a margin at each end of its interval that is not the end of the label's range.

        Args:
            margin: share of the label's range, cut to two fifths of the interval. A class must win by `margin`.
        """
        if self.kept:
            return self
        if self.name is not None:
            return replace(self, low=1.0 + margin)
        spare = min(margin * self.label.span, MAX_MARGIN_SHARE * (self.high - self.low))
        return replace(self, low=self.low + spare if self.low > self.label.low else self.low,
                       high=self.high - spare if self.high < self.label.high else self.high)


@dataclass(frozen=True)
class Target:
    """All goals of one counterfactual.

    Args:
        text: as the user wrote it.
        goals: all must be met.
        kept: labels to keep, which become goals by `with_original`.
    """

    text: str
    goals: tuple[Goal, ...]
    kept: tuple[Label, ...] = ()

    def with_original(self, reading: Readings, row: int = 0) -> Target:
        """Returns the target with every kept label as an interval around the original reading of face `row`."""
        held = []
        for label in self.kept:
            value, width = float(np.asarray(reading[label.columns[0]])[row]), KEEP_WIDTH * label.span
            held.append(Goal(label, value - width, value + width, kept=True))
        return Target(self.text, self.goals + tuple(held))

    def tightened(self, margin: float) -> Target:
        """Returns the target with a margin, see `Goal.tightened`."""
        return replace(self, goals=tuple(goal.tightened(margin) for goal in self.goals))

    def shortfall(self, reading: Mapping[str, Tensor], maximum: Maximum = np.maximum) -> Tensor:
        """Returns the sum of the distances to all goals, `(n,)`; 0 = met. Arguments as `Goal.shortfall`.

        Raises:
            ValueError: kept labels without `with_original`.
        """
        if self.kept:
            raise ValueError("call with_original first")
        parts = [goal.shortfall(reading, maximum) for goal in self.goals]
        return sum(parts[1:], parts[0])

    def distance(self, reading: Readings) -> np.ndarray:
        """Returns the distance to the target, `(n,)`; negative values are the smallest margin of all goals."""
        spare = np.min([goal.spare(reading) for goal in self.goals], axis=0)
        return np.where(spare < 0.0, self.shortfall(reading), -spare)

    def towards(self, reading: Readings, row: int = 0) -> Target:
        """Returns the target with the near ends of its intervals alone, see `Goal.towards`."""
        return replace(self, goals=tuple(goal.towards(reading, row) for goal in self.goals))

    @property
    def goal_labels(self) -> tuple[Label, ...]:
        """Labels to change, each once."""
        return tuple({goal.label.name: goal.label for goal in self.goals if not goal.kept}.values())

    @property
    def held_units(self) -> tuple[int, ...]:
        """FACS numbers of the Action Units to keep."""
        labels = [*self.kept, *(goal.label for goal in self.goals if goal.kept)]
        return tuple(label.unit for label in labels if label.unit is not None)
