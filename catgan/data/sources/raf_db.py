"""RAF-DB, basic expressions (Li, Deng & Du 2017): 15,339 photographs with one of seven expressions.

    ROOT/EmoLabel/list_patition_label.txt    (this spelling) `train_00001.jpg 5`
    ROOT/Image/aligned/train_00001_aligned.jpg, or ROOT/Image/original/train_00001.jpg

The names begin with the official split. Some photographs are also in RAF-AU. Subjects are unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from catgan.data.sources import parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError

LAYOUT = Layout(
    "expression",
    "class 7 is neutral; the image is called otherwise than in the list",
    "BUPT, request form; non-commercial research",
    splits="training, test")

CLASSES = ("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral")  # numbered from 1
FILES = ("EmoLabel/list_patition_label.txt", "basic/EmoLabel/list_patition_label.txt",
         "EmoLabel/list_partition_label.txt")


def read(name: str, root: Path) -> Iterator[Record | Rejected]:
    """Yields every line of the list."""
    parsing.require(root, f"Root of source '{name}'")
    file = next((root / path for path in FILES if (root / path).is_file()), None)
    if file is None:
        raise CatganError(f"Source '{name}': no {FILES[0]} in {root}.")
    images = file.parents[1] / "Image"
    for line, text in parsing.lines(file):
        cells = text.split()
        split = cells[0].partition("_")[0]
        if len(cells) != 2 or split not in ("train", "test"):
            raise AnnotationError(file, line, f"'train_00001.jpg 5' is needed. Received: {text.strip()[:60]!r}.")
        label = parsing.whole(cells[1], file, line, "label", 1, len(CLASSES))
        original = parsing.below(images / "original", cells[0], file, line)
        aligned = parsing.below(images / "aligned", f"{Path(cells[0]).stem}_aligned.jpg", file, line)
        path = original if original.is_file() else aligned
        yield Record(name, path.relative_to(root).as_posix(), path, f"{file.name}:{line}",
                     expression=CLASSES[label - 1], official_split="training" if split == "train" else "test")
