"""FEAFA and FEAFA+ (Yan, Lu, Chen, Wu, Xu, Zhao & Shi 2019; Gan et al. 2022): 24 graded movements of every frame.

    ROOT/FEAFA-A/PV001.output/00000994.auw   one line of 24 numbers 0..1, separated by blanks
    ROOT/FEAFA-A/PV001.output/00000994.jpg   image of the same stem beside it, or .png, .bmp

The 24 movements are the authors' own and **not numbered as in FACS**. Those with a clear counterpart are used: 1 and 2
(left and right) AU43, 3 and 4 AU5, 5 and 6 AU4, 9 AU26, 10 and 11 AU30, 12 and 13 AU12, 14 and 15 AU20, 16 and 17 AU28,
18 AU29, 19 AU10, 20 AU16, 21 AU17, 22 AU18, 23 AU34, 24 AU9; of two sides the greater value counts. 7 and 8 raise the
inner or outer brow, and are left out.

The values are not FACS intensities. An AU is present from `present_from` on, by default 0.2; this threshold is ours and
not the authors'. The folder stands for the person and the video. FEAFA-B is DISFA annotated again: if a path contains
SN001, that is subject and video, so that it can be kept together with DISFA.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from catgan.data.sources import parsing
from catgan.data.sources.layout import Layout, option_number
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError

UNITS = {4: (5, 6), 5: (3, 4), 9: (24,), 10: (19,), 12: (12, 13), 16: (20,), 17: (21,), 18: (22,), 20: (14, 15),
         26: (9,), 28: (16, 17), 29: (18,), 30: (10, 11), 34: (23,), 43: (1, 2)}
"""FACS number -> FEAFA's numbers, from 1."""
COUNT = 24
ENDINGS = (".jpg", ".png", ".bmp")

LAYOUT = Layout(
    "presence of 15 AUs, from gradings of the authors' own",
    "none; the units are not numbered as in FACS; inner and outer brow raising are not distinguished and left out",
    "Institute of Semiconductors CAS and others, agreement; non-commercial research. FEAFA-B: also DISFA's",
    tuple(UNITS),
    options={"present_from": "an AU is present from this grading on, 0..1; default 0.2"},
    counts_from=0)


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields every frame that has a file, by folder."""
    present_from = option_number(options or {}, "present_from", 0.2, 0.0, 1.0)
    for file in parsing.found(name, root, "**/*.auw"):
        grades = _grades(file)
        presence = {unit: int(_shown(max(grades[place - 1] for place in places), present_from))
                    for unit, places in UNITS.items()}
        yield _record(name, root, file, presence)


def _shown(grade: float, present_from: float) -> bool:
    return 0.0 < grade >= present_from


def _grades(file: Path) -> list[float]:
    rows = list(parsing.lines(file))
    if len(rows) != 1:
        raise AnnotationError(file, 1, f"one line is needed. Received: {len(rows)}.")
    (line, text), = rows
    cells = text.split()
    if len(cells) != COUNT:
        raise AnnotationError(file, line, f"{COUNT} numbers are needed. Received: {len(cells)}.")
    grades = [parsing.number(cell, file, line, f"unit {place}", 0.0, 1.0) for place, cell in enumerate(cells, 1)]
    return [grade for grade in grades if grade is not None]


def _record(name: str, root: Path, file: Path, presence: dict[int, int]) -> Record:
    key = _image(file).relative_to(root).as_posix()
    folder = file.parent.relative_to(root).as_posix()
    disfa = re.search(r"SN\d{3}(?!\d)", key)
    video = disfa[0] if disfa else None if folder == "." else folder
    return Record(name, key, parsing.below(root, key, file, 1), f"{file.relative_to(root).as_posix()}:1", presence,
                  subject=video, video=video, frame=parsing.last_number(file.stem, file))


def _image(file: Path) -> Path:
    candidates = [file.with_suffix(ending) for ending in ENDINGS]
    return next((path for path in candidates if path.is_file()), candidates[0])
