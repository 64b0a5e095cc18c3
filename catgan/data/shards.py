"""Reads and writes the shards of a data set: Parquet files `SPLIT-00000-of-00012.parquet`, one row per face."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from catgan import files
from catgan.data.schema import SPLITS
from catgan.errors import DataError

SHARD_ROWS = 4096
"""Rows of a shard; the last shard of a split may have fewer."""


class ShardWriter:
    """Writes one split as shards; each file is written atomically, in row groups of at most `SHARD_ROWS` rows.

    Args:
        folder: of the shards.
        split: name of the split.
        rows: number of rows of the split, for shards of `SHARD_ROWS` rows, or the number of rows of each shard. The
            file names depend on the number of shards.
        columns: schema of the rows.
    """

    def __init__(self, folder: Path, split: str, rows: int | Sequence[int], columns: pa.Schema):
        self.folder, self.split, self.columns = folder, split, columns
        self.sizes = even_sizes(rows) if isinstance(rows, int) else list(rows)
        self.paths: list[Path] = []
        self._tables: list[pa.Table] = []
        self._rows = self._written = 0
        self._file = contextlib.ExitStack()
        self._writer: pq.ParquetWriter | None = None

    def add(self, table: pa.Table) -> None:
        """Adds rows with the columns of the shard; writes each row group and each shard when it is full."""
        while self._rows + table.num_rows >= (most := self._most()):
            room = most - self._rows
            self._tables.append(table.slice(0, room))
            self._rows = most
            self._write_group()
            if self._written == self._size():
                self._end_shard()
            table = table.slice(room)
        if table.num_rows:
            self._tables.append(table)
            self._rows += table.num_rows

    def close(self) -> list[Path]:
        """Writes the remaining rows, and returns the paths of all shards."""
        if self._rows or not (self.paths or self._written):
            self._write_group()
        if self._written or not self.paths:
            self._end_shard()
        return self.paths

    def _size(self) -> int:
        return self.sizes[min(len(self.paths), len(self.sizes) - 1)]

    def _most(self) -> int:
        """Returns the number of rows of the row group that is being collected."""
        return min(self._size() - self._written, SHARD_ROWS) or SHARD_ROWS

    def _write_group(self) -> None:
        # One chunk, because the bytes of the file must not depend on the sizes of the added tables.
        table = pa.concat_tables(self._tables).combine_chunks() if self._tables else self.columns.empty_table()
        if self._writer is None:
            temporary = self._file.enter_context(files.atomic_path(self._path()))
            self._writer = self._file.enter_context(pq.ParquetWriter(temporary, table.schema, compression="zstd"))
        self._writer.write_table(table)
        self._written += self._rows
        self._tables, self._rows = [], 0

    def _end_shard(self) -> None:
        self._file.close()
        self.paths.append(self._path())
        self._writer, self._written = None, 0

    def _path(self) -> Path:
        return self.folder / f"{self.split}-{len(self.paths):05d}-of-{len(self.sizes):05d}.parquet"


def even_sizes(rows: int) -> list[int]:
    """Returns the sizes of shards of `SHARD_ROWS` rows, of which the last may be smaller; at least one shard."""
    whole, rest = divmod(rows, SHARD_ROWS)
    return [SHARD_ROWS] * whole + [rest] * (rest > 0 or not whole)


def content_hash(paths: Iterable[Path]) -> str:
    """Returns a hash over the names and bytes of shards, 32 hexadecimal digits."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.name.encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]


def read_shards(folder: Path) -> pa.Table:
    """Reads all shards of the data set `folder`, finished or not, without pictures and landmarks."""
    paths = [path for split in SPLITS for path in sorted((folder / "shards").glob(f"{split}-*.parquet"))]
    columns = [name for name in pq.read_schema(paths[0]).names if name not in ("image", "landmarks")]
    return pa.concat_tables([pq.read_table(path, columns=columns) for path in paths])


def first_images(folder: Path, n: int) -> list[dict[str, Any]]:
    """Reads the first `n` images (`{"bytes", "path"}`) of the first split that has any."""
    paths = [path for split in SPLITS for path in sorted((folder / "shards").glob(f"{split}-*.parquet"))]
    return next(pq.ParquetFile(paths[0]).iter_batches(n, columns=["image"]))["image"].to_pylist()


def known(shards: Sequence[Path], columns: Sequence[str]) -> dict[str, int]:
    """Counts the known cells of columns from the statistics of the shards, without reading rows."""
    counts = dict.fromkeys(columns, 0)
    for shard in shards:
        with _opened(shard) as file:
            for group in map(file.metadata.row_group, range(file.metadata.num_row_groups)):
                for chunk in map(group.column, range(group.num_columns)):
                    if chunk.path_in_schema in counts:
                        counted = chunk.is_stats_set and chunk.statistics.has_null_count
                        unknown = chunk.statistics.null_count if counted else 0
                        counts[chunk.path_in_schema] += group.num_rows - unknown
    return counts


def schema_of(shard: Path) -> pa.Schema:
    """Reads the schema of a shard. Raises `DataError` if it is damaged."""
    with _opened(shard) as file:
        return file.schema_arrow


def rows_of(shard: Path) -> int:
    """Returns the number of rows of a shard. Raises `DataError` if it is damaged."""
    with _opened(shard) as file:
        return file.metadata.num_rows


def read_columns(shard: Path, columns: Sequence[str]) -> pa.Table:
    """Reads columns of a shard. Raises `DataError` if it is damaged."""
    with _opened(shard) as file:
        return file.read(list(columns))


def scan(shards: Sequence[Path], columns: Sequence[str] | None = None, rows: int = 512) -> Iterator[pa.RecordBatch]:
    """Yields the rows of shards in order, at most `rows` at a time. Raises `DataError` for a damaged shard."""
    for shard in shards:
        with _opened(shard) as file:
            yield from file.iter_batches(rows, columns=None if columns is None else list(columns))


@contextlib.contextmanager
def _opened(shard: Path) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(shard) as file:
            yield file
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{shard} is damaged: {' '.join(str(error).split())[:200]}.") from None
