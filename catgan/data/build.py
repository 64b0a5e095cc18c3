"""`catgan build`: scan -> align -> merge -> split -> shards -> card -> dataset.json. Read it from top to bottom.

Nothing that depends on time, machine or number of workers is written, so that the same inputs give the same bytes.
Aligned chunks are written as they are finished; a build that was killed goes on after the last of them.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

import catgan
from catgan import facs, files
from catgan.data import align, merge, report, sources, store
from catgan.data.recipe import Recipe, fingerprint, read_recipe
from catgan.data.records import Record, Rejected
from catgan.data.split import SPLITS, assign, tokens
from catgan.errors import CatganError
from catgan.faces import model_files
from catgan.labels import LabelSpec

CHUNK = 100
REJECTED = pa.schema([(name, pa.string()) for name in ("source", "path", "row", "reason", "detail")])
CONFLICTS = pa.schema([(name, pa.string()) for name in ("id", "column", "said", "decided")])


def build(recipe: str | os.PathLike | Recipe, out: str | os.PathLike, workers: int | None = None) -> dict[str, Any]:
    """Builds a data set, goes on with an unfinished build, or finds it finished.

    Args:
        recipe: a recipe or its file.
        out: folder of the data set.
        workers: processes that align; default: one per core.

    Returns:
        The counts of `dataset.json` with `"folder"`, `"hash"`, `"already_complete"`, `"seconds"` and
        `"faces_per_second"` (photographs aligned a second, without those of an earlier attempt).

    Raises:
        CatganError: a bad recipe or annotation line, an output folder with something else in it, or no faces at all.
    """
    started = time.perf_counter()
    recipe = recipe if isinstance(recipe, Recipe) else read_recipe(recipe)
    workers = workers or os.cpu_count() or 1
    if workers < 1:
        raise CatganError(f"--workers must be 1 or more. Received: {workers}.")
    out = Path(out).resolve()

    # === 1. Scan the annotations ===
    records, rejected = scan(recipe)
    plan = plan_of(recipe, records)
    if _finished(out, plan):
        dataset = store.load_dataset(out)
        return {**dataset.info["counts"], "folder": str(out), "hash": dataset.info["hash"], "already_complete": True,
                "seconds": round(time.perf_counter() - started, 2), "faces_per_second": None}
    _prepare(out, plan)

    # === 2. Align the photographs: chunk by chunk, in worker processes ===
    align_started = time.perf_counter()
    aligned_now = align_all(records, recipe.image_size, out / "work", workers)
    align_seconds = time.perf_counter() - align_started

    # === 3. Find the rows that show one face ===
    table = _small_columns(out / "work")
    good = [row for row, reason in enumerate(table["reason"]) if reason is None]
    rejected += [Rejected(record.source, record.key, record.row, reason, detail or "")
                 for record, reason, detail in zip(records, table["reason"], table["detail"]) if reason]
    if not good:
        raise CatganError(f"No face in any of the {len(records)} annotated images of this recipe; the reasons: "
                          f"{_reasons(rejected)}.")
    pairs = _similar(table, good, recipe)
    real = merge.resolved(records)
    links = [*merge.same_keys(range(len(records)), real),
             *merge.same_keys(good, [table["sha256"][row] for row in good]),
             *((pair.first, pair.second) for pair in pairs)]
    usable = set(good)
    groups = [[row for row in rows if row in usable] for rows in merge.group(len(records), links)]
    groups = [rows for rows in groups if rows]

    # === 4. Join their labels, keep the best picture ===
    kinds = {source.name: source.kind for source in recipe.sources}
    kept = [max(rows, key=lambda row: (table["eye_distance"][row], -row)) for rows in groups]
    order = np.argsort(kept)
    groups, kept = [groups[index] for index in order], [kept[index] for index in order]
    faces = [merge.join_labels([records[row] for row in rows], kinds, recipe.merge, recipe.presence_from)
             for rows in groups]
    ids = [hashlib.sha256(f"{face.members[0].source}/{face.members[0].key}".encode()).hexdigest()[:16]
           for face in faces]

    # === 5. Split ===
    families, members = recipe.families, [face.members for face in faces]
    subjects = merge.subjects(members, families)
    owners = merge.owners(members, subjects, ids, families)
    splits = assign(owners, [tokens(face.values) for face in faces], recipe.split)

    # === 6. Shards, in one pass over the aligned chunks ===
    units = sorted({number for record in records for number in (*record.presence, *record.intensity)})
    writers = {split: store.ShardWriter(out / "shards", split, splits.count(split), store.schema(units))
               for split in SPLITS if split in splits}
    for position, picture in enumerate(_pictures(out / "work", kept)):
        row = _row(faces[position], ids[position], subjects[position], splits[position], picture)
        writers[splits[position]].add(row)
    paths = [path for writer in writers.values() for path in writer.close()]

    # === 7. What was not used, what contradicted itself, the card ===
    conflicts = [{"id": face_id, **conflict} for face_id, face in zip(ids, faces) for conflict in face.conflicts]
    _write_table(out / "rejected.parquet", [asdict(item) for item in rejected], REJECTED)
    _write_table(out / "conflicts.parquet", conflicts, CONFLICTS)
    info = _info(recipe, records, rejected, faces, splits, units, conflicts, pairs, plan, paths)
    report.write(out, recipe, info, _pair_pictures(out / "work", pairs))

    # === 8. Done: dataset.json says so ===
    shutil.rmtree(out / "work")
    files.write_json(out / "dataset.json", info)
    return {**info["counts"], "folder": str(out), "hash": info["hash"], "already_complete": False,
            "seconds": round(time.perf_counter() - started, 2),
            "faces_per_second": round(aligned_now / align_seconds, 1) if aligned_now else None}


def scan(recipe: Recipe) -> tuple[list[Record], list[Rejected]]:
    """Reads all annotations of a recipe: usable rows, and rows without any label."""
    records: list[Record] = []
    rejected: list[Rejected] = []
    for source in recipe.sources:
        for row in sources.read(source.format, source.name, Path(source.root), source.options):
            if isinstance(row, Record):
                records.append(row)
            else:
                rejected.append(row)
    if not records:
        raise CatganError(f"The recipe '{recipe.name}' names no labelled image: {len(rejected)} rows, all without "
                          "a label.")
    return records, rejected


def plan_of(recipe: Recipe, records: Sequence[Record]) -> dict[str, Any]:
    """What identifies a build: its recipe, its rows, the sizes of its files, the version of the package."""
    digest = hashlib.sha256()
    for record in records:
        size = record.path.stat().st_size if record.path.is_file() else -1
        digest.update(json.dumps([record.source, record.key, record.row, size, sorted(record.presence.items()),
                                  sorted(record.intensity.items()), record.valence, record.arousal, record.expression,
                                  record.subject, record.box]).encode())
    return {"recipe": fingerprint(recipe), "rows": digest.hexdigest()[:16], "records": len(records),
            "version": catgan.__version__}


def align_all(records: Sequence[Record], size: int, work: Path, workers: int) -> int:
    """Aligns every chunk that is not there yet; returns the number of photographs in them."""
    chunks = {work / f"{start:09d}.parquet": range(start, min(start + CHUNK, len(records)))
              for start in range(0, len(records), CHUNK)}
    missing = {path: rows for path, rows in chunks.items() if not path.is_file()}
    model = str(model_files.find("face_landmarker"))
    context = multiprocessing.get_context("spawn")
    done = len(records) - sum(map(len, missing.values()))
    bar = tqdm(total=len(records), initial=done, unit="img", desc="align", disable=not sys.stderr.isatty())
    with bar, ProcessPoolExecutor(min(workers, max(len(missing), 1)), context, align.start_worker, (model,)) as pool:
        running = {}
        for path, rows in missing.items():
            jobs = [align.Job(row, str(records[row].path), records[row].box) for row in rows]
            running[pool.submit(align.align_chunk, jobs, size, path)] = len(jobs)
            if len(running) >= 4 * workers:  # keeps the queue, and with it memory, short
                _collect(running, bar)
        while running:
            _collect(running, bar)
    return len(records) - done


def _collect(running: dict, bar: tqdm) -> None:
    finished, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in finished:
        bar.update(running.pop(future))
        future.result()


def _finished(out: Path, plan: dict[str, Any]) -> bool:
    path = out / "dataset.json"
    if not path.is_file():
        return False
    if store.load_dataset(out).info["plan"] != plan:
        raise CatganError(f"{out} holds a data set of another recipe, other annotations or another version. "
                          "Give another folder, or remove this one first.")
    return True


def _prepare(out: Path, plan: dict[str, Any]) -> None:
    """An empty folder, or one in which this very build was interrupted."""
    path = out / "work" / "plan.json"
    if out.exists() and any(out.iterdir()) and not (out / "work").is_dir():
        raise CatganError(f"{out} is not empty and holds no catgan build. Give a new folder.")
    if path.is_file() and json.loads(path.read_text(encoding="utf-8")) == plan:
        files.clear_temporary(out)
        return
    if (out / "work").exists():
        print(f"{out}: the unfinished build there has another recipe or other inputs; starting anew.", file=sys.stderr)
        shutil.rmtree(out / "work")
    files.write_json(path, plan)


def _chunks(work: Path) -> list[Path]:
    return sorted(work.glob("[0-9]*.parquet"))


def _small_columns(work: Path) -> dict[str, list]:
    """Everything but the pictures, over all chunks in order."""
    names = ["reason", "detail", "sha256", "phash", "thumbnail", "eye_distance"]
    tables = [pq.read_table(path, columns=names) for path in _chunks(work)]
    table = pa.concat_tables(tables)
    return {name: table[name].to_pylist() for name in names}


def _similar(table: dict[str, list], good: Sequence[int], recipe: Recipe) -> list[merge.Pair]:
    hashes = np.array([np.frombuffer(table["phash"][row], np.uint8) for row in good])
    side = align.THUMBNAIL
    thumbnails = np.array([np.frombuffer(table["thumbnail"][row], np.uint8).reshape(side, side) for row in good])
    return merge.similar_pairs(np.array(good), hashes, thumbnails, recipe.merge)


def _pictures(work: Path, rows: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Aligned rows in ascending order, one chunk in memory at a time."""
    position = 0
    for path in _chunks(work):
        start = int(path.stem)
        chosen = []
        while position < len(rows) and rows[position] < start + CHUNK:
            chosen.append(rows[position] - start)
            position += 1
        if chosen:
            yield from pq.read_table(path).take(chosen).to_pylist()


