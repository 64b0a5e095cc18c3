"""Reads rows and pictures of a data set by number, a few at a time: memory does not grow with the data set."""

from __future__ import annotations

import contextlib
import os
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from catgan.data.query import Kind, askable
from catgan.data.schema import SPLITS
from catgan.data.store import DualDataset
from catgan.data.view import Row
from catgan.errors import DataError
from catgan.web.inside import inside
from catgan.web.requests import Refused

MAX_PICTURE_BYTES = 16 << 20
CACHED_BYTES = 64 << 20
"""Pictures that are kept in memory, of all tabs together."""
CACHED_HINTS = 4096
BATCH_ROWS = 64


class Group(NamedTuple):
    """A row group of a shard.

    Args:
        path: the shard.
        number: of the group in its shard.
        start: number of its first row in the data set.
        rows: number of rows.
    """

    path: Path
    number: int
    start: int
    rows: int


class Opened(NamedTuple):
    """A data set as it was when `dataset.json` had this stamp.

    Args:
        dataset: the data set.
        stamp: time and size of `dataset.json`.
        groups: its row groups, in the order of rows.
        splits: by split, the numbers of its rows.
        columns: the columns that a query may name.
        version: a name for addresses, which changes when the data set is built again.
    """

    dataset: DualDataset
    stamp: tuple[int, int]
    groups: list[Group]
    splits: dict[str, range]
    columns: dict[str, Kind]
    version: str


