"""The rows of a scan on disk: one Arrow file that is memory-mapped, so that a million rows take no memory."""

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
    ("box_in_shares", pa.bool_()), ("column", pa.string())])
REJECTED = pa.schema([(name, pa.string()) for name in ("source", "path", "row", "reason", "detail")])


class Log:
    """A Parquet table that is written as its rows come, and is there when the block has ended without an error."""

    def __init__(self, path: Path, schema: pa.Schema):
        self.path, self.schema = path, schema
        self._rows: list[dict[str, Any]] = []
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Log:
        temporary = self._stack.enter_context(files.atomic_path(self.path))
        self._writer = self._stack.enter_context(pq.ParquetWriter(temporary, self.schema, compression="zstd"))
        return self

    def add(self, row: dict[str, Any]) -> None:
        """Takes one row."""
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
    """What reading all annotations of a recipe gave.

    Args:
        rows: the labelled rows.
        people, clips: names of persons (`source/subject`) and videos (`source/video/name`), by their number in the
            columns `person` and `clip`; a family stands in the place of its sources. The column `group` is the first
            source of the family; `name` is a hash of the subject, 0 for none, comparable where `namer` is equal.
        units: AUs that any row knows.
        rejected: reason -> rows without a label, by source.
        digest: of everything that was read, and of the sizes of the files.
    """

    rows: Rows
    people: list[str]
    clips: list[str]
    units: list[int]
    rejected: dict[str, Counter[str]]
    digest: str


class Rows:
    """The rows of a scan.

    Args:
        path: the Arrow file that `scan` wrote.
        names: the sources' names, in the order of the recipe.
    """

    def __init__(self, path: Path, names: Sequence[str]):
        self.path, self.names = path, tuple(names)
        self._file = pa.ipc.open_file(pa.memory_map(str(path)))
        counts = [self._file.get_batch(index).num_rows for index in range(self._file.num_record_batches)]
        self._starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def column(self, name: str) -> np.ndarray:
        """A column of numbers as one array; unknown frames and positions are -1."""
        parts = [self._batch(index).column(name) for index in range(self._file.num_record_batches)]
        return np.concatenate([(part.fill_null(-1) if part.null_count else part).to_numpy() for part in parts])

    def known(self, name: str) -> np.ndarray:
        """bool `(n,)`: where a column of any kind holds something."""
        return np.concatenate([self._batch(index).column(name).is_valid().to_numpy(zero_copy_only=False)
                               for index in range(self._file.num_record_batches)])

    def texts(self, *names: str) -> Iterator[tuple[str | None, ...]]:
        """Columns of text or numbers, row by row."""
        for index in range(self._file.num_record_batches):
            batch = self._batch(index)
            yield from zip(*(batch.column(name).to_pylist() for name in names))

    def read(self, rows: Iterable[int], columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Some rows, in the order asked for."""
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
        """Some rows as records."""
        return [self._record(row) for row in self.read(rows)]

    def _batch(self, index: int) -> pa.RecordBatch:
        return self._file.get_batch(index)

    def _record(self, row: dict[str, Any]) -> Record:
        return Record(
            self.names[row["source"]], row["key"], Path(row["path"]), row["row"],
            dict(zip(row["presence_units"], row["presence"])), dict(zip(row["intensity_units"], row["intensity"])),
            row["valence"], row["arousal"], row["expression"], row["subject"], row["video"], row["frame"],
            row["position"], tuple(row["box"]) if row["box"] else None, row["official_split"], row["box_in_shares"],
            row["column"])


@contextlib.contextmanager
def without_looking_for_cycles() -> Iterator[None]:
    """Rows come and go by the million and are in no cycles; looking for some all the time takes a tenth of a scan."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def scan(recipe: Recipe, folder: Path) -> Scan:
    """Reads all annotations of a recipe into `folder/rows.arrow`, rows without a label into `unlabelled.parquet` there.

    Raises:
        CatganError: an annotation that cannot be read, or no labelled row at all.
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
    """Records -> columns."""

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
        """Takes one record of the source with this number."""
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
            record.box_in_shares, record.column)
        for column, value in zip(columns.values(), values):
            column.append(value)
        self.units.update(record.presence, record.intensity)
        self.count += 1
        # Where the files lie does not matter, so neither the path nor what is computed from it.
        more = (record.box_in_shares, record.column) if record.box_in_shares or record.column else ()
        self.digest.update(repr((values[:2], values[3:17], self._size_of(str(record.file)), *more)).encode())

    def batch(self) -> pa.RecordBatch:
        """What was added since the last batch."""
        batch = pa.RecordBatch.from_pydict(self.columns, ROWS)
        for column in self.columns.values():
            column.clear()
        return batch

    def _size_of(self, path: str) -> int:
        if path != self._size[0]:  # the frames of a video come one after the other
            try:
                self._size = (path, os.stat(path).st_size)
            except (OSError, ValueError):
                self._size = (path, -1)
        return self._size[1]


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).digest(), "little")


def plan_of(recipe_fingerprint: str, found: Scan, version: str) -> dict[str, Any]:
    """What identifies a build: its recipe, its rows, the sizes of its files, the version of the package."""
    return {"recipe": recipe_fingerprint, "rows": found.digest, "records": len(found.rows), "version": version}


def same_plan(path: Path, plan: dict[str, Any]) -> bool:
    """Whether the plan in the file is this one."""
    try:
        return json.loads(path.read_text(encoding="utf-8")) == plan
    except (OSError, ValueError):
        return False
