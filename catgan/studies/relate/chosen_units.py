"""Chooses the Action Units and the faces of an analysis that needs every Action Unit of a face to be known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEAST_SHARE = 0.5
"""An Action Unit takes part if it is known on this share of the faces that know the best-known one."""
LEAST_FACES, LEAST_GROUPS = 10, 5
"""It must differ from its most frequent value on so many faces, of so many subjects."""
_COLLINEAR = 1e-6


@dataclass(frozen=True)
class ChosenUnits:
    """Says which Action Units and faces take part.

    Args:
        columns: places of the Action Units, ascending.
        rows: row numbers of the faces on which all of them are known.
        left_out: the other Action Units by name, with the reason.
    """

    columns: tuple[int, ...]
    rows: np.ndarray
    left_out: dict[str, str]

    def values(self, units: np.ndarray) -> np.ndarray:
        """Returns the part of `units` `(n, k)` that takes part, `(rows, columns)`."""
        return units[self.rows][:, list(self.columns)]


def choose_units(units: np.ndarray, usable: np.ndarray, groups: np.ndarray, names: Sequence[str]) -> ChosenUnits:
    """Chooses Action Units that are often known together, vary, and do not follow from one another.

    Args:
        units: `(n, k)`, NaN = unknown.
        usable: bool `(n,)`, faces whose other labels are known.
        groups: per face its subject.
        names: of the Action Units.
    """
    left_out: dict[str, str] = {}
    known = np.isfinite(units) & usable[:, None]
    columns = _often_known(known, names, left_out)
    rows = np.flatnonzero(known[:, columns].all(1)) if columns else np.zeros(0, np.int64)
    columns = _varying(units, columns, rows, groups, names, left_out)
    columns = _independent(units, columns, rows, names, left_out)
    rows = np.flatnonzero(known[:, columns].all(1)) if columns else rows[:0]
    return ChosenUnits(tuple(columns), rows, left_out)


def _often_known(known: np.ndarray, names: Sequence[str], left_out: dict[str, str]) -> list[int]:
    """Removes the least known Action Unit until half of the faces of the best known one know all others."""
    counts = known.sum(0)
    columns = list(range(known.shape[1]))
    most = int(counts.max(initial=0))
    while columns:
        least = min(columns, key=lambda place: (counts[place], -place))
        together = int(known[:, columns].all(1).sum())
        if counts[least] and counts[least] >= LEAST_SHARE * most and together >= LEAST_SHARE * most:
            break
        columns.remove(least)
        left_out[names[least]] = ("never known here" if not counts[least] else
                                  f"known on fewer than half of the {most} faces that know the best-known one, or too "
                                  "rarely together with the others")
    return columns


def _varying(units: np.ndarray, columns: Sequence[int], rows: np.ndarray, groups: np.ndarray, names: Sequence[str],
             left_out: dict[str, str]) -> list[int]:
    kept = []
    for place in columns:
        values, counts = np.unique(units[rows, place], return_counts=True)
        other = rows[units[rows, place] != values[counts.argmax()]] if len(values) else rows
        people = len(np.unique(groups[other]))
        if len(other) >= LEAST_FACES and people >= LEAST_GROUPS:
            kept.append(place)
        else:
            left_out[names[place]] = f"hardly varies: {len(other)} faces of {people} subjects differ from the others"
    return kept


def _independent(units: np.ndarray, columns: Sequence[int], rows: np.ndarray, names: Sequence[str],
                 left_out: dict[str, str]) -> list[int]:
    """Removes each Action Unit that is a linear combination of those before it."""
    kept: list[int] = []
    basis = np.zeros((len(rows), 0))
    for place in columns:
        values = units[rows, place] - units[rows, place].mean()
        size = float(np.linalg.norm(values))
        rest = values / size
        for _ in range(2):  # once more, against rounding
            rest = rest - basis @ (basis.T @ rest)
        if float(np.linalg.norm(rest)) > _COLLINEAR:
            kept.append(place)
            basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
        else:
            left_out[names[place]] = "follows from the Action Units before it"
    return kept
