"""One clip of one face: aligned frames with their times and what was seen."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from catgan.errors import DataError, TargetError

_SPAN = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*\.\.\s*(\d+(?:\.\d*)?|\.\d+)\s*")


@dataclass(frozen=True)
class Clip:
    """The frames of one face on a common grid of times.

    Args:
        images: uint8 `(t, side, side, 3)`, aligned; frames that were not seen hold any picture.
        seen: bool `(t,)`.
        times: in seconds, rising, float64 `(t,)`.
        name: of the video.
        subject: of the person.

    Raises:
        DataError: arrays of different lengths, or no frame that was seen.
    """

    images: np.ndarray
    seen: np.ndarray
    times: np.ndarray
    name: str = ""
    subject: str = ""

    def __post_init__(self) -> None:
        count = len(self.images)
        if self.images.dtype != np.uint8 or self.images.ndim != 4 or self.seen.shape != (count,) \
                or self.times.shape != (count,):
            raise DataError("A clip holds uint8 frames (t, side, side, 3) with 'seen' and 'times' of (t,). Received: "
                            f"{self.images.dtype} {self.images.shape}, {self.seen.shape} and {self.times.shape}.")
        if not self.seen.any():
            raise DataError(f"The clip {self.name or '(unnamed)'} has no frame in which the face was seen.")

    def __len__(self) -> int:
        return len(self.images)

    @property
    def step(self) -> float:
        """Seconds between two frames; 1 for a clip of one frame."""
        return float(np.median(np.diff(self.times))) if len(self) > 1 else 1.0

    @property
    def rows(self) -> np.ndarray:
        """Numbers of the frames that were seen, int64 `(m,)`."""
        return np.flatnonzero(self.seen)

    def between(self, start: float, end: float) -> np.ndarray:
        """Returns which seen frames lie from `start` to `end` seconds, bool `(t,)`.

        Raises:
            TargetError: no seen frame lies there.
        """
        found = self.seen & (self.times >= start - 1e-9) & (self.times <= end + 1e-9)
        if not found.any():
            raise TargetError(f"No seen frame of this clip lies in {start:g}..{end:g} s. It has frames from "
                              f"{self.times[0]:.2f} to {self.times[-1]:.2f} s.")
        return found


def parse_span(text: str) -> tuple[float, float]:
    """Parses `"0.8..2.4"` into seconds.

    Raises:
        TargetError: anything else, or an end before its start.
    """
    match = _SPAN.fullmatch(text)
    if match is None or float(match[1]) > float(match[2]):
        raise TargetError(f"A span of time reads START..END in seconds, such as 0.8..2.4. Received: '{text}'.")
    return float(match[1]), float(match[2])


def longest_run(mask: np.ndarray, ignored: np.ndarray | None = None) -> np.ndarray:
    """Returns the longest run of True in `mask` `(t,)`, the first of equally long ones; all False without any.

    Args:
        mask: bool `(t,)`.
        ignored: frames that neither continue nor end a run, such as those that were not seen; False in the result.
    """
    best, current = np.zeros_like(mask), np.zeros_like(mask)
    for place, value in enumerate(mask):
        if value:
            current[place] = True
        elif ignored is None or not ignored[place]:
            current = np.zeros_like(mask)
        if current.sum() > best.sum():
            best = current.copy()
    return best
