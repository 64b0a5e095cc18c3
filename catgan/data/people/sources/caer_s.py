"""CAER-S (Lee, Kim, Kim, Park & Sohn 2019): 69,982 stills of television series, each with one of seven expressions.

    ROOT/train/Happy/0001.png     also test/; classes Anger (or Angry), Disgust, Fear, Happy, Neutral, Sad, Surprise
    ROOT/*.txt                    optional lists of face boxes, `test/Happy/0001.png,3,278,110,363,195`: path, class
                                  0..6 in the order above, left, top, right, bottom in pixels
    ROOT/train/Happy/0001.txt     or, as NCAER-S has them, four numbers beside each image

    people: true
    sources:
      - {name: caer_s, format: caer_s, root: CAER-S, kind: human}

**Stills of the same shows are in train and in test**, and nobody says who is seen: figures of the official test part
are not of people or places that were never seen. There is no official validation part: it is taken from the training
part. Without a box, the largest face is meant. NCAER-S is another split by others, which has a folder `val`: figures of
the two cannot be compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from catgan import facs
from catgan.data.people.records import Box, PersonRecord
from catgan.data.sources import labelled_clips, parsing
from catgan.data.sources.frames import EXTENSIONS
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Rejected
from catgan.errors import AnnotationError, CatganError, unknown_name
from catgan.files import local

WARNING = ("CAER-S: stills of the same series, and so of the same actors and places, are in its training and its test "
           "part.")
BOXES = {"corners": "left, top, right, bottom", "size": "left, top, width, height"}
LAYOUT = Layout(
    "expression of a still",
    "people are unknown, and the same shows are in training and test; without a box the largest face is meant",
    "Yonsei University, request; non-commercial research",
    splits="training, test",
    options={"lists": "lists of face boxes below ROOT, a name, a pattern or a list; default `*.txt`",
             "numbers": "meaning of the four numbers of a box, corners or size; default corners"})

SPLITS = {"train": "training", "val": "validation", "validation": "validation", "test": "test"}
CLASSES = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
"""Expressions in the order of the numbers in lists."""
LARGEST = 1e5
"""Largest coordinate in pixels."""


def read(name: str, root: Path, options: Mapping[str, object]) -> Iterator[PersonRecord | Rejected]:
    """Yields every image, by split and class; then the images that only a list names, as missing.

    Raises:
        CatganError: no folder of a class, a bad option, or a bad line of a list.
    """
    parsing.require(root, f"Root of source '{name}'")
    meaning = options.get("numbers", "corners")
    if meaning not in BOXES:
        raise unknown_name("option 'numbers'", meaning, BOXES)
    folders = [(split, *found) for folder, split in SPLITS.items()
               for found in labelled_clips.classes(root / folder)]
    if not folders:
        raise CatganError(f"Source '{name}': no folder of a class, such as train/Happy, in {root}.")
    boxes = _lists(name, root, options.get("lists"), str(meaning))
    for split, folder, expression in folders:
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() in EXTENSIONS and not path.name.startswith("."):
                key = path.relative_to(root).as_posix()
                row, box = boxes.pop(key) if key in boxes else _beside(path, key, str(meaning))
                yield PersonRecord(name, key, path, row, box=box, box_of="face", expression=expression,
                                   official_split=split)
    for key, (row, _) in boxes.items():
        yield Rejected(name, key, row, "missing file", "a list names it")


def _lists(name: str, root: Path, given: object, meaning: str) -> dict[str, tuple[str, Box | None]]:
    """Returns key -> row and box of the images in lists."""
    found: dict[str, tuple[str, Box | None]] = {}
    patterns = given if isinstance(given, list) else ["*.txt" if given is None else given]
    for pattern in map(str, patterns):
        parsing.below(root, pattern, root, 1)
        paths = sorted(root.glob(pattern))
        if not paths and given is not None:
            raise CatganError(f"Source '{name}': no {pattern} in {root}.")
        for path in paths:
            for line, text in parsing.lines(path):
                key, box = _line(root, path, line, text, meaning)
                if key in found:
                    raise AnnotationError(path, line, f"{key} is named twice, here and in {found[key][0]}.")
                found[key] = f"{path.relative_to(root).as_posix()}:{line}", box
    return found


def _line(root: Path, path: Path, line: int, text: str, meaning: str) -> tuple[str, Box]:
    """Parses a line of a list: path, class, four numbers."""
    cells = parsing.cells(text, ",", path, line)
    if len(cells) != 6:
        raise AnnotationError(path, line, f"path, class and four numbers are needed. Received: {text[:80]!r}.")
    key = local(root, cells[0])
    parsing.below(root, key, path, line)
    number = parsing.whole(cells[1], path, line, "class", 0, len(CLASSES) - 1)
    try:
        folder = facs.parse_expression(key.split("/")[-2]) if "/" in key else None
    except CatganError:
        folder = None
    if folder is not None and folder != CLASSES[number]:
        raise AnnotationError(path, line, f"class {number} is {CLASSES[number]}, but the folder is of {folder}. "
                              f"Received: {text[:80]!r}.")
    return key, _box(path, line, cells[2:], meaning)


def _beside(image: Path, key: str, meaning: str) -> tuple[str, Box | None]:
    """Returns the row and the box of an image that no list names."""
    path = image.with_suffix(".txt")
    if not path.is_file():
        return f"{key}:1", None
    numbers = [cell for _, text in parsing.lines(path) for cell in re.split(r"[\s,;]+", text.strip()) if cell]
    if len(numbers) != 4:
        raise AnnotationError(path, 1, f"four numbers are needed. Received: {len(numbers)}.")
    return f"{Path(key).with_suffix('.txt').as_posix()}:1", _box(path, 1, numbers, meaning)


def _box(path: Path, line: int, cells: Sequence[str], meaning: str) -> Box:
    left, top, right, bottom = (parsing.number(cell, path, line, "box", -LARGEST, LARGEST) or 0.0 for cell in cells)
    if meaning == "size":
        right, bottom = left + right, top + bottom
    if right <= left or bottom <= top:
        raise AnnotationError(path, line, f"a box needs a width and a height above 0, read as {BOXES[meaning]}; the "
                              f"option 'numbers' is {' or '.join(BOXES)}. Received: {', '.join(cells)[:60]}.")
    return left, top, right - left, bottom - top
