"""Reads any table with a row per image: CSV and its relatives, Excel, JSON, Parquet. The recipe names the columns.

    options:
      file: labels.csv            below ROOT; also `data/*.parquet`, or a list. Extensions: .csv .tsv .txt .xlsx .json
                                  .jsonl .parquet. The delimiter (, ; TAB |) is detected from the header
      image: filename             column with the path of the image below ROOT or, in Parquet, with the picture
                                  itself; of several columns: "{folder}/{name}.jpg"
      images: crops               folder below ROOT that those paths start in; by default ROOT itself
      beside: true                those paths start in the folder of the table
      clip: film                  instead of `image`: column with the path of a video, or of a folder of its images.
                                  `frame` (from 0, or `frames_from: 1`) or else `time` says which frame a row is
                                  about; a row with neither is about the whole clip, of which `every: 5` thins
                                  the frames
      subject: person             optional, also `video`, `frame`, and `time` in seconds
      split: part                 train, val, test and similar; other words: {column: part, names: {A: train}}
      box: [x, y, w, h]           columns with left, top, width, height of the face in pixels: needed if a picture
                                  shows several people
      valence: v                  -1..1; another scale: {column: v, from: 1, to: 9}, or from: 9, to: 1
      arousal: a
      expression: emotion         names, see `facs.EXPRESSIONS`; others: {column: emotion, names: {0: neutral}}
      AU12: smile                 0 or 1, true or false, yes or no; probabilities: {column: p, present_from: 0.5}
      AU06 intensity: cheek       0..5 or A..E; another scale: {column: cheek, from: 0, to: 1}
      unknown: "NA, -9"           cells that mean unknown, in addition to the empty cell
      encoding: cp1252            of a text file that is neither UTF-8 nor UTF-16

A box may also be {left: x1, top: y1, right: x2, bottom: y2}, with width and height or with centre_x and centre_y: all
are columns, and `unit: share` beside them means shares of the picture. One column with four numbers is {column: bbox,
holds: [left, top, width, height]}.

Nothing is guessed: a cell that is neither a valid value nor unknown is an error that names its line. A number outside a
declared scale rejects its row. Rows of one image with different subjects need boxes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from catgan import facs
from catgan.data.sources import parsing, scales, table_clips, tabular
from catgan.data.sources.boxes import Box
from catgan.data.sources.layout import RATE, Layout
from catgan.data.sources.records import Record, Rejected
from catgan.data.sources.scales import CellError, Column, Value
from catgan.errors import AnnotationError, CatganError, unknown_name
from catgan.files import local

OPTIONS = {
    "file": "the table below ROOT, `data/*.parquet`, or a list",
    "image": "column with the path of the image or, in Parquet, the picture; or `{folder}/{name}.jpg` of columns",
    "images": "folder of the images", "beside": "true: paths start in the folder of the table", "subject": "column",
    "video": "column", "frame": "column", "time": "column with seconds in the video",
    "split": "column", "box": "four columns, or a mapping of them",
    "valence": "column, or {column, from, to}", "arousal": "column, or {column, from, to}",
    "expression": "column, or {column, names: {0: neutral}}",
    "unknown": "cells that mean unknown, as a list or separated by commas", "encoding": "encoding of a text file",
    "AU12": "column of presence, or {column, present_from}, for any AU",
    "AU12 intensity": "column of intensity, or {column, from, to}, for any AU", **table_clips.OPTIONS, **RATE}
WORDS = tuple(word for word in OPTIONS if not word.startswith("AU"))
TEXTS = ("image", "subject", "video", "frame", "time")
LABELS = ("valence", "arousal", "expression", "split")
OUTSIDE = "outside of the declared scale"

LAYOUT = Layout(
    "whatever the recipe says which column holds",
    "the empty cell, and what the option `unknown` names; numbers outside of a declared scale reject their row",
    "those of your collection",
    splits="as the column `split` says",
    options=OPTIONS,
    counts_from=0)


@dataclass(frozen=True)
class _Plan:
    """Holds the recipe's parsed options.

    Args:
        columns: option -> its column: texts, labels and AUs.
        units: option -> FACS number, and whether it is an intensity.
        box: the columns of the face's box.
        pattern: parts of an image's path: text, column, text, column, text; empty for a single column.
        images: folder that paths start in; None for ROOT.
        beside: whether paths start in the folder of the table.
        encoding: encoding of text files; None to detect it.
    """

    columns: Mapping[str, Column]
    units: Mapping[str, tuple[int, bool]]
    box: Box | None
    pattern: tuple[str, ...]
    images: str | None
    beside: bool
    encoding: str | None

    @property
    def needed(self) -> list[str]:
        """Names of the columns that the table must have."""
        boxes = self.box.columns if self.box else ()
        return [*(column.name for column in self.columns.values()), *boxes, *self.pattern[1::2]]


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields every row of the table, or of each table in turn."""
    parsing.require(root, f"Root of source '{name}'")
    options = options or {}
    plan = _understood(name, _without_clip(name, options))
    for file in files_of(name, root, options["file"]):
        rows = _Reader(name, root, file, plan).rows()
        yield from table_clips.frames_of(rows, options) if "clip" in options else rows
    for column in plan.columns.values():
        if column.divided is not None and 0.0 <= column.lowest <= 1.0:
            raise CatganError(
                f"Source '{name}': `{column.option}: {column.name} / {column.divided:g}` is a scale of "
                f"{-column.divided:g}..{column.divided:g}, but none of the values is below 0. The scale must be "
                f"declared: `{column.option}: {{column: {column.name}, from: 1, to: {column.divided:g}}}`, or from: "
                f"{-column.divided:g} where the values are right.")


