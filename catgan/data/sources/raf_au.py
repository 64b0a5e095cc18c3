"""RAF-AU (Yan, Li, Que, Pei & Deng 2020): 4,601 photographs of RAF-ML with AUs by FACS coders.

    ROOT/RAFAU_label.txt    `0007.jpg 1+2+L12`; L and R mark one side; null: coded, and no AU is present
    ROOT/aligned/0007_aligned.jpg, or ROOT/0007.jpg

An AU that is coded anywhere in the collection and not listed for a photograph is absent there. One side suffices for
presence. Subjects are unknown. The photographs are those of RAF-ML and partly of RAF-DB.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from catgan import facs
from catgan.data.sources import parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError

LAYOUT = Layout(
    "presence of AUs",
    "null is coded without any AU; L12 is one side; names padded in any way",
    "BUPT, request by faculty; non-commercial research")

FILE = "RAFAU_label.txt"


def read(name: str, root: Path) -> Iterator[Record | Rejected]:
    """Yields every line of the label file."""
    file = parsing.require(parsing.require(root, f"Root of source '{name}'") / FILE, f"Source '{name}': {FILE}")
    rows = [(line, *_row(file, line, text)) for line, text in parsing.lines(file)]
    coded = sorted({unit for _, _, units in rows for unit in units})
    for line, image, units in rows:
        path = _image(root, image, file, line)
        yield parsing.labelled(Record(name, path.relative_to(root).as_posix(), path, f"{FILE}:{line}",
                                      {unit: int(unit in units) for unit in coded}))


def _row(file: Path, line: int, text: str) -> tuple[str, set[int]]:
    cells = text.split()
    if len(cells) != 2:
        raise AnnotationError(file, line, f"'IMAGE AU+AU' is needed. Received: {text.strip()[:60]!r}.")
    if cells[1] == "null":
        return cells[0], set()
    units = set()
    for token in cells[1].split("+"):
        match = re.fullmatch(r"[LR]?(\d{1,2})", token)
        if match is None or int(match[1]) not in facs.ACTION_UNITS:
            raise AnnotationError(file, line, f"'{token}' is no AU. Received: {cells[1][:60]!r}.")
        units.add(int(match[1]))
    return cells[0], units


def _image(root: Path, image: str, file: Path, line: int) -> Path:
    aligned = f"aligned/{Path(image).stem}_aligned.jpg"
    plain = parsing.below(root, image, file, line)
    return plain if plain.is_file() else parsing.below(root, aligned, file, line)
