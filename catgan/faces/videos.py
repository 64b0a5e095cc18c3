"""Reads videos: frames with number, time and picture, decoded in order, one in memory at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.sidedata.sidedata import SideData
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream

from catgan.errors import CatganError
from catgan.faces.containers import opened
from catgan.faces.decoding import DECODING_ERRORS, Decoder
from catgan.faces.images import to_rgb

PROBED_PACKETS = 100
"""Number of packets that are decoded to check whether each of them is one frame."""

SUPPORTED_MATRICES = (1, 2, 4, 5, 6, 7, 9)
"""Colour matrices (ITU-T H.273) that frames can be converted from."""
UNSPECIFIED_MATRIX = 2
"""Number of the matrix of a file that does not specify it."""

EXACT = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
"""Flags of colour conversion: FFmpeg's default darkens a picture by one level of 255 with each conversion."""

Turn = tuple[int, int, int, int]
UPRIGHT = (1, 0, 0, 1)


@dataclass(frozen=True)
class Colours:
    """Describes how a video encodes colours, in the numbers of ITU-T H.273.

    Args:
        space: the colour matrix of the file.
        levels: 1 for levels 16..235, 2 for 0..255.
        primaries: the colour primaries.
        transfer: the transfer characteristics.
        matrix: the colour matrix for conversion, a guess if the file does not specify one.
    """

    space: int
    levels: int
    primaries: int
    transfer: int
    matrix: int


class Frame:
    """One frame of a video. Its picture is decoded to RGB when it is first used.

    Attributes:
        number: number in display order, from 0.
        time: display time in seconds from the beginning of the video.
        duration: display duration in seconds, if the file gives it; else None.
        shot: number of the shot, if `catgan.faces.shots` has numbered it; else 0.
    """

    def __init__(self, number: int, time: float, duration: float | None, decoded: VideoFrame | None,
                 size: tuple[int, int], converter: VideoReformatter):
        self.number, self.time, self.duration, self.shot = number, time, duration, 0
        self._decoded, self._size, self._converter = decoded, size, converter

    @cached_property
    def picture(self) -> np.ndarray | None:
        """The picture, uint8 `(height, width, 3)` RGB, upright, of the size of the first frame; None if it is damaged.
        """
        if self._decoded is None:
            return None
        turn = turn_of(self._decoded)
        width, height = self._size if turn[0] else self._size[::-1]
        alpha = any(component.is_alpha for component in self._decoded.format.components)
        try:
            # FFmpeg's exact conversion to planes costs half of that to packed RGB.
            frame = self._converter.reformat(
                self._decoded, width, height, "rgba" if alpha else "gbrp", interpolation=EXACT, threads=1,
                src_colorspace=colours_of(self._decoded).matrix)
        except DECODING_ERRORS:
            return None
        return to_rgb(turned(frame.to_ndarray() if alpha else _merged(frame), turn))


