"""Reads pictures of a camera of this machine, with OpenCV."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from functools import cached_property

import cv2
import numpy as np
from av.video.reformatter import VideoReformatter

from catgan import system
from catgan.errors import CatganError
from catgan.faces.videos import Frame

MOST_FAILURES = 30
"""Pictures in a row that a camera may fail to give before it counts as gone."""


class CameraFrame(Frame):
    """One picture of a camera.

    Args:
        number: from 0.
        time: seconds since the first picture.
        pixels: uint8 `(height, width, 3)` RGB.
    """

    def __init__(self, number: int, time: float, pixels: np.ndarray):
        super().__init__(number, time, None, None, (pixels.shape[1], pixels.shape[0]), VideoReformatter())
        self._pixels = pixels

    @cached_property
    def picture(self) -> np.ndarray:
        """The picture, uint8 `(height, width, 3)` RGB."""
        return self._pixels


class Camera:
    """Opens a camera. A context manager.

    Args:
        number: of the camera, as OpenCV counts them, from 0.

    Attributes:
        name: of the camera, for tables and messages.

    Raises:
        CatganError: there is no such camera, or another program uses it.
    """

    def __init__(self, number: int):
        self.name = f"camera {number}"
        with system.silenced():  # OpenCV writes to stderr which drivers it tried
            self._capture = cv2.VideoCapture(number)
            opened = self._capture.isOpened()
        if not opened:
            raise CatganError(f"There is no camera {number} that can be opened on this machine. Connect one, allow "
                              "this program to use it, or give a video file.")
        # A camera keeps pictures that nobody has taken yet; the newest one is wanted.
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def __enter__(self) -> Camera:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Frees the camera; may be called twice."""
        self._capture.release()

    def frames(self, seconds: float | None = None) -> Iterator[Frame]:
        """Yields pictures as they come.

        Args:
            seconds: ends after this time; None goes on until the camera is closed or gone.

        Raises:
            CatganError: the camera gave no first picture.
        """
        number, failed, start = 0, 0, math.nan
        while failed < MOST_FAILURES:
            given, pixels = self._capture.read()
            now = time.monotonic()
            if not given:
                failed += 1
                continue
            start, failed = (now if number == 0 else start), 0
            if seconds is not None and now - start > seconds:
                return
            yield CameraFrame(number, now - start, cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
            number += 1
        if not number:
            raise CatganError(f"{self.name} opens, but gives no picture. Another program may be using it.")
