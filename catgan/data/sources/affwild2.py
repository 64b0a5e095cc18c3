"""Aff-Wild2 / ABAW, annotations of the single tasks (Kollias & Zafeiriou 2019; ABAW challenges since 2020).

    ROOT/VA_Estimation_Challenge/Train_Set/VIDEO.txt           header `valence,arousal`; -5: unknown
    ROOT/EXPR_Recognition_Challenge/Validation_Set/VIDEO.txt   header: the class names; then class numbers from 0;
                                                               -1: unknown
    ROOT/AU_Detection_Challenge/Train_Set/VIDEO.txt            header `AU1,AU2,...`; -1: unknown
    ROOT/cropped_aligned/VIDEO/00001.jpg                       line i after the header is frame i, counted from 1;
                                                               images that you extracted may count from 0

The folders had different names every year; all known names are found, also below ROOT/annotations. The three tasks of a
video give one record per frame. A video may be in the training set of one task and in the validation set of another; it
then counts as validation. `VIDEO_left` and `VIDEO_right` are the two people of one video.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypedDict

from catgan import facs
from catgan.data.sources import frames, numbering, parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError

LAYOUT = Layout(
    "valence, arousal; presence of 12 AUs; expression, in one folder for each task",
    "-5, -1; frames without an image; classes by the names in the header; a video in two tasks or two splits",
    "Imperial College iBUG, EULA signed by an academic; no redistribution",
    (1, 2, 4, 6, 7, 10, 12, 15, 23, 24, 25, 26),
    splits="training, validation",
    options=numbering.OPTIONS,
    counts_from=1)

UNIT_CODES = parsing.Codes((0, 1), -1)


class Labels(TypedDict, total=False):
    """Labels of one frame from one or several tasks."""

    valence: float | None
    arousal: float | None
    expression: str | None
    presence: Mapping[int, int]


TASKS = {"va": ("VA_Set", "VA_Estimation_Challenge"),
         "expression": ("EXPR_Set", "EXPR_Recognition_Challenge", "EXPR_Classification_Challenge"),
         "au": ("AU_Set", "AU_Detection_Challenge")}
SETS = {"training": ("Train_Set", "Training_Set"), "validation": ("Validation_Set", "Val_Set")}


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields every frame of every video that has a file in any task."""
    parsing.require(root, f"Root of source '{name}'")
    videos: dict[str, list[tuple[str, str, Path]]] = {}
    for task, folders in TASKS.items():
        for split, sets in SETS.items():
            for file in _files(root, folders, sets):
                videos.setdefault(file.stem, []).append((task, split, file))
    if not videos:
        raise CatganError(f"Source '{name}': no folder of a task, such as VA_Set/Train_Set, in {root}.")
    base = _base(root, videos, options)
    for video in sorted(videos):
        yield from _video(name, root, video, videos[video], base)


def _base(root: Path, videos: Mapping[str, list[tuple[str, str, Path]]], options: Mapping[str, object] | None) -> int:
    """Returns the number of the first image, which is the same for all videos of the collection.

    A single folder seldom tells it, since the collection has no images of frames without a face.
    """
    def count(video: str) -> int:
        return max(sum(1 for _ in parsing.lines(file)) - 1 for _, _, file in videos[video])

    return numbering.of_collection(root / "cropped_aligned", sorted(videos), count, options)


def _files(root: Path, folders: tuple[str, ...], sets: tuple[str, ...]) -> list[Path]:
    return sorted(file for base in (root, root / "annotations") for folder in folders for kind in sets
                  for file in (base / folder / kind).glob("*.txt"))


def _video(name: str, root: Path, video: str, parts: list[tuple[str, str, Path]],
           base: int) -> Iterator[Record | Rejected]:
    tasks = [task for task, _, _ in parts]
    if len(set(tasks)) != len(tasks):
        raise CatganError(f"Source '{name}': video {video} is annotated twice for one task: "
                          f"{', '.join(str(file.relative_to(root)) for _, _, file in parts)}.")
    # A video with any validation label must not be trained on.
    farthest = max((split for _, split, _ in parts), key=("training", "validation", "test").index)
    labels: dict[int, Labels] = {}
    for task, _, file in parts:
        for frame, values in _READERS[task](file):
            labels.setdefault(frame, {}).update(values)
    folder = root / "cropped_aligned" / video
    known = frames.images(folder)
    for frame in sorted(labels):
        path = known.get(frame + base - 1) or folder / f"{frame + base - 1:05d}.jpg"
        yield parsing.labelled(Record(
            name, path.relative_to(root).as_posix(), path, f"{video}:{frame}", subject=video, frame=frame,
            video=video.removesuffix("_left").removesuffix("_right"),
            official_split=farthest, **labels[frame]))


def _rows(file: Path) -> Iterator[tuple[int, int, list[str], list[str]]]:
    """Yields line number, frame number, names of the header, and cells."""
    header: list[str] = []
    for line, text in parsing.lines(file):
        cells = [cell.strip() for cell in text.split(",")]
        if line == 1:
            header = cells
        elif not header:
            raise AnnotationError(file, line, "the first line must be the header.")
        else:
            yield line, line - 1, header, cells


def _valence_arousal(file: Path) -> Iterator[tuple[int, Labels]]:
    for line, frame, header, cells in _rows(file):
        if sorted(header) != ["arousal", "valence"] or len(cells) != 2:
            raise AnnotationError(file, line, f"'valence,arousal' is needed. Received: {','.join(cells)[:60]}.")
        values = {word: parsing.number(cell, file, line, word, -1.0, 1.0, -5.0) for word, cell in zip(header, cells)}
        yield frame, {"valence": values["valence"], "arousal": values["arousal"]}


def _expression(file: Path) -> Iterator[tuple[int, Labels]]:
    for line, frame, header, cells in _rows(file):
        if len(header) < 2 or len(cells) != 1:
            raise AnnotationError(file, line, "the header must name the classes, and every line hold one number.")
        number = parsing.code(cells[0], file, line, "expression", tuple(range(len(header))), -1)
        try:
            yield frame, {"expression": None if number is None else facs.parse_expression(header[number])}
        except CatganError as error:
            raise AnnotationError(file, 1, str(error)) from None


def _action_units(file: Path) -> Iterator[tuple[int, Labels]]:
    units: list[int] = []
    for line, frame, header, cells in _rows(file):
        if len(cells) != len(header):
            raise AnnotationError(file, line, f"{len(header)} columns are needed. Received: {len(cells)}.")
        units = units or [parsing.unit(cell, file, 1) for cell in header]
        yield frame, {"presence": UNIT_CODES.row(units, cells, file, line)}


_READERS = {"va": _valence_arousal, "expression": _expression, "au": _action_units}
