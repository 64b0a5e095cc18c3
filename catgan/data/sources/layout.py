"""Describes annotation layouts for `catgan sources`, the documentation, and the licence terms on a data set's card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from catgan.errors import CatganError


@dataclass(frozen=True)
class Layout:
    """Describes one layout.

    Args:
        gives: labels and their scales, in a few words.
        unknown: how the layout marks unknown labels, and the pitfalls that the reader handles.
        terms: licence terms of the collection in a few words; a recipe may state its own.
        action_units: FACS numbers that are coded; empty if there are none, or if every file names its own.
        splits: official splits of the rows, or `""`.
        folds: official folds for cross-validation, each a tuple of subjects.
        options: option of a recipe's source -> its meaning and default.
    """

    gives: str
    unknown: str
    terms: str
    action_units: tuple[int, ...] = ()
    splits: str = ""
    folds: tuple[tuple[str, ...], ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)


def option_number(options: Mapping[str, object], name: str, default: float, low: float = 0.0,
                  high: float = 60.0) -> float:
    """Returns the number that a recipe gives as option `name`.

    Raises:
        CatganError: it is not a number in `low..high`.
    """
    value = options.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise CatganError(f"Option '{name}' must be a number in {low:g}..{high:g}. Received: {value!r}.")
    return float(value)
