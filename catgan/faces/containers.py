"""Opens video files, and tells videos from photographs by their content, not by their names."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream
from PIL import Image, UnidentifiedImageError

from catgan.errors import CatganError

MAX_PIXELS = 8192 * 4320
"""Largest accepted number of pixels of a frame; 8K is the largest format that cameras write."""

FORMATS = ("mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,gif,apng,mxf,dv,wtv,nut,ivf,"
           "rm,h264,hevc,m4v,obu,av1")
"""Containers that are accepted. Playlists and scripts, which refer to other files, are excluded."""

STILL_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif", b"M4A ", b"M4B ")
"""Brands of the MP4 family that mark photographs or audio."""


def is_video(source: Path | str | bytes) -> bool:
    """Returns whether a file, or its content, is a video; the file name does not matter.

    A GIF or PNG is a video if it has more than one picture. A truncated video counts as a video; reading it reports the
    damage. Unreadable files are not videos.
    """
    if isinstance(source, bytes):
        return _moves(io.BytesIO(source))
    if not Path(source).is_file():  # reading from a pipe would consume its data
        return False
    try:
        with open(source, "rb") as file:
            return _moves(file)
    except OSError:
        return False


@contextlib.contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Opens a video and finds its video stream.

    Raises:
        CatganError: a missing file, no video, audio alone, an unknown codec, or frames that are too large.
    """
    if not path.is_file():
        raise CatganError(f"{path}: {'a folder, but a video is needed' if path.is_dir() else 'missing file'}.")
    try:
        container = _open(f"file:{path}")
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise CatganError(f"{path} is not a video that can be decoded: {_reason(path, error)}.") from None
    with container:
        yield container, _stream(container, path)


def _open(file: str | io.BytesIO) -> InputContainer:
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
    return av.open(file, "r", options=options, metadata_errors="replace")


def _stream(container: InputContainer, path: Path) -> VideoStream:
    streams = _moving(container)
    if not streams:
        sound = "sound, but no video" if container.streams.audio else "no video"
        raise CatganError(f"{path} is not a video that can be decoded: it holds {sound}.")
    best = container.streams.best("video")
    stream = next((one for one in streams if best is not None and one.index == best.index), streams[0])
    if stream.codec_context is None:
        raise CatganError(f"{path} is not a video that can be decoded: its coding is not known.")
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > MAX_PIXELS:
        raise CatganError(f"{path}: frames of at most {MAX_PIXELS} pixels are read. Received: {width} x {height}.")
    return stream


def _moving(container: InputContainer) -> list[VideoStream]:
    """Returns the video streams without cover pictures of music files."""
    return [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]


def _moves(file: io.BufferedReader | io.BytesIO) -> bool:
    head = file.read(400)
    if head[4:8] == b"ftyp":
        return head[8:12] not in STILL_BRANDS
    if head[:4] == b"\x1aE\xdf\xa3" or head[:3] == b"FLV" or (head[:4] == b"RIFF" and head[8:12] == b"AVI "):
        return True
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about large pictures; reading one reports that
            with Image.open(file) as image:
                if image.format != "MPEG":  # Pillow recognises MPEG but cannot read it
                    return image.format in ("GIF", "PNG") and getattr(image, "is_animated", False)
    except UnidentifiedImageError:
        pass
    except Exception:  # Pillow raises errors of many types for damaged photographs
        return False
    file.seek(0)
    return _has_frame(file.read() if isinstance(file, io.BytesIO) else f"file:{file.name}")


def _has_frame(source: bytes | str) -> bool:
    """Returns whether a first frame can be decoded from a file without a signature."""
    try:
        with _open(io.BytesIO(source) if isinstance(source, bytes) else source) as container:
            streams = _moving(container)
            return bool(streams) and next(iter(container.decode(streams[0])), None) is not None
    except (av.error.FFmpegError, OSError, ValueError):
        return False


def _reason(path: Path, error: Exception) -> str:
    """Explains why a file cannot be opened, as far as its header tells."""
    with open(path, "rb") as file:
        head = file.read(12)
        if not head:
            return "it is empty"
        if head[4:8] == b"ftyp" and not _has_index(file, path.stat().st_size):
            return "its index (moov), which often stands at the end, is missing, as in a file that was cut off"
    return "its content is damaged, or in a format that is not read" if isinstance(
        error, (av.error.FFmpegError, ValueError)) else str(error)


def _has_index(file: io.BufferedReader, size: int) -> bool:
    """Returns whether an MP4 file has a complete index (box `moov`)."""
    place = 0
    while place + 8 <= size:
        file.seek(place)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if head[4:8] == b"moov":
            return place + length <= size
        if length < 8:
            break
        place += length
    return False
