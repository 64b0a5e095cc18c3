"""GFT, Sayette Group Formation Task (Girard, Chu, Jeni, Cohn, De la Torre & Sayette 2017): 96 people in threes.

    ROOT/labels/001A.csv     header `Frame,AU1,AU2,...`, frames from 1; 0, 1; 9 or -9: cannot be coded
    ROOT/images/001A/1.jpg   found by number, whatever the padding; or ROOT/videos/001A.mp4

A file stands for a person; the digits are the group.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from catgan.data.records import Record, Rejected
from catgan.data.sources import frames, reading
from catgan.data.sources.layout import Layout
from catgan.errors import AnnotationError

LAYOUT = Layout(
    "presence of AUs, those that the header names",
    "9 and -9",
    "University of Pittsburgh, agreement; some participants may not be shown",
    (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 15, 17, 23, 24))

UNCODABLE = (9, -9)


def read(name: str, root: Path) -> Iterator[Record | Rejected]:
    """Yields every frame of every person."""
    for file in reading.found(name, root, "labels/*.csv"):
        pictures = frames.of(root / "images" / file.stem, [root / "videos" / file.stem], name="{}.jpg")
        for line, cells in reading.table(file, ",", required=("Frame",)):
            frame = reading.whole(cells["Frame"], file, line, "Frame", 1, 10 ** 7)
            place = pictures.find(frame, root)
            presence = _presence(cells, file, line)
            yield reading.labelled(Record(
                name, place.key, place.path, f"{file.name}:{line}", presence, subject=file.stem, video=file.stem,
                frame=frame, position=place.position))


def _presence(cells: dict[str, str], file: Path, line: int) -> dict[int, int]:
    presence = {}
    for column, text in cells.items():
        if column == "Frame":
            continue
        unit = reading.unit(column, file, 1)
        value = reading.whole(text, file, line, column, -9, 9)
        if value not in (0, 1, *UNCODABLE):
            raise AnnotationError(file, line, f"{column} must be 0, 1, 9 or -9. Received: {text}.")
        if value not in UNCODABLE:
            presence[unit] = value
    return presence
