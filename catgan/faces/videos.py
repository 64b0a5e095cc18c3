"""Videos: what they say of themselves, and their frames, decoded once, in order, one in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from catgan.errors import CatganError


@dataclass(frozen=True)
class VideoFacts:
    """Frames a second, and about how many frames there are."""

    rate: float
    frames: int


def facts(path: Path) -> VideoFacts:
    """Reads the head of a video. Raises `CatganError` where there is no video."""
    capture = _capture(path)
    try:
        rate, count = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
    finally:
        capture.release()
    if not (np.isfinite(rate) and 0.1 <= rate <= 1000.0 and 0 < count < 1e9):
        raise CatganError(f"{path} does not say how many frames it has, or how many a second.")
    return VideoFacts(float(rate), int(count))


def pictures(path: Path) -> Iterator[np.ndarray | None]:
    """The frames, uint8 `(height, width, 3)` RGB; None for one that cannot be decoded.

    Raises:
        CatganError: no video.
    """
    capture = _capture(path)
    try:
        while capture.grab():
            done, picture = capture.retrieve()
            yield cv2.cvtColor(picture, cv2.COLOR_BGR2RGB) if done else None
    finally:
        capture.release()


def spread(path: Path, most: int) -> dict[int, np.ndarray]:
    """Up to `most` frames that lie evenly over a video, by their number; without those that cannot be decoded.

    Raises:
        CatganError: no video.
    """
    wanted = set(np.unique(np.linspace(0, facts(path).frames - 1, most).round().astype(int)).tolist())
    return {number: picture for number, picture in enumerate(pictures(path)) if number in wanted
            and picture is not None}


def _capture(path: Path) -> cv2.VideoCapture:
    if not path.is_file():
        raise CatganError(f"{path}: missing file.")
    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        capture.release()
        raise CatganError(f"{path} is not a video that can be decoded.")
    return capture
