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
from pathlib import Path
from typing import Any

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


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields every row of the table."""
    columns = {word: str(column) for word, column in (options or {}).items()}
    reading.require(root, f"Root of source '{name}'")
    units = _units(name, columns)
    missing = [word for word in ("file", "image") if word not in columns]
    if missing:
        raise CatganError(f"Source '{name}': format table needs 'options' with {' and '.join(missing)}.")
    file = reading.require(reading.below(root, columns["file"], root, 1), f"Source '{name}': {columns['file']}")
    unknown = {"", *(cell.strip() for cell in columns.get("unknown", "").split(","))}
    images = reading.below(root, columns["images"], file, 1) if "images" in columns else root
    for line, cells in _rows(file, {_scaled(column)[0] for word, column in columns.items() if word not in (
            "file", "images", "unknown")}):
        known = {column: cell for column, cell in cells.items() if cell not in unknown}
        yield reading.labelled(_record(name, root, images, file, line, known, columns, units))


def _units(name: str, columns: Mapping[str, str]) -> dict[tuple[int, bool], str]:
    """Column by AU and by whether it holds intensities."""
    units = {}
    for word, column in columns.items():
        match = re.fullmatch(r"AU(\d+)( intensity)?", word)
        if match is None and word not in WORDS:
            raise unknown_name(f"option of source '{name}'", word, [*WORDS, "AU12", "AU12 intensity"])
        if match is not None:
            units[facs.parse_action_unit(match[1]), match[2] is not None] = column
    return units


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


def _scaled(column: str) -> tuple[str, float]:
    """`v / 10` -> the column and what its values are divided by."""
    match = re.fullmatch(r"(.+?)\s*/\s*([0-9.]+)", column)
    return (match[1], float(match[2])) if match else (column, 1.0)


def _record(name: str, root: Path, images: Path, file: Path, line: int, cells: Mapping[str, str],
            columns: Mapping[str, str], units: Mapping[tuple[int, bool], str]) -> Record:
    def cell(word: str) -> str | None:
        return cells.get(columns[word]) if word in columns else None

    image = cell("image")
    if image is None:
        raise AnnotationError(file, line, f"column '{columns['image']}' must name the image.")
    path = reading.below(images, image, file, line)
    labels: dict[str, Any] = {"presence": {}, "intensity": {}}
    for (number, graded), column in units.items():
        text = cells.get(column)
        if text is not None:
            value = reading.number(text, file, line, column, 0.0, 5.0) if graded else float(
                reading.whole(text, file, line, column, 0, 1))
            labels["intensity" if graded else "presence"][number] = value if graded else int(value or 0)
    for word in ("valence", "arousal"):
        column, scale = _scaled(columns.get(word, ""))
        if cells.get(column) is not None:
            value = reading.number(cells[column], file, line, column, -scale, scale)
            labels[word] = None if value is None else value / scale
    if cell("expression") is not None:
        try:
            labels["expression"] = facs.parse_expression(str(cell("expression")))
        except CatganError as error:
            raise AnnotationError(file, line, str(error)) from None
    frame, split = cell("frame"), cell("split")
    if split not in (None, *SPLITS):
        raise AnnotationError(file, line, f"split must be one of {', '.join(SPLITS)}. Received: {split}.")
    return Record(name, path.relative_to(root).as_posix(), path, f"{file.name}:{line}", subject=cell("subject"),
                  video=cell("video"), official_split=split,
                  frame=None if frame is None else reading.whole(frame, file, line, "frame", 0, 10 ** 9), **labels)
