"""Describes a sweep: a base experiment, a grid or a list of changes, and seeds; makes the list of its trainings."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from catgan import config
from catgan.errors import CatganError, unknown_name
from catgan.training.experiment import Experiment, experiment_from

Changes = Mapping[str, object]
"""Keys of an experiment, such as `labels.mode`, and their values."""

SEED = "training.seed"
FIXED_COLUMNS = ("run", "cell", "seed", "status", "reason", "images", "best_images")
"""Columns of `sweep.parquet` that no axis may be called."""


@dataclass(frozen=True)
class CellConfig:
    """Names one cell of a sweep that the grid does not hold.

    Args:
        name: of the cell.
        set: keys of the experiment and their values.
    """

    name: str
    set: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class SweepConfig:
    """Holds the content of a sweep file.

    Args:
        name: of the sweep.
        experiment: path of the base experiment, relative to the sweep file.
        set: keys of the experiment and their values, for all trainings.
        grid: axes. Either a key of the experiment with a list of values (`training.learning_rate: [1e-3, 3e-4]`), or a
            name of the axis with named levels, each a mapping of keys and values
            (`labels: {AU: {labels.mode: au}, VA: {labels.mode: va}}`). All combinations are trained.
        cells: further combinations, each with a name.
        seeds: values of `training.seed`; every cell is trained with each.
    """

    name: str
    experiment: str
    set: Mapping[str, object] = field(default_factory=dict)
    grid: Mapping[str, object] = field(default_factory=dict)
    cells: tuple[CellConfig, ...] = ()
    seeds: tuple[int, ...] = (0,)

    def __post_init__(self) -> None:
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise CatganError(f"'seeds' must be different whole numbers, one or more. Received: {list(self.seeds)}.")
        if not self.grid and not self.cells:
            raise CatganError("A sweep needs 'grid' (axes with their values) or 'cells' (a list of name and set).")
        for axis in self.grid:
            if axis in FIXED_COLUMNS:
                raise CatganError(f"No axis may be called '{axis}': that is a column of sweep.parquet.")


class PlannedRun(NamedTuple):
    """One training of a sweep.

    Attributes:
        folder: name of its run folder.
        cell: the levels of all axes, joined; the same for all seeds.
        levels: level by axis.
        changes: keys and values that it changes in the base experiment, without the seed.
        seed: its `training.seed`.
        experiment: what is trained; the data set is not resolved yet.
    """

    folder: str
    cell: str
    levels: Mapping[str, str]
    changes: Changes
    seed: int
    experiment: Experiment


class Plan(NamedTuple):
    """A sweep as a list of trainings, seed by seed, so that a part of it has all cells.

    Attributes:
        name: of the sweep.
        axes: their names.
        runs: all trainings.
    """

    name: str
    axes: tuple[str, ...]
    runs: tuple[PlannedRun, ...]


def read_sweep(path: str | Path, data: str | Path | None = None) -> Plan:
    """Reads a sweep file and checks every training of it, before anything is trained.

    Args:
        path: YAML, see `SweepConfig`.
        data: data set of all trainings that name none of their own.

    Raises:
        CatganError: an unknown key or value; the cell that has it is named.
    """
    path = Path(path)
    sweep = config.from_mapping(SweepConfig, config.read_yaml(path))
    base = config.assigned(config.read_yaml(path.parent / sweep.experiment), sweep.set)
    if data is not None:
        base["data"] = str(data)
    cells = list(_cells(sweep))
    runs = tuple(_planned(sweep, base, levels, changes, cell, seed)
                 for seed in sweep.seeds for cell, levels, changes in cells)
    _check_different([run.folder for run in runs])
    return Plan(sweep.name, tuple(sweep.grid), runs)


def _cells(sweep: SweepConfig) -> list[tuple[str, dict[str, str], dict[str, object]]]:
    """Lists name, levels and changes of every cell."""
    axes = {name: _levels(name, levels) for name, levels in sweep.grid.items()}
    result = []
    for chosen in itertools.product(*axes.values()) if axes else ():
        levels = dict(zip(axes, chosen))
        changes: dict[str, object] = {}
        for axis, level in levels.items():
            changes |= axes[axis][level]
        result.append((", ".join(chosen), levels, changes))
    return result + [(cell.name, dict.fromkeys(axes, "-"), dict(cell.set)) for cell in sweep.cells]


def _levels(axis: str, content: object) -> dict[str, Changes]:
    """Returns the levels of an axis by name, each with the keys that it changes."""
    if isinstance(content, (list, tuple)) and content:
        return {_text(value): {axis: value} for value in content}
    if isinstance(content, Mapping) and content:
        for name, changes in content.items():
            if not isinstance(changes, Mapping):
                raise CatganError(f"Level '{name}' of axis '{axis}' must be a mapping of keys of the experiment and "
                                  f"values, {{}} for none. Received: {changes!r}.")
        return {str(name): changes for name, changes in content.items()}
    raise CatganError(f"Axis '{axis}' must be a list of values of the key '{axis}', or a mapping of named levels. "
                      f"Received: {content!r}.")


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _planned(sweep: SweepConfig, base: Mapping[str, object], levels: Mapping[str, str], changes: Changes, cell: str,
             seed: int) -> PlannedRun:
    if SEED in changes:
        raise CatganError(f"Cell '{cell}' sets '{SEED}'. Give 'seeds' instead: every cell is trained with each.")
    folder = f"{_folder_name(cell)}-seed-{seed}"
    content = config.assigned(base, {**changes, SEED: seed, "name": folder})
    try:
        experiment = experiment_from(content)
    except CatganError as error:
        raise CatganError(f"Cell '{cell}' of the sweep: {error}") from None
    return PlannedRun(folder, cell, levels, changes, seed, experiment)


def _folder_name(cell: str) -> str:
    """Makes a folder name of letters, digits, dots, dashes and underscores."""
    return re.sub(r"[^\w.]+", "-", cell).strip("-.") or "cell"


def _check_different(folders: Sequence[str]) -> None:
    seen: set[str] = set()
    for folder in folders:
        if folder in seen:
            raise CatganError(f"Two cells of the sweep would be trained in one folder, '{folder}'. Give them names "
                              "that differ in letters or digits.")
        seen.add(folder)


def check_cells(plan: Plan, cells: Sequence[str]) -> None:
    """Raises `CatganError` if a name is that of no cell of the sweep."""
    known = list(dict.fromkeys(run.cell for run in plan.runs))
    for cell in cells:
        if cell not in known:
            raise unknown_name("cell of this sweep", cell, known)
