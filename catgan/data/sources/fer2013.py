"""FER2013 (Goodfellow et al. 2013) with or without FERPlus (Barsoum, Zhang, Canton Ferrer & Zhang 2016).

    ROOT/fer2013.csv, or ROOT/icml_face_data.csv   columns emotion, pixels and Usage in any order, blanks before names;
                                                   pixels are 2,304 grey values, 48 to a row
    ROOT/fer2013new.csv                            FERPlus, optional: votes of ten people for each of the same rows in
                                                   the same order, by which the two are joined

With FERPlus the expression is the emotion with more than half of the ten votes; without such a majority it is unknown,
and the emotion of FER2013 is not used. A row in which NF (no face) leads is rejected, and so is one without an image
name. A picture is named by its row, from 0. Some faces occur more than once, in different splits.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from catgan.data.sources import parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError

LAYOUT = Layout(
    "expression; contempt with FERPlus only",
    "votes without a majority, no face; blanks in the header; rows of FERPlus are joined by their order",
    "Kaggle challenge, pictures of unknown rights; FERPlus labels: MIT",
    splits="training, validation, test")

FILES = ("fer2013.csv", "icml_face_data.csv")
PLUS = "fer2013new.csv"
COLUMNS = ("emotion", "pixels", "Usage")
CLASSES = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
SPLITS = {"Training": "training", "PublicTest": "validation", "PrivateTest": "test"}
EMOTIONS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
VOTES = (*EMOTIONS, "unknown", "NF")
VOTERS = 10
SIZE = 48
GREYS = {str(value): value for value in range(256)}

Row = tuple[int, dict[str, str]]


def read(name: str, root: Path) -> Iterator[Record | Rejected]:
    """Yields every row of the table."""
    parsing.require(root, f"Root of source '{name}'")
    file = next((root / table for table in FILES if (root / table).is_file()), None)
    if file is None:
        raise CatganError(f"Source '{name}': no {' or '.join(FILES)} in {root}.")
    plus = root / PLUS
    votes = parsing.table(plus, ",", ("Usage", "Image name", *VOTES)) if plus.is_file() else None
    line = 0
    for position, (line, cells) in enumerate(parsing.table(file, ",", COLUMNS)):
        split = _split(cells, file, line)
        label = _emotion(cells, file, line) if votes is None else _joined(next(votes, None), cells, plus, file, line)
        yield _row(name, file, line, position, label, split)
    surplus = next(votes, None) if votes is not None else None
    if surplus is not None:
        raise AnnotationError(plus, surplus[0], f"more rows than {file.name} has, which ends at line {line}.")


def _row(name: str, file: Path, line: int, position: int, label: str | Rejected, split: str) -> Record | Rejected:
    key, row = f"fer{position:07d}.png", f"{file.name}:{line}"
    if isinstance(label, Rejected):
        return Rejected(name, key, row, label.reason, f"{label.row}: {label.detail}")
    return Record(name, key, file, row, expression=label, position=position, official_split=split)


def _split(cells: dict[str, str], file: Path, line: int) -> str:
    if not cells["pixels"]:
        raise AnnotationError(file, line, "the row has no pixels.")
    if cells["Usage"] not in SPLITS:
        raise AnnotationError(file, line, f"Usage must be one of {', '.join(SPLITS)}. "
                              f"Received: {cells['Usage'][:40]!r}.")
    return SPLITS[cells["Usage"]]


def _emotion(cells: dict[str, str], file: Path, line: int) -> str:
    return CLASSES[parsing.whole(cells["emotion"], file, line, "emotion", 0, len(CLASSES) - 1)]


# === FERPlus ===


def _joined(row: Row | None, cells: dict[str, str], plus: Path, file: Path, line: int) -> str | Rejected:
    """Returns the FERPlus label of a row of FER2013."""
    if row is None:
        raise AnnotationError(file, line, f"{plus.name} has no row for this one.")
    if row[1]["Usage"] != cells["Usage"]:
        raise AnnotationError(plus, row[0], f"Usage is {row[1]['Usage'][:40]!r}, but {cells['Usage']!r} at line {line} "
                              f"of {file.name}: the rows are not in the same order.")
    return _majority(row[1], plus, row[0])


def _majority(cells: dict[str, str], plus: Path, line: int) -> str | Rejected:
    counts = {word: parsing.whole(cells[word], plus, line, word, 0, VOTERS) for word in VOTES}
    if sum(counts.values()) > VOTERS:
        raise AnnotationError(plus, line, f"{sum(counts.values())} votes of {VOTERS} people.")
    row = f"{plus.name}:{line}"
    if counts["NF"] > max(count for word, count in counts.items() if word != "NF"):
        return Rejected("", "", row, "no face", f"{counts['NF']} of {VOTERS} saw no face")
    if not cells["Image name"]:
        return Rejected("", "", row, "no label", "no image name")
    word = max(EMOTIONS, key=counts.__getitem__)
    if 2 * counts[word] <= VOTERS:
        return Rejected("", "", row, "no label", f"no emotion has more than half of the {VOTERS} votes")
    return word


# === Pictures ===


def pictures(path: Path) -> Iterator[np.ndarray | None]:
    """Yields the pictures of a table row by row, uint8 `(48, 48)`; None if a row does not have 2,304 whole numbers
    0..255."""
    for _, cells in parsing.table(path, ",", ("pixels",)):
        values = cells["pixels"].split()
        known = len(values) == SIZE * SIZE and GREYS.keys() >= set(values)
        yield np.frombuffer(bytes(map(GREYS.__getitem__, values)), np.uint8).reshape(SIZE, SIZE) if known else None
