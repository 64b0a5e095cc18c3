"""iMotions with FACET (Emotient): the tab-separated export of a study.

    ROOT/NAME.txt                lines with # and a blank line, then a header: ... NoOfFaces ... AU1 Evidence ...
    ROOT/images/NAME/00000.jpg   frames, numbered from 0 or 1 (detected; an error asks if unclear); or
    ROOT/videos/NAME.mp4         the video

The column FrameNo counts from 0.

Evidence is the logarithm to base 10 of the odds of an AU: above 0 means present; it is not an intensity. Rows of other
sensors have blank cells or repeat those of the last frame, and are rejected; so are rows without a frame number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from catgan.data.sources import frames, numbering, parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError

LAYOUT = Layout(
    "presence of 20 AUs, by a tool",
    "evidence is the logarithm of odds; rows of other sensors; frame -1",
    "those of your recordings; FACET is proprietary",
    (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 18, 20, 23, 24, 25, 26, 28, 43),
    options=numbering.OPTIONS,
    counts_from=0)

LARGEST_EVIDENCE = 50.0


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields every row of every txt file."""
    for file in parsing.found(name, root, "*.txt"):
        pictures = frames.of(root / "images" / file.stem, [root / "videos" / file.stem], first=0)
        if pictures.numbered:
            rows = _file(name, root, file, pictures)
            numbers = {row.frame for row in rows if isinstance(row, Record) and row.frame is not None}
            pictures = numbering.aligned(pictures, numbers, options, complete=False)
        yield from _file(name, root, file, pictures)


def _file(name: str, root: Path, file: Path, pictures: frames.Frames) -> Iterator[Record | Rejected]:
    columns: dict[int, int] = {}
    width, frame_column, sensor = 0, None, None
    for line, text in parsing.lines(file):
        cells = [cell.strip() for cell in text.split("\t")]
        if not columns:
            columns, width = _header(cells, file, line), len(cells)
            frame_column, sensor = _index(cells, "FrameNo"), _index(cells, "EventSource")
            continue
        if len(cells) != width:
            raise AnnotationError(file, line, f"{width} columns are needed. Received: {len(cells)}.")
        key, row = f"images/{file.stem}", f"{file.name}:{line}"
        if sensor is not None and "FACET" not in cells[sensor].upper():
            yield Rejected(name, key, row, "another sensor", f"a row of {cells[sensor] or 'no sensor'}")
            continue
        if not any(cells[index] for index in columns):
            yield Rejected(name, key, row, "no label", "no face")
            continue
        number = cells[frame_column] if frame_column is not None else ""
        frame = parsing.whole(number, file, line, "FrameNo", -1, 10 ** 9) if number else -1
        if frame < 0:  # iMotions writes -1 for unknown
            yield Rejected(name, key, row, "no frame number", "which image this is is not known")
            continue
        place = pictures.find(frame, root)
        presence = {unit: _present(cells[index], file, line, unit) for index, unit in columns.items() if cells[index]}
        yield Record(name, place.key, place.path, row, presence, subject=file.stem, video=file.stem, frame=frame,
                     position=place.position)
    if not columns:
        raise AnnotationError(file, 1, "no header with 'AU1 Evidence' and others.")


def _header(cells: list[str], file: Path, line: int) -> dict[int, int]:
    """Returns the AU of each column of evidence; empty for a line that is not the header."""
    matches = ((index, re.fullmatch(r"AU(\d+) Evidence", cell)) for index, cell in enumerate(cells))
    return {index: parsing.unit(match[1], file, line) for index, match in matches if match}


def _index(cells: list[str], name: str) -> int | None:
    return cells.index(name) if name in cells else None


def _present(text: str, file: Path, line: int, unit: int) -> int:
    value = parsing.number(text, file, line, f"AU{unit} Evidence", -LARGEST_EVIDENCE, LARGEST_EVIDENCE)
    return int(value is not None and not math.isnan(value) and value > 0.0)
