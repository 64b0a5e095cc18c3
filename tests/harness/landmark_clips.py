"""Clips of landmarks whose movement is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catgan.explain.landmarks.clip import LandmarkClip
from catgan.explain.landmarks.mesh import mean_shape
from catgan.faces.landmark_sets import landmark_set


def moving_clip(moves: dict[str, tuple[float, float]], frames: int = 20, rate: float = 6.25, unseen: Sequence[int] = (),
                landmarks: str = "mediapipe_478", side: float = 64.0, pictures: bool = False, first: float = 0.0):
    """Makes a clip of the mean face in which regions move.

    Args:
        moves: by region, how far it moves at the middle of the clip in eye distances, x to the right and y down. It
            rests in the first quarter of the clip and rises and falls in the other three.
        frames, rate, unseen: of the clip.
        landmarks: name of the set.
        side: of the aligned face, in pixels.
        pictures: whether the clip has pictures, of one grey.
        first: time of the first frame in seconds.
    """
    known = landmark_set(landmarks)
    rest = mean_shape(known)
    start = frames // 4
    amount = np.zeros(frames)
    amount[start:] = np.sin(np.linspace(0.0, np.pi, frames - start))
    shape = np.tile(rest, (frames, 1, 1))
    for region, move in moves.items():
        shape[:, known.regions[region]] += amount[:, None, None] * np.array(move)
    seen = ~np.isin(np.arange(frames), list(unseen))
    points = np.where(seen[:, None, None], side * (0.5 + 0.36 * shape), 0.0)
    images = np.full((frames, int(side), int(side), 3), 120, np.uint8) if pictures else None
    return LandmarkClip(points, seen, first + np.arange(frames) / rate, known, images, "clip-1")
