"""A camera that shows given pictures, in place of OpenCV's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class FakeCapture:
    """Stands for `cv2.VideoCapture`; camera 0 shows `pictures` once, others cannot be opened.

    Args:
        pictures: uint8 `(h, w, 3)` RGB; None is a picture that the camera fails to give.
    """

    pictures: Sequence[np.ndarray | None] = ()
    released = 0

    def __init__(self, number: int):
        self._opened, self._next = number == 0, 0

    def isOpened(self) -> bool:
        return self._opened

    def set(self, key: int, value: float) -> bool:
        return True

    def read(self) -> tuple[bool, np.ndarray | None]:
        picture = self.pictures[self._next] if self._next < len(self.pictures) else None
        self._next += 1
        return picture is not None, None if picture is None else picture[..., ::-1].copy()

    def release(self) -> None:
        type(self).released += 1


def plug_in(monkeypatch, pictures: Sequence[np.ndarray | None], rate: float = 12.5) -> type[FakeCapture]:
    """Replaces the cameras of this machine by one that shows pictures, `rate` a second, without waiting."""
    from catgan.faces import camera

    class Capture(FakeCapture):
        pass

    Capture.pictures = pictures
    clock = iter(np.arange(10 ** 6) / rate)
    monkeypatch.setattr(camera.cv2, "VideoCapture", Capture)
    monkeypatch.setattr(camera.time, "monotonic", lambda: next(clock))
    return Capture
