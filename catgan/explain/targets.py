"""Targets of counterfactuals: `AU12=0`, `valence<=-0.2`, `arousal=0.1..0.4`, `expression=sadness`, `class!=happy`,
`output[3]>=0.5`, `keep:AU25`, joined by commas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from catgan import facs
from catgan.errors import CatganError, unknown_name
from catgan.explain.models import Label
from catgan.explain.outputs import OWN

_CONDITION = re.compile(r"\s*([^\s<>=!](?:[^<>=!]*[^\s<>=!])?)\s*(>=|<=|!=|=)\s*([^<>=!]*[^\s<>=!])\s*")
_INTERVAL = re.compile(r"(\S+?)\s*\.\.\s*(\S+)")

# `=` is met within this of the value; a kept label may drift by so much. Shares of the label's range.
EQUAL, KEEP = 0.05, 0.1
STRICT = 1e-6
"""By how much another class must win at the least: a tie is not won."""


@dataclass(frozen=True)
class Goal:
    """One thing to reach or to hold.

    Args:
        label: what is spoken of.
        low, high: the interval it must lie in, in the label's unit; of a class 1..1, or more by how much it must win.
        name: the class that must be the likeliest, else None.
        other: whether any other class than `name` must be the likeliest instead.
        kept: whether this goal holds a label still instead of moving it.
    """

    label: Label
    low: float
    high: float
    name: str | None = None
    kept: bool = False
    other: bool = False

    def shortfall(self, reading: Mapping[str, Any], maximum: Any = np.maximum) -> Any:
        """How far from the goal, as a share of the label's range, `(n,)`; 0 = met. `maximum` is numpy's, or the
        backend's for tensors that gradients pass through."""
        if self.name is not None:
            own = self.label.columns[self.label.classes.index(self.name)]
            others = [reading[column] for column in self.label.columns if column != own]
            likeliest = others[0]
            for other in others[1:]:
                likeliest = maximum(likeliest, other)
            ahead = reading[own] - likeliest if self.other else likeliest - reading[own]
            return maximum(ahead + (self.low - 1.0), 0.0)
        values = reading[self.label.columns[0]]
        return (maximum(self.low - values, 0.0) + maximum(values - self.high, 0.0)) / self.label.span

    def spare(self, reading: Mapping[str, np.ndarray]) -> np.ndarray:
        """By how much a goal that is met is met, as `shortfall` counts, `(n,)`."""
        if self.name is not None:
            own = self.label.columns[self.label.classes.index(self.name)]
            others = [reading[column] for column in self.label.columns if column != own]
            ahead = reading[own] - np.max(others, axis=0)
            return (-ahead if self.other else ahead) + (1.0 - self.low)
        values = reading[self.label.columns[0]]
        return np.minimum(values - self.low, self.high - values) / self.label.span

    def towards(self, reading: Mapping[str, np.ndarray], row: int = 0) -> Goal:
        """The goal as it looks from the reading of face `row`: with the near end of its interval alone. The least
        change that passes that end goes no farther, and one that passes both ends is known to have been there."""
        if self.name is not None or self.kept:
            return self
        value = float(np.asarray(reading[self.label.columns[0]])[row])
        if value < self.low:
            return replace(self, high=np.inf)
        return replace(self, low=-np.inf) if value > self.high else self

    def tightened(self, margin: float) -> Goal:
        """The same goal with something to spare: `margin` of the label's range at each end that is not the range's own,
        but never more than two fifths of the interval. A class is to win by `margin`, see `shortfall`."""
        if self.kept:
            return self
        if self.name is not None:
            return replace(self, low=1.0 + margin)
        spare = min(margin * self.label.span, 0.4 * (self.high - self.low))
        return replace(self, low=self.low + spare if self.low > self.label.low else self.low,
                       high=self.high - spare if self.high < self.label.high else self.high)


