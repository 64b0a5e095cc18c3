"""LibreFace (Chang, Yin, Li, Tran & Soleymani 2024): its csv for a video or a photograph.

    ROOT/NAME.csv                au_1, au_2 ... (0 or 1); au_1_intensity ... (0..5); facial_expression; frame_idx from 0
    ROOT/images/NAME/00000.jpg   frames of the video, from 0 or 1 (detected; an error asks if unclear); or
    ROOT/videos/NAME.mp4         the video
    ROOT/images/NAME.jpg         for a photograph, whose table has no frame_idx

Presence and intensity are given for different AUs. Frames without a face are left out, so rows are joined by number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from catgan import facs
from catgan.data.sources import frames, numbering, parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError

LAYOUT = Layout(
    "presence and intensity, two sets of AUs, and expression, by a tool",
    "frames without a face are left out; seconds in a column called milliseconds",
    "those of your recordings; LibreFace: USC research licence",
    (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 24, 25, 26),
    options=numbering.OPTIONS,
    counts_from=0)


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields every row of every csv file."""
    for file in parsing.found(name, root, "*.csv"):
        pictures = frames.of(root / "images" / file.stem, [root / "videos" / file.stem], first=0)
        if pictures.numbered:
            pictures = numbering.aligned(pictures, set(_frames(file)), options, complete=False)
        for line, cells in parsing.table(file, ","):
            place, frame = frames.Place(f"images/{file.stem}.jpg", root / "images" / f"{file.stem}.jpg"), None
            if "frame_idx" in cells:
                frame = parsing.whole(cells["frame_idx"], file, line, "frame_idx", 0, 10 ** 9)
                place = pictures.find(frame, root)
            presence, intensity = _units(cells, file, line)
            video = None if frame is None else file.stem
            yield parsing.labelled(Record(
                name, place.key, place.path, f"{file.name}:{line}", presence, intensity,
                expression=_expression(cells.get("facial_expression", ""), file, line), subject=video, video=video,
                frame=frame, position=place.position))


def _frames(file: Path) -> Iterator[int]:
    """Yields the frame numbers in a table."""
    for line, cells in parsing.table(file, ","):
        if "frame_idx" in cells:
            yield parsing.whole(cells["frame_idx"], file, line, "frame_idx", 0, 10 ** 9)


def _units(cells: dict[str, str], file: Path, line: int) -> tuple[dict[int, int], dict[int, float]]:
    presence: dict[int, int] = {}
    intensity: dict[int, float] = {}
    for column, text in cells.items():
        match = re.fullmatch(r"au_(\d+)(_intensity)?", column)
        if match is None or not text:
            continue
        unit = parsing.unit(match[1], file, line)
        if match[2] is None:
            presence[unit] = parsing.whole(text, file, line, column, 0, 1)
        else:
            intensity[unit] = float(parsing.number(text, file, line, column, 0.0, 5.0) or 0.0)
    return presence, intensity


def _expression(text: str, file: Path, line: int) -> str | None:
    try:
        return facs.parse_expression(text) if text else None
    except CatganError as error:
        raise AnnotationError(file, line, str(error)) from None