# === Options ===


def _without_clip(name: str, options: Mapping[str, object]) -> Mapping[str, object]:
    """Returns the options with the column of clips as that of images, since both are paths."""
    more = [word for word in ("frames_from", "every") if word in options]
    if "clip" in options and "image" in options or more and "clip" not in options:
        raise CatganError(f"Source '{name}': a table names images by 'image', or videos by 'clip', to which "
                          f"'frames_from' and 'every' belong. Received: {', '.join(options)}.")
    table_clips.first_frame(options)
    rest = {word: value for word, value in options.items() if word not in table_clips.OPTIONS and word != "rate"}
    return {**rest, "image": options["clip"]} if "clip" in options else rest


def _understood(name: str, options: Mapping[str, object]) -> _Plan:
    missing = [word for word in ("file", "image") if word not in options]
    if missing:
        raise CatganError(f"Source '{name}': format table needs 'options' with {' and '.join(missing)}.")
    unknown = unknown_cells(options.get("unknown", ""))
    columns, units = {}, {}
    pattern = re.split(r"\{([^{}]+)\}", str(options["image"]))
    for word, given in options.items():
        match = re.fullmatch(r"AU(\d+)( intensity)?", word)
        if match is not None:
            units[word] = (facs.parse_action_unit(match[1]), match[2] is not None)
            if list(units.values()).count(units[word]) > 1:
                raise CatganError(f"Source '{name}': two options give {facs.au_name(units[word][0])}. Received: "
                                  f"{', '.join(units)}.")
            columns[word] = scales.column(word, "intensity" if match[2] else "presence", given, unknown)
        elif word == "image" and len(pattern) > 1:
            columns[word] = scales.column(word, "text", pattern[1], unknown)
        elif word in TEXTS + LABELS:
            kind = word if word in ("expression", "split") or word in scales.RANGES else "text"
            columns[word] = scales.column(word, kind, given, unknown)
        elif word == "follow_links":
            raise CatganError(f"Source '{name}': `follow_links` stands beside `root`, not under `options`.")
        elif word not in WORDS:
            raise unknown_name(f"option of source '{name}'", word, OPTIONS)
    beside = options.get("beside", False)
    if not isinstance(beside, bool) or beside and "images" in options:
        raise CatganError(f"Source '{name}': 'beside' is true or false, and not given together with 'images'. "
                          f"Received: {beside!r}.")
    return _Plan(columns, units, Box.of(options["box"]) if "box" in options else None,
                 tuple(" ".join(part.split()) if place % 2 else part for place, part in enumerate(pattern))
                 if len(pattern) > 1 else (), str(options["images"]) if "images" in options else None, beside,
                 encoding_of(name, options["encoding"]) if "encoding" in options else None)


def unknown_cells(given: object) -> frozenset[str]:
    """Returns the cells that mean unknown by the option `unknown`, in addition to the empty cell."""
    cells = given if isinstance(given, list) else str(given).split(",")
    return frozenset({"", *(scales.canonical("" if cell is None else str(cell).strip()) for cell in cells)})


def encoding_of(name: str, given: object) -> str:
    """Returns the option `encoding`. Raises `CatganError` if Python does not know it."""
    try:
        "".encode(str(given))
    except (LookupError, ValueError):
        raise CatganError(f"Source '{name}': 'encoding' must be one that Python knows, as utf-8, cp1252 or gb18030. "
                          f"Received: {given!r}.") from None
    return str(given)


