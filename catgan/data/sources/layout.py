"""Describes annotation layouts for `catgan sources`, the documentation, and the licence terms on a data set's card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from catgan.errors import CatganError

RATE = {"rate": "frames per second of extracted images, which gives them a time (default: their times are unknown); "
                "frames of a video file have the times of the file"}


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
        options: option of a recipe's source, which the reader reads -> its meaning and default.
        counts_from: number of the first frame of a video, if rows are frames without a time; None for other layouts.
    """

    gives: str
    unknown: str
    terms: str
    action_units: tuple[int, ...] = ()
    splits: str = ""
    folds: tuple[tuple[str, ...], ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    counts_from: int | None = None

    @property
    def all_options(self) -> Mapping[str, str]:
        """Returns the options of the reader and `rate`, which every layout of frames has."""
        return {**self.options, **(RATE if self.counts_from is not None else {})}

    def time(self, frame: int, options: Mapping[str, object]) -> float | None:
        """Returns the time in seconds of a frame at the rate that a recipe states; None if it states none."""
        if self.counts_from is None or "rate" not in options:
            return None
        return (frame - self.counts_from) / option_number(options, "rate", 0.0, 0.1, 1000.0)


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
