"""Prototype tables as matrices of expressions and Action Units, and how well a profile agrees with one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from catgan import facs

OPTIONAL = 0.5
"""Membership of an Action Unit that a table calls optional; 1 for one that belongs, 0 for all others."""
LEAST_EXPRESSIONS = 2
"""Expressions that a table must share with the data to be ranked."""


@dataclass(frozen=True)
class ComparedTables:
    """Prototype tables on the expressions and Action Units on which all of them are compared.

    Args:
        expressions: that the data and every ranked table have.
        columns: places of the Action Units that some ranked table names for them and the data code.
        memberships: per ranked table `(expressions, columns)`: 1, `OPTIONAL` or 0.
        unseen: per ranked table the FACS numbers that it names for them and the data do not code.
        unranked: the other tables, with the reason.
    """

    expressions: tuple[str, ...]
    columns: tuple[int, ...]
    memberships: Mapping[str, np.ndarray]
    unseen: Mapping[str, tuple[int, ...]]
    unranked: Mapping[str, str]


def compared_tables(expressions: Sequence[str], numbers: Sequence[int]) -> ComparedTables:
    """Lays out every table of `facs.PROTOTYPES` on the expressions that all of them share with the data.

    Args:
        expressions: of the data, with enough faces.
        numbers: FACS numbers that the data code.
    """
    shared = {name: set(table.sets) & set(expressions) for name, table in facs.PROTOTYPES.items()}
    ranked = [name for name, own in shared.items() if len(own) >= LEAST_EXPRESSIONS]
    common = tuple(one for one in expressions if ranked and all(one in shared[name] for name in ranked))
    if len(common) < LEAST_EXPRESSIONS:
        ranked, common = [], ()
    named = {name: _named(facs.PROTOTYPES[name], common) for name in ranked}
    columns = tuple(place for place, number in enumerate(numbers) if any(number in found for found in named.values()))
    coded = [numbers[place] for place in columns]
    memberships = {name: _membership(facs.PROTOTYPES[name], common, coded) for name in ranked}
    unseen = {name: tuple(sorted(found - set(numbers))) for name, found in named.items()}
    unranked = {name: f"shares {len(own)} expressions with the data" for name, own in shared.items()
                if name not in ranked}
    return ComparedTables(common, columns, memberships, unseen, unranked)


def _named(table: facs.Prototypes, expressions: Sequence[str]) -> set[int]:
    return {number for one in expressions for number in (*table.sets[one], *table.optional.get(one, ()))}


def _membership(table: facs.Prototypes, expressions: Sequence[str], numbers: Sequence[int]) -> np.ndarray:
    return np.array([[1.0 if number in table.sets[one] else OPTIONAL if number in table.optional.get(one, ()) else 0.0
                      for number in numbers] for one in expressions]).reshape(len(expressions), len(numbers))


def agreement(profile: np.ndarray, membership: np.ndarray) -> float | None:
    """Computes how well a table agrees with a profile: Pearson's correlation over cells of expression and Action Unit.

    The mean of each Action Unit over expressions is subtracted from both, so that an Action Unit that is frequent in
    every expression tells nothing.

    Args:
        profile: `(expressions, units)`, NaN = unknown; such cells are left out.
        membership: same shape.

    Returns:
        -1..1, 1 if profiles rise exactly as the table says; None where either does not differ between expressions.
    """
    known = np.isfinite(profile)
    counts = np.maximum(known.sum(0), 1)
    centred = []
    for values in (np.where(known, profile, 0.0), np.where(known, membership, 0.0)):
        centred.append(np.where(known, values - values.sum(0) / counts, 0.0))
    size = float(np.sqrt((centred[0] ** 2).sum() * (centred[1] ** 2).sum()))
    return float((centred[0] * centred[1]).sum()) / size if size > 1e-12 else None