class Video:
    """Opens a video file and reads its header.

    Args:
        path: the file, in any container that FFmpeg reads; the extension does not matter.

    Attributes:
        size: `(width, height)` of the upright first frame in pixels.
        duration: duration in seconds according to the header; None if unknown.
        aspect: pixel aspect ratio, width to height, if it is not 1; else None. Pictures are not rescaled.
        colours: encoding of the colours.
        time_base: unit of time of the file in seconds.
        origin: time in the file's clock from which times are counted.
        count: number of frames according to the header; None if unknown. `times` counts them.
        missing: after `frames` was read to its end: description of the lost parts; None if nothing was lost.

    Raises:
        CatganError: a missing file, not a video, or a video without a frame that can be decoded.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.missing: str | None = None
        with opened(self.path) as (container, stream):
            self.time_base = stream.time_base or Fraction(1, 1000)
            self._step = 1.0 / _rate(stream)
            self.count = stream.frames or None
            own = _seconds(stream.duration, self.time_base) or _tagged(stream)
            self._has_own_duration = own is not None
            self.duration = own or _seconds(container.duration, Fraction(1, av.time_base))
            self.origin = _origin(container, stream, self.time_base)
            first = next((frame for _, frame in Decoder(container, stream) if frame is not None), None)
            if first is None:
                raise CatganError(f"{self.path} is not a video that can be decoded: not one of its frames can be.")
            size, upright = (first.width, first.height), turn_of(first)[0] != 0
            self.size = size if upright else size[::-1]
            aspect = stream.codec_context.sample_aspect_ratio
            self.aspect = (aspect if upright else 1 / aspect) if aspect and aspect != 1 else None
            self.colours = colours_of(first)

    def frames(self) -> Iterator[Frame]:
        """Yields all frames in display order. Can be called again.

        A frame in the middle that cannot be decoded keeps its number and time; its picture is None.
        """
        self.missing, damaged = None, 0
        number, first, last, span = 0, 0.0, -math.inf, None
        with opened(self.path) as (container, stream):
            decoder, converter = Decoder(container, stream), VideoReformatter()
            for ticks, decoded in decoder:
                time = self._time(ticks, last)
                span = _seconds(decoded.duration, self.time_base) if decoded is not None else None
                yield Frame(number, time, span, decoded, self.size, converter)
                damaged += decoded is None
                number, first, last = number + 1, first if number else time, time
        step = (last - first) / (number - 1) if number > 1 else self._step
        self.missing = self._lost(number, damaged, last + (span or step), step, decoder)

    @cached_property
    def rate(self) -> float:
        """Mean number of frames per second; frames need not be evenly spaced."""
        times = self.times()
        return float((len(times) - 1) / (times[-1] - times[0])) if len(times) > 1 else 1.0 / self._step

    def times(self) -> np.ndarray:
        """Returns the display times of the frames in seconds, float64 `(frames,)`, rising, in the order of `frames`.

        Reads them from the packets without decoding if each packet is one frame; else decodes.
        """
        with opened(self.path) as (container, stream):
            ticks = Decoder(container, stream).ticks(PROBED_PACKETS)
        if ticks is None:
            return np.array([frame.time for frame in self.frames()])
        times: list[float] = []
        for tick in ticks:
            times.append(self._time(tick, times[-1] if times else -math.inf))
        return np.array(times)

    def displayed(self) -> int:
        """Returns the number of frames that are displayed, counted without decoding.

        A damaged file, and coding with several frames in a packet, can have a few frames more or fewer.
        """
        with opened(self.path) as (container, stream):
            return Decoder(container, stream).count()

    def sample_frames(self, most: int) -> list[Frame]:
        """Returns up to `most` evenly spaced frames, without those that cannot be decoded."""
        last = len(self.times()) - 1
        wanted = set(np.unique(np.linspace(0, last, most).round().astype(int)).tolist())
        found = []
        for frame in self.frames():
            if frame.number in wanted and frame.picture is not None:
                found.append(frame)
        return found

    def _time(self, ticks: int | None, last: float) -> float:
        """Converts ticks to seconds. A frame with no time, or with a time that does not rise, follows the last frame at
        the mean rate."""
        time = None if ticks is None else float(ticks * self.time_base - self.origin)
        if time is not None and time > last:
            return time
        return 0.0 if last == -math.inf else last + self._step

    def _lost(self, number: int, damaged: int, end: float, step: float, decoder: Decoder) -> str | None:
        read = f"the first {number} frames were read" if number > 1 else "one frame was read"
        seconds = max(end, 0.0 if self._has_own_duration else decoder.end - float(self.origin))
        tolerance = 0.75 * step if self._has_own_duration else max(1.5 * step, 0.1)
        if self.duration is not None and seconds < self.duration - tolerance:
            return f"cut off after {end:.3g} s of {self.duration:.3g} s: {read}"
        if decoder.broken:
            return f"damaged after {end:.3g} s: {read}"
        return f"{damaged} of {number} frames are damaged" if damaged else None


def _merged(frame: VideoFrame) -> np.ndarray:
    """Merges the planes green, blue and red to `(height, width, 3)` RGB."""
    green, blue, red = (np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, -1)[:, :plane.width]
                        for plane in frame.planes)
    return cv2.merge([red, green, blue])


def turn_of(frame: VideoFrame) -> Turn:
    """Returns the rotation or mirroring of a frame as signs `(a, b, c, d)` of the display matrix that phones write."""
    data = frame.side_data.get("DISPLAYMATRIX")
    if not isinstance(data, SideData) or len(bytes(data)) < 36:
        return UPRIGHT
    matrix = np.frombuffer(bytes(data), np.int32)
    a, b, c, d = (int(matrix[place]) for place in (0, 1, 3, 4))
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return (-1 if a < 0 else 1), 0, 0, (-1 if d < 0 else 1)
    return 0, (-1 if b < 0 else 1), (-1 if c < 0 else 1), 0


def colours_of(frame: VideoFrame) -> Colours:
    """Returns how a frame encodes colours. Unspecified values are guessed as players do: BT.709 from 720 lines on."""
    space = frame.colorspace
    if space not in SUPPORTED_MATRICES or frame.format.is_rgb:
        return Colours(1, 1, 1, 1, 1)  # the encoding for writing; RGB is read without conversion
    guess = 1 if frame.width >= 1280 or frame.height >= 720 else 5
    full = frame.color_range == 2 or frame.format.name.startswith("yuvj")
    return Colours(space, 2 if full else 1, frame.color_primaries, frame.color_trc,
                   {UNSPECIFIED_MATRIX: guess, 6: 5}.get(space, space))


def turned(pixels: np.ndarray, turn: Turn) -> np.ndarray:
    """Rotates or mirrors pixels `(h, w, ...)` for display."""
    a, b, c, d = turn
    return pixels[::d, ::a] if a else pixels.swapaxes(0, 1)[::b, ::c]


def _rate(stream: VideoStream) -> float:
    """Returns the mean number of frames per second; 25 if the file gives no plausible rate."""
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and 0.01 <= rate <= 1000:
            return float(rate)
    return 25.0


def _origin(container: InputContainer, stream: VideoStream, time_base: Fraction) -> Fraction:
    """Returns the time in the file at which players start to count: the start of the first stream, if that is after 0.
    """
    own = (stream.start_time or 0) * time_base
    return own if own < 0 else max(Fraction(container.start_time or 0, av.time_base), Fraction(0))


def _seconds(ticks: int | None, time_base: Fraction) -> float | None:
    return float(ticks * time_base) if ticks and ticks > 0 else None


def _tagged(stream: VideoStream) -> float | None:
    """Returns the duration that Matroska stores for one stream, such as `00:00:01.600000000`."""
    try:
        hours, minutes, seconds = stream.metadata["DURATION"].split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds) or None
    except (KeyError, ValueError):
        return None