class DataSource:
    """Opens a data set when it is first needed, and again when it was built anew.

    Rows are numbered through all splits, in the order train, validation, test.

    Args:
        folder: of the data set.
    """

    def __init__(self, folder: Path):
        self.folder = folder.resolve()
        self._opened: Opened | None = None
        self._lock = threading.Lock()
        self._pictures, self._bytes = OrderedDict[tuple[str, int], bytes](), 0
        self._hints = OrderedDict[int, None]()

    def opened(self) -> Opened:
        """Returns the data set.

        Raises:
            CatganError: no data set, or a damaged one; or a shard is a symbolic link that leads out of the folder.
        """
        with self._lock:
            path = self.folder / "dataset.json"
            stamp = _stamp(path) if path.is_file() else None
            if self._opened is None or stamp != self._opened.stamp:
                self._opened = _open(self.folder)
                self._pictures.clear()
                self._hints.clear()
                self._bytes = 0
            return self._opened

    def of_version(self, version: str | None) -> Opened:
        """Returns the data set if it is still the one that the page shows.

        Raises:
            Refused: it was built again since (409).
        """
        found = self.opened()
        if version != found.version:
            raise Refused("The data set was built again. Reload the page.", 409)
        return found

    def rows(self, rows: Sequence[int], columns: Iterable[str] | None = None) -> list[Row]:
        """Reads rows by number, in the given order, without pictures and landmarks.

        Args:
            rows: numbers in the data set.
            columns: names; None reads all.
        """
        found: dict[int, Row] = {}
        for group, local in self._by_group(rows):
            with _file(group.path) as file:
                names = [name for name in (columns or file.schema_arrow.names) if name in file.schema_arrow.names
                         and name not in ("image", "landmarks")]
                table = file.read_row_group(group.number, columns=names).take(pa.array(local))
            found |= dict(zip((group.start + one for one in local), table.to_pylist()))
        return [found[row] for row in rows]

    def hint(self, rows: Iterable[int]) -> None:
        """Notes that the pictures of these rows will be asked for, so that one pass over a row group reads them all."""
        with self._lock:
            for row in rows:
                self._hints[row] = None
                self._hints.move_to_end(row)
            while len(self._hints) > CACHED_HINTS:
                self._hints.popitem(last=False)

    def picture(self, row: int) -> bytes:
        """Returns the stored picture of a row.

        Raises:
            Refused: no such row, or no picture (404).
        """
        opened = self.opened()
        kept = self._pictures.get((opened.version, row))
        if kept is None:
            self._read_pictures(opened, row)
            kept = self._pictures.get((opened.version, row))
        if not kept:
            raise Refused(f"Face {row} has no picture.", 404)
        return kept

    def _read_pictures(self, opened: Opened, row: int) -> None:
        (group, _), = self._by_group([row])
        with self._lock:
            wanted = {hinted - group.start for hinted in self._hints
                      if 0 <= hinted - group.start < group.rows and (opened.version, hinted) not in self._pictures}
        wanted.add(row - group.start)
        last, at = max(wanted), 0
        with _file(group.path) as file:
            for batch in file.iter_batches(BATCH_ROWS, row_groups=[group.number], columns=["image.bytes"]):
                for local in sorted(one for one in wanted if at <= one < at + batch.num_rows):
                    content = batch["image"][local - at].as_py()["bytes"] or b""
                    self._keep((opened.version, group.start + local), content)
                at += batch.num_rows
                if at > last:
                    return

    def _keep(self, key: tuple[str, int], content: bytes) -> None:
        with self._lock:
            if len(content) > MAX_PICTURE_BYTES or key in self._pictures:
                return
            self._pictures[key] = content
            self._bytes += len(content)
            while self._bytes > CACHED_BYTES and len(self._pictures) > 1:
                self._bytes -= len(self._pictures.popitem(last=False)[1])

    def rows_of_ids(self, ids: Sequence[str]) -> dict[str, int]:
        """Finds rows by the identity of their face, in one pass over the column of identities."""
        found, wanted = dict[str, int](), pa.array(sorted(set(ids)), pa.string())
        for path, start in self._shard_starts():
            with _file(path) as file:
                names = file.read(columns=["id"])["id"].combine_chunks()
            for place in np.flatnonzero(pc.is_in(names, wanted).to_numpy(zero_copy_only=False)):
                found.setdefault(names[int(place)].as_py(), start + int(place))
            if len(found) == len(wanted):
                break
        return found

    def search(self, matches: Callable[[pa.RecordBatch], np.ndarray], columns: Sequence[str], split: str,
               check: Callable[[], None]) -> np.ndarray:
        """Finds the rows of a split for which a function is true, without reading pictures.

        Args:
            matches: takes a batch of rows with `columns`; returns bool `(n,)`.
            columns: names.
            split: `train`, `validation`, `test` or `all`.
            check: called between batches; it may raise to end the search.

        Returns:
            Numbers of rows, uint32, ascending.
        """
        found = [np.empty(0, np.uint32)]
        inside_split = self.opened().splits[split]
        for group in self.opened().groups:
            if group.start in inside_split:
                check()
                with _file(group.path) as file:
                    table = file.read_row_group(group.number, columns=list(columns))
                    for batch in table.combine_chunks().to_batches():
                        found.append((group.start + np.flatnonzero(matches(batch))).astype(np.uint32))
        return np.concatenate(found)

    def _shard_starts(self) -> Iterator[tuple[Path, int]]:
        for group in self.opened().groups:
            if group.number == 0:
                yield group.path, group.start

    def _by_group(self, rows: Sequence[int]) -> Iterator[tuple[Group, list[int]]]:
        """Yields the row groups that hold these rows, each with the numbers inside the group."""
        groups = self.opened().groups
        total = groups[-1].start + groups[-1].rows if groups else 0
        starts, parts = [group.start for group in groups], dict[int, list[int]]()
        for row in rows:
            if not 0 <= row < total:
                raise Refused(f"The data set has the faces 0..{total - 1}. Received: {row}.", 404)
            place = bisect_right(starts, row) - 1
            parts.setdefault(place, []).append(row - starts[place])
        for place, local in sorted(parts.items()):
            yield groups[place], local


def _open(folder: Path) -> Opened:
    dataset = DualDataset(folder)
    stamp, groups, splits, start = _stamp(folder / "dataset.json"), list[Group](), dict[str, range](), 0
    inside(folder, folder / "dataset.json")
    for split in SPLITS:
        first = start
        for path in dataset.shards(split) if dataset.count(split) else ():
            with _file(inside(folder, path)) as file:
                for number in range(file.metadata.num_row_groups):
                    rows = file.metadata.row_group(number).num_rows
                    if rows:
                        groups.append(Group(path, number, start, rows))
                        start += rows
        splits[split] = range(first, start)
    splits["all"] = range(start)
    return Opened(dataset, stamp, groups, splits, askable(dataset), f"{stamp[0]:x}-{stamp[1]:x}")


def _stamp(path: Path) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_mtime_ns, status.st_size


@contextlib.contextmanager
def _file(path: Path) -> Iterator[pq.ParquetFile]:
    """Opens a shard for reading in small parts; damage is a `DataError` of one line."""
    try:
        with pq.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False) as file:
            yield file
    except (OSError, pa.ArrowException, KeyError) as error:
        raise DataError(f"{path.name} is damaged: {' '.join(str(error).split())[:200]}.") from None
