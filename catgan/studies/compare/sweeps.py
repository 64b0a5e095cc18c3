"""Reads the models of a sweep from the table that `catgan sweep` writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from catgan.errors import CatganError, ModelError
from catgan.studies.compare.runs import (ComparedModel, ComparedRun, LeftOut, models_of_runs, one_per_seed, open_run,
                                         with_unique_names)
from catgan.studies.sweep.table import SUMMARY, TABLE, read_table


def read_models(sources: Sequence[str | Path]) -> tuple[list[ComparedModel], list[LeftOut]]:
    """Finds the models to compare.

    Args:
        sources: runs, presets, and folders of sweeps.

    Returns:
        Models of different names, in the order given: those of sweeps, and of runs given one by one where the first of
        their runs stands; and the runs that take no part.

    Raises:
        CatganError: a folder is neither, or no run is left.
    """
    models: list[ComparedModel] = []
    left_out: list[LeftOut] = []
    single: list[ComparedRun] = []
    for source in map(str, sources):
        if (Path(source) / TABLE).is_file():
            found, without = read_sweep(Path(source))
            models, left_out = [*models, *found], [*left_out, *without]
        else:
            single.append(open_run(source))
    found, without = models_of_runs(single)
    models, left_out = [*found, *models], [*left_out, *without]
    _refuse_shared(models)
    if not models:
        reasons = "; ".join(f"{one.run}: {one.reason}" for one in left_out[:3])
        raise CatganError(f"No finished run is left to compare. Received: {', '.join(map(str, sources))}. {reasons}")
    return with_unique_names(models), left_out


def read_sweep(folder: Path) -> tuple[list[ComparedModel], list[LeftOut]]:
    """Reads the finished runs of a sweep, one model per cell, and lists the others with their reasons.

    Raises:
        CatganError: the table is damaged, or its axes are not there.
    """
    try:
        rows = read_table(folder)
        axes = list(json.loads((folder / SUMMARY).read_text(encoding="utf-8"))["axes"])
        cells: dict[str, list[ComparedRun]] = {}
        levels, left_out = {}, []
        for row in rows:
            levels[row["cell"]] = {axis: str(row[axis]) for axis in axes}
            run, problem = _opened(folder / row["run"], row)
            if run is None:
                left_out.append(LeftOut(row["run"], problem))
            else:
                cells.setdefault(row["cell"], []).append(run)
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, CatganError):
            raise
        raise CatganError(f"{folder} holds a damaged sweep: {type(error).__name__}: {' '.join(str(error).split())}. "
                          f"Run 'catgan sweep' again: it writes {TABLE} and {SUMMARY}.") from None
    models = []
    for cell, runs in cells.items():
        kept, repeated = one_per_seed(runs)
        left_out += repeated
        models.append(ComparedModel(cell, tuple(kept), levels[cell]))
    return models, left_out


def _opened(folder: Path, row: dict) -> tuple[ComparedRun | None, str]:
    """Opens a run of a sweep, or says why not."""
    if row["status"] != "finished":
        return None, row["status"] + (f": {row['reason']}" if row["reason"] else "")
    try:
        return open_run(folder), ""
    except ModelError as error:
        return None, str(error)


def _refuse_shared(models: Sequence[ComparedModel]) -> None:
    """Refuses a run that belongs to two models: given alone and in its sweep, for example."""
    seen: dict[Path, str] = {}
    for model in models:
        for run in model.runs:
            other = seen.setdefault(run.preset.resolve(), model.name)
            if other != model.name:
                raise ModelError(f"Each run may be given once. Received twice: {run.folder}, which belongs to {other} "
                                 f"and {model.name}.")
