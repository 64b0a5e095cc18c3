"""Reads sequences of 68 landmarks from the files of CK+ and of OpenFace.

CK+ (Lucey et al. 2010):

    ROOT/Landmarks/S005/001/S005_001_00000001_landmarks.txt   68 lines `x y`
    ROOT/Emotion/S005/001/S005_001_00000011_emotion.txt       one number, 1 to 7; only of 327 of the 593 sequences

Each sequence goes from the neutral face to the apex; all its frames get its emotion, as the emotion is the sequence's.

OpenFace (also the landmarks of RAVDESS, Swanson, Livingstone & Russo 2019):

    ROOT/**/01-01-03-02-01-01-07.csv   frame, timestamp, confidence, success, ..., x_0 .. x_67, y_0 .. y_67

One csv is one video. A name as RAVDESS has it gives the emotion (its third number) and the actor (its last); 01- and
02- of one take show the same picture, so the first is used. The emotion of other files is unknown and their person is
the file. Frames without success, below the confidence that OpenFace's authors recommend, or with several faces are not
seen.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from catgan.data.builder.split import order_key
from catgan.data.clips.landmarks import LandmarkClips, clips_of_tracks, expression_codes
from catgan.data.clips.moments import Moments
from catgan.data.clips.options import ClipOptions
from catgan.data.clips.tracks import tracks_of
from catgan.data.schema import SPLITS
from catgan.data.sources import ck_plus, openface, parsing, ravdess
from catgan.errors import DataError, unknown_name
from catgan.system import logger, progress_bar

POINTS = 68
CK_PLUS_RATE = 30.0
"""Frames per second of CK+, whose frames have no time; `ClipOptions.source_rate` replaces it."""
SHARES = (0.7, 0.15, 0.15)
"""Shares of the people in the splits of sources that have none, in the order of `SPLITS`."""
_LARGEST = 1e5  # pixels
_RAVDESS = re.compile(r"0[12]-\d\d-(\d\d)-\d\d-\d\d-\d\d-(\d\d)")


class Sequenced(NamedTuple):
    """Describes the files of one sequence before they are read.

    Args:
        video, subject: names.
        expression: name, or None if unknown.
        files: of the sequence, by time.
    """

    video: str
    subject: str
    expression: str | None
    files: tuple[Path, ...]


def split_of_people(subjects: Sequence[str]) -> dict[str, str]:
    """Assigns each person to a split.

    People are ordered by a hash of their name and divided by `SHARES`. With three people or more no split is empty.

    Args:
        subjects: names; a name may appear more than once.

    Returns:
        person -> name of the split.
    """
    people = sorted(set(subjects), key=lambda name: order_key(0, name))
    edges = np.round(np.cumsum(SHARES) * len(people)).astype(int).tolist()
    if len(people) >= len(SPLITS):
        edges[1] = min(max(edges[1], 2), len(people) - 1)
        edges[0] = min(max(edges[0], 1), edges[1] - 1)
    return {name: SPLITS[int(np.searchsorted(edges, place, side="right"))] for place, name in enumerate(people)}


def people_of(split: str, subjects: Sequence[str]) -> set[str]:
    """Returns the people of a split, see `split_of_people`; everybody for `all`.

    Raises:
        DataError: an unknown split.
    """
    if split not in (*SPLITS, "all"):
        raise DataError(str(unknown_name("split", split, (*SPLITS, "all"))))
    return {name for name, where in split_of_people(subjects).items() if split in ("all", where)}


# === CK+ ===


def read_ck_plus(root: Path, split: str, options: ClipOptions) -> LandmarkClips:
    """Reads the sequences of CK+ whose landmarks are there.

    Args:
        root: the folder that holds `Landmarks` and `Emotion`.
        split: `train`, `validation`, `test` or `all`; people are divided by `split_of_people`.
        options: length and rate of the clips; `source_rate` replaces 30 frames per second.

    Raises:
        DataError: no landmarks, or a file that has not 68 points.
        AnnotationError: a file that cannot be read.
    """
    files = sorted(root.glob("Landmarks/*/*/*_landmarks.txt"))
    if not files:
        raise DataError(f"CK+ needs files such as Landmarks/S005/001/S005_001_00000001_landmarks.txt in {root}. "
                        "Received: none.")
    emotions = {file.parent.relative_to(root / "Emotion").as_posix(): ck_plus.emotion(file)
                for file in sorted(root.glob("Emotion/*/*/*_emotion.txt"))}
    found: dict[str, list[Path]] = {}
    for file in files:
        found.setdefault(file.parent.relative_to(root / "Landmarks").as_posix(), []).append(file)
    sequences = [Sequenced(name, name.split("/")[0], emotions.get(name), tuple(parts)) for name, parts in found.items()]
    classes = tuple(ck_plus.CLASSES.values())
    if "neutral" in emotions.values():
        classes = ("neutral", *classes)
    rate = options.source_rate or CK_PLUS_RATE

    def read(sequence: Sequenced) -> Iterator[tuple[float, np.ndarray]]:
        for file in sequence.files:
            points = _text_points(file)
            if points is not None:
                yield parsing.last_number(file.stem.removesuffix("_landmarks"), file) / rate, points

    return _clips(str(root), sequences, read, classes, split, options)


def _text_points(file: Path) -> np.ndarray | None:
    """Returns the points of a text file, float32 `(68, 2)`; None for an empty file."""
    values = []
    for line, text in parsing.lines(file):
        cells = text.replace(",", " ").split()
        if len(cells) != 2:
            raise DataError(f"{file}, line {line}: a landmark is 'x y'. Received: {text.strip()[:60]!r}.")
        values.append([parsing.number(cell, file, line, "a coordinate", -_LARGEST, _LARGEST) for cell in cells])
    if values and len(values) != POINTS:
        raise DataError(f"{file} must have {POINTS} lines with one landmark each. Received: {len(values)}.")
    return np.array(values, np.float32) if values else None


# === OpenFace ===


def read_openface(root: Path, split: str, options: ClipOptions) -> LandmarkClips:
    """Reads a folder of tables that OpenFace wrote, one for each video.

    Args:
        root: the folder; tables may lie in folders below it.
        split: `train`, `validation`, `test` or `all`; people are divided by `split_of_people`.
        options: length and rate of the clips.

    Raises:
        DataError: no tables, or one without 68 points.
        AnnotationError: a table that cannot be read.
    """
    sequences: dict[str, Sequenced] = {}
    for file in sorted(root.rglob("*.csv")):
        named = _RAVDESS.fullmatch(file.stem)
        expression = ravdess.EMOTIONS.get(named[1]) if named else None
        subject = named[2] if named else file.stem
        sequences.setdefault(file.stem[3:] if named else file.relative_to(root).as_posix(),
                             Sequenced(file.stem, subject, expression, (file,)))
    if not sequences:
        raise DataError(f"No tables of OpenFace (*.csv) in {root}.")
    acted = any(_RAVDESS.fullmatch(one.video) for one in sequences.values())
    classes = tuple(ravdess.EMOTIONS.values()) if acted else ()
    return _clips(str(root), list(sequences.values()), _table_points, classes, split, options)


def _table_points(sequence: Sequenced) -> Iterator[tuple[float, np.ndarray]]:
    file, = sequence.files
    columns = [f"{axis}_{point}" for point in range(POINTS) for axis in "xy"]
    rows = list(parsing.table(file, ",", required=("frame", "timestamp", "confidence")))
    missing = [name for name in columns if rows and name not in rows[0][1]]
    if missing:
        raise DataError(f"{file} must have the columns x_0 to x_67 and y_0 to y_67. Missing: {missing[0]} and "
                        f"{len(missing) - 1} others.")
    faces = Counter(cells["frame"] for _, cells in rows)
    for line, cells in rows:
        confidence = parsing.number(cells["confidence"], file, line, "confidence", 0.0, 1.0)
        failed = confidence is None or confidence < openface.LEAST_CONFIDENCE
        if failed or cells.get("success", "1") not in ("1", "1.0") or faces[cells["frame"]] > 1:
            continue
        time = parsing.number(cells["timestamp"], file, line, "timestamp", 0.0, 1e9)
        values = [parsing.number(cells[name], file, line, name, -_LARGEST, _LARGEST) for name in columns]
        yield float(time or 0.0), np.array(values, np.float32).reshape(POINTS, 2)


# === Clips ===


def _clips(name: str, sequences: Sequence[Sequenced], read: Callable[[Sequenced], Iterator[tuple[float, np.ndarray]]],
           classes: tuple[str, ...], split: str, options: ClipOptions) -> LandmarkClips:
    """Reads the sequences of a split and cuts them into clips."""
    people = people_of(split, [one.subject for one in sequences])
    times: list[float] = []
    faces: list[int] = []
    points: list[np.ndarray] = []
    chosen = [one for one in sequences if one.subject in people]
    for number, sequence in enumerate(progress_bar(chosen, "landmarks", unit="sequence")):
        frames = sorted(read(sequence), key=lambda frame: frame[0])
        if not frames:
            logger.warning("%s: no frame of %s has landmarks; it is left out.", name, sequence.video)
        times += [time for time, _ in frames]
        points += [frame for _, frame in frames]
        faces += [number] * len(frames)
    if not points:
        raise DataError(f"No frame of the split '{split}' of {name} has landmarks: it has {len(chosen)} of "
                        f"{len(sequences)} sequences.")
    numbers, owner = np.unique(faces, return_inverse=True)
    shown = [chosen[number] for number in numbers.tolist()]
    moments = Moments(np.arange(len(points)), owner, np.array(times), [one.video for one in shown],
                      [one.subject for one in shown])
    codes = expression_codes([one.expression for one in shown], classes)[owner]
    return clips_of_tracks(name, tracks_of(moments, options), np.stack(points), codes, classes, options)