@dataclass(frozen=True)
class Target:
    """All goals together. `text` is what the user wrote; `kept` labels wait for `with_original`."""

    text: str
    goals: tuple[Goal, ...]
    kept: tuple[Label, ...] = ()

    def with_original(self, reading: Mapping[str, Any], row: int = 0) -> Target:
        """The target with every `keep:` turned into an interval around face `row` of the original reading."""
        held = []
        for label in self.kept:
            value, width = float(np.asarray(reading[label.columns[0]])[row]), KEEP * label.span
            held.append(Goal(label, value - width, value + width, kept=True))
        return Target(self.text, self.goals + tuple(held))

    def tightened(self, margin: float) -> Target:
        """The target with something to spare, see `Goal.tightened`."""
        return replace(self, goals=tuple(goal.tightened(margin) for goal in self.goals))

    def shortfall(self, reading: Mapping[str, Any], maximum: Any = np.maximum) -> Any:
        """How far each reading is from its goals, `(n,)`: the sum over goals of the distance to the interval as a share
        of the label's range; 0 = met.

        Raises:
            ValueError: a `keep:` that `with_original` has not seen.
        """
        if self.kept:
            raise ValueError("call with_original first")
        parts = [goal.shortfall(reading, maximum) for goal in self.goals]
        return sum(parts[1:], parts[0])

    def distance(self, reading: Mapping[str, np.ndarray]) -> np.ndarray:
        """`shortfall`, and less than 0 by what the goal that is met with the least to spare has to spare, `(n,)`."""
        spare = np.min([goal.spare(reading) for goal in self.goals], axis=0)
        return np.where(spare < 0.0, self.shortfall(reading), -spare)

    def towards(self, reading: Mapping[str, np.ndarray], row: int = 0) -> Target:
        """The target as it looks from the reading of face `row`, see `Goal.towards`."""
        return replace(self, goals=tuple(goal.towards(reading, row) for goal in self.goals))

    @property
    def moved(self) -> tuple[Label, ...]:
        """What is to move, each once."""
        return tuple({goal.label.name: goal.label for goal in self.goals if not goal.kept}.values())

    @property
    def held_units(self) -> tuple[int, ...]:
        """FACS numbers of the Action Units that are to be kept."""
        labels = [*self.kept, *(goal.label for goal in self.goals if goal.kept)]
        return tuple(label.unit for label in labels if label.unit is not None)


def parse_target(text: str, labels: Mapping[str, Label]) -> Target:
    """Reads a target and checks it against what a model says.

    Args:
        text: for example `"valence<=-0.2,keep:AU25"`.
        labels: of the model, see `catgan.explain.models`.

    Raises:
        CatganError: not the form of a target, a label the model lacks, a value out of range, or goals that exclude
            each other.
    """
    goals, kept = [], []
    for part in (piece.strip() for piece in text.split(",")):
        if part.lower().startswith("keep:"):
            kept.append(_kept(part[5:], labels))
            continue
        match = _CONDITION.fullmatch(part)
        if not match:
            raise CatganError("A target reads AU12=0, AU04>=1, valence<=-0.2, arousal=0.1..0.4, expression=sadness, "
                              f"expression!=happiness or keep:AU25, joined by commas. Received: '{part}'.")
        goals.append(_goal(_label(match[1], labels), match[2], match[3]))
    if not goals:
        raise CatganError(f"A target needs at least one label to move besides 'keep:'. Received: '{text}'.")
    _check_contradictions(goals, kept)
    return Target(text, tuple(goals), tuple(kept))


def _kept(text: str, labels: Mapping[str, Label]) -> Label:
    own = OWN + (_unit_name(text) or text.strip().lower())
    label = labels[own] if own in labels and not _spelled(text, labels) else _label(text, labels)
    if label.kind == "class":
        raise CatganError(f"'keep:' takes a number, such as an Action Unit. Received: 'keep:{label.name}'.")
    return label


def _label(text: str, labels: Mapping[str, Label]) -> Label:
    text = text.strip()
    found, name = _spelled(text, labels), _unit_name(text)
    if found:
        return labels[found]
    own = OWN + (name or text.lower())
    if own in labels:
        raise CatganError(f"The explained model says nothing of '{text}'. What catgan itself reads is called {own}. "
                          f"The model's labels: {_listed(labels)}.")
    if name is not None:
        raise unknown_name("Action Unit for this model", name, [*filter(_is_unit, labels)])
    raise unknown_name("label of this model", text, labels)


