"""Reads the rows of a table from common file types: CSV and its relatives, Excel, JSON, JSON lines, Parquet.

A row is its number in the file and its cells as text, in the order of the requested columns. Other columns are ignored.
An empty cell is unknown.
"""

from __future__ import annotations

import codecs
import difflib
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from catgan import system
from catgan.data.sources import parsing, workbook
from catgan.errors import AnnotationError, CatganError

DELIMITERS = {".csv": ",;\t|", ".tsv": "\t,;|", ".tab": "\t,;|", ".txt": "\t,;| "}
"""Possible separators of columns by file extension, the most likely first."""
WORKBOOKS = (".xlsx", ".xlsm")
LINES = (".jsonl", ".ndjson")
PARQUET = (".parquet", ".pq")
ENDINGS = (*DELIMITERS, *WORKBOOKS, ".json", *LINES, *PARQUET)
EMBEDDED = "\0embedded"
"""The cell of a picture that is stored in the table itself; no path has this text."""
CHUNK_BYTES = 1 << 20
LONGEST_HEADER = 100
"""Largest number of lines of a header; column names may contain line breaks."""

Row = tuple[int, Sequence[str]]


def rows(file: Path, columns: Sequence[str], image: str, encoding: str | None = None) -> Iterator[Row]:
    """Yields the rows of a table, numbered by lines of the file, rows of the sheet, or rows of the table from 1.

    Args:
        file: the table.
        columns: names of the requested columns, without surrounding white space.
        image: the column with the path of the image or, in Parquet, the picture; in that case the cell is `EMBEDDED`.
        encoding: encoding of a text file; detected by default.

    Raises:
        AnnotationError: a column is missing or appears twice, or a row cannot be read.
        CatganError: an unsupported file type, or a damaged file.
    """
    ending = file.suffix.lower()
    if ending in DELIMITERS:
        return _text(file, columns, encoding or _encoding(file))
    if ending in WORKBOOKS:
        return _chosen(file, columns, workbook.rows(file))
    if ending == ".json":
        return _objects(file, columns, _array(file, columns))
    if ending in LINES:
        return _objects(file, columns, _lines(file, encoding))
    if ending in PARQUET:
        return _parquet(file, columns, image)
    raise CatganError(f"A table ends in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}; other spreadsheets can be saved as "
                      f".csv. Received: {file.name}.")


