"""The pictures of a video: images that somebody wrote out, or the video itself. Which image is which frame."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from catgan.errors import CatganError
from catgan.faces.images import VIDEO_ENDINGS

EXTENSIONS = {".jpg", ".jpeg", ".png", ".bmp"}


class Place(NamedTuple):
    """Where a picture is: its key below the root, the file, and which picture of that file, None for an image."""

    key: str
    path: Path
    position: int | None = None


@dataclass(frozen=True)
class Frames:
    """Where the pictures of one video are.

    Args:
        folder: where images would be.
        numbered: the images there, by number.
        video: the video, where there are no images.
        first: number of the first frame.
        name: how an image that is missing would be called.
        shift: number of a frame's image, less the number of the frame in the annotation.
    """

    folder: Path
    numbered: Mapping[int, Path]
    video: Path | None
    first: int = 1
    name: str = "{:05d}.jpg"
    shift: int = 0

    def find(self, number: int, root: Path) -> Place:
        """Where the frame is that the annotation calls `number`."""
        if self.video is not None:
            position = number - self.first
            return Place(f"{self.video.relative_to(root).as_posix()}#{position}", self.video, position)
        image = number + self.shift
        path = self.numbered.get(image) or self.folder / self.name.format(image)
        return Place(path.relative_to(root).as_posix(), path)


def of(folder: Path, videos: Iterable[Path] = (), first: int = 1, name: str = "{:05d}.jpg") -> Frames:
    """The frames of one video.

    Args:
        folder: of the images, if they were written out; they win.
        videos: where else the video itself may be; endings are tried.
        first: number of the first frame in the annotation.
        name: of an image.
    """
    numbered = images(folder)
    found = None if numbered else next(filter(None, map(video, videos)), None)
    return Frames(folder, numbered, found, first, name)


def video(path: Path) -> Path | None:
    """The video `path` with any ending that a video has, whatever the case of its name."""
    if not path.parent.is_dir():
        return None
    return next((entry for entry in sorted(path.parent.iterdir())
                 if entry.suffix.lower() in VIDEO_ENDINGS and entry.stem.lower() == path.name.lower()), None)


def images(folder: Path) -> dict[int, Path]:
    """The images of a folder by the number that ends their name: `00012.jpg`, `frame_12.png` and `12.png` are 12.

    Hidden files, such as the `._00012.jpg` that macOS leaves on other disks, are no images.

    Raises:
        CatganError: two images have one number.
    """
    found: dict[int, Path] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        number = re.search(r"(\d+)$", path.stem)
        if path.suffix.lower() not in EXTENSIONS or number is None or path.name.startswith("."):
            continue
        if int(number[1]) in found:
            raise CatganError(f"{folder}: {found[int(number[1])].name} and {path.name} have the same number.")
        found[int(number[1])] = path
    return found


def existing(candidates: Iterable[Path]) -> Path | None:
    """The first of some folders that exists."""
    return next((path for path in candidates if path.is_dir()), None)
