"""Py-Feat, versions 1 and 2 (Cheong, Jolly, Xie, Byrne, Kenney & Chang 2023): the csv of a Fex table.

    ROOT/NAME.csv                 columns in any order: frame (from 0), FaceScore, AU01 ..., valence and arousal
                                  (version 2), anger ... or Anger ...; `input`: the image or video
    ROOT/images/INPUT             if `input` names an image
    ROOT/images/NAME/00000.jpg    frames of a video, from 0 or 1 (detected; an error asks if unclear); or
    ROOT/videos/NAME.mp4          the video

AUs are probabilities 0..1 and become presence from 0.5. A row without a face is empty and is rejected. Several faces in
one frame are rejected, since it is unknown which label belongs to which crop.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from catgan.data.sources import frames, numbering, parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError

LAYOUT = Layout(
    "presence of 20 AUs, expression, version 2: valence and arousal, by a tool",
    "rows without a face; several faces; columns in any order",
    "those of your recordings; Py-Feat: MIT, weights of version 2 non-commercial",
    (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 17, 20, 23, 24, 25, 26, 28, 43),
    options=numbering.OPTIONS,
    counts_from=0)

PRESENT_FROM = 0.5
EMOTIONS = {"anger": "anger", "disgust": "disgust", "fear": "fear", "happiness": "happiness", "happy": "happiness",
            "sadness": "sadness", "sad": "sadness", "surprise": "surprise", "neutral": "neutral"}


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields every row of every csv file."""
    for file in parsing.found(name, root, "*.csv"):
        rows = list(parsing.table(file, ",", required=("FaceScore",)))
        where = [(cells.get("input", ""), cells.get("frame", "")) for _, cells in rows]
        faces = Counter(where)
        pictures = frames.of(root / "images" / file.stem, [root / "videos" / file.stem], first=0)
        pictures = numbering.aligned(pictures, _frames(rows, file), options)
        for (line, cells), place in zip(rows, where):
            found, frame = _image(root, file, line, cells, pictures)
            key = found.key
            if faces[place] > 1:
                yield Rejected(name, key, f"{file.name}:{line}", "several faces", "which of them is meant is not known")
            elif not cells["FaceScore"]:
                yield Rejected(name, key, f"{file.name}:{line}", "no face", "Py-Feat found no face")
            else:
                yield parsing.labelled(_record(name, file, line, cells, found, frame))


def _frames(rows: list[tuple[int, dict[str, str]]], file: Path) -> set[int]:
    """Returns the frame numbers of a video in a table."""
    return {parsing.whole(cells["frame"], file, line, "frame", 0, 10 ** 9) for line, cells in rows
            if cells.get("frame") and not _still(cells)}


def _still(cells: dict[str, str]) -> str | None:
    """Returns the name of the image if `input` names one."""
    named = PurePosixPath(cells.get("input", "").replace("\\", "/")).name
    return named if PurePosixPath(named).suffix.lower() in frames.EXTENSIONS else None


def _image(root: Path, file: Path, line: int, cells: dict[str, str],
           pictures: frames.Frames) -> tuple[frames.Place, int | None]:
    """Returns the location of the picture and, for a video, the number of the frame."""
    named = _still(cells)
    if named is not None:
        return frames.Place(f"images/{named}", parsing.below(root / "images", named, file, line)), None
    if not cells.get("frame"):
        raise AnnotationError(file, line, "neither 'input' names an image nor is there a 'frame'.")
    frame = parsing.whole(cells["frame"], file, line, "frame", 0, 10 ** 9)
    return pictures.find(frame, root), frame


def _record(name: str, file: Path, line: int, cells: dict[str, str], place: frames.Place,
            frame: int | None) -> Record:
    presence = {}
    for column, text in cells.items():
        match = re.fullmatch(r"AU(\d\d)", column)
        if match is not None and text:
            value = parsing.number(text, file, line, column, 0.0, 1.0)
            presence[parsing.unit(match[1], file, line)] = int(value is not None and value >= PRESENT_FROM)
    values = {word: parsing.number(cells[word], file, line, word, -1.0, 1.0) if cells.get(word) else None
              for word in ("valence", "arousal")}
    scores = {EMOTIONS[column.lower()]: parsing.number(text, file, line, column, 0.0, 1.0)
              for column, text in cells.items() if column.lower() in EMOTIONS and text}
    expression = max(scores, key=lambda word: scores[word] or 0.0) if scores else None
    video = None if frame is None else file.stem
    return Record(name, place.key, place.path, f"{file.name}:{line}", presence, {}, values["valence"],
                  values["arousal"], expression, subject=video, video=video, frame=frame, position=place.position)
