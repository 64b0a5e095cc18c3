"""What an edit asks for: labels by name, to a value or by a difference, and what an editor is told of it."""

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
"""Decimals of a level and of a difference of levels. What is told to an editor is rounded to them, so that the number
that is stated is the number that was drawn."""
PAST, SHOWN = 1.0, 0.5
"""Levels by which a difference may go below 0, and the reading from which it may go so far. A level is read and may be
too low: what is read as less than it is would else not go whole."""


@dataclass(frozen=True)
class Changes:
    """Changes of labels.

    If Action Units alone are named, those that are not named are held, and valence and arousal follow. If valence or
    arousal is named, everything that is not named may follow.

    Args:
        to: new values by label: AUs 0..5 by FACS number (12) or name (`"AU12"`), `"valence"` and `"arousal"` -1..1.
        by: differences, in the same units. An AU may go down by up to `PAST` levels more than was read.

    Raises:
        CatganError: nothing is named, a label is named twice, or a value lies outside its range.
    """

    to: Mapping[Any, float] = field(default_factory=dict)
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
            low, high = (-2.0, 2.0) if name in DIMENSIONS else (-5.0 - PAST, 5.0)
            if not low <= value <= high:
                raise CatganError(f"{name} can change by {low:g}..{high:g}. Received: {value:g}.")


def _name(key: int | str) -> str:
    """`12`, `"12"`, `"AU12"` -> `"AU12"`; `"valence"` stays."""
    return str(key) if key in DIMENSIONS else facs.au_name(facs.parse_action_unit(str(key)))


def parse(text: str, what: str = "--au") -> tuple[dict[str, float], dict[str, float]]:
    """`"12=+2,4=0"` -> `{"AU04": 0.0}` and `{"AU12": 2.0}`: values, and differences, which have a sign.

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
    """What an editor is told, and how that compares with what was asked.

    Args:
        change: [mask * difference, mask], float32 `(n, 2 * width)`.
        cut: per named label the values `(n,)` that were asked for outside what can be drawn, before they were cut: NaN
            where they lay inside.
        beyond: per named Action Unit by how many levels it goes further down than to 0 from what was read, `(n,)`.
        asked: per named label the value `(n,)` that the face should then show: AUs 0..5, valence and arousal -1..1.
    """

    change: np.ndarray
    cut: dict[str, np.ndarray]
    beyond: dict[str, np.ndarray]
    asked: dict[str, np.ndarray]


def encode_change(changes: Changes, read: Mapping[str, np.ndarray], spec: LabelSpec) -> EncodedChange:
    """Works out what the editor is told of changes in faces that a discriminator has read.

    Args:
        changes: what is asked.
        read: per column of `spec`, `(n,)`, in its units.
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
    """Turns what is read of an Action Unit into levels 0..5 of `DIGITS` decimals; a presence of p counts as 5 p."""
    return np.round(np.clip(np.asarray(values, np.float64) * (5.0 / spec.maximum), 0.0, 5.0), DIGITS)


def lowest(now: np.ndarray, past: float = PAST) -> np.ndarray:
    """Says how far down differences may take Action Units that were read at `now`: `past` below 0, but 0 for what was
    read as absent, and evenly between, so that frames of a video do not tremble."""
    return -past * np.minimum(now / SHOWN, 1.0)


def exact(values: np.ndarray) -> np.ndarray:
    """Takes the errors of floating point off sums and differences of rounded levels: the same difference is then the
    same number, whichever way it was computed."""
    return np.round(values, 6) + 0.0


AMISS = {"unit": (1.0, 0.4), "dimension": (0.2, 0.4)}
"""How far from what was asked an edit may be read: so many levels (of -1..1 for valence and arousal), or this share of
the change that was asked, whichever is more."""


def missed(asked: float, before: float, after: float, name: str) -> bool:
    """Tells whether a label is read notably off what an edit asked for, see `AMISS`."""
    least, share = AMISS["dimension" if name in DIMENSIONS else "unit"]
    return abs(after - asked) > max(least, share * abs(asked - before))


def through_neutral(condition: np.ndarray, spec: LabelSpec) -> tuple[np.ndarray, np.ndarray]:
    """A condition in two steps: a neutral face, and the change that an editor is to make of it.

    Args:
        condition: [mask * values, mask], `(n, 2 * width)`.
        spec: the labels of the model.

    Returns:
        The condition of the neutral face: what is asked for is 0. And the change: if Action Units alone are asked for,
        the others are held, as in `encode_change`. Rows that ask for an expression stay as they are, without a change.
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
