"""Reads pictures from a column of a Parquet table: of a Hugging Face data set, or of shards that catgan wrote."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from catgan.data.sources import tabular
from catgan.faces.images import ImageError

BATCH = 64
"""Number of rows in memory at a time."""


class EmbeddedPictures:
    """Reads the encoded pictures of one column by row number; ascending rows are fast.

    Args:
        path: a Parquet table.
        column: column of bytes, or of structs `{bytes, path}`.
    """

    def __init__(self, path: Path, column: str):
        self.path, self.column = path, column
        self._table: pq.ParquetFile | None = None
        self._group = self._next = -1
        self._contents: Iterator[bytes | None] = iter(())

    def content(self, position: int) -> bytes:
        """Returns the bytes of the picture in row `position`, from 0.

        Raises:
            ImageError: the file cannot be read, or the row holds no picture.
        """
        try:
            found = self._at(position)
        except FileNotFoundError:
            raise ImageError(self.path, "missing file") from None
        except (pa.ArrowException, OSError, ValueError, LookupError) as error:
            self.close()
            raise ImageError(self.path, "truncated or damaged image", " ".join(str(error).split())[:200]) from None
        if not found:
            raise ImageError(self.path, "empty file", f"row {position + 1} of column {self.column}")
        return found

    def close(self) -> None:
        """Closes the file."""
        if self._table is not None:
            self._table.close()
        self._table, self._group, self._contents = None, -1, iter(())

    def _at(self, position: int) -> bytes | None:
        if self._table is None:
            self._table = pq.ParquetFile(self.path)
            about = self._table.metadata
            self._starts = [0, *accumulate(about.row_group(group).num_rows for group in range(about.num_row_groups))]
        group = bisect_right(self._starts, position) - 1
        if position < 0 or group == len(self._starts) - 1:
            raise LookupError(f"row {position + 1} of {self._starts[-1]}")
        if group != self._group or position < self._next:
            self._group, self._next = group, self._starts[group]
            self._contents = self._read(self._table, group)
        for content in self._contents:
            self._next += 1
            if self._next > position:
                return content
        raise LookupError(f"row {position + 1}")

    def _read(self, table: pq.ParquetFile, group: int) -> Iterator[bytes | None]:
        leaf = tabular.picture_leaf(self.column, table.schema_arrow.field(self.column).type)
        for batch in table.iter_batches(BATCH, row_groups=[group], columns=[leaf]):
            cells = batch.column(0)
            if leaf != self.column:
                cells = cells.field(0) if not cells.null_count else pa.array(
                    [None if cell is None else cell["bytes"] for cell in cells.to_pylist()])
            yield from cells.to_pylist()