def _spelled(text: str, labels: Mapping[str, Label]) -> str | None:
    """The name of the label that is meant: as it is written, as an Action Unit, with or without the number of the only
    one, in other letters; None where there is none."""
    text = text.strip()
    lower = {name.lower(): name for name in labels}
    for spelled in (text, _unit_name(text) or text, text.removesuffix("[0]"), f"{text}[0]"):
        if spelled in labels or spelled.lower() in lower:
            return spelled if spelled in labels else lower[spelled.lower()]
    return None


def _unit_name(text: str) -> str | None:
    """The name of an Action Unit, however it is written, with what tells whose it is; None for other names."""
    prefix = OWN if text.strip().lower().startswith(OWN) else ""
    text = text.strip()[len(prefix):].replace(" ", "")
    return prefix + facs.au_name(facs.parse_action_unit(text)) if re.fullmatch(r"(?i)au\d+", text) else None


def _listed(labels: Mapping[str, Label], most: int = 12) -> str:
    """The labels of the explained model, in words."""
    names = [name for name in labels if not name.startswith(OWN)]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _is_unit(name: str) -> bool:
    return re.fullmatch(r"AU\d+", name) is not None


def _goal(label: Label, relation: str, text: str) -> Goal:
    if label.kind == "class":
        return _class_goal(label, relation, text)
    if relation == "!=":
        raise CatganError(f"Only a class takes '!='. Received: {label.name}!={text}.")
    interval = _INTERVAL.fullmatch(text) if relation == "=" else None
    first, last = (_number(label, part) for part in (interval.groups() if interval else (text, text)))
    if interval and first > last:
        raise CatganError(f"An interval runs from its smaller to its larger end. Received: {label.name}={text}.")
    if label.kind == "presence":
        return _presence_goal(label, relation, first, text)
    if interval:
        return Goal(label, first, last)
    margin = EQUAL * label.span
    bounds = {">=": (first, label.high), "<=": (label.low, first), "=": (first - margin, first + margin)}[relation]
    return Goal(label, *bounds)


def _number(label: Label, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise CatganError(f"'{label.name}' needs a number. Received: '{text}'.") from None
    low, high = (0.0, 5.0) if label.unit is not None else (label.low, label.high)
    if not low <= value <= high:
        raise CatganError(f"{label.name} must lie in {low:g}..{high:g}. Received: {text}.")
    return value


def _class_goal(label: Label, relation: str, text: str) -> Goal:
    known = {name.lower(): name for name in label.classes}
    name = known.get(text.strip().lower())
    if name is None and label.name.removeprefix(OWN) == "expression":
        name = known.get(facs.parse_expression(text))
    if relation not in ("=", "!=") or name is None:
        raise CatganError(f"A target for the {label.name} reads {label.name}=NAME or {label.name}!=NAME with one of "
                          f"{', '.join(label.classes)}. Received: {label.name}{relation}{text}.")
    if relation == "!=":
        return Goal(label, 1.0 + STRICT, 1.0, name, other=True)
    return Goal(label, 1.0, 1.0, name)


def _presence_goal(label: Label, relation: str, value: float, text: str) -> Goal:
    if relation in ("=", "<=") and value < 1.0 and ".." not in text:
        return Goal(label, 0.0, float(np.nextafter(label.threshold, 0.0)))
    if ".." not in text and (relation == "=" and value == 1.0 or relation == ">=" and 0.0 < value <= 1.0):
        return Goal(label, label.threshold, 1.0)
    raise CatganError(f"This model tells whether {label.name} is present, not how strong it is: use {label.name}=0 "
                      f"(absent) or {label.name}>=1 (present). Received: {label.name}{relation}{text}.")


def _check_contradictions(goals: list[Goal], kept: list[Label]) -> None:
    for goal in goals:
        if goal.label in kept:
            raise CatganError(f"{goal.label.name} cannot be moved and kept at once.")
        others = [other for other in goals if other.label == goal.label]
        if goal.name is not None:
            left = set(goal.label.classes)
            for other in others:
                left = left - {other.name} if other.other else left & {other.name}
            excluded = not left
        else:
            excluded = any(max(goal.low, other.low) > min(goal.high, other.high) for other in others)
        if excluded:
            raise CatganError(f"The goals for {goal.label.name} exclude each other.")
