"""DISFA (Mavadati, Mahoor, Bartlett, Trinh & Cohn 2013): 27 people who watch a film; intensity 0..5 of 12 AUs.

    ROOT/ActionUnit_Labels/SN001/SN001_au1.txt   no header: `frame,intensity`, frames from 1
    ROOT/Images/SN001/0.png                      frames that you extract from one camera's video: numbered from 0 or
                                                 from 1, in a folder SN001, LeftVideoSN001 or RightVideoSN001; or
    ROOT/Video_LeftCamera/LeftVideoSN001_comp.avi   the video itself

AUs come from the names of the files, never from their order. The two cameras show the same moment, so only one is used:
the first of the three folders that exists, else the left video. Every frame is coded for every AU.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from catgan.data.sources import frames, numbering, parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError

FOLDS = (
    ("SN002", "SN010", "SN001", "SN026", "SN027", "SN032", "SN030", "SN009", "SN016"),
    ("SN013", "SN018", "SN011", "SN028", "SN012", "SN006", "SN031", "SN021", "SN024"),
    ("SN003", "SN029", "SN023", "SN025", "SN008", "SN005", "SN007", "SN017", "SN004"))
"""The three folds used by Luo et al. 2022 (ME-GraphAU) and others."""

LAYOUT = Layout(
    "intensity of 12 AUs",
    "AU by the file's name, never by order; images numbered from 0 or 1 (detected; an error asks if unclear)",
    "University of Denver, signed EULA; research only",
    (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26),
    folds=FOLDS,
    options=numbering.OPTIONS,
    counts_from=1)

FOLDERS = ("{}", "LeftVideo{}", "RightVideo{}")
CAMERAS = ("Video_LeftCamera/LeftVideo{}_comp", "Video_RightCamera/RightVideo{}_comp")


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields every frame of every subject that any of the AU files names."""
    labels = parsing.require(root, f"Root of source '{name}'") / "ActionUnit_Labels"
    subjects = sorted(path for path in labels.iterdir() if path.is_dir()) if labels.is_dir() else []
    if not subjects:
        raise CatganError(f"Source '{name}': no folder of a subject in {labels}.")
    for folder in subjects:
        yield from _subject(name, root, folder, options)


def _subject(name: str, root: Path, folder: Path,
             options: Mapping[str, object] | None) -> Iterator[Record | Rejected]:
    subject, intensities, first_file = folder.name, {}, None
    for file in sorted(folder.glob("*.txt")):
        match = re.fullmatch(rf"{re.escape(subject)}_au(\d+)", file.stem, re.IGNORECASE)
        if match is None:
            continue
        first_file = first_file or file
        intensities[parsing.unit(match[1], file, 1)] = _column(file)
    if first_file is None:
        raise CatganError(f"Source '{name}': no {subject}_au*.txt in {folder}.")
    count = max(max(column, default=0) for column in intensities.values())
    base = root / "Images" if (root / "Images").is_dir() else root
    images = frames.existing(base / pattern.format(subject) for pattern in FOLDERS) or base / subject
    pictures = frames.of(images, [root / camera.format(subject) for camera in CAMERAS], name="{}.png")
    pictures = numbering.aligned(pictures, range(1, count + 1), options)
    for frame in range(1, count + 1):
        place = pictures.find(frame, root)
        values = {unit: float(column[frame]) for unit, column in intensities.items() if frame in column}
        yield parsing.labelled(Record(
            name, place.key, place.path, f"{folder.name}:{frame}", intensity=values, subject=subject, video=subject,
            frame=frame, position=place.position))


def _column(file: Path) -> dict[int, int]:
    """Intensity by frame."""
    values: dict[int, int] = {}
    for line, text in parsing.lines(file):
        cells = re.split(r"[,;\s]+", text.strip())
        if len(cells) != 2:
            raise AnnotationError(file, line, f"'frame,intensity' is needed. Received: {text.strip()[:60]!r}.")
        frame = parsing.whole(cells[0], file, line, "frame", 1, 10 ** 7)
        if frame in values:
            raise AnnotationError(file, line, f"frame {frame} is annotated twice.")
        values[frame] = parsing.whole(cells[1], file, line, "intensity", 0, 5)
    return values
