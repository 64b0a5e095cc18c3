"""Views of persons with known faces and joints, without MediaPipe."""

from __future__ import annotations

import numpy as np

from catgan.faces.alignment import TEMPLATE
from catgan.faces.detected import DetectedFace
from catgan.modalities.views import PersonView


def detected_face(left: float, top: float, size: float, yaw: float = 0.0) -> DetectedFace:
    """Returns a face whose landmarks fill a square, with eyes and mouth on the template of alignment."""
    places = np.random.default_rng(0).random((478, 2))  # any places inside
    places[:2] = (0, 0), (1, 1)
    for group, place in zip(((33, 133), (362, 263), (61, 291, 13, 14)), TEMPLATE):
        places[list(group)] = place
    points = np.column_stack([places * size + (left, top), np.zeros(478)])
    return DetectedFace(points.astype(np.float32), {}, yaw, 0.0, 0.0)


def walking(frames: int, known: int = 16, rate: float | None = 15.0) -> PersonView:
    """Returns a clip of a person whose joint `j` lies at `(frame, j, 0)` metres; the first `known` joints are known."""
    number = np.arange(frames)
    joints = np.stack(np.broadcast_arrays(number[:, None], np.arange(16)[None], 0.0), -1).astype(np.float32)
    mask = np.broadcast_to(np.arange(16) < known, (frames, 16)).copy()
    return PersonView(number / (rate or 1.0), np.where(mask[..., None], joints, 0), mask, rate=rate)
