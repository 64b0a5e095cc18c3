"""Keeps sample sheets of a training over time, so that the progress can be looked at afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from catgan.faces.images import write_image

FOLDER = Path("samples", "over_time")
"""In the folder of a run."""
MAX_KEPT = 16
"""Number of snapshots whose sheets are kept beside the latest; long trainings keep every 2nd, 4th, ... one."""
_NAME = re.compile(r"(\d{5,9})-(\d{12,18})-(\w+)\.png")


class Sheet(NamedTuple):
    """Names a kept sheet.

    Args:
        snapshot: its number, from 1.
        images: faces seen before it.
        name: what it shows, such as `free`.
        file: name of the file in `FOLDER`.
    """

    snapshot: int
    images: int
    name: str
    file: str


def kept(names: Iterable[str]) -> list[Sheet]:
    """Returns the sheets among names of files, in the order of time."""
    return sorted(Sheet(int(match[1]), int(match[2]), match[3], name)
                  for name in names if (match := _NAME.fullmatch(name)))


def keep(run: Path, pictures: Mapping[str, np.ndarray], snapshot: int, images: int) -> None:
    """Adds the sheets of a snapshot, and removes those that are too many.

    Which ones stay depends on the number of the snapshot alone: a training that was killed and goes on ends with the
    same files. Later ones, which a killed training has left, are removed.

    Args:
        run: folder of the run.
        pictures: uint8 `(h, w, 3)` by name.
        snapshot: its number, from 1.
        images: faces seen.
    """
    folder = run / FOLDER
    for name, picture in pictures.items():
        write_image(folder / f"{snapshot:05d}-{images:012d}-{name}.png", picture)
    every = _stride(snapshot)
    for sheet in kept(path.name for path in folder.glob("*.png")):
        if (sheet.snapshot != snapshot and (sheet.snapshot > snapshot or sheet.snapshot % every)
                or sheet.snapshot == snapshot and sheet.images != images):
            (folder / sheet.file).unlink(missing_ok=True)


def _stride(snapshot: int) -> int:
    """Returns the smallest power of two that divides the snapshots into at most `MAX_KEPT` parts."""
    stride = 1
    while snapshot // stride > MAX_KEPT:
        stride *= 2
    return stride
