"""Runs of networks that have learned nothing, as folders that `catgan train` and `catgan sweep` would write."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from tests.harness.experiments import TINY, tiny_experiment

if TYPE_CHECKING:
    from catgan.models.gan.model import CatGAN


def write_run(folder: Path, seed: int = 0, mode: str = "joint", scale: str = "presence", name: str | None = None,
              learning_rate: float = 0.01) -> Path:
    """Writes a finished run of a network with random weights, on the labels of `write_dataset`."""
    from catgan import config, files

    experiment = tiny_experiment(mode, task="recogniser", seed=seed, learning_rate=learning_rate)
    experiment = replace(experiment, name=name or experiment.name)
    _network(mode, scale, seed).save_to_preset(folder / "best")
    files.write_text(folder / "config.yaml", config.to_yaml(experiment))
    files.write_text(folder / "stats.jsonl", '{"images": 96, "finished": true}\n')
    return folder


@functools.cache
def _network(mode: str, scale: str, seed: int) -> CatGAN:
    """Builds a network once; building takes most of the time."""
    from catgan import config
    from catgan.labels import LabelSpec
    from catgan.models.gan.architectures import NetworkConfig
    from catgan.models.gan.model import CatGAN

    spec = LabelSpec((4, 12), scale, True).mode(mode)
    return CatGAN(config.from_mapping(NetworkConfig, TINY), spec, seed=seed)


def write_sweep(folder: Path, cells: Mapping[str, Mapping[str, str]], seeds: Sequence[int] = (0, 1),
                failed: Sequence[str] = ()) -> Path:
    """Writes a sweep of runs.

    Args:
        folder: of the sweep.
        cells: per name of a cell its levels; the level of `mode` is the label mode.
        seeds: of the runs of each cell.
        failed: runs that are listed as failed and have no folder; runs are named `CELL-SEED`.
    """
    from catgan import files

    rows = []
    folder.mkdir(parents=True, exist_ok=True)
    for cell, levels in cells.items():
        for seed in seeds:
            run, fails = f"{cell}-{seed}", f"{cell}-{seed}" in failed
            rows.append({"run": run, "cell": cell, **levels, "seed": seed, "status": "failed" if fails else "finished",
                         "reason": "no memory" if fails else None, "data": None, "score": None})
            if not fails:
                write_run(folder / run, seed, levels["mode"], name=cell)
    pq.write_table(pa.Table.from_pylist(rows), folder / "sweep.parquet")
    axes = list(next(iter(cells.values())))
    files.write_json(folder / "sweep.json", {"name": "tiny", "axes": axes, "seeds": list(seeds), "cells": list(cells)})
    return folder
