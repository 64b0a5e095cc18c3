"""BoLD (Luo, Ye, Adams, Li, Newman & Wang 2020): people in clips of films, 26 categories and their bodies' joints.

    ROOT/annotations/train.csv, val.csv    no header: video, person, first frame, last frame, 26 scores 0..1, valence,
                                           arousal, dominance 0..10, gender, age, ethnicity, confidence
    ROOT/annotations/test_meta.csv         no labels: its rows are counted as `no label`
    ROOT/videos/003/FILM.mp4/0114.mp4      a folder whose name ends in .mp4 holds the clips of a film
    ROOT/joints/003/FILM.mp4/0114.npy      rows of frame, person, 18 OpenPose joints x (x, y, confidence)

    people: true
    sources:
      - {name: bold, format: bold, root: BOLD_public, kind: human}

A category is true from a score of .5 (option `categories_from`). Valence, arousal and dominance become x / 5 - 1. ROOT
is the folder BOLD_public. The joints of a person are those of the file: 2-D, so their depth is 0 and unknown, see
`catgan.data.people.openpose`; frames that the file lacks, and joints with a confidence below .1, are unknown. A clip
without a file of joints keeps its labels, and its joints come from the pose landmarker, as for all clips with `joints:
pose`. Frames are taken to count from 0 in csv and joints (`frames_from: 1` otherwise). `video` is the film.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from catgan.data.people.records import PersonRecord, labelled
from catgan.data.people.sources.categories import CATEGORIES
from catgan.data.sources import parsing
from catgan.data.sources.layout import Layout, option_number
from catgan.data.sources.records import Rejected
from catgan.data.sources.table_clips import first_frame
from catgan.errors import AnnotationError, CatganError, unknown_name

FILES = {"train.csv": "training", "val.csv": "validation", "test_meta.csv": "test", "test.csv": "test"}
PLACES = 4
"""Columns before the scores: video, person, first and last frame."""
LABELLED = PLACES + len(CATEGORIES) + 3
"""Fewest columns of a row with labels."""
MOST_FRAMES = 10 ** 7
JOINTS = ("file", "pose")
LAYOUT = Layout(
    "26 categories, valence, arousal, dominance, of a person in a clip",
    "empty cells and NaN; 0..10 becomes -1..1; the joints are 2-D, without rows for missing frames; test has no labels",
    "Pennsylvania State University, request; research only",
    splits="training, validation",
    options={"categories_from": "score from which a category is true; default 0.5",
             "joints": "file: those of the collection; pose: the pose landmarker; default file",
             "frames_from": "0 or 1: number of a video's first frame; default 0"})


def read(name: str, root: Path, options: Mapping[str, object]) -> Iterator[PersonRecord | Rejected]:
    """Yields every row of the csv files.

    Raises:
        CatganError: no csv file, a bad option, or a bad line.
    """
    threshold = option_number(options, "categories_from", 0.5, 0.0, 1.0)
    start = first_frame(options)
    if (joints := options.get("joints", JOINTS[0])) not in JOINTS:
        raise unknown_name("option 'joints'", joints, JOINTS)
    folder = parsing.require(root, f"Root of source '{name}'") / "annotations"
    found = [(folder / file, split) for file, split in FILES.items() if (folder / file).is_file()]
    if not found:
        raise CatganError(f"Source '{name}': none of {', '.join(FILES)} in {folder}.")
    for file, split in found:
        for line, cells in parsing.rows(file, ",", parsing.lines(file, blank=True)):
            record = _record(name, root, file, line, cells, threshold, start)
            yield labelled(_placed(record, root, split, joints == "file"))


def _record(name: str, root: Path, file: Path, line: int, cells: Sequence[str], threshold: float,
            start: int) -> PersonRecord:
    """Reads a line without looking for files."""
    if len(cells) < PLACES:
        raise AnnotationError(file, line, f"at least {PLACES} columns are needed. Received: {len(cells)}.")
    person = parsing.whole(cells[1], file, line, "person", 0, MOST_FRAMES)
    first, last = (parsing.whole(cell, file, line, word, start, MOST_FRAMES) - start
                   for cell, word in zip(cells[2:4], ("first frame", "last frame")))
    if last < first:
        raise AnnotationError(file, line, f"the last frame lies before the first. Received: {cells[2]}, {cells[3]}.")
    categories, affect = _labels(file, line, cells, threshold)
    return PersonRecord(
        name, cells[0], parsing.below(root, f"videos/{cells[0]}", file, line), f"{file.name}:{line}", is_clip=True,
        first=first, last=last, categories=categories, category_names=CATEGORIES, valence=affect[0],
        arousal=affect[1], dominance=affect[2], joints_person=person)


def _placed(record: PersonRecord, root: Path, split: str, own_joints: bool) -> PersonRecord:
    """Adds the film, the split and, where there is one, the file of joints."""
    joints = root / "joints" / Path(record.key).with_suffix(".npy")
    film = record.key.rpartition("/")[0] or record.key
    return replace(record, video=film, official_split=split,
                   joints=joints if own_joints and joints.is_file() else None)


def _labels(file: Path, line: int, cells: Sequence[str], threshold: float
            ) -> tuple[tuple[str, ...] | None, list[float | None]]:
    """Returns categories, and valence, arousal and dominance."""
    if len(cells) < LABELLED:
        if file.name in ("train.csv", "val.csv"):
            raise AnnotationError(file, line, f"at least {LABELLED} columns are needed. Received: {len(cells)}.")
        return None, [None] * 3
    scores = [_number(cell, file, line, name, 1.0) for cell, name in zip(cells[PLACES:], CATEGORIES)]
    affect = [_number(cell, file, line, name, 10.0) for cell, name
              in zip(cells[LABELLED - 3:], ("valence", "arousal", "dominance"))]
    known = [score for score in scores if score is not None]
    categories = tuple(name for name, score in zip(CATEGORIES, known) if score >= threshold)
    return categories if len(known) == len(scores) else None, [None if x is None else x / 5 - 1 for x in affect]


def _number(text: str, file: Path, line: int, name: str, high: float) -> float | None:
    """Returns a number in 0..`high`; None for an empty cell and NaN."""
    return None if text.lower() in ("", "nan") else parsing.number(text, file, line, name, 0.0, high)
