"""The pictures of a video: images that somebody wrote out, or the video itself. Which image is which frame."""

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

    def at(self, seconds: float, rate: float | None, default_rate: float) -> int:
        """The number of the frame that is shown at a time.

        Args:
            seconds: from the beginning of the video.
            rate: frames a second that somebody stated; None: a video's own times are used, and the nearest is taken.
            default_rate: frames a second of images where nobody stated any.
        """
        if self.video is None or rate is not None:
            return self.first + round(seconds * (rate or default_rate))
        shown = times(self.video)
        step = (shown[-1] - shown[0]) / (len(shown) - 1) if len(shown) > 1 else 1.0 / default_rate
        beyond = round((seconds - shown[-1]) / step)
        if beyond > 0:  # such a frame is not in the file, which the build then says
            return self.first + len(shown) - 1 + beyond
        after = min(int(np.searchsorted(shown, seconds)), len(shown) - 1)
        nearer = after > 0 and seconds - shown[after - 1] < shown[after] - seconds
        return self.first + after - nearer


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
    """The video that is called `path`, whatever the ending and the case of its name."""
    if not path.parent.is_dir():
        return None
    wanted = path.name.lower()
    return next((entry for entry in sorted(path.parent.iterdir())
                 if wanted in (entry.stem.lower(), entry.name.lower()) and entry.is_file() and is_video(entry)), None)


@functools.lru_cache(maxsize=8)
def times(path: Path) -> np.ndarray:
    """Seconds at which the frames of a video are shown, float64 `(frames,)`, at least one."""
    from catgan.faces.videos import Video

    return Video(path).times()


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
