"""Shows faces before a camera in a window, with their landmarks and the probabilities of their expressions."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from catgan.pipelines.expression_panels import colours_of
from catgan.pipelines.live import Moment
from catgan.pipelines.timelines import CLASS

TITLE = "catgan"
HEIGHT = 720
"""Height in pixels to which smaller pictures are enlarged, so that the text beside faces can be read."""
BAR, LINE = 120, 18
"""Length of a bar of probability 1, and height of a line, in pixels."""
DOT, INK, PAPER = (64, 224, 208), (255, 255, 255), (32, 32, 32)
"""Colours of landmarks, text, and the ground behind it."""
ENDING_KEYS = (ord("q"), 27)
"""Keys that end the reading: q and Esc."""


def has_display() -> bool:
    """Tells whether this machine can show a window."""
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


class Window:
    """A window that shows moments. A context manager.

    Args:
        points: numbers of the landmarks that are drawn.
    """

    def __init__(self, points: Sequence[int]):
        self._points = list(points)

    def __enter__(self) -> Window:
        cv2.namedWindow(TITLE)
        return self

    def __exit__(self, *error: object) -> None:
        cv2.destroyAllWindows()

    def show(self, moment: Moment) -> bool:
        """Shows a moment; returns False after q, Esc, or when the window was closed."""
        cv2.imshow(TITLE, cv2.cvtColor(draw_moment(moment, self._points), cv2.COLOR_RGB2BGR))
        return cv2.waitKey(1) & 0xFF not in ENDING_KEYS and cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) >= 1


def draw_moment(moment: Moment, points: Sequence[int]) -> np.ndarray:
    """Draws the landmarks of each face, and beside it a bar for each expression.

    Args:
        moment: a frame with its answers.
        points: numbers of the landmarks that are drawn.

    Returns:
        uint8 `(height, width, 3)` RGB, enlarged to `HEIGHT` where the picture is smaller.
    """
    scale = max(1.0, HEIGHT / moment.picture.shape[0])
    picture = cv2.resize(moment.picture, None, fx=scale, fy=scale) if scale > 1.0 else moment.picture.copy()
    for face, answer in zip(moment.faces, moment.answers):
        assert face.detected is not None
        places = face.detected.landmarks[list(points), :2] * scale
        for x, y in np.rint(places).astype(int).tolist():
            cv2.circle(picture, (x, y), 2, DOT, -1, cv2.LINE_AA)
        left, top, width, _ = (value * scale for value in face.detected.box)
        shares = {name.removeprefix(CLASS): value for name, value in answer.items() if name.startswith(CLASS)}
        _bars(picture, (round(left + width) + LINE, round(top)), shares)
    return picture


def _bars(picture: np.ndarray, corner: tuple[int, int], shares: Mapping[str, float | None]) -> None:
    """Draws the bars of one face into a picture, moved to where they fit."""
    wide, high = BAR + 9 * max(map(len, shares)) + 16, LINE * len(shares) + 8
    left = max(min(corner[0], picture.shape[1] - wide), 0)
    top = max(min(corner[1], picture.shape[0] - high), 0)
    box = picture[top:top + high, left:left + wide]
    box[:] = (0.35 * box + 0.65 * np.array(PAPER)).astype(np.uint8)
    colours = colours_of(list(shares))
    for place, (name, share) in enumerate(shares.items()):
        base = top + LINE * (place + 1)
        cv2.putText(picture, name, (left + 6, base), cv2.FONT_HERSHEY_SIMPLEX, 0.45, INK, 1, cv2.LINE_AA)
        start = left + wide - BAR - 6
        cv2.rectangle(picture, (start, base - LINE + 7), (start + BAR, base + 1), (90, 90, 90), 1)
        if share is not None:
            rgb = [int(colours[name][place:place + 2], 16) for place in (1, 3, 5)]
            cv2.rectangle(picture, (start, base - LINE + 7), (start + round(BAR * share), base + 1), rgb, -1)
