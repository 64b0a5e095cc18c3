"""What a layout of annotations gives: for `catgan sources`, the documentation, and the terms on a data set's card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from catgan.errors import CatganError


@dataclass(frozen=True)
class Layout:
    """One layout.

    Args:
        gives: labels with their scales, in a few words.
        unknown: how the layout says that something is not known, and the traps that the reader minds.
        terms: licence terms of the collection in a few words; a recipe may state its own.
        action_units: FACS numbers that are coded; empty where there are none, or where every file names its own.
        splits: official splits that rows carry, or `""`.
        folds: official folds for cross-validation, each a tuple of subjects.
        options: option of a recipe's source -> what it means and its default.
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
    """The number that a recipe gives as option `name`. Raises `CatganError` outside `low..high`."""
    value = options.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise CatganError(f"Option '{name}' must be a number in {low:g}..{high:g}. Received: {value!r}.")
    return float(value)
