"""Builds a data set in the order of this file: scan, align, merge, split, shards, card, `dataset.json`.

The output does not depend on time, machine, engine or number of workers: the same inputs give the same bytes. Aligned
chunks are written as they are finished; an interrupted build continues after the last of them. Each row takes less than
300 bytes of memory. Labels and pictures stay on disk and are read one batch at a time.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import catgan
from catgan import files
from catgan.data import store
from catgan.data.builder import align, aligned, executors
from catgan.data.builder import info, merge, people, scan, sequences, split
from catgan.data.builder.groups import face_groups
from catgan.data.builder.join import join_all
from catgan.data.builder.parts import Parts
from catgan.data.builder.recipe import Recipe, SplitConfig, fingerprint, read_recipe
from catgan.data.builder.scan import Log, Scan
from catgan.data.card import report
from catgan.data.schema import QUALITY, SPLITS, Info, label_schema, shard_schema
from catgan.data.shards import ShardWriter
from catgan.errors import CatganError, unknown_name
from catgan.faces import model_files
from catgan.system import logger

CHUNK = 100
_PUBLISHED = ("shards", "figures", "rejected.parquet", "conflicts.parquet", "card.md")
CONFLICTS = pa.schema([(name, pa.string()) for name in ("id", "column", "said", "decided")])


def build(recipe: str | os.PathLike | Recipe, out: str | os.PathLike, workers: int | None = None,
          engine: str = "local", address: str | None = None) -> Info:
    """Builds a data set, or continues an unfinished build; a finished one is left as it is.

    Args:
        recipe: a recipe, or the path of its file.
        out: folder of the data set; with `split.folds`, folder of the data sets `fold-0`, `fold-1` ...
        workers: number of processes that align; default: one per core.
        engine: `"local"` for processes of this machine, or `"ray"`.
        address: address of a Ray cluster; None starts Ray on this machine.

    Returns:
        The counts of `dataset.json` with `"unknown_labels"`, `"folder"`, `"hash"`, `"already_complete"`, `"seconds"`
        and `"faces_per_second"`: pictures aligned per second, without those of an earlier attempt. With folds, the
        values are of the first data set, and `"folds"` lists all folders.

    Raises:
        CatganError: a bad recipe or annotation line, an output folder with other content, no faces, or a full disk.
    """
    recipe = recipe if isinstance(recipe, Recipe) else read_recipe(recipe)
    workers = workers or os.cpu_count() or 1
    if workers < 1:
        raise CatganError(f"--workers must be 1 or more. Received: {workers}.")
    if engine not in executors.ENGINES:
        raise unknown_name("engine", engine, executors.ENGINES)
    if address and engine != "ray":
        raise CatganError(f"--address is for --engine ray. Received: --engine {engine}.")
    try:
        return _build(recipe, Path(out).resolve(), workers, engine, address)
    except OSError as error:
        raise files.full_disk(error, Path(out)) from None


def _build(recipe: Recipe, out: Path, workers: int, engine: str, address: str | None) -> Info:
    started = time.perf_counter()
    finals = [out / f"fold-{fold}" for fold in range(recipe.split.folds)] or [out]
    work = align.Folder(out / "work", recipe.image_size)
    files.refuse_around(out, [source.root for source in recipe.sources])
    _refuse_other_things(out, finals)
    complete = all((final / "dataset.json").is_file() for final in finals)

    # === 1. Scan the annotations ===
    scan_folder = out / "work" / "scan"
    found, model = _scan(recipe, out, scan_folder, complete)
    plan = scan.plan_of(fingerprint(recipe), found, catgan.__version__)
    if complete:
        return _finished(out, finals, plan, started)
    _prepare(out, finals, plan)

    # === 2. Align the pictures: chunk by chunk, in worker processes ===
    tasks = list(align.tasks(found.rows, CHUNK))
    chunks = [chunk for task in tasks for chunk in task.chunks]
    missing = [task for task in tasks if _rows_left(task, work)]
    align_started, todo = time.perf_counter(), sum(_rows_left(task, work) for task in missing)
    if missing and model is not None:
        done = len(found.rows) - sum(task.rows for task in missing)
        executors.align_all(missing, found.rows.path, work, model, workers, engine, address, done)
    align_seconds = time.perf_counter() - align_started
    with Log(work.path / "rejected.parquet", scan.REJECTED) as log:
        for batch in pq.ParquetFile(scan_folder / "unlabelled.parquet").iter_batches():
            for row in batch.to_pylist():
                log.add(row)
        pictures, unusable = aligned.gather(work, chunks, found.rows, log)
        unusable.reject(people.REASON, people.mistakable(found.rows, pictures), found.rows, pictures, log)
    rejected = {name: found.rejected[name] + unusable.counts[name] for name in found.rejected}
    if not pictures.usable.any():
        raise CatganError(f"No face in any of the {len(found.rows)} annotated images of this recipe; the reasons: "
                          f"{info.reasons(rejected)}.")

    # === 3. Find the rows that show one face ===
    clips, frames = found.rows.column("clip"), found.rows.column("frame")
    groups = merge.Groups(clips, frames, found.rows.column("name"), found.rows.column("namer"))
    groups.join(merge.equal_values(pictures.same(found.rows.column("file"))))
    groups.join(merge.equal_values(np.where(pictures.usable, found.rows.column("moment"), np.uint64(0))))
    groups.join(merge.equal_values(pictures.content))
    good = np.flatnonzero(pictures.usable)
    alike = merge.similar_pairs(good, pictures.hashes[good], pictures.thumbnails, recipe.merge, clips[good])
    pairs = groups.join_alike(alike, recipe.merge)
    faces = merge.faces(groups.connected.roots(), pictures.usable, pictures.eye_distance)
    times = videos = None
    if found.timed:
        faces = sequences.ordered(faces, clips, frames)
        times = np.where(np.isnan(pictures.times) & found.rows.known("time"), found.rows.column("time"), pictures.times)
        first = sequences.first_with_video(faces, clips)
        videos = np.where(first >= 0, clips[first], -1)

    # === 4. Join their labels ===
    kinds = {source.name: source.kind for source in recipe.sources}
    with Log(work.path / "conflicts.parquet", CONFLICTS) as log:
        joined = join_all(found.rows, faces, kinds, recipe, label_schema(found.units, found.timed),
                          work.path / "faces.arrow", log, times)

    # === 5. Group the faces that a split may not divide ===
    split_groups = face_groups(faces, found.rows.column("person"), clips, found.people, found.clips,
                               groups.near_duplicates, lambda face: joined.ids[face].decode())

    # === 6. Split, shards, card; once for each fold ===
    parts = Parts(recipe, found, work, chunks, faces, joined, split_groups, videos, rejected, unusable.samples, pairs,
                  len(groups.near_duplicates), plan)
    for final, splits in zip(finals, _splits(recipe.split, parts)):
        if not (final / "dataset.json").is_file():
            _publish(final, splits, parts)

    # === 7. Done ===
    shutil.rmtree(out / "work")
    return _result(out, finals, started, round(todo / align_seconds, 1) if todo else None)


def _splits(config: SplitConfig, parts: Parts) -> list[np.ndarray]:
    """Returns for each data set the split number of every face, int8 `(faces,)`."""
    keys = np.array([split.order_key(config.seed, name) for name in parts.groups.names], np.uint64)
    group_of_face, strata, official = parts.groups.group_of_face, parts.joined.strata, parts.joined.official
    if config.folds:
        return split.folds(group_of_face, keys, strata, config, info.official_folds(parts.recipe, parts.groups))
    pinned = split.pins(group_of_face, len(keys), official) if config.official else None
    return [split.assign(group_of_face, keys, strata, split.split_shares(config), pinned)]


def _publish(out: Path, splits: np.ndarray, parts: Parts) -> None:
    """Writes one data set; `dataset.json` comes last.

    The shards are written first, in one pass over the aligned chunks. Rejected rows, conflicts of labels and the card
    follow.
    """
    schema = shard_schema(parts.found.units, parts.found.timed)
    writers = {number: ShardWriter(out / "shards", name, _sizes(parts.videos, splits == number), schema)
               for number, name in enumerate(SPLITS) if (splits == number).any()}
    coverage = info.Coverage(parts.found.units)
    labels = pa.ipc.open_file(pa.memory_map(str(parts.work.path / "faces.arrow"))).read_all()
    for first, last, pictures in aligned.pictures(parts.work, parts.chunks, parts.faces.kept):
        table = _rows(schema, labels.slice(first, last - first), pictures, parts, splits[first:last], first)
        for number, writer in writers.items():
            part = table.filter(pa.array(splits[first:last] == number))
            coverage.add(SPLITS[number], part)
            writer.add(part)
    paths = [path for writer in writers.values() for path in writer.close()]
    for name in ("rejected.parquet", "conflicts.parquet"):
        with files.atomic_path(out / name) as temporary:
            shutil.copyfile(parts.work.path / name, temporary)
    content = info.info(parts, splits, coverage, paths)
    shown = parts.pairs[:report.SHOWN_PAIRS]
    pictures_of = aligned.some_pictures(parts.work, parts.chunks, [row for pair in shown
                                                                   for row in (pair.first, pair.second)])
    merged = [report.MergedPair(pair.correlation, pictures_of[pair.first], pictures_of[pair.second]) for pair in shown]
    report.write(out, content, report.Unkept(merged, parts.unused))
    files.write_json(out / "dataset.json", content)


def _sizes(videos: np.ndarray | None, chosen: np.ndarray) -> int | list[int]:
    """Returns the number of rows of a split, or of each of its shards if these may not end within a video."""
    return int(chosen.sum()) if videos is None else sequences.shard_sizes(videos[chosen])


def _rows(schema: pa.Schema, labels: pa.Table, pictures: pa.Table, parts: Parts, splits: np.ndarray,
          first: int) -> pa.Table:
    """Returns the shard rows of consecutive faces: labels, pictures and subjects."""
    ids = [face_id.decode() for face_id in parts.joined.ids[first:first + len(splits)]]
    images = pa.StructArray.from_arrays([pictures["image"].combine_chunks(), pa.array([f"{name}.png" for name in ids])],
                                        fields=list(schema.field("image").type))
    columns: Info = {
        "id": pa.array(ids), "image": images, "split": pa.array([SPLITS[number] for number in splits]),
        "subject": pa.array(parts.groups.subjects[first:first + len(splits)], pa.string()),
        "landmarks": pictures["landmarks"].cast(schema.field("landmarks").type)}
    columns |= {name: pictures[name] for name in QUALITY} | {name: labels[name] for name in labels.column_names}
    return pa.table({name: columns[name] for name in schema.names}, schema=schema)


def _scan(recipe: Recipe, out: Path, folder: Path, complete: bool) -> tuple[Scan, Path | None]:
    """Scans the annotations, and finds the face landmarker unless the data set is complete.

    If this fails, folders that did not exist before are removed.
    """
    made = [path for path in (out, out / "work", folder) if not path.exists()]
    try:
        return scan.scan(recipe, folder), None if complete else model_files.find("face_landmarker")
    except BaseException:
        for path in made[:1]:
            shutil.rmtree(path, ignore_errors=True)
        raise


def _rows_left(task: align.Task, work: align.Folder) -> int:
    """Returns the number of rows of a task in chunks that are not written yet."""
    return sum(stop - start for start, stop in task.chunks if not work.chunk(start).is_file())


def _refuse_other_things(out: Path, finals: list[Path]) -> None:
    """Raises `CatganError` unless `out` is empty, or holds an interrupted or a finished build."""
    begun = (out / "work" / "plan.json").is_file() or (out / "work" / "scan").is_dir()
    if out.exists() and any(out.iterdir()) and not begun and not any(
            (final / "dataset.json").is_file() for final in finals):
        raise CatganError(f"{out} is not empty and holds no catgan build. Give a new folder.")


def _finished(out: Path, finals: list[Path], plan: Info, started: float) -> Info:
    shutil.rmtree(out / "work")
    if any(store.load_dataset(final).info["plan"] != plan for final in finals):
        raise CatganError(f"{out} holds a data set of another recipe, other annotations or another version. "
                          "Give another folder, or remove this one first.")
    return _result(out, finals, started, None) | {"already_complete": True}


def _prepare(out: Path, finals: list[Path], plan: Info) -> None:
    """Prepares the output folder of an unfinished build.

    Files of an earlier attempt at the same build are kept. Files of any other unfinished build are removed, so that
    none of its shards remain.

    Raises:
        CatganError: the folder holds a finished data set of another build.
    """
    path = out / "work" / "plan.json"
    if scan.same_plan(path, plan):
        files.clear_temporary(out)
        return
    folders = {out, *finals, *out.glob("fold-*")}
    if any((folder / "dataset.json").is_file() for folder in folders):
        raise CatganError(f"{out} holds a data set of another recipe, other annotations or another version. "
                          "Give another folder, or remove this one first.")
    stale = [entry for entry in sorted((out / "work").iterdir()) if entry.name != "scan"]
    stale += [folder / name for folder in folders for name in _PUBLISHED if (folder / name).exists()]
    if stale:
        logger.warning("%s: the unfinished build there has another recipe or other inputs; starting anew.", out)
    for entry in stale:
        entry.unlink() if entry.is_file() else shutil.rmtree(entry)
    files.write_json(path, plan)


def _result(out: Path, finals: list[Path], started: float, rate: float | None) -> Info:
    dataset = store.load_dataset(finals[0])
    folds = {"folds": [str(final) for final in finals]} if finals != [out] else {}
    return {**dataset.info["counts"], "unknown_labels": dataset.info.get("unknown_labels", []), "folder": str(out),
            "hash": dataset.info["hash"], "already_complete": False,
            "seconds": round(time.perf_counter() - started, 2), "faces_per_second": rate, **folds}
