"""Aff-Wild2 / ABAW, multi-task annotations (Kollias 2022).

    ROOT/training_set_annotations.txt, ROOT/validation_set_annotations.txt
        header `image,valence,arousal,expression,AU1,...`; `video/00001.jpg,0.31,0.12,4,0,...`
        unknown: -5 (valence, arousal), -1 (expression, each AU), independently of each other
    ROOT/cropped_aligned/VIDEO/00001.jpg    if there is an image 00000.jpg, images are taken to count from 0

The folder of a video stands for the person in it. `_left` and `_right` are the two people of one video, and so two
subjects of one video.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from catgan.data.sources import numbering, parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError

LAYOUT = Layout(
    "valence, arousal, expression, presence of 12 AUs",
    "-5 and -1, independently for each label",
    "Imperial College iBUG, EULA signed by an academic; no redistribution",
    (1, 2, 4, 6, 7, 10, 12, 15, 23, 24, 25, 26),
    splits="training, validation",
    options=numbering.OPTIONS,
    counts_from=1)

CLASSES = ("neutral", "anger", "disgust", "fear", "happiness", "sadness", "surprise", "other")
CODES = parsing.Codes(tuple(range(len(CLASSES))), -1)
UNIT_CODES = parsing.Codes((0, 1), -1)
FILES = (("training_set_annotations.txt", "training"), ("validation_set_annotations.txt", "validation"))
FIXED = ("image", "valence", "arousal", "expression")


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields every row of the training, then of the validation annotations; one of the files may be missing."""
    parsing.require(root, f"Root of source '{name}'")
    present = [(root / file, split) for file, split in FILES if (root / file).is_file()]
    if not present:
        raise CatganError(f"Source '{name}': no {FILES[0][0]} or {FILES[1][0]} in {root}.")
    images = _Images(root / "cropped_aligned", numbering.asked(options))
    for file, split in present:
        columns: list[str] = []
        units: list[int] = []
        for line, text in parsing.lines(file):
            cells = [cell.strip() for cell in text.split(",")]
            if not columns:
                columns = _columns(cells, file, line)
                units = [parsing.unit(column, file, line) for column in columns if column not in FIXED]
                places = [place for place, column in enumerate(columns) if column not in FIXED]
                fixed = [columns.index(column) for column in FIXED]
                continue
            if len(cells) != len(columns):
                raise AnnotationError(file, line, f"{len(columns)} columns are needed. Received: {len(cells)}.")
            presence = UNIT_CODES.row(units, [cells[place] for place in places], file, line)
            values = [cells[place] for place in fixed]
            yield parsing.labelled(_record(name, images, file, line, split, values, presence))


def _columns(cells: list[str], file: Path, line: int) -> list[str]:
    missing = [name for name in FIXED if name not in cells]
    if missing or len(set(cells)) != len(cells):
        raise AnnotationError(file, line, f"the header must name {', '.join(FIXED)} and AUs, each once. "
                              f"Received: {','.join(cells)[:120]}.")
    return cells


def _record(name: str, images: _Images, file: Path, line: int, split: str, cells: list[str],
            presence: dict[int, int]) -> Record:
    key, valence, arousal, expression = cells
    video, _, image = key.rpartition("/")
    stem = image.partition(".")[0]
    if not video or not stem.isdecimal() or len(stem) > 9:
        raise AnnotationError(file, line, f"image must read VIDEO/00001.jpg. Received: {key[:200]!r}.")
    label = CODES(expression, file, line, "expression")
    return Record(
        name, *images.find(key, video, stem, file, line), f"{file.name}:{line}", presence,
        valence=parsing.number(valence, file, line, "valence", -1.0, 1.0, -5.0),
        arousal=parsing.number(arousal, file, line, "arousal", -1.0, 1.0, -5.0),
        expression=None if label is None else CLASSES[label],
        subject=video, video=_video(video), frame=int(stem), official_split=split)


class _Images:
    """Finds the images that annotations name, also if they were extracted again and count from 0.

    Args:
        folder: folder that contains the folders of all videos.
        base: number of the image that annotations call 1; None if the recipe does not give it.
    """

    def __init__(self, folder: Path, base: int | None):
        self._folder, self._asked = folder, base
        self._video, self._base = "", 1

    def find(self, key: str, video: str, stem: str, file: Path, line: int) -> tuple[str, str]:
        """Returns key and file of the image that line `line` of `file` calls `key`.

        Raises:
            AnnotationError: the image lies outside the folder, or images and annotation count differently.
        """
        if video != self._video:
            self._video, self._base = video, self._base_of(video, key, file, line)
        if self._base == 0:
            if not int(stem):
                raise AnnotationError(file, line, f"images are counted from 1. Received: {key[:200]!r}. Where image 0 "
                                      "is what the annotation calls 0, say 'images_from: 1'.")
            key = f"{video}/{int(stem) - 1:0{len(stem)}d}{key[len(video) + 1 + len(stem):]}"
        return key, parsing.text_below(self._folder, key, file, line)

    def _base_of(self, video: str, key: str, file: Path, line: int) -> int:
        if self._asked is not None:
            return self._asked
        image = key.rpartition("/")[2]
        number, dot, ending = image.partition(".")
        first = parsing.below(self._folder, f"{video}/{'0' * len(number)}{dot}{ending}", file, line)
        return 0 if first.is_file() else 1


def _video(folder: str) -> str:
    return folder.removesuffix("_left").removesuffix("_right")
