"""Builds a data set of people from photographs and videos, in the order of this file: scan, look, split, shards, card.

The output depends neither on time and machine nor on the number of workers. Chunks are written as they are finished; an
interrupted build continues after the last of them. Annotations are in memory, pictures are not.
"""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import catgan
from catgan import files
from catgan.data import store
from catgan.data.builder.scan import REJECTED, Log, same_plan
from catgan.data.people import card, chunks, contents, scan, splitting
from catgan.data.people.recipe import PeopleRecipe, fingerprint, read_recipe
from catgan.data.people.records import PersonRecord
from catgan.data.people.sources import warning
from catgan.data.schema import SPLITS, Info
from catgan.data.shards import ShardWriter
from catgan.errors import CatganError
from catgan.faces import model_files
from catgan.system import logger

TWICE = "the same person again"


@dataclass(frozen=True)
class Looked:
    """Holds what is known of all records after they were looked at.

    Args:
        reasons, details: of each record that is not used; None for the others.
        hashes: of the bytes of photographs; empty for clips and unread files.
        order: records in the order of the chunks.
    """

    reasons: list[str | None]
    details: list[str]
    hashes: list[bytes]
    order: list[int]

    @property
    def used(self) -> list[int]:
        """Returns the records that are used, in the order of the chunks."""
        return [index for index in self.order if self.reasons[index] is None]


def build_people(recipe: str | os.PathLike | PeopleRecipe, out: str | os.PathLike, workers: int | None = None) -> Info:
    """Builds a data set of people, or continues an unfinished build; a finished one is left as it is.

    Args:
        recipe: a recipe with `people: true`, or the path of its file.
        out: folder of the data set.
        workers: number of processes; default: one per core.

    Returns:
        The counts of `dataset.json` with `"folder"`, `"hash"`, `"already_complete"`, `"seconds"`.

    Raises:
        CatganError: a bad recipe or annotation line, an output folder with other content, nobody found, or a full disk.
    """
    recipe = recipe if isinstance(recipe, PeopleRecipe) else read_recipe(recipe)
    workers = workers or os.cpu_count() or 1
    if workers < 1:
        raise CatganError(f"--workers must be 1 or more. Received: {workers}.")
    try:
        return _build(recipe, Path(out).resolve(), workers)
    except OSError as error:
        raise files.full_disk(error, Path(out)) from None


def _build(recipe: PeopleRecipe, out: Path, workers: int) -> Info:
    started = time.perf_counter()
    work = out / "work"
    files.refuse_around(out, [source.root for source in recipe.sources])
    if out.exists() and any(out.iterdir()) and not any(
            path.is_file() for path in (work / "plan.json", out / "dataset.json")):
        raise CatganError(f"{out} is not empty and holds no catgan build. Give a new folder.")

    # === 1. Scan the annotations ===
    found = scan.scan(recipe)
    plan: Info = {"build_people": fingerprint(recipe), "rows": found.digest, "records": len(found.records),
                  "version": catgan.__version__}
    if (out / "dataset.json").is_file():
        return _finished(out, plan, started)
    for name in ("face_landmarker", "pose_landmarker", "selfie_segmenter"):
        model_files.find(name)
    _prepare(out, plan)
    warnings = [text for source in recipe.sources if (text := warning(source.format))]
    for text in warnings:
        logger.warning(text)

    # === 2. Look at the pictures: chunk by chunk, in worker processes ===
    planned = chunks.planned(scan.works(found.records), work)
    chunks.look_at_all(planned, recipe.image_size, workers)
    looked = _gathered([path for path, _ in planned], found.records)
    if not looked.used:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(Counter(looked.reasons).items(), key=str))
        raise CatganError(f"Nobody is left of the {len(found.records)} annotated people of this recipe; the reasons: "
                          f"{reasons}.")

    # === 3. Split ===
    used = looked.used
    records = [found.records[index] for index in used]
    families = {source.name: source.family or source.name for source in recipe.sources}
    division = splitting.divided(records, [looked.hashes[index] for index in used],
                                 [families[record.source] for record in records], recipe.split)

    # === 4. Shards, rejected rows, card; dataset.json comes last ===
    paths = _shards(out, [path for path, _ in planned], found.records, families, dict(zip(used, division.splits)))
    _write_rejected(out / "rejected.parquet", found, looked)
    content = contents.info(recipe, found, looked.reasons, records, division, warnings, plan, paths)
    card.write(out, content)
    files.write_json(out / "dataset.json", content)
    shutil.rmtree(work)
    return _result(out, started)


