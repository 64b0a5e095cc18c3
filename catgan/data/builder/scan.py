"""Scans annotations into one memory-mapped Arrow file, so that even a million rows take little memory."""

from __future__ import annotations

import contextlib
import functools
import gc
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from catgan import files
from catgan.data import sources
from catgan.data.builder.recipe import Recipe, namers
from catgan.data.sources.records import Record, Rejected
from catgan.errors import CatganError

BATCH = 4096
ROWS = pa.schema([
    ("source", pa.int16()), ("key", pa.string()), ("path", pa.string()), ("row", pa.string()),
    ("presence_units", pa.list_(pa.int16())), ("presence", pa.list_(pa.int8())),
    ("intensity_units", pa.list_(pa.int16())), ("intensity", pa.list_(pa.float64())),
    ("valence", pa.float64()), ("arousal", pa.float64()), ("expression", pa.string()), ("subject", pa.string()),
    ("video", pa.string()), ("frame", pa.int64()), ("position", pa.int64()), ("box", pa.list_(pa.float64())),
    ("official_split", pa.string()), ("file", pa.uint64()), ("moment", pa.uint64()), ("person", pa.int32()),
    ("clip", pa.int32()), ("group", pa.int16()), ("namer", pa.int16()), ("name", pa.uint64()),
    ("box_in_shares", pa.bool_()), ("column", pa.string()), ("time", pa.float64())])
REJECTED = pa.schema([(name, pa.string()) for name in ("source", "path", "row", "reason", "detail")])


class Log:
    """Writes a Parquet table row by row; the file appears only when the `with` block ends without an error."""

    def __init__(self, path: Path, schema: pa.Schema):
        self.path, self.schema = path, schema
        self._rows: list[dict[str, Any]] = []
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Log:
        temporary = self._stack.enter_context(files.atomic_path(self.path))
        self._writer = self._stack.enter_context(pq.ParquetWriter(temporary, self.schema, compression="zstd"))
        return self

    def add(self, row: dict[str, Any]) -> None:
        """Adds one row."""
        self._rows.append(row)
        if len(self._rows) == BATCH:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(pa.Table.from_pylist(self._rows, self.schema))
        self._rows = []

    def __exit__(self, *error) -> bool | None:
        if error[0] is None and self._rows:
            self._flush()
        return self._stack.__exit__(*error)


@dataclass(frozen=True)
class Scan:
    """Holds the annotations of a recipe.

    Column `group` of the rows is the number of the first source of a family. Column `name` is a hash of the subject, 0
    for none; names are comparable if `namer` is equal.

    Args:
        rows: labelled rows.
        people, clips: names of persons (`source/subject`) and videos (`source/video/name`), by their number in the
            columns `person` and `clip`. The name of a family replaces the names of its sources.
        units: AUs with a label in any row.
        rejected: source -> reason -> number of rows without a label.
        digest: hash of all content read, and of the sizes of the files.
    """

    rows: Rows
    people: list[str]
    clips: list[str]
    units: list[int]
    rejected: dict[str, Counter[str]]
    digest: str

    @property
    def timed(self) -> bool:
        """Returns True if any row is a frame of a video, so that the data set has a column of times."""
        return bool(((self.rows.column("clip") >= 0) & (self.rows.column("frame") >= 0)).any())


