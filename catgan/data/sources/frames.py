"""Frames of a video that somebody wrote out as images: which image is which frame."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from catgan.errors import CatganError

EXTENSIONS = {".jpg", ".jpeg", ".png", ".bmp"}


def images(folder: Path) -> dict[int, Path]:
    """The images of a folder by the number that ends their name: `00012.jpg`, `frame_12.png` and `12.png` are 12.

    Raises:
        CatganError: two images have one number.
    """
    found: dict[int, Path] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        number = re.search(r"(\d+)$", path.stem)
        if path.suffix.lower() not in EXTENSIONS or number is None:
            continue
        if int(number[1]) in found:
            raise CatganError(f"{folder}: {found[int(number[1])].name} and {path.name} have the same number.")
        found[int(number[1])] = path
    return found


def first_number(folder: Path, count: int) -> int | None:
    """Whether the images of a video of `count` frames are numbered from 0 or from 1; None without images.

    Tools differ, and labels one frame off would be wrong without anybody noticing.

    Raises:
        CatganError: the numbers fit neither.
    """
    numbers = images(folder)
    if not numbers:
        return None
    if min(numbers) == 0 and max(numbers) < count:
        return 0
    if min(numbers) >= 1 and max(numbers) == count:
        return 1
    raise CatganError(f"{folder} holds images {min(numbers)} to {max(numbers)}, but {count} frames are annotated: "
                      f"whether its first frame is 0 or 1 cannot be told. Write out all frames of the video.")


def existing(candidates: Iterable[Path]) -> Path | None:
    """The first of some folders that exists."""
    return next((path for path in candidates if path.is_dir()), None)