def _pair_pictures(work: Path, pairs: Sequence[merge.Pair]) -> list[tuple[merge.Pair, bytes, bytes]]:
    """The least certain pairs with their pictures, for the contact sheet of the card."""
    shown = pairs[:report.SHOWN_PAIRS]
    rows = sorted({row for pair in shown for row in (pair.first, pair.second)})
    pictures = {row: picture["image"] for row, picture in zip(rows, _pictures(work, rows))}
    return [(pair, pictures[pair.first], pictures[pair.second]) for pair in shown]


def _row(face: merge.MergedFace, face_id: str, subject: str | None, split: str,
         picture: dict[str, Any]) -> dict[str, Any]:
    video = next((member for member in face.members if member.video is not None), None)
    return {"id": face_id, "image": {"bytes": picture["image"], "path": f"{face_id}.png"}, "subject": subject,
            "video": f"{video.source}/{video.video}" if video else None, "frame": video.frame if video else None,
            "sources": [f"{member.source}/{member.key}" for member in face.members], "split": split, **face.values,
            **{f"{column}_source": source for column, source in face.provenance.items()},
            "landmarks": picture["landmarks"], **{name: picture[name] for name in align.QUALITY}}


def _write_table(path: Path, rows: list[dict[str, Any]], columns: pa.Schema) -> None:
    with files.atomic_path(path) as temporary:
        pq.write_table(pa.Table.from_pylist(rows, columns), temporary, compression="zstd")