def places(file: Path, line: int, header: Sequence[str], columns: Sequence[str]) -> list[int]:
    """Returns the position of each of `columns` in the header.

    Raises:
        AnnotationError: a column is missing or appears twice.
    """
    names = [" ".join(name.split()) for name in header]
    for column in columns:
        if names.count(column) > 1:
            raise AnnotationError(file, line, f"the header names the column {column} twice.")
    missing = [column for column in columns if column not in names]
    if missing:
        near = difflib.get_close_matches(missing[0], names, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        raise AnnotationError(file, line, f"the table lacks {', '.join(missing)}.{hint} It has: "
                              f"{', '.join(names)[:200]}.")
    return [names.index(column) for column in columns]


def _picker(chosen: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    if len(chosen) == 1:
        only = chosen[0]
        return lambda cells: (cells[only],)
    return itemgetter(*chosen)


def _chosen(file: Path, columns: Sequence[str], numbered: Iterator[tuple[int, list[str]]]) -> Iterator[Row]:
    """Yields the cells of the requested columns, from rows that begin with a header."""
    line, header = next(numbered, (1, []))
    pick = _picker(places(file, line, header, columns))
    for line, cells in numbered:
        if len(cells) != len(header):
            if len(cells) < len(header) or any(cells[len(header):]):
                raise AnnotationError(file, line, f"{len(header)} columns are needed. Received: {len(cells)}.")
        yield line, pick(cells)


# === Text ===


def _text(file: Path, columns: Sequence[str], encoding: str | None) -> Iterator[Row]:
    numbered = parsing.lines(file, encoding, blank=True)
    head: list[tuple[int, str]] = []
    candidates = DELIMITERS[file.suffix.lower()]
    for line, text in numbered:
        if not head and text.startswith("sep=") and len(text) == 5:  # written by Excel
            candidates = text[4]
        elif head or text.strip():
            head.append((line, text))
            if sum(part.count('"') for _, part in head) % 2 == 0 or len(head) == LONGEST_HEADER:
                break
    delimiter = max(candidates, key=lambda candidate: _fits(file, head, candidate, columns))
    yield from _chosen(file, columns, parsing.rows(file, delimiter, chain(head, numbered)))


def _fits(file: Path, head: Sequence[tuple[int, str]], delimiter: str, columns: Sequence[str]) -> int:
    """Returns how many of the requested columns a header has with this delimiter."""
    try:
        _, header = next(parsing.rows(file, delimiter, iter(head)), (1, []))
    except AnnotationError:
        return 0
    return len({" ".join(name.split()) for name in header} & set(columns))


def _encoding(file: Path) -> str | None:
    """Returns None for UTF-8 and UTF-16, which `parsing.lines` detects, else Windows-1252 with a warning."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with open(file, "rb") as content:
            start = content.read(4)
            if start[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in start[:2]:
                return None
            decoder.decode(start)
            while chunk := content.read(CHUNK_BYTES):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        system.logger.warning(f"{file} is not UTF-8: it is read as Windows-1252 (Latin-1). The option `encoding` names "
                              "another one.")
        return "cp1252"
    except OSError as error:
        raise CatganError(f"{file} cannot be read: {error.strerror}.") from None
    return None


# === JSON ===


def _array(file: Path, columns: Sequence[str]) -> Iterator[tuple[int, object]]:
    """Yields the objects of a JSON file, numbered from 1.

    They are a list, the only list in an object, the values of an object, or columns `{name: {row: cell}}` as pandas
    writes them.
    """
    if file.stat().st_size > workbook.MOST_BYTES:
        raise CatganError(f"{file} is larger than {workbook.MOST_BYTES:,} bytes. JSON lines (.jsonl) may be.")
    content = _json(file, 1, file.read_bytes())
    found = content if isinstance(content, list) else None
    if isinstance(content, dict):
        lists = [value for value in content.values() if isinstance(value, list)]
        if len(lists) == 1:
            found = lists[0]
        elif content and all(isinstance(value, dict) for value in content.values()):
            rows = dict.fromkeys(row for value in content.values() for row in value)
            found = list(content.values()) if content.keys().isdisjoint(columns) else [
                {name: cells.get(row) for name, cells in content.items()} for row in rows]
    if found is None:
        raise AnnotationError(file, 1, "a list of objects is needed, one for each row.")
    yield from enumerate(found, 1)


def _lines(file: Path, encoding: str | None) -> Iterator[tuple[int, object]]:
    for line, text in parsing.lines(file, encoding):
        yield line, _json(file, line, text)


def _json(file: Path, line: int, text: str | bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        at = line + getattr(error, "lineno", 1) - 1
        raise AnnotationError(file, at, f"not JSON ({str(error)[:80]}).") from None


def _objects(file: Path, columns: Sequence[str], numbered: Iterator[tuple[int, object]]) -> Iterator[Row]:
    """Yields rows from objects; a key may be missing in some, but not in all."""
    unseen: dict[str, None] = dict.fromkeys(columns)
    names: dict[str, None] = {}
    for line, content in numbered:
        if not isinstance(content, dict):
            raise AnnotationError(file, line, f"a row must be a JSON object. Received: {str(content)[:60]}.")
        if unseen:
            for name in list(unseen.keys() & content.keys()):
                del unseen[name]
            names |= dict.fromkeys(content)
        yield line, [_cell(content.get(column)) for column in columns]
    if unseen:
        places(file, 1, list(names), columns)


def _cell(value: object) -> str:
    if value is None or value != value:
        return ""
    return value.strip() if isinstance(value, str) else str(value)


# === Parquet ===


def _parquet(file: Path, columns: Sequence[str], image: str) -> Iterator[Row]:
    try:
        with pq.ParquetFile(file) as table:
            schema = table.schema_arrow
            places(file, 1, schema.names, columns)
            by_name = {" ".join(name.split()): name for name in schema.names}
            kind = schema.field(by_name[image]).type
            line = 0
            for group in range(table.num_row_groups):
                for batch in _batches(table, group, [by_name[column] for column in columns], by_name[image], kind):
                    for cells in zip(*batch):
                        line += 1
                        yield line, cells
    except AnnotationError:
        raise
    except (pa.ArrowException, OSError, ValueError, LookupError, OverflowError) as error:  # for damaged files
        raise CatganError(f"{file} is not a Parquet file ({' '.join(str(error).split())[:120]}).") from None


def _batches(table: pq.ParquetFile, group: int, columns: list[str], image: str,
             kind: pa.DataType) -> Iterator[list[list[str]]]:
    """Yields the cells of a row group, one list per column. Pictures are not read; only their presence is checked."""
    holds = picture_leaf(image, kind)
    wanted = [column for column in dict.fromkeys(columns) if column != image or holds is None]
    if holds is not None and not _all(table, group, holds):
        wanted.append(image)
    if not wanted:
        yield [[EMBEDDED] * table.metadata.row_group(group).num_rows] * len(columns)
        return
    for batch in table.iter_batches(row_groups=[group], columns=wanted):
        cells = {name: [_cell(value) for value in batch.column(name).to_pylist()]
                 for name in batch.schema.names if name != image or holds is None}
        if holds is not None:
            cells[image] = _pictures(batch, image, holds)
        yield [cells[column] for column in columns]


def picture_leaf(column: str, kind: pa.DataType) -> str | None:
    """Returns the part of a Parquet column that holds encoded pictures, or None if the column holds text.

    Args:
        column: its name.
        kind: its type: bytes, or a struct `{bytes, path}` as Hugging Face writes it.
    """
    if pa.types.is_struct(kind) and any(part.name == "bytes" for part in kind):
        return f"{column}.bytes"
    return column if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) else None


def _all(table: pq.ParquetFile, group: int, leaf: str) -> bool:
    """Returns whether the file's statistics say that every row of a row group has a picture."""
    about = table.metadata.row_group(group)
    for place in range(about.num_columns):
        part = about.column(place)
        if part.path_in_schema == leaf:
            found = part.statistics
            return found is not None and found.has_null_count and found.null_count == 0
    return False


def _pictures(batch: pa.RecordBatch, image: str, leaf: str) -> list[str]:
    """Returns for each row `EMBEDDED`, the path of a picture in a separate file, or an empty cell."""
    if image not in batch.schema.names:
        return [EMBEDDED] * batch.num_rows
    found = batch.column(image).to_pylist()
    if leaf == image:
        return ["" if value is None else EMBEDDED for value in found]
    return ["" if value is None else EMBEDDED if value["bytes"] is not None else _cell(value.get("path"))
            for value in found]
