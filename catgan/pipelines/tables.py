"""Writes tables incrementally as CSV or Parquet. An interrupted table leaves no file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from catgan import files
from catgan.errors import CatganError

ENDINGS = (".csv", ".parquet")
WRITTEN_ROWS = 4096
"""Number of buffered rows from which they are written; each write is one row group of a Parquet file."""


def check_table_path(path: str | os.PathLike) -> None:
    """Checks that a table can be written to `path`.

    Raises:
        CatganError: an ending other than .csv or .parquet (in any letter case), or as in `catgan.files.check_output`.
    """
    if Path(path).suffix.lower() not in ENDINGS:
        raise CatganError(f"Tables are written as .csv or .parquet. Received: {path}.")
    files.check_output(path)


@contextlib.contextmanager
def table_writer(path: str | os.PathLike, schema: pa.Schema) -> Iterator[Callable[[pa.RecordBatch], None]]:
    """Yields a function that adds rows to a table.

    The file appears when the block ends without an error. A table without rows is not written.

    Args:
        path: ends in `.csv` (UTF-8, commas, unknown values as empty cells) or `.parquet`.
        schema: of the rows.

    Raises:
        CatganError: as in `check_table_path`.
    """
    check_table_path(path)
    waiting: list[pa.RecordBatch] = []
    writer: pa.csv.CSVWriter | pa.parquet.ParquetWriter | None = None
    with contextlib.ExitStack() as stack:
        def flush() -> None:
            nonlocal writer
            if writer is None:
                writer = stack.enter_context(_opened(stack.enter_context(files.atomic_path(path)), schema))
            writer.write_table(pa.Table.from_batches(waiting, schema).combine_chunks())
            waiting.clear()

        def add(batch: pa.RecordBatch) -> None:
            waiting.append(batch)
            if sum(part.num_rows for part in waiting) >= WRITTEN_ROWS:
                flush()

        yield add
        if waiting:
            flush()


def _opened(path: Path, schema: pa.Schema) -> pa.csv.CSVWriter | pa.parquet.ParquetWriter:
    if path.suffix.lower() == ".csv":
        return pa.csv.CSVWriter(path, schema)
    return pa.parquet.ParquetWriter(path, schema, compression="zstd")
