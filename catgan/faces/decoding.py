"""Decodes the packets of a video to frames in display order, and accounts for frames that cannot be decoded."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

DECODING_ERRORS = (av.error.FFmpegError, ValueError)


class Decoder:
    """Decodes a container once.

    Args:
        container: a container that was just opened.
        stream: its video stream.

    Attributes:
        end: time, in seconds of the file's clock, at which the last packet of all streams ends.
        broken: whether the file could not be read to its end.
    """

    def __init__(self, container: InputContainer, stream: VideoStream):
        self._container, self._stream = container, stream
        self.end, self.broken = 0.0, False

    def __iter__(self) -> Iterator[tuple[int | None, VideoFrame | None]]:
        """Yields the time in ticks and the frame, or None for a damaged frame between others.

        Frames before the first one that can be decoded are not counted, as in a recording that begins midway.
        """
        sent: list[int] = []  # times of packets whose frames the decoder has not returned yet
        errors, begun = 0, False
        for packet in self._packets():
            if packet is not None and packet.pts is not None and not packet.is_discard:
                heapq.heappush(sent, packet.pts)
            try:
                found = self._stream.codec_context.decode(packet)
            except DECODING_ERRORS:
                errors += 1
                continue
            for frame in found:
                ticks = frame.dts if frame.pts is None else frame.pts
                lost = _before(sent, ticks)[:errors]
                errors -= len(lost)
                for tick in lost if begun else ():
                    yield tick, None
                begun = True
                yield ticks, frame

    def ticks(self, probed: int) -> list[int] | None:
        """Returns the sorted times of all frames in ticks, decoding only the first few.

        Args:
            probed: number of packets to decode, to check that each is one frame.

        Returns:
            None if they are not; then all frames must be decoded.
        """
        times: list[int] = []
        shown: set[int | None] = set()
        for number, packet in enumerate(self._packets()):
            if number < probed:
                try:
                    shown.update(frame.pts for frame in self._stream.codec_context.decode(packet))
                except DECODING_ERRORS:
                    return None
            if packet is not None and not packet.is_discard:
                if packet.pts is None:
                    return None
                times.append(packet.pts)
        seen = {tick for tick in shown if tick is not None}
        whole = seen and len(seen) == len(shown) and seen == {tick for tick in times if tick <= max(seen)}
        return sorted(times) if whole else None

    def count(self) -> int:
        """Returns the number of packets of frames that are displayed, without decoding; nearly always that of frames.
        """
        return sum(packet is not None and not packet.is_discard for packet in self._packets())

    def _packets(self) -> Iterator[Packet | None]:
        """Yields the packets of the video, then None, for which a decoder returns its remaining frames."""
        streams = (self._stream, *self._container.streams.audio)
        packets = self._container.demux(streams)
        while True:
            try:
                packet = next(packets, None)
            except (*DECODING_ERRORS, OSError):
                self.broken, packet = True, None
            if packet is None:
                break
            start = packet.dts if packet.pts is None else packet.pts
            if start is not None:
                self.end = max(self.end, float((start + (packet.duration or 0)) * packet.time_base))
            if packet.stream_index == self._stream.index and packet.size:
                yield packet
        yield None


def _before(sent: list[int], ticks: int | None) -> list[int]:
    """Removes all times up to `ticks` from a heap; returns those before `ticks`."""
    lost = []
    while ticks is not None and sent and sent[0] <= ticks:
        tick = heapq.heappop(sent)
        if tick < ticks:
            lost.append(tick)
    return lost
