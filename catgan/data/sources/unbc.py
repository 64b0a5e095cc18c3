"""UNBC-McMaster shoulder pain archive (Lucey, Cohn, Prkachin, Solomon & Matthews 2011): intensity 0..5 of 10 AUs.

    ROOT/Frame_Labels/FACS/042-ll042/ll042t1aaaff/ll042t1aaaff001_facs.txt
        one row per AU that is present: number, intensity and two more columns; **an empty file is a coded neutral
            frame**
    ROOT/Images/042-ll042/ll042t1aaaff/ll042t1aaaff001.png

AU43 (eyes closed) is coded as absent or present only. A frame without a file is not coded.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from catgan import facs
from catgan.data.sources import parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError

LAYOUT = Layout(
    "intensity of 9 AUs, presence of AU43",
    "an empty file is a coded neutral frame",
    "University of Pittsburgh, agreement; some subjects may not be shown",
    (4, 6, 7, 9, 10, 12, 20, 25, 26, 43),
    counts_from=1)

GRADED = (4, 6, 7, 9, 10, 12, 20, 25, 26)
BINARY = (43,)
SUFFIX = "_facs.txt"


def read(name: str, root: Path) -> Iterator[Record | Rejected]:
    """Yields every frame that has a file, by subject and sequence."""
    for file in parsing.found(name, root, f"Frame_Labels/FACS/*/*/*{SUFFIX}"):
        yield _record(name, root, file)


def _record(name: str, root: Path, file: Path) -> Record:
    shown: dict[int, float] = {}
    for line, text in parsing.lines(file):
        cells = text.split()
        if len(cells) != 4:
            raise AnnotationError(file, line, f"four numbers are needed. Received: {text.strip()[:60]!r}.")
        unit = parsing.whole(cells[0], file, line, "the AU", 1, 99)
        if unit not in facs.ACTION_UNITS or unit in shown:
            raise AnnotationError(file, line, f"AU{unit} is {'named twice' if unit in shown else 'not in FACS'}.")
        shown[unit] = float(parsing.whole(cells[1], file, line, f"intensity of AU{unit}", 0, 5))
    presence = {unit: int(unit in shown) for unit in BINARY} | {unit: 1 for unit in shown if unit not in GRADED}
    intensity = {unit: shown.get(unit, 0.0) for unit in GRADED}
    subject, sequence = file.parts[-3:-1]
    key = f"{subject}/{sequence}/{file.name.removesuffix(SUFFIX)}.png"
    return Record(name, key, parsing.below(root / "Images", key, file, 1), file.name, presence, intensity,
                  subject=subject, video=f"{subject}/{sequence}", frame=parsing.last_number(file.name, file))
