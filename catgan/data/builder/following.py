"""Follows one face through the frames of a video: the largest face at first, then the one that continues it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from catgan.faces.detected import DetectedFace
from catgan.faces.landmarks import FaceLandmarker, overlap
from catgan.faces.tracks import GONE_FRAMES, GONE_SECONDS, LEAST_OVERLAP

SEARCH_SECONDS = 1.0
"""Seconds between two full searches while no face is followed. Other frames are searched for large upright faces only,
which takes a tenth of the time."""

Box = tuple[float, float, float, float]


class Follower:
    """Finds the face of a video, frame by frame.

    A face is followed while its boxes overlap. It is searched for near its last place, and in the whole frame where it
    is not found there. If the frame shows one other face only, that face is taken: the camera or the scene has
    changed. If it shows several, none is taken, since the label may belong to any of them. When the face was missing
    for longer than `GONE_SECONDS` and for more than `GONE_FRAMES` frames, the largest face is followed.

    Args:
        landmarker: an open landmarker.
        state: `state` after the frame before, so that a video can be continued; None at the beginning.
    """

    def __init__(self, landmarker: FaceLandmarker, state: Sequence[float] | None = None):
        self._landmarker = landmarker
        self._box: Box | None = None
        self._seen = self._searched = -math.inf
        self._missed = 0
        if state is not None:
            left, top, width, height, self._seen, missed, self._searched = state
            self._box = None if math.isnan(width) else (left, top, width, height)
            self._missed = int(missed)

    @property
    def state(self) -> list[float]:
        """Returns left, top, width and height of the face (NaN for none), the time when it was last seen, the number of
        frames since then, and the time of the last full search."""
        return [*(self._box or [math.nan] * 4), self._seen, float(self._missed), self._searched]

    def find(self, image: np.ndarray, time: float) -> tuple[DetectedFace | None, int]:
        """Finds the face in the next frame.

        Args:
            image: uint8 `(h, w, 3)` RGB.
            time: of the frame, in seconds.

        Returns:
            The face, None if it is missing; and the number of faces that were found.
        """
        if self._box is not None and time - self._seen > GONE_SECONDS and self._missed > GONE_FRAMES:
            self._box, self._searched = None, -math.inf
        near = self._landmarker.detect_near(image, self._box) if self._box is not None else []
        face = self._continued(near)
        if face is None:
            near = self._search(image, time)
            face = self._continued(near) or (near[0] if len(near) == 1 or near and self._box is None else None)
        if face is None:
            self._missed += 1
        else:
            self._box, self._seen, self._missed = face.box, time, 0
        return face, len(near)

    def _search(self, image: np.ndarray, time: float) -> list[DetectedFace]:
        if self._box is None and time - self._searched < SEARCH_SECONDS:
            return self._landmarker.detect_large(image)
        self._searched = time
        return self._landmarker.detect(image)

    def _continued(self, faces: Sequence[DetectedFace]) -> DetectedFace | None:
        """Returns the face that overlaps most with the last place of the face; None if none does enough."""
        last = self._box
        if last is None:
            return None
        return max((face for face in faces if overlap(face.box, last) >= LEAST_OVERLAP),
                   key=lambda face: overlap(face.box, last), default=None)
