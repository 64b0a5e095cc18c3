"""Reads results over several runs: the table of a sweep, and a finished comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from catgan.metrics.figures import Figures
from catgan.web.inside import inside, read_inside
from catgan.web.requests import Refused
from catgan.web.run_folders import MAX_JSON_BYTES, is_number, object_of

MAX_TABLE_BYTES = 64 << 20
PLAIN = {"run", "cell", "seed", "status", "reason", "data", "images", "best_images"}
"""Columns of a sweep's table that are no figures."""


def sweep_of(root: Path, folder: Path) -> dict[str, object]:
    """Describes a sweep by cells: runs that differ in the seed alone.

    Args:
        root: folder of the runs.
        folder: of the sweep.

    Returns:
        `figures` (names) and `cells`: `name`, `levels` (axis to level), `runs` (`name`, `seed`, `status`, `reason`),
        `values` (figure to numbers, one per finished run that has it), and `states` (status to number of runs).

    Raises:
        CatganError: a damaged table.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = inside(root, folder / "sweep.parquet")
    if path.stat().st_size > MAX_TABLE_BYTES:
        raise Refused(f"sweep.parquet is larger than {MAX_TABLE_BYTES >> 20} MB and is not read.")
    try:
        rows: list[Figures] = pq.read_table(path).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise Refused(f"sweep.parquet is damaged: {' '.join(str(error).split())[:200]}.") from None
    if rows and not {"run", "cell", "status"} <= set(rows[0]):
        raise Refused("sweep.parquet is no table of a sweep: it lacks the columns run, cell and status.")
    axes = _axes(root, folder, rows)
    figures = [name for name in (rows[0] if rows else ()) if name not in PLAIN and name not in axes
               and any(is_number(row[name]) for row in rows)]
    cells = dict[str, list[Figures]]()
    for row in rows:
        cells.setdefault(str(row["cell"]), []).append(row)
    return {"figures": figures, "axes": axes,
            "cells": [_cell(name, group, axes, figures) for name, group in cells.items()]}


def _axes(root: Path, folder: Path, rows: Sequence[Figures]) -> list[str]:
    """Returns the axes that `sweep.json` names, those that the table has."""
    path = folder / "sweep.json"
    named = object_of(read_inside(root, path, MAX_JSON_BYTES), "sweep.json").get("axes") if path.exists() else ()
    return [axis for axis in named if isinstance(axis, str) and rows and axis in rows[0]] if isinstance(
        named, list) else []


def _cell(name: str, rows: Sequence[Figures], axes: Sequence[str], figures: Sequence[str]) -> dict[str, object]:
    states = dict[str, int]()
    for row in rows:
        states[str(row["status"])] = states.get(str(row["status"]), 0) + 1
    return {"name": name, "levels": {axis: str(rows[0][axis]) for axis in axes}, "states": states,
            "runs": [{"name": str(row["run"]), "seed": row.get("seed"), "status": str(row["status"]),
                      "reason": None if row.get("reason") is None else str(row["reason"])[:500]} for row in rows],
            "values": {figure: [row[figure] for row in rows if row["status"] == "finished" and is_number(row[figure])]
                       for figure in figures}}


def comparison_of(root: Path, folder: Path) -> dict[str, object]:
    """Describes a result of `catgan compare`: what was compared, the figures of the models, the differences of pairs.

    Args:
        root: folder of the runs.
        folder: of the result.

    Raises:
        Refused: `compare.json` is damaged.
    """
    found = object_of(read_inside(root, folder / "compare.json", MAX_JSON_BYTES), "compare.json")
    return {"dataset": str(found.get("dataset", "")), "split": str(found.get("split", "")), "n": found.get("n"),
            "draws": found.get("draws"), "compared": str(found.get("compared", "")),
            "remarks": [str(one) for one in _list(found, "remarks")],
            "models": [{"name": str(model.get("name", "")), "runs": len(_list(model, "runs")),
                        "figures": _figures(model, ("value", "n"))} for model in _objects(found, "models")],
            "pairs": [{"model": str(pair.get("model", "")), "against": str(pair.get("against", "")),
                       "figures": _figures(pair, ("model", "against", "difference", "p", "p_holm", "n"))}
                      for pair in _objects(found, "pairs")]}


def _figures(holder: Mapping[str, object], names: Sequence[str]) -> dict[str, dict[str, object]]:
    """Returns named numbers of figures with their interval; None where a number is missing."""
    figures = holder.get("figures")
    return {str(figure): {**{name: content.get(name) if is_number(content.get(name)) else None for name in names},
                          "interval": _interval(content.get("interval")), "stands": content.get("stands") is True,
                          "better": content["better"] if isinstance(content.get("better"), str) else None}
            for figure, content in (figures.items() if isinstance(figures, dict) else ()) if isinstance(content, dict)}


def _interval(value: object) -> list[object] | None:
    return value if isinstance(value, list) and len(value) == 2 and all(map(is_number, value)) else None


def _list(holder: Mapping[str, object], name: str) -> list[object]:
    value = holder.get(name)
    return value if isinstance(value, list) else []


def _objects(holder: Mapping[str, object], name: str) -> list[dict[str, object]]:
    return [one for one in _list(holder, name) if isinstance(one, dict)]
