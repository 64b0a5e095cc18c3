"""Profiles of Action Units per expression, and which prototype table agrees best with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from catgan.errors import DataError
from catgan.metrics import bootstrap
from catgan.metrics.figures import Figures
from catgan.studies.relate.faces import LabelledFaces
from catgan.studies.relate.options import RelateOptions
from catgan.studies.relate.prototypes import ComparedTables, agreement, compared_tables

LEAST_FACES = 5
"""Faces that a cell of a profile needs."""
MAXIMUM = {"intensity": 5.0, "presence": 1.0}
"""The largest value of an Action Unit, per scale."""


def profiles(faces: LabelledFaces, scale: str, options: RelateOptions) -> Figures:
    """Computes profiles of expressions, and ranks the prototype tables by their agreement with them.

    Args:
        faces: with their labels.
        scale: `intensity` (a profile is the mean intensity) or `presence` (the share of faces that show it).
        options: draws and seed.

    Returns:
        `n` faces; `expressions` and `action_units`, their names; `profile`: per expression and Action Unit `value` and
        `interval`, None where fewer than five faces know both; `faces`: how many these are;
        `compared`: the expressions and Action Units on which tables are compared; `ranking`: the tables, best first,
        each with `table`, `agreement` (see `catgan.studies.relate.prototypes.agreement`) and its `interval`,
        `behind`, the difference of the first table from this one, on the same draws, with `behind_interval`, and
        `unseen`, Action Units of the table that the data do not code; `unranked`: other tables with reasons.

    Raises:
        DataError: no expression has enough faces with Action Units.
    """
    units, classes = faces.units[scale], faces.classes
    rows = np.flatnonzero((classes >= 0) & np.isfinite(units).any(1))
    units, classes, groups = units[rows] / MAXIMUM[scale], classes[rows], faces.groups[rows]
    means, counts = class_profiles(units, classes, len(faces.names))
    usable = np.where(counts >= LEAST_FACES, means, np.nan)
    shown = [place for place in range(len(faces.names)) if np.isfinite(usable[place]).any()]
    if not shown:
        raise DataError(f"no expression has {LEAST_FACES} faces that know it and an Action Unit")
    tables = compared_tables([faces.names[place] for place in shown], faces.numbers)
    picked = [faces.names.index(name) for name in tables.expressions]

    def statistics(drawn: np.ndarray) -> dict[str, float | None]:
        found, _ = class_profiles(units[drawn], classes[drawn], len(faces.names))
        found = np.where(np.isfinite(usable), found, np.nan)
        return {**_cells(found, faces, shown, MAXIMUM[scale]), **_agreements(found[picked], tables)}

    everyone = statistics(np.arange(len(rows)))
    order = _best_first({name: everyone[f"agreement/{name}"] for name in tables.memberships})

    def compared(drawn: np.ndarray) -> dict[str, float | None]:
        found = statistics(drawn)
        return {**found, **_behind(found, order)}

    intervals = bootstrap.intervals(compared, groups, options.draws, options.seed)
    everyone |= _behind(everyone, order)
    return {"n": len(rows), "expressions": [faces.names[place] for place in shown],
            "action_units": list(faces.unit_names),
            "profile": {faces.names[place]: {unit: _figure(everyone, intervals, f"profile/{faces.names[place]}/{unit}")
                                             for unit in faces.unit_names} for place in shown},
            "faces": {faces.names[place]: dict(zip(faces.unit_names, map(int, counts[place]))) for place in shown},
            "compared": {"expressions": list(tables.expressions),
                         "action_units": [faces.unit_names[place] for place in tables.columns]},
            "ranking": _ranking(order, everyone, intervals, tables), "unranked": dict(tables.unranked)}


def class_profiles(units: np.ndarray, classes: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Computes the mean of each Action Unit in each class.

    Args:
        units: `(n, k)`, NaN = unknown.
        classes: `(n,)`, 0 or more.
        count: number of classes.

    Returns:
        Means `(count, k)`, NaN where no face knows it, and the number of faces that do.
    """
    belongs = np.zeros((count, len(classes)))
    belongs[classes, np.arange(len(classes))] = 1.0
    known = np.isfinite(units)
    counts = belongs @ known
    return belongs @ np.where(known, units, 0.0) / np.where(counts > 0, counts, np.nan), counts


def _cells(found: np.ndarray, faces: LabelledFaces, shown: Sequence[int], maximum: float) -> dict[str, float | None]:
    return {f"profile/{faces.names[place]}/{unit}": None if np.isnan(value) else float(value) * maximum
            for place in shown for unit, value in zip(faces.unit_names, found[place])}


def _agreements(found: np.ndarray, tables: ComparedTables) -> dict[str, float | None]:
    return {f"agreement/{name}": agreement(found[:, list(tables.columns)], membership)
            for name, membership in tables.memberships.items()}


def _best_first(agreements: Mapping[str, float | None]) -> list[str]:
    """Orders tables by their agreement; those without one come last."""
    known = {name: value for name, value in agreements.items() if value is not None}
    return [*sorted(known, key=lambda name: -known[name]), *(name for name in agreements if name not in known)]


def _behind(found: dict[str, float | None], order: Sequence[str]) -> dict[str, float | None]:
    """Computes how far each table agrees less than the first one."""
    result: dict[str, float | None] = {}
    for name in order:
        first, own = found[f"agreement/{order[0]}"], found[f"agreement/{name}"]
        result[f"behind/{name}"] = None if first is None or own is None else first - own
    return result


def _figure(values: dict[str, float | None], intervals: Figures, name: str) -> Figures:
    return {"value": values[name], "interval": intervals[name]}


def _ranking(order: Sequence[str], values: dict[str, float | None], intervals: Figures,
             tables: ComparedTables) -> list[Figures]:
    return [{"table": name, "agreement": values[f"agreement/{name}"], "interval": intervals[f"agreement/{name}"],
             "behind": values[f"behind/{name}"], "behind_interval": intervals[f"behind/{name}"],
             "unseen": list(tables.unseen[name])} for name in order]
