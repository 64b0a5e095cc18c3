"""AffectNet, release of 2020/21: faces already cropped to 224 pixels, one small file per label.

    ROOT/train_set/images/123.jpg, ROOT/train_set/annotations/123_exp.npy, 123_val.npy, 123_aro.npy
    ROOT/val_set/...

Expressions are 0..7 as in the release of 2017. Values are stored as text in zero-dimensional arrays; -2 is unknown.
Files with pickled objects are refused. There are no subjects and no test set.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from catgan.data.sources import parsing
from catgan.data.sources.affectnet import CLASSES, UNKNOWN
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError

LAYOUT = Layout(
    "valence, arousal, expression",
    "nothing: unknown rows were left out; numbers are stored as text; pickles are refused",
    "University of Denver, EULA signed by faculty; non-commercial research",
    splits="training, validation")

SETS = (("train_set", "training"), ("val_set", "validation"))
LARGEST_FILE = 4096


def read(name: str, root: Path) -> Iterator[Record | Rejected]:
    """Yields every face that has an expression file; one of the two sets may be missing."""
    parsing.require(root, f"Root of source '{name}'")
    present = [(root / folder, split) for folder, split in SETS if (root / folder / "annotations").is_dir()]
    if not present:
        raise CatganError(f"Source '{name}': neither train_set/annotations nor val_set/annotations in {root}.")
    for folder, split in present:
        with os.scandir(folder / "annotations") as entries:
            stems = sorted(entry.name.removesuffix("_exp.npy") for entry in entries if entry.name.endswith("_exp.npy"))
        for stem in stems:
            yield parsing.labelled(_record(name, root, folder, stem, split))


def _record(name: str, root: Path, folder: Path, stem: str, split: str) -> Record:
    files = {word: folder / "annotations" / f"{stem}_{word}.npy" for word in ("exp", "val", "aro")}
    expression = parsing.code(_text(files["exp"]), files["exp"], 1, "expression", tuple(range(len(CLASSES))), -1)
    valence, arousal = (parsing.number(_text(files[word]), files[word], 1, long, -1.0, 1.0, UNKNOWN)
                        if files[word].is_file() else None for word, long in (("val", "valence"), ("aro", "arousal")))
    path = folder / "images" / f"{stem}.jpg"
    return Record(name, path.relative_to(root).as_posix(), path, files["exp"].name, valence=valence, arousal=arousal,
                  expression=None if expression is None else CLASSES[expression], official_split=split)


def _text(file: Path) -> str:
    """Returns the single value of an npy file."""
    if file.stat().st_size > LARGEST_FILE:
        raise AnnotationError(file, 1, f"one value is needed. Received: {file.stat().st_size} bytes.")
    try:
        array = np.load(file, allow_pickle=False)
    except Exception as error:  # NumPy raises SystemError, MemoryError and others on damaged files
        reason = " ".join(str(error).split())[:80]
        raise AnnotationError(file, 1, f"not an npy file of one plain value ({reason}).") from None
    if not isinstance(array, np.ndarray) or array.size != 1 or array.dtype.kind not in "UiufS":
        raise AnnotationError(file, 1, "one number is needed.")
    try:
        value = array.reshape(-1)[0]
        return value.decode("latin-1") if isinstance(value, bytes) else str(value)
    except SystemError:  # text beyond Unicode
        raise AnnotationError(file, 1, "one number is needed.") from None
