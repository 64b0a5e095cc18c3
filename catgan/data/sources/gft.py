"""GFT, Sayette Group Formation Task (Girard, Chu, Jeni, Cohn, De la Torre & Sayette 2017): 96 people in groups of
three.

    ROOT/labels/001A.csv     header `Frame,AU1,AU2,...`, frames from 1; 0, 1; 9 or -9: cannot be coded
    ROOT/images/001A/1.jpg   found by number, whatever the padding, from 0 or 1; or ROOT/videos/001A.mp4

A file is a person; the digits are the group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from catgan.data.sources import frames, numbering, parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError

LAYOUT = Layout(
    "presence of the AUs in the header",
    "9 and -9",
    "University of Pittsburgh, agreement; some participants may not be shown",
    (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 15, 17, 23, 24),
    options=numbering.OPTIONS,
    counts_from=1)

UNCODABLE = (9, -9)


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields every frame of every person."""
    for file in parsing.found(name, root, "labels/*.csv"):
        pictures = frames.of(root / "images" / file.stem, [root / "videos" / file.stem], name="{}.jpg")
        if pictures.numbered:
            numbers = {frame for _, _, frame in _rows(file)}
            pictures = numbering.aligned(pictures, numbers, options)
        for line, cells, frame in _rows(file):
            place = pictures.find(frame, root)
            presence = _presence(cells, file, line)
            yield parsing.labelled(Record(
                name, place.key, place.path, f"{file.name}:{line}", presence, subject=file.stem, video=file.stem,
                frame=frame, position=place.position))


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str], int]]:
    """Yields line number, cells and frame number of every row."""
    for line, cells in parsing.table(file, ",", required=("Frame",)):
        yield line, cells, parsing.whole(cells["Frame"], file, line, "Frame", 1, 10 ** 7)


def _presence(cells: dict[str, str], file: Path, line: int) -> dict[int, int]:
    presence = {}
    for column, text in cells.items():
        if column == "Frame":
            continue
        unit = parsing.unit(column, file, 1)
        value = parsing.whole(text, file, line, column, -9, 9)
        if value not in (0, 1, *UNCODABLE):
            raise AnnotationError(file, line, f"{column} must be 0, 1, 9 or -9. Received: {text}.")
        if value not in UNCODABLE:
            presence[unit] = value
    return presence
