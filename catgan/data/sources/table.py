"""Any table: CSV, TSV or Parquet with a row per image. The recipe says which column is what.

    options:
      file: labels.csv            below ROOT; delimiter by its ending: .csv comma, .tsv TAB, .txt blanks; .parquet
      image: filename             column with the path of the image below ROOT
      images: crops               folder below ROOT that those paths start in; ROOT itself when not given
      subject: person             optional, also `video`, `frame`, `split` (training, validation or test)
      valence: v                  -1..1; or `valence: v / 10` for a scale of -10..10
      arousal: a
      expression: emotion         names, see `facs.EXPRESSIONS`
      AU12: smile                 0 or 1
      AU06 intensity: cheek       0..5
      unknown: "NA, -9"           cells that mean unknown, beside the empty cell

Nothing is guessed: a cell that is neither a value of its kind nor unknown is an error that names its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from catgan import facs
from catgan.data.records import Record, Rejected
from catgan.data.sources import reading
from catgan.data.sources.layout import Layout
from catgan.errors import AnnotationError, CatganError, unknown_name

DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": " "}
SPLITS = ("training", "validation", "test")
OPTIONS = {
    "file": "the table below ROOT", "image": "column with the path of the image", "images": "folder of the images",
    "subject": "column", "video": "column", "frame": "column", "split": "column", "valence": "column, or `v / 10`",
    "arousal": "column, or `a / 10`", "expression": "column", "unknown": "cells that mean unknown, joined by commas",
    "AU12": "column of presence, for any AU", "AU12 intensity": "column of intensity, for any AU"}
WORDS = tuple(word for word in OPTIONS if not word.startswith("AU"))

LAYOUT = Layout(
    "whatever the recipe says which column holds",
    "the empty cell, and what the option `unknown` names",
    "those of your collection",
    splits="as the column `split` says",
    options=OPTIONS)


@dataclass(frozen=True)
class _Columns:
    """Which column is what: the recipe's options, understood once."""

    words: Mapping[str, str]
    units: tuple[tuple[int, bool, str], ...]
    scaled: Mapping[str, tuple[str, float]]
    unknown: frozenset[str]

    @property
    def needed(self) -> set[str]:
        """The columns that the table must have."""
        named = {column for word, column in self.words.items() if word not in ("file", "images", "unknown")}
        return named | {column for *_, column in self.units} | {column for column, _ in self.scaled.values()}


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields every row of the table."""
    reading.require(root, f"Root of source '{name}'")
    columns = _understood(name, {word: str(column) for word, column in (options or {}).items()})
    words = columns.words
    file = reading.require(reading.below(root, words["file"], root, 1), f"Source '{name}': {words['file']}")
    images = reading.below(root, words["images"], file, 1) if "images" in words else root
    prefix = "" if images == root else f"{images.relative_to(root.resolve()).as_posix()}/"
    for line, cells in _rows(file, columns.needed):
        yield reading.labelled(_record(name, images, prefix, file, line, cells, columns))


def _understood(name: str, options: dict[str, str]) -> _Columns:
    words, units, scaled = {}, [], {}
    for word, column in options.items():
        match = re.fullmatch(r"AU(\d+)( intensity)?", word)
        if match is not None:
            units.append((facs.parse_action_unit(match[1]), match[2] is not None, column))
        elif word in ("valence", "arousal"):
            scaled[word] = _scaled(name, word, column)
        elif word in WORDS:
            words[word] = column
        else:
            raise unknown_name(f"option of source '{name}'", word, [*WORDS, "AU12", "AU12 intensity"])
    missing = [word for word in ("file", "image") if word not in words]
    if missing:
        raise CatganError(f"Source '{name}': format table needs 'options' with {' and '.join(missing)}.")
    unknown = frozenset({"", *(cell.strip() for cell in words.get("unknown", "").split(","))})
    return _Columns(words, tuple(units), scaled, unknown)


def _scaled(name: str, word: str, column: str) -> tuple[str, float]:
    """`v / 10` -> the column and what its values are divided by."""
    match = re.fullmatch(r"(.+?)\s*/\s*(\d+(?:\.\d+)?)", column)
    if match is None:
        return column, 1.0
    if float(match[2]) == 0.0:
        raise CatganError(f"Source '{name}': {word} cannot be divided by 0. Received: {column}.")
    return match[1], float(match[2])


def _rows(file: Path, needed: set[str]) -> Iterator[tuple[int, dict[str, str]]]:
    if file.suffix == ".parquet":
        yield from _parquet_rows(file, needed)
    elif file.suffix in DELIMITERS:
        yield from reading.table(file, DELIMITERS[file.suffix], tuple(sorted(needed)))
    else:
        raise CatganError(f"A table ends in .csv, .tsv, .txt or .parquet. Received: {file.name}.")


def _parquet_rows(file: Path, needed: set[str]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        table = pq.ParquetFile(file)
        lacking = sorted(needed - set(table.schema_arrow.names))
        if lacking:
            raise AnnotationError(file, 1, f"the table lacks {', '.join(lacking)}.")
        line = 0
        for batch in table.iter_batches(columns=sorted(needed)):
            for row in batch.to_pylist():
                line += 1
                yield line, {column: "" if value is None or value != value else str(value)
                             for column, value in row.items()}
    except (pa.ArrowException, OSError) as error:
        raise CatganError(f"{file} is not a Parquet file ({' '.join(str(error).split())[:120]}).") from None


def _record(name: str, images: Path, prefix: str, file: Path, line: int, cells: Mapping[str, str],
            columns: _Columns) -> Record:
    words, unknown = columns.words, columns.unknown

    def cell(word: str) -> str | None:
        text = cells[words[word]] if word in words else ""
        return None if text in unknown else text

    image = cell("image")
    if image is None:
        raise AnnotationError(file, line, f"column '{words['image']}' must name the image.")
    presence, intensity = _labels(cells, columns, file, line)
    values = {}
    for word, (column, scale) in columns.scaled.items():
        if cells[column] not in unknown:
            values[word] = float(reading.number(cells[column], file, line, column, -scale, scale) or 0.0) / scale
    frame, split = cell("frame"), cell("split")
    if split is not None and split not in SPLITS:
        raise AnnotationError(file, line, f"split must be one of {', '.join(SPLITS)}. Received: {split[:60]}.")
    return Record(
        name, prefix + image, reading.text_below(images, image, file, line), f"{file.name}:{line}", presence, intensity,
        values.get("valence"), values.get("arousal"), _expression(cell("expression"), file, line), cell("subject"),
        cell("video"), None if frame is None else reading.whole(frame, file, line, "frame", 0, 10 ** 9),
        official_split=split)


def _labels(cells: Mapping[str, str], columns: _Columns, file: Path,
            line: int) -> tuple[dict[int, int], dict[int, float]]:
    presence: dict[int, int] = {}
    intensity: dict[int, float] = {}
    for number, graded, column in columns.units:
        text = cells[column]
        if text in columns.unknown:
            continue
        if graded:
            intensity[number] = float(reading.number(text, file, line, column, 0.0, 5.0) or 0.0)
        else:
            presence[number] = reading.whole(text, file, line, column, 0, 1)
    return presence, intensity


def _expression(text: str | None, file: Path, line: int) -> str | None:
    try:
        return None if text is None else facs.parse_expression(text)
    except CatganError as error:
        raise AnnotationError(file, line, str(error)) from None
