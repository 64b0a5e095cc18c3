"""What a counterfactual must reach: `AU12=0`, `valence<=-0.2`, `expression=sadness`, `keep:AU25`, joined by commas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from catgan import facs
from catgan.errors import CatganError, unknown_name
from catgan.labels import LabelSpec

_CONDITION = re.compile(r"\s*([A-Za-z]+ ?\d*)\s*(>=|<=|=)\s*([^\s=<>]+)\s*")

# `=` is met within this of the value; a kept label may drift by so much. Shares of the label's range.
EQUAL, KEEP = 0.05, 0.1


@dataclass(frozen=True)
class Goal:
    """One thing to reach or to hold.

    Args:
        label: `AU12`, `valence`, `arousal` or `expression`.
        column: the column of a reading that shows it.
        low, high: the interval it must lie in, in the column's unit; for an expression 1..1 on `name`.
        name: the expression class, else None.
        kept: whether this goal holds a label still instead of moving it.
    """

    label: str
    column: str
    low: float
    high: float
    name: str | None = None
    kept: bool = False


@dataclass(frozen=True)
class Target:
    """All goals together. `text` is what the user wrote."""

    text: str
    goals: tuple[Goal, ...]
    kept: tuple[str, ...]

    def with_original(self, reading: Mapping[str, Any], spec: LabelSpec) -> Target:
        """The target with every `keep:` turned into an interval around the original reading (one row)."""
        held = []
        for label in self.kept:
            column = _column(label, spec)
            width = KEEP * (spec.maximum if label.startswith("AU") else 2.0)
            value = float(np.asarray(reading[column])[0])
            held.append(Goal(label, column, value - width, value + width, kept=True))
        return Target(self.text, self.goals + tuple(held), ())

    def shortfall(self, reading: Mapping[str, Any]) -> np.ndarray:
        """How far each reading is from its goals, `(n,)`: the sum over goals of the distance to the interval; 0 = met.

        Raises:
            ValueError: a `keep:` that `with_original` has not seen.
        """
        if self.kept:
            raise ValueError("call with_original first")
        total: Any = 0.0
        for goal in self.goals:
            values = np.asarray(reading[goal.column])
            if goal.name is not None:
                values = (values == goal.name).astype(float)
            total = total + np.maximum(goal.low - values, 0.0) + np.maximum(values - goal.high, 0.0)
        return np.asarray(total, float)


def parse_target(text: str, spec: LabelSpec, thresholds: Mapping[int, float]) -> Target:
    """Reads a target and checks it against what a model predicts.

    Args:
        text: for example `"valence<=-0.2,keep:AU25"`.
        spec: labels of the model.
        thresholds: per AU the reading from which it counts as present.

    Raises:
        CatganError: not the form of a target, a label the model lacks, a value out of range, or goals that exclude
            each other.
    """
    goals, kept = [], []
    for part in (piece.strip() for piece in text.split(",")):
        if part.lower().startswith("keep:"):
            label = _label(part[5:], spec)
            if label == "expression":
                raise CatganError("'keep:' takes an Action Unit, valence or arousal. Received: 'keep:expression'.")
            kept.append(label)
            continue
        match = _CONDITION.fullmatch(part)
        if not match:
            raise CatganError("A target reads AU12=0, AU04>=1, valence<=-0.2, arousal>=0.5, expression=sadness or "
                              f"keep:AU25, joined by commas. Received: '{part}'.")
        goals.append(_goal(_label(match[1], spec), match[2], match[3], spec, thresholds))
    if not goals:
        raise CatganError(f"A target needs at least one label to move besides 'keep:'. Received: '{text}'.")
    _check_contradictions(goals, kept)
    return Target(text, tuple(goals), tuple(kept))


def _label(text: str, spec: LabelSpec) -> str:
    text = text.strip()
    if re.fullmatch(r"(?i)au ?\d+", text):
        number = facs.parse_action_unit(text.replace(" ", ""))
        if number not in spec.action_units:
            raise unknown_name("Action Unit for this model", facs.au_name(number), map(facs.au_name, spec.action_units))
        return facs.au_name(number)
    allowed = [name for name in ("valence", "arousal", "expression") if name in spec.columns]
    if text.lower() not in allowed:
        raise unknown_name("label of this model", text, [*map(facs.au_name, spec.action_units), *allowed])
    return text.lower()


def _column(label: str, spec: LabelSpec) -> str:
    return f"{label}_present" if label.startswith("AU") and spec.scale == "presence" else label


def _goal(label: str, relation: str, text: str, spec: LabelSpec, thresholds: Mapping[int, float]) -> Goal:
    if label == "expression":
        name = facs.parse_expression(text)
        if relation != "=" or name not in spec.expressions:
            raise CatganError(f"An expression target reads expression=NAME with one of {', '.join(spec.expressions)}. "
                              f"Received: expression{relation}{text}.")
        return Goal(label, label, 1.0, 1.0, name)
    try:
        value = float(text)
    except ValueError:
        raise CatganError(f"'{label}{relation}' needs a number. Received: '{text}'.") from None
    low, high = (0.0, 5.0) if label.startswith("AU") else (-1.0, 1.0)
    if not low <= value <= high:
        raise CatganError(f"{label} must lie in {low:g}..{high:g}. Received: {text}.")
    if label.startswith("AU") and spec.scale == "presence":
        return _presence_goal(label, relation, value, thresholds[facs.parse_action_unit(label)])
    margin = EQUAL * (high - low)
    bounds = {">=": (value, high), "<=": (low, value), "=": (value - margin, value + margin)}[relation]
    return Goal(label, label, *bounds)


def _presence_goal(label: str, relation: str, value: float, threshold: float) -> Goal:
    if relation in ("=", "<=") and value < 1.0:
        return Goal(label, f"{label}_present", 0.0, float(np.nextafter(threshold, 0.0)))
    if (relation, value) == ("=", 1.0) or (relation == ">=" and 0.0 < value <= 1.0):
        return Goal(label, f"{label}_present", threshold, 1.0)
    raise CatganError(f"This model tells whether {label} is present, not how strong it is: use {label}=0 (absent) or "
                      f"{label}>=1 (present). Received: {label}{relation}{value:g}.")


def _check_contradictions(goals: list[Goal], kept: list[str]) -> None:
    for goal in goals:
        if goal.label in kept:
            raise CatganError(f"{goal.label} cannot be moved and kept at once.")
        for other in goals:
            excluded = max(goal.low, other.low) > min(goal.high, other.high) or goal.name != other.name
            if goal.label == other.label and excluded:
                raise CatganError(f"The goals for {goal.label} exclude each other.")
