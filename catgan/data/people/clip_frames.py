"""Opens the frames of a clip around the moment that an annotation is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from catgan.data.people.records import PersonRecord
from catgan.data.sources import frames
from catgan.errors import CatganError, DataError
from catgan.faces.containers import is_video
from catgan.faces.images import read_image
from catgan.modalities.gait_reader import FRAMES, RATE

SECONDS = (FRAMES - 1) / RATE
"""Length of a gait."""
SLACK = 0.5 / RATE
"""Half the time between two frames of a gait, in seconds."""


@dataclass(frozen=True)
class Stretch:
    """Describes the frames of a clip that are read.

    Args:
        file: a video file, or a folder of images.
        images: path of each frame of a folder; None for a video.
        times: float64 `(n,)`: seconds of all frames of the clip.
        numbers: int64 `(n,)`: their numbers in the annotation.
        first, last: indices of the first and the last frame that are read.
        middle: index of the frame that the annotation is about.
    """

    file: Path
    images: tuple[Path, ...] | None
    times: np.ndarray
    numbers: np.ndarray
    first: int
    last: int
    middle: int

    def frames(self) -> Iterator[tuple[float, np.ndarray]]:
        """Yields seconds and pictures, uint8 `(h, w, 3)`; frames that cannot be decoded are left out.

        A video is decoded from its beginning.
        """
        if self.images is not None:
            yield from ((float(self.times[place]), read_image(self.images[place]))
                        for place in range(self.first, self.last + 1))
            return
        from catgan.faces.videos import Video

        for frame in Video(self.file).frames():
            if frame.number > self.last:
                return
            if frame.number >= self.first and frame.picture is not None:
                yield float(self.times[frame.number]), frame.picture


def stretch_of(record: PersonRecord) -> Stretch:
    """Returns the frames to read: `SECONDS` around the record's frame, or the middle of its frames, within them.

    Raises:
        DataError: no such file, no video or image, or frames that the clip does not have.
    """
    times, numbers, images = _frames(record)
    inside = np.flatnonzero((numbers >= (numbers[0] if record.first is None else record.first))
                            & (numbers <= (numbers[-1] if record.last is None else record.last)))
    if not len(inside) or record.frame is not None and record.frame not in numbers:
        asked = record.frame if len(inside) else f"{record.first}..{record.last}"
        raise DataError(f"no frame {asked}: the clip has {len(numbers)}, numbered {numbers[0]}..{numbers[-1]}")
    low, high = times[inside[0]], times[inside[-1]]
    about = (low + high) / 2 if record.frame is None else times[np.flatnonzero(numbers == record.frame)[0]]
    begin = max(min(about - SECONDS / 2, high - SECONDS), low)
    end = min(begin + SECONDS, high)
    # Half a step more on both sides, since frames lie beside the ends.
    low, high = max(min(begin, about) - SLACK, min(low, about)), min(max(end, about) + SLACK, max(high, about))
    chosen = np.flatnonzero((times >= low - 1e-6) & (times <= high + 1e-6))
    return Stretch(record.file, images, times, numbers, int(chosen[0]), int(chosen[-1]),
                   int(np.argmin(np.abs(times - about))))


def _frames(record: PersonRecord) -> tuple[np.ndarray, np.ndarray, tuple[Path, ...] | None]:
    """Returns times and numbers of all frames of a clip, and the images of a folder."""
    if record.file.is_dir():
        found = frames.images(record.file)
        if not found or record.rate is None:
            raise DataError("the folder holds no numbered image" if not found else "the frames per second are unknown")
        numbers = np.array(sorted(found), np.int64)
        return (numbers - numbers[0]) / record.rate, numbers, tuple(found[number] for number in numbers.tolist())
    times = _times(record.file)
    return times, np.arange(len(times)), None


@lru_cache(maxsize=8)
def _times(path: Path) -> np.ndarray:
    if not path.exists():
        raise DataError("missing file")
    if not is_video(path):
        raise DataError("it is not a video")
    try:
        return frames.times(path)
    except CatganError as error:
        raise DataError(str(error).removeprefix(f"{path} ")) from None
