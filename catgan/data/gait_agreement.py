"""Compares what was acted in gaits with what raters saw, to find out which number stands for which emotion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Agreement:
    """Counts what was acted against what was seen.

    Args:
        acted: emotions that keys name, in the order of `classes`, then others.
        classes: the named order of the numbers.
        counts: int64 `(len(acted), len(classes))`; columns are the numbers 0, 1, ...
        matching: gaits whose label, read by the named order, is what was acted.
        best_order: order of the same names with the most matching gaits; the named one where none is better.
        best_matching: how many it has.
    """

    acted: tuple[str, ...]
    classes: tuple[str, ...]
    counts: np.ndarray
    matching: int
    best_order: tuple[str, ...]
    best_matching: int

    @property
    def total(self) -> int:
        """Number of gaits whose key says what was acted."""
        return int(self.counts.sum())

    @property
    def fits(self) -> bool:
        """Whether no other order has more matching gaits."""
        return self.best_matching <= self.matching

    def table(self) -> str:
        """Returns a Markdown table of what was acted against the numbers and their names."""
        heads = [f"{number} = {name}" for number, name in enumerate(self.classes)]
        lines = [f"| acted | {' | '.join(heads)} |", f"|---|{'---|' * len(heads)}"]
        return "\n".join([*lines, *(f"| {name} | {' | '.join(map(str, row))} |"
                                    for name, row in zip(self.acted, self.counts.tolist()))]) + "\n"

    def warning(self) -> str:
        """Returns a sentence that compares the named order with the one that fits best."""
        return (f"The order {', '.join(self.classes)} agrees with what was acted in {self.matching} of {self.total} "
                f"gaits; the order {', '.join(self.best_order)} would agree in {self.best_matching}.")


def agreement(acted: Sequence[str | None], labels: np.ndarray, classes: Sequence[str]) -> Agreement:
    """Counts how often labels are what was acted, in the named order and in the order that fits best.

    Raters need not see what was acted, so a share well below 1 is no error; a better order is a reason to look.

    Args:
        acted: what was acted in each gait; None = unknown.
        labels: int64 `(n,)`, numbers of what was seen.
        classes: names in the order of the numbers.
    """
    from scipy.optimize import linear_sum_assignment

    rows = [*classes, *sorted({name for name in acted if name is not None} - set(classes))]
    counts = np.zeros((len(rows), len(classes)), np.int64)
    for name, label in zip(acted, labels):
        if name is not None:
            counts[rows.index(name), label] += 1
    square = counts[:len(classes)]
    # A small bonus for the named order decides between equal ones.
    names, numbers = linear_sum_assignment(square + 0.5 / len(square) * np.eye(len(square)), maximize=True)
    named = counts.sum(1) > 0
    return Agreement(tuple(name for name, there in zip(rows, named) if there), tuple(classes), counts[named],
                     int(np.trace(square)), tuple(classes[name] for name in names[np.argsort(numbers)]),
                     int(square[names, numbers].sum()))
