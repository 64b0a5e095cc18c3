"""Writes pictures as a silent video that browsers play."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream

from catgan import files
from catgan.errors import CatganError
from catgan.faces.video_writer import CODERS, coder_of, container_of


def write_pictures(path: str | os.PathLike, pictures: np.ndarray, rate: float, comment: str = "") -> None:
    """Writes a video of pictures, atomically.

    Args:
        path: the file; its extension selects the container, see `catgan.faces.video_writer.CONTAINERS`.
        pictures: uint8 `(t, height, width, 3)` RGB, of even height and width.
        rate: pictures per second.
        comment: a comment in the file's metadata.

    Raises:
        CatganError: an extension that is not supported, no picture, or odd sizes.
    """
    kind = container_of(path)
    if not len(pictures) or pictures.shape[1] % 2 or pictures.shape[2] % 2:
        raise CatganError("A video needs pictures (t, height, width, 3) of even height and width. "
                          f"Received: {pictures.shape}.")
    coder = coder_of(kind)
    with files.atomic_path(Path(path)) as temporary:
        output: OutputContainer = av.open(str(temporary), "w", format=kind)
        with output:
            output.metadata["comment"] = comment
            stream = cast(VideoStream, output.add_stream(coder, rate=Fraction(rate).limit_denominator(1001),
                                                         options=CODERS[coder]))
            stream.height, stream.width, stream.pix_fmt = pictures.shape[1], pictures.shape[2], "yuv420p"
            for picture in pictures:
                output.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
            output.mux(stream.encode(None))
