"""Reads pictures that share one file: frames of a video, or rows of a FER2013 csv."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from catgan.data.sources import fer2013
from catgan.errors import CatganError
from catgan.faces.images import ImageError, to_rgb
from catgan.faces.videos import Frame, Video


class Pictures:
    """Reads the pictures of one file by position.

    Ascending positions are fast; an earlier position reads the file again from its start.

    Args:
        path: a video, or a csv in the layout of FER2013.

    Attributes:
        time: time in the video of the picture that was read last, in seconds; None for a csv.
    """

    def __init__(self, path: Path):
        self.path = path
        self.time: float | None = None
        self._next = 0
        self._end: int | None = None
        self._pictures: Iterator[Frame | np.ndarray | None] | None = None
        self._video: Video | None = None

    @property
    def is_video(self) -> bool:
        """Returns True for a video, False for a csv."""
        return self.path.name not in fer2013.FILES

    def read(self, position: int) -> np.ndarray:
        """Returns the picture at `position` (from 0), uint8 `(height, width, 3)` RGB.

        Raises:
            ImageError: the file cannot be read, or ends before that position.
        """
        picture = self._at(position)
        if picture is None:
            raise ImageError(self.path, "truncated or damaged image", f"picture {position}")
        return picture

    def _at(self, position: int) -> np.ndarray | None:
        if not self.path.is_file():
            raise ImageError(self.path, "missing file")
        if position < self._next:
            self.close()
        try:
            if self._pictures is None:
                self._pictures = self._open()
            while self._end is None or position < self._end:
                try:
                    picture = next(self._pictures)
                except StopIteration:
                    self._end = self._next  # later positions are refused without reading again
                    break
                self._next += 1
                if self._next > position:
                    self.time = picture.time if isinstance(picture, Frame) else None
                    return picture.picture if isinstance(picture, Frame) else picture
        except (CatganError, OSError) as error:
            self.close()
            raise ImageError(self.path, "truncated or damaged image", " ".join(str(error).split())[:200]) from None
        lost = self._video.missing if self._video is not None else None
        raise ImageError(self.path, "frame not in the file",
                         f"picture {position} of {self._end}{', ' + lost if lost else ''}")

    def close(self) -> None:
        """Closes the file."""
        if self._pictures is not None:
            self._pictures.close()  # type: ignore[attr-defined]
        self._pictures, self._next = None, 0

    def _open(self) -> Iterator[Frame | np.ndarray | None]:
        if not self.is_video:
            return (None if picture is None else to_rgb(picture) for picture in fer2013.pictures(self.path))
        self._video = Video(self.path)
        return self._video.frames()
