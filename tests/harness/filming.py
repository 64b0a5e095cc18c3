"""Small videos for tests, written with PyAV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

MILLISECOND = Fraction(1, 1000)


def film(path: Path, pictures: Iterable[np.ndarray], codec: str = "libx264", times: Sequence[float] | None = None,
         rate: int = 25, container: str | None = None, sound: str | None = None, **settings: object) -> Path:
    """Writes uint8 `(h, w, 3)` RGB pictures as a video.

    Args:
        path: the file.
        pictures: all of one size.
        codec, container: as FFmpeg calls them; without a container the ending says which.
        times: seconds at which the pictures are shown; evenly spaced at `rate` where None.
        sound: coding of a tone of 440 Hz that goes with it.
        settings: attributes of the coder; `options` are its options.
    """
    pictures = list(pictures)
    times = np.arange(len(pictures)) / rate if times is None else times
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate, options=settings.pop("options", {}))
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = settings.pop("pix_fmt", "yuv420p")
        stream.codec_context.time_base = Fraction(1, rate) if codec in ("mpeg4", "h263", "flv1") else MILLISECOND
        for name, value in settings.items():
            setattr(stream.codec_context, name, value)
        tone = None if sound is None else output.add_stream(sound, rate=48000, layout="mono")
        if tone is not None:
            sing(output, tone, times[-1] + 1 / rate)
        for picture, time in zip(pictures, times):
            frame = av.VideoFrame.from_ndarray(picture)
            frame.time_base = stream.codec_context.time_base
            frame.pts = round(time / frame.time_base)
            output.mux(stream.encode(frame.reformat(format=stream.pix_fmt)))
        output.mux(stream.encode())
    return path


def sing(output: av.container.OutputContainer, stream: av.AudioStream, seconds: float) -> None:
    """Writes a tone of 440 Hz."""
    wave = (8000 * np.sin(2 * np.pi * 440 * np.arange(int(48000 * seconds)) / 48000)).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
    frame.sample_rate, frame.pts = 48000, 0
    resampler = av.AudioResampler(stream.format, stream.layout, stream.rate, stream.codec_context.frame_size or None)
    stream.codec_context.open()
    for part in (frame, None):
        for piece in resampler.resample(part):
            output.mux(stream.encode(piece))
    output.mux(stream.encode())


def greys(count: int, height: int = 48, width: int = 64, step: int = 10) -> list[np.ndarray]:
    """Grey pictures; number n has the level `step * n`, modulo 240."""
    return [np.full((height, width, 3), step * number % 240, np.uint8) for number in range(count)]
