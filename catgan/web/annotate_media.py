"""Photographs and videos of the page Annotate as browsers show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import cv2
import numpy as np

from catgan.data.sources import frames
from catgan.errors import CatganError
from catgan.faces.containers import opened
from catgan.faces.images import read_image
from catgan.pipelines.annotation.items import Item

LONGEST_SIDE = 1600
"""Photographs are shown with at most so many pixels a side."""
JPEG_QUALITY = 92
TYPES: Mapping[str, str] = {"mp4": "video/mp4", "webm": "video/webm", "ogg": "video/ogg"}
"""Type by container. Matroska is sent as WebM, and QuickTime as MP4: browsers play those whose coding they know."""
OTHER_TYPE = "application/octet-stream"


class Shown(NamedTuple):
    """The frame that a video shows at a moment.

    Attributes:
        frame: its number, from 0.
        time: at which it begins, in seconds.
        middle: of the time that it is shown, in seconds: seeking there shows this frame.
        last: number of the last frame.
    """

    frame: int
    time: float
    middle: float
    last: int


def photograph_jpeg(item: Item) -> bytes:
    """Returns a photograph as JPEG, upright, at most `LONGEST_SIDE` wide and high; errors name its key alone."""
    try:
        pixels = read_image(item.path)
    except CatganError as error:
        raise CatganError(str(error).replace(str(item.path), item.key)) from None
    height, width = pixels.shape[:2]
    scale = LONGEST_SIDE / max(height, width)
    if scale < 1:
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()


def video_facts(item: Item) -> dict[str, object]:
    """Returns `type` of the content, `coding` in words, `count` of frames, `rate`, `seconds`; errors name the key."""
    try:
        with opened(item.path) as (container, stream):
            name = container.format.name
            coding = f"{stream.codec_context.name} in {name.split(',')[0]}"
        times = frames.times(item.path)
    except CatganError as error:
        raise CatganError(str(error).replace(str(item.path), item.key)) from None
    kind = next((kind for word, kind in TYPES.items() if word in name.split(",")), OTHER_TYPE)
    step = _step(times)
    return {"type": kind, "coding": coding, "count": len(times), "rate": round(1.0 / step, 3),
            "seconds": round(float(times[-1]) + step, 3)}


def frame_at(item: Item, time: float, step: int = 0) -> Shown:
    """Finds the frame that is shown at a moment, or one `step` frames later or earlier, within the video.

    Args:
        item: a video.
        time: seconds.
        step: number of frames, negative for earlier ones.
    """
    times = frames.times(item.path)
    tolerance = 0.1 * _step(times)  # browsers round the times of frames
    last = len(times) - 1
    number = int(np.searchsorted(times, time + tolerance, side="right")) - 1
    number = min(max(min(max(number, 0), last) + step, 0), last)
    after = float(times[number + 1]) if number < last else float(times[number]) + _step(times)
    return Shown(number, float(times[number]), (float(times[number]) + after) / 2, last)


def time_of(item: Item, frame: int) -> float:
    """Returns the time of a frame. Raises `CatganError` if the video has no such frame."""
    times = frames.times(item.path)
    if not 0 <= frame < len(times):
        raise CatganError(f"{item.key} has the frames 0 to {len(times) - 1}. Received: {frame}.")
    return round(float(times[frame]), 4)


def _step(times: np.ndarray) -> float:
    return float((times[-1] - times[0]) / (len(times) - 1)) if len(times) > 1 else 0.04