class Rows:
    """Reads the rows of a scan.

    Args:
        path: Arrow file that `scan` wrote.
        names: names of the sources, in the order of the recipe.
    """

    def __init__(self, path: Path, names: Sequence[str]):
        self.path, self.names = path, tuple(names)
        self._file = pa.ipc.open_file(pa.memory_map(str(path)))
        counts = [self._file.get_batch(index).num_rows for index in range(self._file.num_record_batches)]
        self._starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def column(self, name: str) -> np.ndarray:
        """Returns a column of numbers as one array; unknown frames and positions are -1."""
        parts = [self._batch(index).column(name) for index in range(self._file.num_record_batches)]
        return np.concatenate([(part.fill_null(-1) if part.null_count else part).to_numpy() for part in parts])

    def known(self, name: str) -> np.ndarray:
        """Returns bool `(n,)`, True where a column has a value."""
        return np.concatenate([self._batch(index).column(name).is_valid().to_numpy(zero_copy_only=False)
                               for index in range(self._file.num_record_batches)])

    def texts(self, *names: str) -> Iterator[tuple[str | None, ...]]:
        """Yields the values of columns of text or numbers, row by row."""
        for index in range(self._file.num_record_batches):
            batch = self._batch(index)
            yield from zip(*(batch.column(name).to_pylist() for name in names))

    def read(self, rows: Iterable[int], columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Returns the given rows in their order, with the given columns; default: all columns."""
        asked = np.fromiter(rows, np.int64)
        where = np.searchsorted(self._starts, asked, side="right") - 1
        found: list[dict[str, Any]] = [{}] * len(asked)
        for index in np.unique(where):
            batch = self._batch(int(index))
            chosen = np.flatnonzero(where == index)
            part = batch.select(list(columns)) if columns else batch
            for slot, row in zip(chosen, part.take(pa.array(asked[chosen] - self._starts[index])).to_pylist()):
                found[slot] = row
        return found

    def records(self, rows: Iterable[int]) -> list[Record]:
        """Returns the given rows as records."""
        return [self._record(row) for row in self.read(rows)]

    def _batch(self, index: int) -> pa.RecordBatch:
        return self._file.get_batch(index)

    def _record(self, row: dict[str, Any]) -> Record:
        return Record(
            self.names[row["source"]], row["key"], Path(row["path"]), row["row"],
            dict(zip(row["presence_units"], row["presence"])), dict(zip(row["intensity_units"], row["intensity"])),
            row["valence"], row["arousal"], row["expression"], row["subject"], row["video"], row["frame"],
            row["position"], tuple(row["box"]) if row["box"] else None, row["official_split"], row["box_in_shares"],
            row["column"], row["time"])


@contextlib.contextmanager
def without_looking_for_cycles() -> Iterator[None]:
    """Disables the collection of reference cycles inside the `with` block.

    A scan creates millions of rows without cycles; looking for cycles would take a tenth of its time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def scan(recipe: Recipe, folder: Path) -> Scan:
    """Reads all annotations of a recipe into `folder/rows.arrow`.

    Rows without a label go to `folder/unlabelled.parquet`.

    Raises:
        CatganError: an annotation cannot be read, or no row has a label.
    """
    writer = _RowWriter(recipe)
    rejected: dict[str, Counter[str]] = {source.name: Counter() for source in recipe.sources}
    with (without_looking_for_cycles(), Log(folder / "unlabelled.parquet", REJECTED) as log,
          files.atomic_path(folder / "rows.arrow") as temporary, pa.OSFile(str(temporary), "wb") as file,
          pa.ipc.new_file(file, ROWS) as out):
        for number, source in enumerate(recipe.sources):
            for row in sources.read(source.format, source.name, source.folder, source.options):
                if isinstance(row, Rejected):
                    rejected[row.source][row.reason] += 1
                    log.add({name: getattr(row, name) for name in REJECTED.names})
                    continue
                writer.add(number, row)
                if len(writer.columns["source"]) == BATCH:
                    out.write_batch(writer.batch())
        if writer.columns["source"]:
            out.write_batch(writer.batch())
    if not writer.count:
        count = sum(map(Counter.total, rejected.values()))
        raise CatganError(f"The recipe '{recipe.name}' names no labelled image: {count} rows, all without a label.")
    rows = Rows(folder / "rows.arrow", [source.name for source in recipe.sources])
    return Scan(rows, list(writer.people), list(writer.clips), sorted(writer.units), rejected,
                writer.digest.hexdigest()[:16])


class _RowWriter:
    """Converts records to columns."""

    def __init__(self, recipe: Recipe):
        self.columns: dict[str, list] = {name: [] for name in ROWS.names}
        self.people: dict[str, int] = {}
        self.clips: dict[str, int] = {}
        self.units: set[int] = set()
        self.count = 0
        self.digest = hashlib.sha256()
        families = recipe.families
        self._groups = [families.get(source.name, source.name) for source in recipe.sources]
        self._numbers = [self._groups.index(group) for group in self._groups]
        self._namers = namers(recipe)
        self._named = functools.lru_cache(maxsize=4096)(_hash)
        self._size: tuple[str, int] = ("", -1)

    def add(self, source: int, record: Record) -> None:
        """Adds one record of the source with number `source`."""
        group, columns = self._groups[source], self.columns
        moment = None if record.video is None or record.frame is None else (
            f"{group}/{record.video}/{record.subject}/{record.frame}")  # two people may share a video
        person = None if record.subject is None else f"{group}/{record.subject}"
        clip = None if record.video is None else f"{group}/video/{record.video}"
        values = (
            source, record.key, str(record.file), record.row, list(record.presence), list(record.presence.values()),
            list(record.intensity), list(record.intensity.values()), record.valence, record.arousal, record.expression,
            record.subject, record.video, record.frame, record.position, record.box, record.official_split,
            _hash(f"{files.real_path(str(record.file))}#{record.position}"), 0 if moment is None else _hash(moment),
            -1 if person is None else self.people.setdefault(person, len(self.people)),
            -1 if clip is None else self.clips.setdefault(clip, len(self.clips)),
            self._numbers[source], self._namers[source], 0 if record.subject is None else self._named(record.subject),
            record.box_in_shares, record.column, record.time)
        for column, value in zip(columns.values(), values):
            column.append(value)
        self.units.update(record.presence, record.intensity)
        self.count += 1
        # The digest must not depend on the folder of the files, so paths and values computed from them are left out.
        more: list[object] = [record.box_in_shares, record.column] if record.box_in_shares or record.column else []
        if record.time is not None:
            more.append(record.time)
        self.digest.update(repr((values[:2], values[3:17], self._size_of(str(record.file)), *more)).encode())

    def batch(self) -> pa.RecordBatch:
        """Returns the records added since the last batch."""
        batch = pa.RecordBatch.from_pydict(self.columns, ROWS)
        for column in self.columns.values():
            column.clear()
        return batch

    def _size_of(self, path: str) -> int:
        if path != self._size[0]:  # frames of one video are consecutive
            try:
                self._size = (path, os.stat(path).st_size)
            except (OSError, ValueError):
                self._size = (path, -1)
        return self._size[1]


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).digest(), "little")


def plan_of(recipe_fingerprint: str, found: Scan, version: str) -> dict[str, Any]:
    """Returns the identification of a build: recipe, rows, sizes of the files, version of the package."""
    return {"recipe": recipe_fingerprint, "rows": found.digest, "records": len(found.rows), "version": version}


def same_plan(path: Path, plan: dict[str, Any]) -> bool:
    """Returns True if the file holds this plan."""
    try:
        return json.loads(path.read_text(encoding="utf-8")) == plan
    except (OSError, ValueError):
        return False