def files_of(name: str, root: Path, given: object) -> list[Path]:
    """Returns the tables that the option `file` names: a path below `root`, a pattern, or a list of them.

    Raises:
        CatganError: a table is missing, or lies outside `root`.
    """
    found: list[Path] = []
    for text in given if isinstance(given, list) else [given]:
        pattern = local(root, str(text))
        if any(sign in pattern for sign in "*?[") and not parsing.below(root, pattern, root, 1).exists():
            relatives = [path.relative_to(root).as_posix() for path in sorted(root.glob(pattern))]
            if not relatives:
                raise CatganError(f"Source '{name}': no {pattern} in {root}.")
        else:
            relatives = [pattern]
        found += [parsing.require(parsing.below(root, relative, root, 1), f"Source '{name}': {text}")
                  for relative in relatives]
    return found


# === Rows ===


class _Reader:
    """Reads one table.

    Args:
        name: name of the source.
        root: folder of the source.
        file: the table.
        plan: the recipe's options.
    """

    def __init__(self, name: str, root: Path, file: Path, plan: _Plan):
        self.name, self.root, self.file, self.plan = name, root, file, plan
        self.images = root
        if plan.beside:
            self.images = type(root)(file.parent)
        elif plan.images is not None:
            self.images = type(root)(parsing.below(root, plan.images, file, 1))
        base = Path(os.path.realpath(root))
        self.called = file.relative_to(base).as_posix()
        prefix = Path(self.images).relative_to(base).as_posix() if self.images != root else "."
        self.prefix = "" if prefix == "." else f"{prefix}/"
        self.columns = plan.columns
        self.places = {word: place for place, word in enumerate(plan.columns)}
        self.boxes = slice(len(self.places), len(self.places) + len(plan.box.columns if plan.box else ()))
        self.texts = [word for word in TEXTS[1:] if word in plan.columns]
        self.labels = [word for word in LABELS if word in plan.columns]

    def rows(self) -> Iterator[Record | Rejected]:
        """Yields every row."""
        needed = self.plan.needed
        image = self.columns["image"].name
        for line, cells in tabular.rows(self.file, needed, image, self.plan.encoding):
            yield self._row(line, cells)

    def _row(self, line: int, cells: Sequence[str]) -> Record | Rejected:
        image, row = self._image(line, cells), f"{self.called}:{line}"
        embedded = image is tabular.EMBEDDED
        key = f"{self.called}#{line - 1}" if embedded else self.prefix + local(self.images, image)
        file = str(self.file) if embedded else parsing.text_below(self.images, image, self.file, line)
        try:
            values = {word: self.columns[word](cells[self.places[word]]) for word in (*self.texts, *self.labels)}
            presence, intensity = self._units(cells)
            box = self.plan.box.read(cells[self.boxes]) if self.plan.box else None
        except CellError as error:
            if error.reject:
                return Rejected(self.name, key, row, OUTSIDE, " ".join(str(error).split()))
            raise AnnotationError(self.file, line, " ".join(str(error).split())) from None
        frame, time = values.get("frame"), values.get("time")
        return parsing.labelled(Record(
            self.name, key, file, row, presence, intensity, values.get("valence"),  # type: ignore[arg-type]
            values.get("arousal"), values.get("expression"), values.get("subject"),  # type: ignore[arg-type]
            values.get("video"),  # type: ignore[arg-type]
            None if frame is None else parsing.whole(str(frame), self.file, line, "frame", 0, 10 ** 9),
            position=line - 1 if embedded else None, box=box, official_split=values.get("split"),  # type: ignore
            box_in_shares=box is not None and self.plan.box.shares,  # type: ignore[union-attr]
            column=self.columns["image"].name if embedded else None,
            time=None if time is None else parsing.number(str(time), self.file, line, "time", 0.0, 1e6)))

    def _image(self, line: int, cells: Sequence[str]) -> str:
        unknown, pattern = self.columns["image"].unknown, list(self.plan.pattern)
        parts = cells[self.boxes.stop:] if pattern else (cells[self.places["image"]],)
        for part, name in zip(parts, pattern[1::2] or (self.columns["image"].name,)):
            if part in unknown:
                raise AnnotationError(self.file, line, f"column '{name}' must name the image.")
        pattern[1::2] = parts if pattern else ()
        return "".join(pattern) if pattern else parts[0]

    def _units(self, cells: Sequence[str]) -> tuple[dict[int, int], dict[int, float]]:
        presence: dict[int, int] = {}
        intensity: dict[int, float] = {}
        for word, (number, graded) in self.plan.units.items():
            value: Value = self.columns[word](cells[self.places[word]])
            if value is not None:
                (intensity if graded else presence)[number] = value  # type: ignore[assignment]
        return presence, intensity
