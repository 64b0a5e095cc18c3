"""OpenFace 1.x and 2.x (Baltrusaitis, Zadeh, Lim & Morency 2018): the output of FeatureExtraction or FaceLandmarkImg.

    ROOT/NAME.csv               header with blanks after the commas; AU01_r .. (0..5), AU01_c .. (0 or 1)
    ROOT/images/NAME/00012.jpg  frames of the video NAME, which the column `frame` counts from 1; or
    ROOT/videos/NAME.mp4        the video itself
    ROOT/images/NAME.jpg        for FaceLandmarkImg, which writes no frame numbers

A row in which tracking failed (success 0) has meaningless zeros and is rejected; so is one below the confidence that
OpenFace's authors recommend. Several faces in one image are rejected, since it is unknown which label belongs to which
crop. `_r` and `_c` come from different models; a presence that contradicts the intensity is kept. Images may be
numbered from 0 or 1 (detected; an error asks if unclear).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from catgan.data.sources import frames, numbering, parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected

LAYOUT = Layout(
    "presence of 18 AUs, intensity of 17, by a tool",
    "failed rows hold zeros; low confidence; several faces; nan; blanks in the header; p_rx is not an AU",
    "those of your recordings; OpenFace: academic or commercial licence",
    (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 28, 45),
    options=numbering.OPTIONS,
    counts_from=1)

LEAST_CONFIDENCE = 0.8


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields every row of every csv file."""
    for file in parsing.found(name, root, "*.csv"):
        yield from _file(name, root, file, options)


def _file(name: str, root: Path, file: Path,
          options: Mapping[str, object] | None) -> Iterator[Record | Rejected]:
    rows = list(parsing.table(file, ",", required=("confidence",)))
    still = bool(rows) and "frame" not in rows[0][1]
    faces = Counter("" if still else cells["frame"] for _, cells in rows)
    numbers = [None if still else parsing.whole(cells["frame"], file, line, "frame", 0, 10 ** 9)
               for line, cells in rows]
    annotated = {number for number in numbers if number is not None}
    first = 0 if 0 in annotated else 1  # all known versions count from 1
    pictures = frames.of(root / "images" / file.stem, [root / "videos" / file.stem], first)
    pictures = numbering.aligned(pictures, annotated, options)
    for (line, cells), frame in zip(rows, numbers):
        key, path, position = pictures.find(frame, root) if frame is not None else frames.Place(
            f"images/{file.stem}.jpg", root / "images" / f"{file.stem}.jpg")
        row = f"{file.name}:{line}"
        confidence = parsing.number(cells["confidence"], file, line, "confidence", 0.0, 1.0)
        if cells.get("success", "1") not in ("1", "1.0") or confidence is None or confidence < LEAST_CONFIDENCE:
            yield Rejected(name, key, row, "tracking failed", f"confidence {confidence:g}")
        elif faces["" if still else cells["frame"]] > 1:
            yield Rejected(name, key, row, "several faces", "which of them is meant is not known")
        else:
            presence, intensity = _units(cells, file, line)
            video = None if still else file.stem
            yield parsing.labelled(Record(name, key, path, row, presence, intensity, subject=video, video=video,
                                          frame=frame, position=position))


def _units(cells: dict[str, str], file: Path, line: int) -> tuple[dict[int, int], dict[int, float]]:
    presence, intensity = {}, {}
    for column, text in cells.items():
        match = re.fullmatch(r"AU(\d\d)_([rc])", column)  # excludes p_rx, p_ry and p_rz
        if match is None or not text or "nan" in text.lower():
            continue
        unit = parsing.unit(match[1], file, line)
        if match[2] == "c":
            presence[unit] = parsing.whole(text, file, line, column, 0, 1)
        else:
            value = parsing.number(text, file, line, column, -5.0, 5.0)
            intensity[unit] = max(value or 0.0, 0.0)  # static models may give negative values
    return presence, intensity
