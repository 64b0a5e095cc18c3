"""Changes of labels by name, to a value or by a difference, and their encoding for an editor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from catgan import facs
from catgan.conditions import DIMENSIONS, Condition
from catgan.errors import CatganError, unknown_name
from catgan.labels import LabelSpec

DIGITS = 2
"""Decimals of a level and of a difference of levels. Differences are rounded before they are encoded, so that the
stated number is the one that was drawn."""
INTENSITY_SLACK = 1.0
"""Levels by which a difference may go below 0, because the predicted level may be too low."""
FULL_SLACK_LEVEL = 0.5
"""Predicted level from which the whole `INTENSITY_SLACK` is allowed."""
MAX_DEVIATION = {"unit": 1.0, "dimension": 0.2}
"""Deviation of the predicted from the requested label from which an edit counts as missed: Action Units in levels,
valence and arousal in -1..1."""
MAX_RELATIVE_DEVIATION = 0.4
"""The same as a share of the requested change; the larger of the two limits holds."""


@dataclass(frozen=True)
class Changes:
    """Requested changes of labels.

    If only Action Units are named, the other Action Units are held; valence and arousal may follow. If valence or
    arousal is named, every label that is not named may follow.

    Args:
        to: new values by label: AUs 0..5 by FACS number (12) or name (`"AU12"`), `"valence"` and `"arousal"` -1..1.
        by: differences, in the same units. An AU may go down by up to `INTENSITY_SLACK` levels more than its
            predicted level.

    Raises:
        CatganError: nothing is named, a label is named twice, or a value lies outside its range.
    """

    to: Mapping[Any, float] = field(default_factory=dict)  # a Mapping of int | str takes neither of one of them
    by: Mapping[Any, float] = field(default_factory=dict)

    def __post_init__(self):
        for name in ("to", "by"):
            object.__setattr__(self, name, {_name(key): float(value) for key, value in getattr(self, name).items()})
        if not {*self.to, *self.by}:
            raise CatganError("An edit needs something to change, for example AU12 by +2.")
        twice = set(self.to) & set(self.by)
        if twice:
            raise CatganError(f"Each label may be changed once. Received twice: {', '.join(sorted(twice))}.")
        for name, value in self.to.items():
            low, high = (-1.0, 1.0) if name in DIMENSIONS else (0.0, 5.0)
            if not low <= value <= high:
                raise CatganError(f"{name} must lie in {low:g}..{high:g}. Received: {value:g}.")
        for name, value in self.by.items():
            low, high = (-2.0, 2.0) if name in DIMENSIONS else (-5.0 - INTENSITY_SLACK, 5.0)
            if not low <= value <= high:
                raise CatganError(f"{name} can change by {low:g}..{high:g}. Received: {value:g}.")


def _name(key: int | str) -> str:
    """Normalises the name of a label: `12`, `"12"`, `"AU12"` -> `"AU12"`; `"valence"` stays."""
    return str(key) if key in DIMENSIONS else facs.au_name(facs.parse_action_unit(str(key)))


def parse(text: str, what: str = "--au") -> tuple[dict[str, float], dict[str, float]]:
    """Parses `"12=+2,4=0"` into values `{"AU04": 0.0}` and differences `{"AU12": 2.0}`, which have a sign.

    Raises:
        CatganError: anything else.
    """
    to: dict[str, float] = {}
    by: dict[str, float] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        key, separator, value = (piece.strip() for piece in part.partition("="))
        try:
            number = float(value)
        except ValueError:
            separator = ""
        if not separator:
            raise CatganError(f"{what} takes AU=VALUE or AU=+DIFFERENCE, for example 12=+2,4=0. Received: '{part}'.")
        name = _name(key)
        if name in to or name in by:
            raise CatganError(f"Each label may be changed once. Received twice: {name}.")
        (by if value[0] in "+-" else to)[name] = number
    return to, by


class EncodedChange(NamedTuple):
    """The editor's condition, and how it differs from the request.

    Args:
        change: the encoded condition, float32 `(n, 2 * width)`.
        cut: per named label, the requested values `(n,)` that lay outside their range; NaN where they lay inside.
        beyond: per named Action Unit, the levels `(n,)` by which the change goes below 0.
        asked: per named label, the value `(n,)` that the edited face should show: AUs 0..5, valence and arousal -1..1.
    """

    change: np.ndarray
    cut: dict[str, np.ndarray]
    beyond: dict[str, np.ndarray]
    asked: dict[str, np.ndarray]


def encode_change(changes: Changes, read: Mapping[str, np.ndarray], spec: LabelSpec) -> EncodedChange:
    """Encodes label changes as the editor's condition vector.

    Args:
        changes: the requested changes, the same for all faces.
        read: predicted labels before the edit: per column of `spec` an array `(n,)`, in its unit.
        spec: the labels of the model.

    Raises:
        CatganError: a label that the model does not have.
    """
    count = len(next(iter(read.values())))
    units = [facs.au_name(number) for number in spec.action_units]
    names = units + list(DIMENSIONS if spec.valence_arousal else ())
    for name in (*changes.to, *changes.by):
        if name not in names:
            raise unknown_name("label for this model's editor", name, names)
    differences: dict[str, float | np.ndarray] = {}
    result = EncodedChange(np.empty(0), {}, {}, {})
    for place, name in enumerate(names):
        if name not in changes.to and name not in changes.by:
            continue
        now = (np.asarray(read[name], np.float64) if name in DIMENSIONS else
               as_levels(read[spec.action_unit_columns[place]], spec))
        wanted = np.full(count, changes.to[name]) if name in changes.to else exact(now + changes.by[name])
        low, high = (-1.0, 1.0) if name in DIMENSIONS else (lowest(now) if name in changes.by else 0.0, 5.0)
        drawn = np.clip(wanted, low, high)
        result.cut[name] = np.where(drawn != wanted, wanted, np.nan)
        result.asked[name] = drawn
        if name not in DIMENSIONS:
            result.asked[name], result.beyond[name] = np.maximum(drawn, 0.0), np.maximum(-drawn, 0.0)
        differences[name] = exact(drawn - now)
    return result._replace(change=Condition.change(spec, differences, count).encode())


def as_levels(values: np.ndarray, spec: LabelSpec) -> np.ndarray:
    """Converts predictions of an Action Unit to levels 0..5 of `DIGITS` decimals; a presence p counts as 5 p."""
    return np.round(np.clip(np.asarray(values, np.float64) * (5.0 / spec.maximum), 0.0, 5.0), DIGITS)


def lowest(now: np.ndarray, slack: float = INTENSITY_SLACK) -> np.ndarray:
    """Computes the lowest level that a difference may reach: 0 for an absent Action Unit, `-slack` from
    `FULL_SLACK_LEVEL` on, and linear between, so that frames of a video do not flicker.

    Args:
        now: predicted levels.
        slack: levels.
    """
    return -slack * np.minimum(now / FULL_SLACK_LEVEL, 1.0)


def exact(values: np.ndarray) -> np.ndarray:
    """Rounds away floating-point errors of sums and differences of levels, so that equal differences are equal
    numbers."""
    return np.round(values, 6) + 0.0


def missed(asked: float, before: float, after: float, name: str) -> bool:
    """Tells whether an edit missed its request by more than `MAX_DEVIATION` and `MAX_RELATIVE_DEVIATION`.

    Args:
        asked: requested value of the label.
        before, after: its predictions before and after the edit.
        name: of the label.
    """
    limit = MAX_DEVIATION["dimension" if name in DIMENSIONS else "unit"]
    return abs(after - asked) > max(limit, MAX_RELATIVE_DEVIATION * abs(asked - before))


def through_neutral(condition: np.ndarray, spec: LabelSpec) -> tuple[np.ndarray, np.ndarray]:
    """Splits a condition into a neutral face and the change that an editor makes of it.

    Args:
        condition: encoded, `(n, 2 * width)`.
        spec: the labels of the model.

    Returns:
        The encoded condition of the neutral face, in which every given Action Unit, valence and arousal is 0. And the
        encoded change. If only Action Units are given, the others are held, as in `encode_change`. Rows with an
        expression are not split: their change is empty.
    """
    units, asked = len(spec.action_units), Condition.decode(condition)
    named = units + 2 * spec.valence_arousal
    editable = ~(asked.mask[:, named:] > 0).any(1)
    neutral, change = asked.values.copy(), Condition.unknown(len(asked), spec)
    neutral[editable, :named] = 0.0
    change.values[editable, :named] = asked.values[editable, :named]
    change.mask[editable, :named] = asked.mask[editable, :named]
    held = change.mask[:, :units].any(1) & ~change.mask[:, units:named].any(1)
    change.mask[held, :units] = 1.0
    return Condition(neutral, asked.mask).encode(), change.encode()
