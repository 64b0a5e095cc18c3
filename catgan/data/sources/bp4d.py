"""BP4D-Spontaneous (Zhang et al. 2014) and BP4D+ (Zhang et al. 2016): 41 and 140 people in eight and ten tasks.

    ROOT/AUCoding/AU_OCC/F001_T1.csv            first column: frame; the others are headed by AU numbers (0, 1, 2 ...
                                                or 1, 1, 2, 4 ...: the first cell is meaningless); 0, 1, 9 = unknown
    ROOT/AUCoding/AU_INT/AU06/F001_T1_AU06.csv  no header: `frame,intensity`, 0..5, 9 = unknown
    ROOT/Images/F001/T1/2440.jpg                or ROOT/2D+3D/..., ROOT/F001/...; found by number, however padded

Frame numbers are those of the video and start where the coding starts. Both collections call subjects F001 or M001, but
these are different people: each collection is a source, or a family, of its own.
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

FOLDS = (
    ("F001", "M007", "F018", "F008", "F002", "M004", "F010", "F009", "M012", "M001", "F016", "M014", "F023", "M008"),
    ("M011", "F003", "M010", "M002", "F005", "F022", "M018", "M017", "F013", "M016", "F020", "F011", "M013", "M005"),
    ("F007", "F015", "F006", "F019", "M006", "M009", "F012", "M003", "F004", "F021", "F017", "M015", "F014"))
"""The three folds of BP4D used by Luo et al. 2022 (ME-GraphAU) and others."""

LAYOUT = Layout(
    "presence of 27 or more AUs, intensity of 5",
    "9; two kinds of header, one repeats a name; frames start mid-video, padded in any way",
    "Binghamton University, licence signed by the university; research only",
    (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 23, 24, 27, 28),
    folds=FOLDS,
    options={"images_from": "0 where images are numbered one lower than frames (default 1: they are numbered alike)"},
    counts_from=1)

UNKNOWN = 9
FOLDERS = ("Images", "2D+3D", "2DFeatures", ".")


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields every coded frame of every task."""
    coding = parsing.require(root, f"Root of source '{name}'") / "AUCoding"
    occurrence = {file.stem: file for file in sorted((coding / "AU_OCC").glob("*.csv"))}
    intensity: dict[str, list[tuple[int, Path]]] = {}
    for file in sorted((coding / "AU_INT").glob("AU*/*_AU*.csv")):
        task, _, unit = file.stem.rpartition("_AU")
        intensity.setdefault(task, []).append((parsing.unit(unit, file, 1), file))
    if not occurrence and not intensity:
        raise CatganError(f"Source '{name}': no AU_OCC/*.csv or AU_INT/AU*/*.csv in {coding}.")
    for task in sorted({*occurrence, *intensity}):
        yield from _task(name, root, task, occurrence.get(task), intensity.get(task, []), options)


def _task(name: str, root: Path, task: str, occurrence: Path | None,
          graded: list[tuple[int, Path]], options: Mapping[str, object] | None) -> Iterator[Record | Rejected]:
    match = re.fullmatch(r"([FM]\d{3})_(T\d{1,2})", task)
    if match is None:
        raise CatganError(f"Source '{name}': a task is called F001_T1. Received: '{task}'.")
    subject, video = match[1], f"{match[1]}/{match[2]}"
    presence = _occurrence(occurrence) if occurrence else {}
    intensity = {unit: _intensity(file) for unit, file in graded}
    folder = frames.existing(root / base / subject / match[2] for base in FOLDERS) or root / "Images" / video
    coded = sorted({*presence, *(frame for column in intensity.values() for frame in column)})
    pictures = numbering.named(frames.of(folder, name="{}.jpg"), coded, options)
    for frame in coded:
        place = pictures.find(frame, root)
        yield parsing.labelled(Record(
            name, place.key, place.path, f"{task}:{frame}", presence.get(frame, {}),
            {unit: float(value) for unit, column in intensity.items() if (value := column.get(frame)) is not None},
            subject=subject, video=video, frame=frame, position=place.position))


def _occurrence(file: Path) -> dict[int, dict[int, int]]:
    """Reads presence by AU, by frame."""
    columns: list[int | None] = []
    values: dict[int, dict[int, int]] = {}
    for line, text in parsing.lines(file):
        cells = [cell.strip() for cell in text.split(",")]
        if not columns:
            # Columns headed by a number that is not an AU contain only 9.
            columns = [int(cell) if cell.isdecimal() and int(cell) in facs.ACTION_UNITS else None for cell in cells]
            if len(cells) < 2 or not any(columns[1:]):
                raise AnnotationError(file, line, f"the header must name AUs. Received: {text.strip()[:60]!r}.")
            continue
        if len(cells) != len(columns):
            raise AnnotationError(file, line, f"{len(columns)} columns are needed. Received: {len(cells)}.")
        frame = parsing.whole(cells[0], file, line, "frame", 0, 10 ** 7)
        if frame in values:
            raise AnnotationError(file, line, f"frame {frame} is annotated twice.")
        codes = ((unit, parsing.code(cell, file, line, f"AU{unit}", (0, 1), UNKNOWN))
                 for unit, cell in zip(columns[1:], cells[1:]) if unit is not None)
        values[frame] = {unit: value for unit, value in codes if value is not None}
    return values


def _intensity(file: Path) -> dict[int, int | None]:
    values: dict[int, int | None] = {}
    for line, text in parsing.lines(file):
        cells = text.split(",")
        if len(cells) != 2:
            raise AnnotationError(file, line, f"'frame,intensity' is needed. Received: {text.strip()[:60]!r}.")
        frame = parsing.whole(cells[0], file, line, "frame", 0, 10 ** 7)
        if frame in values:
            raise AnnotationError(file, line, f"frame {frame} is annotated twice.")
        values[frame] = parsing.code(cells[1], file, line, "intensity", (0, 1, 2, 3, 4, 5), UNKNOWN)
    return values
