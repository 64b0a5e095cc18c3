"""Parser of counterfactual targets.

A target is one or more conditions, joined by commas: `AU12=0`, `valence<=-0.2`, `arousal=0.1..0.4`,
`expression=sadness`, `class!=happy`, `output[3]>=0.5`, `keep:AU25`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from catgan import facs
from catgan.errors import TargetError, unknown_name
from catgan.explain.goals import Goal, Target
from catgan.explain.models import Label
from catgan.explain.outputs import OWN

__all__ = ["Goal", "Target", "parse_target"]

EQUAL_WIDTH = 0.05
"""Share of a label's range within which `=` counts as met, either way."""
MIN_LEAD = 1e-6
"""Difference of probability by which another class must win, so that a tie does not count."""
MAX_LISTED = 12
"""Labels that an error lists."""

_CONDITION = re.compile(r"\s*([^\s<>=!](?:[^<>=!]*[^\s<>=!])?)\s*(>=|<=|!=|=)\s*([^<>=!]*[^\s<>=!])\s*")
_INTERVAL = re.compile(r"(\S+?)\s*\.\.\s*(\S+)")


def parse_target(text: str, labels: Mapping[str, Label]) -> Target:
    """Parses a target and checks it against the labels of a model.

    Args:
        text: for example `"valence<=-0.2,keep:AU25"`.
        labels: of the model, see `catgan.explain.models`.

    Raises:
        TargetError: text that is no target, a value out of range, or goals that exclude each other.
        CatganError: a label that the model lacks.
    """
    goals: list[Goal] = []
    kept: list[Label] = []
    for part in (piece.strip() for piece in text.split(",")):
        if part.lower().startswith("keep:"):
            kept.append(_kept(part[5:], labels))
            continue
        match = _CONDITION.fullmatch(part)
        if not match:
            raise TargetError("A target reads AU12=0, AU04>=1, valence<=-0.2, arousal=0.1..0.4, expression=sadness, "
                              f"expression!=happiness or keep:AU25, joined by commas. Received: '{part}'.")
        goals.append(_goal(_label(match[1], labels), match[2], match[3]))
    if not goals:
        raise TargetError(f"A target needs at least one label to move besides 'keep:'. Received: '{text}'.")
    _check_contradictions(goals, kept)
    return Target(text, tuple(goals), tuple(kept))


def _kept(text: str, labels: Mapping[str, Label]) -> Label:
    own = OWN + (_unit_name(text) or text.strip().lower())
    label = labels[own] if own in labels and not _spelled(text, labels) else _label(text, labels)
    if label.kind == "class":
        raise TargetError(f"'keep:' takes a number, such as an Action Unit. Received: 'keep:{label.name}'.")
    return label


def _label(text: str, labels: Mapping[str, Label]) -> Label:
    text = text.strip()
    found, name = _spelled(text, labels), _unit_name(text)
    if found:
        return labels[found]
    own = OWN + (name or text.lower())
    if own in labels:
        raise TargetError(f"The explained model says nothing of '{text}'. What catgan itself reads is called {own}. "
                          f"The model's labels: {_listed(labels)}.")
    if name is not None:
        raise unknown_name("Action Unit for this model", name, [*filter(_is_unit, labels)])
    raise unknown_name("label of this model", text, labels)


def _spelled(text: str, labels: Mapping[str, Label]) -> str | None:
    """Returns the name of the label that a text means; None where there is none.

    It is found as it is written, as an Action Unit, with or without `[0]`, and in upper or lower case.
    """
    text = text.strip()
    lower = {name.lower(): name for name in labels}
    for spelled in (text, _unit_name(text) or text, text.removesuffix("[0]"), f"{text}[0]"):
        if spelled in labels or spelled.lower() in lower:
            return spelled if spelled in labels else lower[spelled.lower()]
    return None


