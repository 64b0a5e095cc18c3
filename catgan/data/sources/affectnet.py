"""AffectNet, release of 2017 (Mollahosseini, Hasani & Mahoor).

    ROOT/training.csv, ROOT/validation.csv      header (validation may lack it): subDirectory_filePath, face_x, face_y,
                                                face_width, face_height, facial_landmarks, expression, valence, arousal
    ROOT/Manually_Annotated_Images/42/HASH.jpg

Expressions are numbers: see `CLASSES`; 8 none, 9 uncertain, 10 no face. Unknown valence and arousal are -2. There are
no subjects and no test set.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from catgan.data.sources import parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError

LAYOUT = Layout(
    "valence, arousal, expression",
    "-2; classes 8 to 10 are not expressions, 'no face' is rejected; subjects are unknown",
    "University of Denver, EULA signed by faculty; non-commercial research",
    splits="training, validation")

HEADER = ("subDirectory_filePath", "face_x", "face_y", "face_width", "face_height", "facial_landmarks", "expression",
          "valence", "arousal")
CLASSES = ("neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt")
NONE = 8
UNCERTAIN = 9
NO_FACE = 10
UNKNOWN = -2
CODES = parsing.Codes((*range(len(CLASSES)), NONE, UNCERTAIN, NO_FACE), UNKNOWN)
FILES = (("training.csv", "training"), ("validation.csv", "validation"))


def read(name: str, root: Path) -> Iterator[Record | Rejected]:
    """Yields every row of `training.csv`, then of `validation.csv`; one of them may be missing."""
    parsing.require(root, f"Root of source '{name}'")
    present = [(root / file, split) for file, split in FILES if (root / file).is_file()]
    if not present:
        raise CatganError(f"Source '{name}': neither training.csv nor validation.csv in {root}.")
    images = root / "Manually_Annotated_Images"
    for file, split in present:
        columns: tuple[str, ...] = HEADER
        for index, (line, text) in enumerate(parsing.lines(file)):
            cells = parsing.cells(text, ",", file, line)
            if index == 0 and "expression" in cells:
                columns = _columns(cells, file)
                continue
            if len(cells) != len(columns):
                raise AnnotationError(file, line, f"{len(columns)} columns are needed. Received: {len(cells)}.")
            yield _record(name, images, file, line, split, dict(zip(columns, cells)))


def _columns(cells: list[str], file: Path) -> tuple[str, ...]:
    columns = tuple(cells)
    missing = [name for name in HEADER if name not in columns and name != "facial_landmarks"]
    if missing:
        raise AnnotationError(file, 1, f"the header lacks {', '.join(missing)}.")
    return columns


def _record(name: str, images: Path, file: Path, line: int, split: str, cells: dict[str, str]) -> Record | Rejected:
    key, row = cells["subDirectory_filePath"].strip(), f"{file.name}:{line}"
    label = CODES(cells["expression"], file, line, "expression")
    values = {dimension: parsing.number(cells[dimension], file, line, dimension, -1.0, 1.0, UNKNOWN)
              for dimension in ("valence", "arousal")}
    box = tuple(parsing.number(cells[f"face_{part}"], file, line, f"face_{part}", -1e6, 1e6) or 0.0
                for part in ("x", "y", "width", "height"))
    path = parsing.text_below(images, key, file, line)
    if label == NO_FACE:
        return Rejected(name, key, row, "no face", "the annotator saw no face")
    record = Record(name, key, path, row, valence=values["valence"], arousal=values["arousal"],
                    expression=CLASSES[label] if label is not None and label < len(CLASSES) else None,
                    box=box, official_split=split)  # type: ignore[arg-type]
    return parsing.labelled(record)
