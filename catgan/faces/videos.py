"""Videos: their frames with number, time and picture, decoded in order, one in memory at a time."""

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

PROBED = 100
"""Packets that are decoded to find out whether each of them is one frame."""

KEPT, UNSAID = (1, 2, 4, 5, 6, 7, 9), 2
"""Colour matrices that pictures are converted by, and the number of one that a file does not say."""

EXACT = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
"""How colours are converted: what FFmpeg does by default darkens a picture by one level of 255 each time."""

Turn = tuple[int, int, int, int]
UPRIGHT = (1, 0, 0, 1)


@dataclass(frozen=True)
class Colours:
    """How a video codes colours, in the numbers of ITU-T H.273: matrix (`space`), primaries, transfer; and whether
    its levels are 16..235 (1) or 0..255 (2). `matrix` is the one that is used where a video does not say it."""

    space: int
    levels: int
    primaries: int
    transfer: int
    matrix: int


class Frame:
    """One frame of a video. Its picture is made when it is first asked for.

    Attributes:
        number: in the order in which frames are shown, from 0.
        time: seconds from the beginning of the video at which it is shown.
        duration: seconds for which it is shown, where the file says so; else None.
    """

    def __init__(self, number: int, time: float, duration: float | None, decoded: VideoFrame | None,
                 size: tuple[int, int], converter: VideoReformatter):
        self.number, self.time, self.duration = number, time, duration
        self._decoded, self._size, self._converter = decoded, size, converter

    @cached_property
    def picture(self) -> np.ndarray | None:
        """uint8 `(height, width, 3)` RGB, upright, of the size of the first frame; None where it is damaged."""
        if self._decoded is None:
            return None
        turn = turn_of(self._decoded)
        width, height = self._size if turn[0] else self._size[::-1]
        alpha = any(component.is_alpha for component in self._decoded.format.components)
        try:
            # Planes, since FFmpeg converts to them exactly at half the cost.
            frame = self._converter.reformat(
                self._decoded, width, height, "rgba" if alpha else "gbrp", interpolation=EXACT, threads=1,
                src_colorspace=colours_of(self._decoded).matrix)
        except DECODING_ERRORS:
            return None
        return to_rgb(turned(frame.to_ndarray() if alpha else _merged(frame), turn))


class Video:
    """A video file, and what its head says.

    Args:
        path: the file, in any container that FFmpeg reads, whatever its ending.

    Attributes:
        size: `(width, height)` of the upright first frame, in pixels.
        duration: seconds that the file says it lasts; None where it does not say.
        aspect: width of a pixel to its height, where the file says that they differ; else None. Pictures are as coded.
        colours: how it codes colours.
        time_base: the unit, in seconds, in which the file counts time.
        origin: the time, in the clock of the file, from which times are counted.
        count: frames that the file says it has; None where it does not say. `times` counts them.
        missing: once `frames` was read to its end: what of the video was lost, in words; None where nothing was.

    Raises:
        CatganError: a missing file, no video, or one of which no frame can be decoded.
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
        """Yields every frame in the order in which they are shown. Can be called again.

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
        """Frames a second on average; frames need not be evenly spaced."""
        times = self.times()
        return float((len(times) - 1) / (times[-1] - times[0])) if len(times) > 1 else 1.0 / self._step

    def times(self) -> np.ndarray:
        """Seconds at which the frames are shown, float64 `(frames,)`, rising; number n is that of `frames`.

        Read off the packets without decoding them, where each packet is one frame; else by decoding.
        """
        with opened(self.path) as (container, stream):
            ticks = Decoder(container, stream).ticks(PROBED)
        if ticks is None:
            return np.array([frame.time for frame in self.frames()])
        times: list[float] = []
        for tick in ticks:
            times.append(self._time(tick, times[-1] if times else -math.inf))
        return np.array(times)

    def sample_frames(self, most: int) -> list[Frame]:
        """Up to `most` frames that lie evenly over the video, without those that cannot be decoded."""
        last = len(self.times()) - 1
        wanted = set(np.unique(np.linspace(0, last, most).round().astype(int)).tolist())
        found = []
        for frame in self.frames():
            if frame.number in wanted and frame.picture is not None:
                found.append(frame)
        return found

    def _time(self, ticks: int | None, last: float) -> float:
        """Seconds of a frame; one without a time, or with one that does not rise, follows the last at the mean rate."""
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
    """The planes green, blue and red as `(height, width, 3)` RGB."""
    green, blue, red = (np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, -1)[:, :plane.width]
                        for plane in frame.planes)
    return cv2.merge([red, green, blue])


def turn_of(frame: VideoFrame) -> Turn:
    """How a frame is to be turned or mirrored, as signs `(a, b, c, d)` of the display matrix that phones write."""
    data = frame.side_data.get("DISPLAYMATRIX")
    if not isinstance(data, SideData) or len(bytes(data)) < 36:
        return UPRIGHT
    matrix = np.frombuffer(bytes(data), np.int32)
    a, b, c, d = (int(matrix[place]) for place in (0, 1, 3, 4))
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return (-1 if a < 0 else 1), 0, 0, (-1 if d < 0 else 1)
    return 0, (-1 if b < 0 else 1), (-1 if c < 0 else 1), 0


def colours_of(frame: VideoFrame) -> Colours:
    """How a frame codes colours. What a file leaves open is taken as players do: BT.709 from 720 lines on."""
    space = frame.colorspace
    if space not in KEPT or frame.format.is_rgb:
        return Colours(1, 1, 1, 1, 1)  # as it is written; RGB is read as it is
    guess = 1 if frame.width >= 1280 or frame.height >= 720 else 5
    full = frame.color_range == 2 or frame.format.name.startswith("yuvj")
    return Colours(space, 2 if full else 1, frame.color_primaries, frame.color_trc,
                   {UNSAID: guess, 6: 5}.get(space, space))


def turned(pixels: np.ndarray, turn: Turn) -> np.ndarray:
    """Pixels `(h, w, ...)` as they are to be shown."""
    a, b, c, d = turn
    return pixels[::d, ::a] if a else pixels.swapaxes(0, 1)[::b, ::c]


def _rate(stream: VideoStream) -> float:
    """Frames a second on average; 25 where the file tells nothing that can be."""
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and 0.01 <= rate <= 1000:
            return float(rate)
    return 25.0


def _origin(container: InputContainer, stream: VideoStream, time_base: Fraction) -> Fraction:
    """The time in the file at which players start to count: where its first stream begins, if that is after 0."""
    own = (stream.start_time or 0) * time_base
    return own if own < 0 else max(Fraction(container.start_time or 0, av.time_base), Fraction(0))


def _seconds(ticks: int | None, time_base: Fraction) -> float | None:
    return float(ticks * time_base) if ticks and ticks > 0 else None


def _tagged(stream: VideoStream) -> float | None:
    """The duration that Matroska gives for one stream, `00:00:01.600000000`."""
    try:
        hours, minutes, seconds = stream.metadata["DURATION"].split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds) or None
    except (KeyError, ValueError):
        return None
