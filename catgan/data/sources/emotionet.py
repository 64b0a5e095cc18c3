"""EmotioNet, automatic annotations (Benitez-Quiroz, Srinivasan & Martinez 2016).

    ROOT/dataFile_0001.txt ...   TAB, no header: image URL, original URL, AU1 .. AU60 as 0, 1 or 999 (not annotated)
    ROOT/Images/N_0001/NAME.jpg  named by the last two parts of the image URL

Subjects are unknown: the folder N_... is not a person. Newer files have fewer AU columns; AU n is always in column
n + 1 (from 0). The labels are a classifier's output.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from catgan import facs
from catgan.data.sources import parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError

LAYOUT = Layout(
    "presence of 11 or 12 AUs, by a classifier",
    "999. The folder of an image is not a person",
    "Ohio State University, request form; research only",
    (1, 2, 4, 5, 6, 9, 12, 17, 20, 25, 26, 43))

UNKNOWN = 999
COLUMNS = 60
CODES = parsing.Codes((0, 1), UNKNOWN)
KNOWN = frozenset(facs.ACTION_UNITS)


def read(name: str, root: Path) -> Iterator[Record | Rejected]:
    """Yields every row of every `dataFile_*.txt`, in the order of the files' names."""
    parsing.require(root, f"Root of source '{name}'")
    annotations = sorted(root.glob("dataFile_*.txt"))
    if not annotations:
        raise CatganError(f"Source '{name}': no dataFile_*.txt in {root}.")
    images = root / "Images"
    for file in annotations:
        for line, text in parsing.lines(file):
            yield parsing.labelled(_record(name, images, file, line, text))


def _record(name: str, images: Path, file: Path, line: int, text: str) -> Record:
    cells = text.split("\t")
    if len(cells) != COLUMNS + 2:
        raise AnnotationError(file, line, f"{COLUMNS + 2} columns separated by TAB are needed. "
                              f"Received: {len(cells)}.")
    parts = [part for part in cells[0].strip().rsplit("/", 2) if part]
    if len(parts) < 2:
        raise AnnotationError(file, line, f"the first column must be an image URL. Received: {cells[0][:200]!r}.")
    key = "/".join(parts[-2:])
    presence = CODES.row(range(1, COLUMNS + 1), cells[2:], file, line)
    if not presence.keys() <= KNOWN:
        number = min(presence.keys() - KNOWN)
        raise AnnotationError(file, line, f"column {number + 1} annotates AU{number}, which FACS does not have.")
    return Record(name, key, parsing.text_below(images, key, file, line), f"{file.name}:{line}", presence)