def _prepare(out: Path, plan: Info) -> None:
    """Keeps the chunks of an earlier attempt at the same build, and removes anything of another one."""
    path = out / "work" / "plan.json"
    if same_plan(path, plan):
        files.clear_temporary(out)
        return
    if path.is_file():
        logger.warning("%s: the unfinished build there has another recipe or other inputs; starting anew.", out)
    for entry in (out / "work", out / "shards", out / "figures"):
        shutil.rmtree(entry, ignore_errors=True)
    files.write_json(path, plan)


def _finished(out: Path, plan: Info, started: float) -> Info:
    if store.load_dataset(out).info["plan"] != plan:
        raise CatganError(f"{out} holds a data set of another recipe, other annotations or another version. "
                          "Give another folder, or remove this one first.")
    shutil.rmtree(out / "work", ignore_errors=True)
    return _result(out, started) | {"already_complete": True}


def _result(out: Path, started: float) -> Info:
    info = store.load_dataset(out).info
    return {**info["counts"], "folder": str(out), "hash": info["hash"], "already_complete": False,
            "warnings": info["warnings"], "seconds": round(time.perf_counter() - started, 2)}


def _gathered(paths: Sequence[Path], records: Sequence[PersonRecord]) -> Looked:
    """Reads which records are used, and rejects those that repeat another one."""
    looked = Looked([None] * len(records), [""] * len(records), [b""] * len(records), [])
    for path in paths:
        for row in pq.read_table(path, columns=["index", "reason", "detail", "content"]).to_pylist():
            index = row["index"]
            looked.reasons[index], looked.details[index] = row["reason"], row["detail"] or ""
            looked.hashes[index] = row["content"] or b""
            looked.order.append(index)
    first: dict[tuple, int] = {}
    # Of repeated rows, the one is kept that is farthest from training.
    for index in sorted(looked.used, key=lambda index: (_rank(records[index]), index)):
        record = records[index]
        key = (looked.hashes[index] or str(record.file), record.box, record.box_in_shares, record.frame, record.first,
               record.last, record.joints_person, record.subject)
        if first.setdefault(key, index) != index:
            looked.reasons[index], looked.details[index] = TWICE, f"as in {records[first[key]].row}"
    return looked


def _rank(record: PersonRecord) -> int:
    return ("test", "validation", "training", None).index(record.official_split)


def _shards(out: Path, paths: Sequence[Path], records: Sequence[PersonRecord], families: dict[str, str],
            splits: dict[int, int]) -> list[Path]:
    """Writes the shards in the order of the chunks, of which one is in memory at a time; returns their paths."""
    counts = Counter(splits.values())
    writers = {number: ShardWriter(out / "shards", SPLITS[number], counts[number], chunks.COLUMNS)
               for number in sorted(counts)}
    for path in paths:
        rows = [row for row in pq.read_table(path).to_pylist() if row["index"] in splits]
        for number, writer in writers.items():
            chosen = [contents.row_of(row, records[row["index"]], families, SPLITS[number]) for row in rows
                      if splits[row["index"]] == number]
            if chosen:
                writer.add(pa.Table.from_pylist(chosen, chunks.COLUMNS))
    return [path for writer in writers.values() for path in writer.close()]


def _write_rejected(path: Path, found: scan.Scan, looked: Looked) -> None:
    with Log(path, REJECTED) as log:
        for row in found.rejected:
            log.add({name: getattr(row, name) for name in REJECTED.names})
        for record, reason, detail in zip(found.records, looked.reasons, looked.details):
            if reason is not None:
                log.add({"source": record.source, "path": record.key, "row": record.row, "reason": reason,
                         "detail": detail})
