"""FaceReader (Noldus): the detailed log of a video analysis, as text.

    ROOT/NAME.txt               TAB; some lines of preamble, then a header: Video Time, Neutral, Happy ..., Valence,
                                Arousal, Action Unit 01 - Inner Brow Raiser ...; UTF-8 or UTF-16, decimal commas
    ROOT/videos/NAME.mp4        or images: ROOT/images/NAME/00001.jpg, from 1 or 0

Action Units are words, NotActive and A to E, which are the intensities 0 to 5. In other logs they are numbers 0..1,
which are not FACS intensities: they become presence from 0.1, where FaceReader's A begins. FIND_FAILED and FIT_FAILED
fill a row without a face. Valence is -1..1. Arousal a is 0 (inactive) to 1 (active) and becomes 2 a - 1. A file is a
person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from catgan.data.sources import frames, numbering, parsing, timeline
from catgan.data.sources.layout import Layout, option_number
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError

LAYOUT = Layout(
    "intensity or presence of 20 AUs, valence, arousal, expression, by a tool",
    "FIND_FAILED, FIT_FAILED; UTF-16; decimal commas; arousal 0..1",
    "those of your recordings; FaceReader is proprietary",
    (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 18, 20, 23, 24, 25, 26, 27, 43),
    options={"fps": timeline.OPTIONS["fps"] + "; 30 by default"} | numbering.OPTIONS)

FAILED = ("FIND_FAILED", "FIT_FAILED")
GRADES = {"NotActive": 0.0, "A": 1.0, "B": 2.0, "C": 3.0, "D": 4.0, "E": 5.0}
PRESENT_FROM = 0.1
RATE = 30.0
EMOTIONS = {"Neutral": "neutral", "Happy": "happiness", "Sad": "sadness", "Angry": "anger", "Surprised": "surprise",
            "Scared": "fear", "Disgusted": "disgust", "Contempt": "contempt"}


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields every row of every txt file."""
    for file in parsing.found(name, root, "*.txt"):
        yield from _file(name, root, file, options or {})


def _file(name: str, root: Path, file: Path, options: Mapping[str, object]) -> Iterator[Record | Rejected]:
    pictures = frames.of(root / "images" / file.stem, [root / "videos" / file.stem])
    pictures = numbering.timed(pictures, options)
    rate = option_number(options, "fps", RATE, 0.1, 1000.0) if "fps" in options else None
    columns: list[str] = []
    units: dict[str, int] = {}
    for line, text in parsing.lines(file):
        cells = [cell.strip() for cell in text.split("\t")]
        if not columns:
            if "Video Time" in cells:
                columns, units = cells, _units(cells, file, line)
            continue
        if len(cells) != len(columns):
            raise AnnotationError(file, line, f"{len(columns)} columns are needed. Received: {len(cells)}.")
        row = dict(zip(columns, cells))
        frame = pictures.at(_seconds(row["Video Time"], file, line), rate, RATE)
        place = pictures.find(frame, root)
        if any(cell in FAILED for cell in cells):
            yield Rejected(name, place.key, f"{file.name}:{line}", "no face", "FaceReader found or fitted no face")
            continue
        yield parsing.labelled(_record(name, file, line, row, units, place, frame))
    if not columns:
        raise AnnotationError(file, 1, "no header with 'Video Time'.")


def _units(columns: list[str], file: Path, line: int) -> dict[str, int]:
    """Returns the AU of each column. Columns of one side (`... - Left`) are left out, since the AU has its own column.
    """
    units = {}
    for column in columns:
        match = re.fullmatch(r"Action Unit (\d+) - (.+)", column)
        if match is not None and "Left" not in match[2] and "Right" not in match[2]:
            units[column] = parsing.unit(match[1], file, line)
    return units


def _seconds(text: str, file: Path, line: int) -> float:
    """Converts `00:01:02.040` to 62.04."""
    match = re.fullmatch(r"(\d{1,3}):([0-5]\d):([0-5]\d(?:[.,]\d{1,6})?)", text)
    if match is None:
        raise AnnotationError(file, line, f"Video Time must read 00:00:00.040. Received: {text[:40]!r}.")
    return int(match[1]) * 3600.0 + int(match[2]) * 60.0 + float(match[3].replace(",", "."))


def _record(name: str, file: Path, line: int, row: Mapping[str, str], units: Mapping[str, int], place: frames.Place,
            frame: int) -> Record:
    def value(column: str, low: float) -> float | None:
        text = row.get(column, "")
        return parsing.number(parsing.point(text), file, line, column, low, 1.0) if text else None

    presence, intensity = {}, {}
    for column, unit in units.items():
        if row[column] in GRADES:
            intensity[unit] = GRADES[row[column]]
        elif row[column]:
            presence[unit] = int((value(column, 0.0) or 0.0) >= PRESENT_FROM)
    scores = {word: score for column, word in EMOTIONS.items() if (score := value(column, 0.0)) is not None}
    arousal = value("Arousal", 0.0)
    return Record(name, place.key, place.path, f"{file.name}:{line}", presence, intensity, value("Valence", -1.0),
                  None if arousal is None else 2.0 * arousal - 1.0,
                  max(scores, key=lambda word: scores[word]) if scores else None,
                  subject=file.stem, video=file.stem, frame=frame, position=place.position)
