"""Writes videos that browsers play: H.264 or VP9, with the times, colours and sound of their source."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import cast

import av
import numpy as np
from av.container import OutputContainer
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from catgan.errors import CatganError
from catgan.faces.decoding import DECODING_ERRORS
from catgan.faces.video_sound import Sound
from catgan.faces.videos import EXACT, Video

CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
CODERS = {"libx264": {"crf": "16", "preset": "fast", "bf": "0", "rc-lookahead": "10"},
          "libvpx-vp9": {"crf": "18", "b": "0", "deadline": "good", "cpu-used": "4", "row-mt": "1",
                         "lag-in-frames": "8"}}
"""Encoder options at which the loss is invisible. Without reordering of frames (`bf`, `b`), durations stay correct for
unevenly spaced frames."""


def container_of(path: str | os.PathLike) -> str:
    """Returns the container for a file extension.

    Raises:
        CatganError: an extension that is not supported.
    """
    kind = CONTAINERS.get(Path(path).suffix.lower())
    if kind is None:
        raise CatganError(f"Videos are written as {', '.join(CONTAINERS)}. Received: {path}.")
    return kind


def coder_of(container: str) -> str:
    """Returns the name of the coder for a container, a key of `CODERS`: VP9 for WebM and where H.264 is missing."""
    return "libx264" if container != "webm" and "libx264" in av.codecs_available else "libvpx-vp9"


class VideoWriter:
    """Writes the edited frames of a video; a context manager.

    Args:
        path: the file; its extension selects the container, see `CONTAINERS`.
        source: the video that the frames belong to.
        comment: a comment in the file's metadata.

    Attributes:
        done: description of the result: `coding`, `size`, `sound`, and `padded` if H.264 needed an even size.

    Raises:
        CatganError: an extension that is not supported.
    """

    def __init__(self, path: Path, source: Video, comment: str = ""):
        kind = container_of(path)
        coder = coder_of(kind)
        width, height = source.size
        even = (width % 2, height % 2) if coder == "libx264" else (0, 0)  # VP9 allows odd sizes
        self._pad = ((0, even[1]), (0, even[0]), (0, 0))
        self._source, self._time_base, self._converter = source, source.time_base, VideoReformatter()
        options = {"movflags": "+faststart"} if kind in ("mp4", "mov") else {}
        self._output: OutputContainer = av.open(str(path), "w", format=kind, options=options)
        self._output.metadata["comment"] = comment
        self._stream = self._video(coder, width + even[0], height + even[1])
        self._sound = Sound(source.path, source.origin, self._output)
        self.done = {"coding": {"libx264": "H.264"}.get(coder, "VP9"), "size": f"{width} x {height}"}
        if any(even):
            self.done["padded"] = f"to {width + even[0]} x {height + even[1]}"
        self.done["sound"] = self._sound.done or "none"

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self._encode(None)
                self._sound.write()
                self.done["sound"] = self._sound.done or "none"
        finally:
            self._sound.close()
            self._output.close()

    def write(self, picture: np.ndarray, time: float, duration: float | None = None) -> None:
        """Writes one frame.

        Args:
            picture: uint8 `(height, width, 3)` RGB, of the size of the source.
            time: display time in seconds, later than that of the frame before.
            duration: display duration in seconds; used for the last frame only.
        """
        colours = self._source.colours
        frame = av.VideoFrame.from_ndarray(np.pad(picture, self._pad, mode="edge"), format="rgb24")
        frame = self._converter.reformat(frame, format="yuv420p", dst_colorspace=colours.matrix,
                                         dst_color_range=colours.levels, interpolation=EXACT)
        frame.colorspace, frame.color_range = colours.space, colours.levels
        frame.color_primaries, frame.color_trc = colours.primaries, colours.transfer
        frame.time_base = self._time_base
        frame.pts = round(time / self._time_base)
        frame.duration = round((duration or 0.0) / self._time_base)
        self._sound.write(time)
        self._encode(frame)

    def _encode(self, frame: av.VideoFrame | None) -> None:
        try:
            self._output.mux(self._stream.encode(frame))
        except OSError:  # such as a full disk
            raise
        except DECODING_ERRORS as error:
            raise CatganError(f"A frame of {self._source.path} cannot be written: {error}.") from None

    def _video(self, coder: str, width: int, height: int) -> VideoStream:
        rate = Fraction(self._source.rate).limit_denominator(1001)
        stream = cast(VideoStream, self._output.add_stream(coder, rate=rate, options=CODERS[coder]))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        context, colours = stream.codec_context, self._source.colours
        context.time_base = self._time_base
        context.colorspace, context.color_range = colours.space, colours.levels
        context.color_primaries, context.color_trc = colours.primaries, colours.transfer
        context.flags |= av.codec.context.Flags.frame_duration
        if self._source.aspect is not None:
            context.sample_aspect_ratio = self._source.aspect
        return stream
