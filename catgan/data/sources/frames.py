"""Finds the pictures of a video: extracted images, or the video file itself, and which image shows which frame."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from catgan.errors import CatganError
from catgan.faces.containers import is_video

EXTENSIONS = {".jpg", ".jpeg", ".png", ".bmp"}


class Place(NamedTuple):
    """Locates a picture: its key below the root, its file, and its index in that file (None for an image)."""

    key: str
    path: Path
    position: int | None = None


@dataclass(frozen=True)
class Frames:
    """Locates the pictures of one video.

    Args:
        folder: folder of extracted images.
        numbered: the images in it, by number.
        video: the video file, if there are no images.
        first: number of the first frame in the annotation.
        name: pattern of a missing image's name.
        shift: number of a frame's image minus the number of the frame in the annotation.
    """

    folder: Path
    numbered: Mapping[int, Path]
    video: Path | None
    first: int = 1
    name: str = "{:05d}.jpg"
    shift: int = 0

    def find(self, number: int, root: Path) -> Place:
        """Locates the frame that the annotation calls `number`."""
        if self.video is not None:
            position = number - self.first
            return Place(f"{self.video.relative_to(root).as_posix()}#{position}", self.video, position)
        image = number + self.shift
        path = self.numbered.get(image) or self.folder / self.name.format(image)
        return Place(path.relative_to(root).as_posix(), path)

    def at(self, seconds: float, rate: float | None, default_rate: float) -> int:
        """Returns the number of the frame that is displayed at a time.

        Args:
            seconds: time from the beginning of the video.
            rate: frames per second if the recipe states it; None uses the frame times of the video, rounding to the
                nearest.
            default_rate: frames per second of images if the recipe states none.
        """
        if self.video is None or rate is not None:
            return self.first + round(seconds * (rate or default_rate))
        shown = times(self.video)
        step = (shown[-1] - shown[0]) / (len(shown) - 1) if len(shown) > 1 else 1.0 / default_rate
        beyond = round((seconds - shown[-1]) / step)
        if beyond > 0:  # the build reports that the file has no such frame
            return self.first + len(shown) - 1 + beyond
        after = min(int(np.searchsorted(shown, seconds)), len(shown) - 1)
        nearer = after > 0 and seconds - shown[after - 1] < shown[after] - seconds
        return self.first + after - nearer


def of(folder: Path, videos: Iterable[Path] = (), first: int = 1, name: str = "{:05d}.jpg") -> Frames:
    """Finds the frames of one video.

    Args:
        folder: folder of extracted images, which take precedence over a video file.
        videos: paths of the video without or with extension.
        first: number of the first frame in the annotation.
        name: pattern of an image's name.
    """
    numbered = images(folder)
    found = None if numbered else next(filter(None, map(video, videos)), None)
    return Frames(folder, numbered, found, first, name)


def video(path: Path) -> Path | None:
    """Finds the video called `path`, whatever its extension and the case of its name."""
    if not path.parent.is_dir():
        return None
    wanted = path.name.lower()
    return next((entry for entry in sorted(path.parent.iterdir())
                 if wanted in (entry.stem.lower(), entry.name.lower()) and entry.is_file() and is_video(entry)), None)


@functools.lru_cache(maxsize=8)
def times(path: Path) -> np.ndarray:
    """Returns the display times of the frames of a video in seconds, float64 `(frames,)`, at least one."""
    from catgan.faces.videos import Video

    return Video(path).times()


def count(path: Path) -> int:
    """Returns the number of frames of a video, see `catgan.faces.videos.Video.displayed`.

    Raises:
        CatganError: the file is no video that can be decoded.
    """
    from catgan.faces.videos import Video

    return Video(path).displayed()


def images(folder: Path) -> dict[int, Path]:
    """Returns the images of a folder by the number at the end of their names: 12 for `00012.jpg`, `frame_12.png`,
    `12.png`.

    Hidden files, such as the `._00012.jpg` that macOS leaves on other disks, are ignored.

    Raises:
        CatganError: two images have the same number.
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
    """Returns the first folder that exists."""
    return next((path for path in candidates if path.is_dir()), None)
