"""Runs a rendering: shards by several processes, then the card and `dataset.json`; it continues where it stopped."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeAlias

import cv2
import pyarrow.compute as pc
import pyarrow.parquet as pq
import threadpoolctl
from tqdm import tqdm

import catgan
from catgan import facs, files, random_streams
from catgan.data import store
from catgan.data.schema import SPLITS, Info
from catgan.data.shards import content_hash, read_columns
from catgan.errors import CatganError
from catgan.labels import LabelSpec
from catgan.synthesis.rendering import Renderer
from catgan.system import process_pool, progress_bar

SHARE = {"train": 0.8, "validation": 0.1, "test": 0.1}
PRESENT_FROM = 1.0

Shards: TypeAlias = Mapping[Path, Sequence[int]]
"""Paths of shards, and the numbers of the faces or clips in each."""


class Rendering(NamedTuple):
    """Describes a rendering to `run`.

    Args:
        plan: its identity.
        shards: folder -> the shards that are written there.
        write: writes the faces or clips with these numbers to a shard and returns its number of rows. Other processes
            call it, so it can be pickled.
        finish: writes card and figures of the folder and returns the content of `dataset.json`.
        unit: what is counted by the progress bar.
    """

    plan: Info
    shards: Callable[[Path], Shards]
    write: Callable[[Path, Sequence[int]], int]
    finish: Callable[[Path, Sequence[Path]], Info]
    unit: str = "face"


def run(rendering: Rendering, out: str | os.PathLike, workers: int | None = None, verbose: bool = True) -> Info:
    """Renders a data set, continues an unfinished one, or returns the figures of a finished one.

    Args:
        rendering: what is rendered.
        out: folder of the data set.
        workers: processes; default: one per core. Their number does not change the bytes.
        verbose: whether to show a progress bar.

    Returns:
        The counts of `dataset.json` with `"folder"`, `"hash"`, `"already_complete"`, `"seconds"`, `"faces_per_second"`.

    Raises:
        CatganError: the output folder holds other files.
    """
    started = time.perf_counter()
    out, workers, plan = Path(out).resolve(), workers or os.cpu_count() or 1, rendering.plan
    if (out / "dataset.json").is_file():
        dataset = store.load_dataset(out)
        if dataset.info["plan"] != plan:
            raise CatganError(f"{out} holds another data set{_older(dataset.info['plan'])}. Give another folder, or "
                              "remove this one first.")
        return {**dataset.info["counts"], "folder": str(out), "hash": dataset.info["hash"], "already_complete": True,
                "seconds": 0.0, "faces_per_second": None}
    _prepare(out, plan)

    # === Shards, one worker each ===
    planned = rendering.shards(out / "shards")
    missing = {path: numbers for path, numbers in planned.items() if not path.is_file()}
    rows = 0
    bar: tqdm[None] = progress_bar(description="render", total=sum(map(len, missing.values())), unit=rendering.unit,
                                   verbose=verbose)
    with bar:
        for done, written in _written(rendering.write, missing, workers):
            bar.update(done)
            rows += written
    seconds = time.perf_counter() - started

    # === Card and dataset.json, last ===
    info = rendering.finish(out, list(planned))
    (out / "plan.json").unlink()
    files.write_json(out / "dataset.json", info)
    return {**info["counts"], "folder": str(out), "hash": info["hash"], "already_complete": False,
            "seconds": round(time.perf_counter() - started, 2), "faces_per_second": round(rows / seconds, 1)}


def _written(write: Callable[[Path, Sequence[int]], int], missing: Shards, workers: int) -> Iterator[tuple[int, int]]:
    """Writes the missing shards; yields for each how many numbers it has, and how many rows. A single worker runs in
    this process."""
    if workers == 1:
        threads = cv2.getNumThreads()
        cv2.setNumThreads(1)
        try:
            with threadpoolctl.threadpool_limits(1):
                for path, numbers in missing.items():
                    yield len(numbers), write(path, numbers)
        finally:
            cv2.setNumThreads(threads)
        return
    with process_pool(min(workers, max(len(missing), 1)), one_thread) as pool:
        jobs = [(len(numbers), pool.submit(write, path, numbers)) for path, numbers in missing.items()]
        for count, job in jobs:
            yield count, job.result()


def one_thread() -> None:
    """Limits this process to one thread, because threads of several workers would compete for the cores."""
    cv2.setNumThreads(1)
    threadpoolctl.threadpool_limits(1)


@lru_cache(maxsize=2)
def renderer_of(size: int) -> Renderer:
    """Returns the renderer of faces of `size` pixels, which is slow to make."""
    return Renderer(size)


def split_of_subject(number: int, subjects: int) -> str:
    """Returns the split of subject `number` of `subjects`; random scenes have random subjects."""
    share = number / subjects
    return "train" if share < SHARE["train"] else "validation" if share < 1 - SHARE["test"] else "test"


def divided(folder: Path, where: Sequence[str], per_shard: int) -> dict[Path, list[int]]:
    """Assigns faces or clips to shards.

    Args:
        folder: of the shards.
        where: the split of each face or clip, in the order of their numbers.
        per_shard: largest number of them in a shard.
    """
    numbers_of = {}
    for split in SPLITS:
        numbers = [number for number, name in enumerate(where) if name == split]
        count = max(1, -(-len(numbers) // per_shard))
        for part in range(count):
            path = folder / f"{split}-{part:05d}-of-{count:05d}.parquet"
            numbers_of[path] = numbers[part * per_shard:(part + 1) * per_shard]
    return numbers_of


def _older(plan: Info) -> str:
    """Returns an addition to an error if the other rendering used other random streams, else an empty text."""
    if not {"render", "render_clips"} & plan.keys() or plan.get("streams", 1) == random_streams.VERSION:
        return ""
    return (f" (rendered with random streams of version {plan.get('streams', 1)}, this catgan has "
            f"{random_streams.VERSION})")


def _prepare(out: Path, plan: Info) -> None:
    path = out / "plan.json"
    there = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if out.exists() and any(out.iterdir()) and there != plan:
        raise CatganError(f"{out} is not empty and holds no rendering of these settings{_older(there)}. Give a new "
                          "folder.")
    files.write_json(path, plan)
    files.clear_temporary(out / "shards")


def info_of(rendering_plan: Info, name: str, size: int, spec: LabelSpec, paths: Sequence[Path], source: str) -> Info:
    """Returns the content of `dataset.json` of a finished rendering.

    Args:
        rendering_plan: its identity.
        name: of the data set.
        size: side of the faces in pixels.
        spec: the labels.
        paths: of all shards, of which one is in memory at a time.
        source: name of the source of all faces.
    """
    faces, coverage = _counted(paths, spec)
    rows = sum(faces.values())
    counts = {"input_rows": rows, "used_rows": rows, "rejected_rows": 0, "faces": rows, "merged_rows": 0,
              "conflicts": 0, "similar_pairs": 0, "splits": faces, "rejected": {}, "combinations": {source: rows}}
    return {"format": store.FORMAT, "name": name, "image_size": size, "labels": spec.to_dict(),
            "presence_from": PRESENT_FROM, "counts": counts,
            "sources": [{"name": source, "format": "face model", "kind": "truth", "terms": "made by catgan",
                         "used_rows": rows, "rejected_rows": 0}],
            "columns": pq.read_schema(paths[0]).names,
            "coverage": coverage, "plan": rendering_plan, "version": catgan.__version__, "hash": content_hash(paths)}


def _counted(paths: Sequence[Path], spec: LabelSpec) -> tuple[dict[str, int], dict[str, dict[str, Info]]]:
    """Counts the faces of each split, and for each label and split the known and the present ones."""
    columns = [*map(facs.presence_column, spec.action_units), "valence", "arousal", "expression"]
    faces = dict.fromkeys(SPLITS, 0)
    coverage: dict[str, dict[str, Info]] = {column: {split: {
        "known": 0, "present": 0 if facs.is_presence(column) else None} for split in SPLITS} for column in columns}
    for path in paths:
        table, split = read_columns(path, columns), path.name.split("-")[0]
        faces[split] += table.num_rows
        for column in columns:
            found = coverage[column][split]
            found["known"] += table.num_rows - table[column].null_count
            if facs.is_presence(column):
                found["present"] += pc.sum(table[column]).as_py() or 0
    return faces, coverage
