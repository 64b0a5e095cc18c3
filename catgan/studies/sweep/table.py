"""Writes `sweep.parquet` (one row per training: settings, status, validation figures) and `sweep.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from catgan import files
from catgan.errors import CatganError
from catgan.studies.sweep.plan import Plan, PlannedRun
from catgan.studies.sweep.worker import Outcome
from catgan.training import run as runs

TABLE, SUMMARY = "sweep.parquet", "sweep.json"


def write_table(folder: Path, plan: Plan, outcomes: Mapping[str, Outcome]) -> pa.Table:
    """Writes the table of a sweep; returns it.

    Args:
        folder: of the run folders.
        plan: all trainings.
        outcomes: by folder name; trainings without one are unfinished.

    Returns:
        In the order of the plan: `run`, `cell`, a text column per axis, `seed`, `status`, `reason`, `data`, a text
        column per key that any cell changes, `images` and `best_images` (faces seen at the end, and by the network of
        `best/`), and validation figures of `best/`. Text columns hold YAML-like text; null = not set.
    """
    keys = list(dict.fromkeys(key for run in plan.runs for key in run.changes if key not in plan.axes))
    rows = [_row(folder, plan, run, keys, outcomes.get(run.folder, Outcome("unfinished"))) for run in plan.runs]
    names = list(dict.fromkeys(name for row in rows for name in row))
    texts = {"run", "cell", "status", "reason", "data", *plan.axes, *keys}
    kinds = {name: pa.string() if name in texts else pa.int64() if name in ("seed", "images", "best_images")
             else pa.float64() for name in names}
    table = pa.table({name: pa.array([row.get(name) for row in rows], kinds[name]) for name in names})
    with files.atomic_path(folder / TABLE) as temporary:
        pq.write_table(table, temporary, compression="zstd")
    files.write_json(folder / SUMMARY, {
        "name": plan.name, "axes": list(plan.axes), "seeds": sorted({run.seed for run in plan.runs}),
        "cells": list(dict.fromkeys(run.cell for run in plan.runs))})
    return table


def _row(folder: Path, plan: Plan, run: PlannedRun, keys: Sequence[str], outcome: Outcome) -> dict[str, object]:
    stats = runs.read_stats(folder / run.folder)
    return {"run": run.folder, "cell": run.cell, **{axis: run.levels[axis] for axis in plan.axes}, "seed": run.seed,
            "status": outcome.status, "reason": outcome.reason,
            **({} if "data" in plan.axes else {"data": run.experiment.data}),
            **{key: _text(run.changes[key]) if key in run.changes else None for key in keys},
            "images": int(stats[-1]["images"]) if stats else 0, "best_images": _best_images(stats),
            **_figures(folder / run.folder)}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _best_images(stats: Sequence[runs.Line]) -> int | None:
    """Returns the faces seen at the best validation score, the first of several equal ones."""
    scored = [line for line in stats if "score" in line]
    return int(max(scored, key=lambda line: line["score"])["images"]) if scored else None


def _figures(folder: Path) -> dict[str, float]:
    path = folder / "best" / "metrics.json"
    content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {name: float(value) for name, value in content.items()
            if isinstance(value, (int, float)) and not isinstance(value, bool)}


def read_table(folder: str | Path) -> list[dict]:
    """Reads the rows of `sweep.parquet` in a folder.

    Raises:
        CatganError: there is none, or it is damaged.
    """
    path = Path(folder) / TABLE
    try:
        return pq.read_table(path).to_pylist()
    except FileNotFoundError:
        raise CatganError(f"{folder} holds no {TABLE}. Give a folder that 'catgan sweep' wrote.") from None
    except (OSError, pa.ArrowException) as error:
        raise CatganError(f"{path} is damaged: {' '.join(str(error).split())[:200]}.") from None
