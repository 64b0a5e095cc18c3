"""Opens MediaPipe's tasks without their messages, and opens them again after a failure."""

from __future__ import annotations

import multiprocessing
import multiprocessing.util
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import cv2
import numpy as np

from catgan import system
from catgan.errors import CatganError
from catgan.faces.landmarks import without_tensorflow


class Closable(Protocol):
    """Anything that is closed when it is no longer needed."""

    def close(self) -> None:
        """Frees what it holds; may be called twice."""


Task = TypeVar("Task", bound=Closable)
Result = TypeVar("Result")
Reader = TypeVar("Reader", bound=Closable)


class Graph(Generic[Task]):
    """Holds one of MediaPipe's tasks, which is unusable after one failure, and opens it again then.

    Args:
        name: of the reader that it belongs to, for messages.
        create: imports MediaPipe, opens the task and calls it once, since the first call writes messages too.
    """

    def __init__(self, name: str, create: Callable[[], Task]):
        self._name = name
        self._create = create
        self._task: Task | None = None
        self.open()

    def open(self) -> None:
        """Opens the task, in place of an open one, so that nothing is remembered of earlier pictures."""
        self.close()
        with system.silenced():
            self._task = self._create()

    def close(self) -> None:
        """Frees MediaPipe's graph; may be called twice."""
        if self._task is not None:
            self._task.close()
            self._task = None

    def run(self, call: Callable[[Task], Result], shape: tuple[int, ...]) -> Result:
        """Returns what a call of the task returns.

        Args:
            call: takes the task.
            shape: of the picture, for the message.

        Raises:
            CatganError: the graph is closed, or MediaPipe failed.
        """
        if self._task is None:
            raise CatganError(f"This {self._name} is closed. Open a new one.")
        try:
            return call(self._task)
        except (RuntimeError, ValueError) as error:
            self.open()
            raise CatganError(f"MediaPipe failed on an image of shape {shape}: "
                              f"{' '.join(str(error).split())[:200]}.") from None


def scaled(pixels: np.ndarray, smallest: int, largest: int) -> np.ndarray:
    """Resizes a picture so that its longer side lies in `smallest`..`largest` pixels."""
    side = max(pixels.shape[:2])
    scale = min(max(side, smallest), largest) / side
    if scale == 1.0:
        return pixels
    size = (max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC)


def in_worker(create: Callable[[], Reader]) -> Reader:
    """Opens a reader for the lifetime of a worker process, and limits OpenCV to one thread there."""
    without_tensorflow()
    cv2.setNumThreads(1)
    reader = create()
    if multiprocessing.parent_process() is not None:
        # MediaPipe needs one of the worker's threads to close, so it must be closed before they end.
        multiprocessing.util.Finalize(None, reader.close, exitpriority=1)
    return reader
