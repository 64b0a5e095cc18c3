"""Expression in-the-Wild, ExpW (Zhang, Luo, Loy & Tang 2018): 91,793 faces with one of seven expressions.

    ROOT/label/label.lst    `NAME FACE_ID TOP LEFT RIGHT BOTTOM CONFIDENCE LABEL`; note the order of the box
    ROOT/image/origin/NAME

A photograph may show several faces; the box tells which one is labelled.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from catgan.data.sources import frames, parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError

LAYOUT = Layout(
    "expression",
    "boxes are in the order top, left, right, bottom",
    "Chinese University of Hong Kong, request; research only")

CLASSES = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
FILES = ("label/label.lst", "label.lst")
FOLDERS = ("image/origin", "origin", "images")


def read(name: str, root: Path) -> Iterator[Record | Rejected]:
    """Yields every line of `label.lst`."""
    parsing.require(root, f"Root of source '{name}'")
    file = next((root / path for path in FILES if (root / path).is_file()), None)
    if file is None:
        raise CatganError(f"Source '{name}': no label/label.lst in {root}.")
    folder = frames.existing(root / path for path in FOLDERS) or root / FOLDERS[0]
    for line, text in parsing.lines(file):
        cells = text.split()
        if len(cells) != 8:
            raise AnnotationError(file, line, f"eight columns are needed. Received: {len(cells)}.")
        top, left, right, bottom = (float(parsing.whole(cell, file, line, word, -10 ** 5, 10 ** 5))
                                    for cell, word in zip(cells[2:6], ("top", "left", "right", "bottom")))
        if right <= left or bottom <= top:
            raise AnnotationError(file, line, f"the box is empty. Received: {' '.join(cells[2:6])}.")
        label = parsing.whole(cells[7], file, line, "label", 0, len(CLASSES) - 1)
        path = parsing.below(folder, cells[0], file, line)
        yield Record(name, path.relative_to(root).as_posix(), path, f"{file.name}:{line}", expression=CLASSES[label],
                     box=(left, top, right - left, bottom - top))
