"""Data sets and runs as the pages Data and Runs show them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from tests.harness.datasets import write_dataset

HOSTILE = "<img src=x onerror=alert(1)>"


def write_built_dataset(folder: Path, n: int = 120) -> Path:
    """A data set of drawn pictures with rejected rows and conflicts, whose names hold HTML."""
    write_dataset(folder, n)
    info = json.loads((folder / "dataset.json").read_text())
    info["name"] = f"drawn {HOSTILE}"
    info["sources"] = [{"name": "drawn", "kind": "human", "terms": "none", "used_rows": n, "rejected_rows": 60}]
    info["counts"] |= {"rejected_rows": 60, "conflicts": 2}
    (folder / "dataset.json").write_text(json.dumps(info))
    rows = [{"source": "drawn", "path": f"{HOSTILE}/{place}.png", "row": f"labels.csv:{place}",
             "reason": "no face found" if place % 3 else "missing file", "detail": None} for place in range(60)]
    pq.write_table(pa.Table.from_pylist(rows, pa.schema(
        [(name, pa.string()) for name in ("source", "path", "row", "reason", "detail")])), folder / "rejected.parquet")
    said = [("train00001", "AU12_present", "drawn/a; b.png: 1; other/c.png: 0", "unknown"),
            ("not in any split", "valence", "drawn/d.png: 0.5; other/e.png: -0.5", "0")]
    pq.write_table(pa.table({name: [row[place] for row in said]
                             for place, name in enumerate(("id", "column", "said", "decided"))}),
                   folder / "conflicts.parquet")
    return folder


def write_run(folder: Path, ticks: int = 4, finished: bool = True, score: float = 0.5, seed: int = 0) -> Path:
    """A run of a few ticks, without networks: settings, curves, sample sheets and figures."""
    from catgan.training import sheets

    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(
        f"name: {json.dumps(folder.name)}\ntask: adversarial\narchitecture: xs_32\nlabels: {{mode: joint}}\n"
        f"training: {{images: 4000, seed: {seed}}}\n")
    for tick in range(1, ticks + 1):
        append_tick(folder, tick, finished and tick == ticks, score)
        sheets.keep(folder, {"free": np.full((20, 40, 3), 40 * tick, np.uint8)}, tick, 1000 * tick)
    Image.fromarray(np.zeros((10, 10, 3), np.uint8)).save(folder / "samples" / "free.png")
    Image.fromarray(np.zeros((10, 10, 3), np.uint8)).save(folder / "samples" / "extra.png")
    (folder / "best").mkdir()
    (folder / "best" / "metrics.json").write_text(json.dumps(
        {"score": score, "validation_f1": score / 2, "split": "validation", "action_units": {"AU12": {"f1": 0.5}}}))
    return folder


def append_tick(folder: Path, tick: int, finished: bool = False, score: float = 0.5) -> None:
    """Adds a line to the curves of a run."""
    line = {"tick": tick, "images": 1000 * tick, "d_loss": 1.0 / tick, "g_loss": float(tick),
            "images_per_second": 100.0, "finished": finished}
    if tick % 2 == 0:
        line["score"] = score * tick / 4
    with open(folder / "stats.jsonl", "a") as file:
        file.write(json.dumps(line) + "\n")


def write_sweep_results(folder: Path) -> Path:
    """A finished sweep of two cells with two seeds, of which one failed, with its runs."""
    rows = []
    for cell, score in (("AU", 0.4), ("joint", 0.6)):
        for seed in (0, 1):
            name = f"{cell}-seed-{seed}"
            failed = cell == "AU" and seed == 1
            write_run(folder / name, finished=not failed, score=score + 0.1 * seed, seed=seed)
            rows.append({"run": name, "cell": cell, "labels": cell, "seed": seed,
                         "status": "failed" if failed else "finished", "reason": "NaN" if failed else None,
                         "data": "drawn", "images": 4000, "best_images": 4000,
                         "score": None if failed else score + 0.1 * seed})
    pq.write_table(pa.Table.from_pylist(rows), folder / "sweep.parquet")
    (folder / "sweep.json").write_text(json.dumps(
        {"name": "sweep", "axes": ["labels"], "seeds": [0, 1], "cells": ["AU", "joint"]}))
    return folder


def write_comparison(folder: Path) -> Path:
    """A result of `catgan compare` of two models."""
    folder.mkdir(parents=True)
    figure = {"value": 0.6, "per_seed": [0.6], "interval": [0.5, 0.7], "n": 100}
    pair = {"model": 0.7, "against": 0.6, "difference": 0.1, "interval": [0.02, 0.18], "p": 0.01, "p_holm": 0.02,
            "stands": True, "better": "joint", "n": 100}
    (folder / "compare.json").write_text(json.dumps(
        {"dataset": "drawn", "split": "test", "n": 100, "draws": 2000, "compared": "The two models are compared.",
         "remarks": [f"A remark {HOSTILE}"],
         "models": [{"name": "joint", "runs": [{}, {}], "figures": {"mean_f1": figure}},
                    {"name": "AU", "runs": [{}], "figures": {"mean_f1": {**figure, "value": None}}}],
         "pairs": [{"model": "joint", "against": "AU", "figures": {"mean_f1": pair}}]}))
    return folder