def _reasons(rejected: Sequence[Rejected]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in sorted(Counter(r.reason for r in rejected).items()))


@dataclass(frozen=True)
class _Coverage:
    """How many faces of a split know a label, and how many have it."""

    known: int
    present: int | None


def _info(recipe: Recipe, records: Sequence[Record], rejected: Sequence[Rejected], faces: Sequence[merge.MergedFace],
          splits: Sequence[str], units: Sequence[int], conflicts: Sequence[dict], pairs: Sequence[merge.Pair],
          plan: dict[str, Any], paths: Sequence[Path]) -> dict[str, Any]:
    rows = Counter(record.source for record in records)
    dropped = Counter(item.source for item in rejected)
    used = Counter(member.source for face in faces for member in face.members)
    unlabelled = Counter(item.source for item in rejected) - (rows - used)
    expressions = [name for name in facs.EXPRESSIONS if any(face.values.get("expression") == name for face in faces)]
    intensity = all(facs.au_name(number) in face.values for face in faces for number in units
                    if f"{facs.au_name(number)}_present" in face.values)
    spec = LabelSpec(tuple(units), "intensity" if units and intensity else "presence",
                     any("valence" in face.values for face in faces), tuple(expressions))
    columns = [*(f"{facs.au_name(number)}_present" for number in units), "valence", "arousal", "expression"]
    combined = Counter("+".join(dict.fromkeys(member.source for member in face.members)) for face in faces)
    return {
        "format": store.FORMAT, "name": recipe.name, "image_size": recipe.image_size, "labels": spec.to_dict(),
        "presence_from": recipe.presence_from,
        "counts": {
            "input_rows": len(records) + sum(unlabelled.values()), "used_rows": sum(used.values()),
            "rejected_rows": len(rejected), "faces": len(faces), "merged_rows": sum(used.values()) - len(faces),
            "conflicts": len(conflicts), "similar_pairs": len(pairs),
            "splits": {split: splits.count(split) for split in SPLITS},
            "rejected": dict(sorted(Counter(item.reason for item in rejected).items())),
            "combinations": dict(sorted(combined.items()))},
        "sources": [{"name": source.name, "format": source.format, "kind": source.kind, "terms": source.terms,
                     "used_rows": used[source.name], "rejected_rows": dropped[source.name]}
                    for source in recipe.sources],
        "columns": store.schema(units).names,
        "coverage": {column: {split: asdict(_coverage(column, faces, splits, split)) for split in SPLITS}
                     for column in columns},
        "recipe": {"split": asdict(recipe.split), "merge": asdict(recipe.merge)},
        "plan": plan, "version": catgan.__version__, "hash": store.content_hash(paths)}


def _coverage(column: str, faces: Sequence[merge.MergedFace], splits: Sequence[str], split: str) -> _Coverage:
    values = [face.values[column] for face, where in zip(faces, splits) if where == split and column in face.values]
    return _Coverage(len(values), sum(values) if column.endswith("_present") else None)
