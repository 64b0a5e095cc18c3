"""Copies the sound of one video into another; re-encodes it if the container or browsers do not support the codec."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from catgan.faces.containers import opened
from catgan.faces.decoding import DECODING_ERRORS

COPIED = {"mp4": {"aac", "mp3", "opus", "flac"}, "mov": {"aac", "mp3", "alac", "pcm_s16le", "pcm_s16be"},
          "webm": {"opus", "vorbis"},
          "matroska": {"aac", "mp3", "opus", "vorbis", "flac", "ac3", "eac3", "dts", "pcm_s16le"}}
"""Audio codecs that each container supports and that its players can play."""
AAC_RATES = (8000, 16000, 22050, 24000, 32000, 44100, 48000)
STARTS_AT_ZERO = ("matroska", "webm")
"""Containers that do not allow negative times, at which encoders put their priming samples."""


class Sound:
    """Transfers the sound of a video to another one.

    Args:
        source: the video whose sound is copied.
        origin: the time in its clock that becomes 0.
        output: the other video, to which nothing has been written yet.

    Attributes:
        done: what is done with the sound, in words; None for a video without sound.
    """

    def __init__(self, source: Path, origin: Fraction, output: OutputContainer):
        self._origin, self._output, self._kind = origin, output, output.format.name
        self._stack = contextlib.ExitStack()
        container, _ = self._stack.enter_context(opened(source))
        self.done: str | None = None
        self._lost = 0
        self._waiting: Iterator[Packet] = iter(())
        self._next: Packet | None = None
        stream = container.streams.best("audio")
        if isinstance(stream, AudioStream):
            self._begin(container, stream)

    def write(self, until: float | None = None) -> None:
        """Writes the sound before `until` seconds, or all that is left if it is None."""
        while self._next is not None and (until is None or _start(self._next) < until):
            try:
                self._output.mux(self._next)
            except DECODING_ERRORS:
                self._lost += 1
            self._next = next(self._waiting, None)
        if until is None and self._lost:
            self.done = f"{self.done}, {self._lost} damaged packets left out"

    def close(self) -> None:
        """Closes the source."""
        self._stack.close()

    def _begin(self, container: InputContainer, stream: AudioStream) -> None:
        name = stream.codec_context.name if stream.codec_context is not None else ""
        name = "mp3" if name == "mp3float" else name
        if name in COPIED[self._kind]:
            self.done = "copied"
            self._waiting = self._copied(container, stream, self._output.add_stream_from_template(stream))
        elif name:
            coding = "libopus" if self._kind == "webm" else "aac"
            self.done = f"coded anew, {name} to {coding.removeprefix('lib')}"
            layout = "mono" if stream.layout.nb_channels == 1 else "stereo"
            rate = stream.rate if coding == "aac" and stream.rate in AAC_RATES else 48000
            target = cast(AudioStream, self._output.add_stream(coding, rate=rate, layout=layout))
            self._waiting = self._coded(container, stream, target)
        else:
            self.done = "left out: its coding is not known"
        self._next = next(self._waiting, None)

    def _copied(self, container: InputContainer, stream: AudioStream, target: AudioStream) -> Iterator[Packet]:
        last = None
        for packet in _packets(container, stream):
            if packet.pts is None or packet.dts is None or (last is not None and packet.dts <= last):
                self._lost += 1
                continue
            last, shift = packet.dts, round(self._origin / packet.time_base)
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
            if packet.pts < 0 and self._kind in STARTS_AT_ZERO:
                continue
            packet.stream = target
            yield packet

    def _coded(self, container: InputContainer, stream: AudioStream, target: AudioStream) -> Iterator[Packet]:
        target.codec_context.open()
        resampler = av.AudioResampler(target.format, target.layout, target.rate,
                                      target.codec_context.frame_size or None)
        for frame in itertools.chain(_frames(container, stream, self._origin), (None,)):
            try:
                coded = [packet for part in resampler.resample(frame) for packet in target.encode(part)]
            except DECODING_ERRORS:
                self._lost += 1
                continue
            yield from coded
        yield from target.encode()


def _packets(container: InputContainer, stream: AudioStream) -> Iterator[Packet]:
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except (*DECODING_ERRORS, OSError):
            return
        if packet is None:
            return
        if packet.size:
            yield packet


def _frames(container: InputContainer, stream: AudioStream, origin: Fraction) -> Iterator[AudioFrame]:
    for packet in _packets(container, stream):
        try:
            found = packet.decode()
        except DECODING_ERRORS:
            continue
        for frame in found:
            if isinstance(frame, AudioFrame) and frame.pts is not None and frame.time_base:
                frame.pts -= round(origin / frame.time_base)
                yield frame


def _start(packet: Packet) -> float:
    return float((packet.pts if packet.dts is None else packet.dts) or 0) * float(packet.time_base)