def _unit_name(text: str) -> str | None:
    """Returns the name of an Action Unit in any spelling, with the prefix `catgan:` if it has one; else None."""
    prefix = OWN if text.strip().lower().startswith(OWN) else ""
    text = text.strip()[len(prefix):].replace(" ", "")
    return prefix + facs.au_name(facs.parse_action_unit(text)) if re.fullmatch(r"(?i)au\d+", text) else None


def _listed(labels: Mapping[str, Label]) -> str:
    """Lists the labels of the explained model as text."""
    names = [name for name in labels if not name.startswith(OWN)]
    more = len(names) - MAX_LISTED
    return ", ".join(names[:MAX_LISTED]) + (f" and {more} more" if more > 0 else "")


def _is_unit(name: str) -> bool:
    return re.fullmatch(r"AU\d+", name) is not None


def _goal(label: Label, relation: str, text: str) -> Goal:
    if label.kind == "class":
        return _class_goal(label, relation, text)
    if relation == "!=":
        raise TargetError(f"Only a class takes '!='. Received: {label.name}!={text}.")
    interval = _INTERVAL.fullmatch(text) if relation == "=" else None
    first, last = (_number(label, part) for part in (interval.groups() if interval else (text, text)))
    if interval and first > last:
        raise TargetError(f"An interval runs from its smaller to its larger end. Received: {label.name}={text}.")
    if label.kind == "presence":
        return _presence_goal(label, relation, first, text)
    if interval:
        return Goal(label, first, last)
    margin = EQUAL_WIDTH * label.span
    bounds = {">=": (first, label.high), "<=": (label.low, first), "=": (first - margin, first + margin)}[relation]
    return Goal(label, *bounds)


def _number(label: Label, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise TargetError(f"'{label.name}' needs a number. Received: '{text}'.") from None
    low, high = (0.0, 5.0) if label.unit is not None else (label.low, label.high)
    if not low <= value <= high:
        raise TargetError(f"{label.name} must lie in {low:g}..{high:g}. Received: {text}.")
    return value


def _class_goal(label: Label, relation: str, text: str) -> Goal:
    known = {name.lower(): name for name in label.classes}
    name = known.get(text.strip().lower())
    if name is None and label.name.removeprefix(OWN) == "expression":
        name = known.get(facs.parse_expression(text))
    if relation not in ("=", "!=") or name is None:
        raise TargetError(f"A target for the {label.name} reads {label.name}=NAME or {label.name}!=NAME with one of "
                          f"{', '.join(label.classes)}. Received: {label.name}{relation}{text}.")
    if relation == "!=":
        return Goal(label, 1.0 + MIN_LEAD, 1.0, name, other=True)
    return Goal(label, 1.0, 1.0, name)


def _presence_goal(label: Label, relation: str, value: float, text: str) -> Goal:
    if relation in ("=", "<=") and value < 1.0 and ".." not in text:
        return Goal(label, 0.0, float(np.nextafter(label.threshold, 0.0)))
    if ".." not in text and (relation == "=" and value == 1.0 or relation == ">=" and 0.0 < value <= 1.0):
        return Goal(label, label.threshold, 1.0)
    raise TargetError(f"This model tells whether {label.name} is present, not how strong it is: use {label.name}=0 "
                      f"(absent) or {label.name}>=1 (present). Received: {label.name}{relation}{text}.")


def _check_contradictions(goals: Sequence[Goal], kept: Sequence[Label]) -> None:
    for goal in goals:
        if goal.label in kept:
            raise TargetError(f"{goal.label.name} cannot be moved and kept at once.")
        others = [other for other in goals if other.label == goal.label]
        if goal.name is not None:
            left = set(goal.label.classes)
            for other in others:
                left = left - {other.name} if other.other else left & {other.name}
            excluded = not left
        else:
            excluded = any(max(goal.low, other.low) > min(goal.high, other.high) for other in others)
        if excluded:
            raise TargetError(f"The goals for {goal.label.name} exclude each other.")
