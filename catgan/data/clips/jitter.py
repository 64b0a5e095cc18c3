"""Adds to exact landmarks the jitter that MediaPipe's landmarker has.

The figures were measured by `tools/measure_jitter.py` on 225 photographs of people (eyes about 78 px apart), each read
nine times: moved by up to 3 px, turned by up to 2 degrees, scaled by up to 3 %, with noise of 2 grey levels, and stored
as JPEG of quality 75 to 95. Points were moved back and aligned by the eyes. What then differs is jitter.

The root mean square over all points is .0109 eye distances; in 90 % of the photographs it lies between .006 and .017.
Points near each other move together: at .15 eye distances the correlation is .87 for x and .73 for y, at .65 it is .40
and .32. Here the jitter of a frame does not depend on that of the frame before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

from catgan import random_streams
from catgan.data.clips.landmarks import LandmarkClips
from catgan.errors import DataError
from catgan.faces.landmark_points import IBUG_68
from catgan.faces.landmark_sets import LandmarkSet, landmark_set
from catgan.faces.landmark_shapes import upright
from catgan.synthesis import face_model

DEVIATIONS: Mapping[str, tuple[float, float]] = {
    "brow": (.0063, .0057), "eye": (.0046, .0025), "cheek": (.0082, .0068), "temple": (.0084, .0057),
    "nose": (.0067, .0060), "mouth": (.0088, .0080), "chin": (.0109, .0130), "forehead": (.0064, .0065),
    "contour": (.0123, .0123)}
"""Standard deviation of x and y by region, in eye distances."""
REACH, POWER = (0.72, 0.52), (1.4, 1.0)
"""The correlation of two points that are `r` eye distances apart is `exp(-(r / REACH) ** POWER)`; of x and of y."""
SPREAD_OF_CLIPS = 0.33
"""Standard deviation of the logarithm of the jitter of single photographs."""


def jittered(clips: LandmarkClips, seed: int, scale: float = 1.0) -> LandmarkClips:
    """Returns clips whose points have the landmarker's jitter.

    Args:
        clips: with exact landmarks; these are returned where the scale is 0.
        seed: of the jitter; that of clip `i` is a function of (seed, i).
        scale: of the jitter; 1 is as measured.

    Raises:
        DataError: a negative scale.
    """
    if not scale >= 0.0:
        raise DataError(f"The scale of jitter is 0 or more. Received: {scale}.")
    if not scale:
        return clips
    known = landmark_set(clips.landmark_set)
    factors = _factors(known.name)
    points = clips.points.copy()
    for index, (clip, seen) in enumerate(zip(clips.points, clips.seen)):
        random = random_streams.generator("landmark_jitter", seed, index)
        # A log-normal factor whose mean square is 1.
        strength = np.exp(SPREAD_OF_CLIPS * random.standard_normal() - SPREAD_OF_CLIPS ** 2)
        unit = scale * strength * _eye_distance(clip[seen], known)
        white = random.standard_normal((2, clips.frames, known.count)).astype(np.float32)
        moves = np.stack([one @ factor.T for one, factor in zip(white, factors)], -1)
        points[index][seen] += np.float32(unit) * moves[seen]
    return replace(clips, points=points)


def _eye_distance(points: np.ndarray, known: LandmarkSet) -> float:
    if not len(points):
        return 0.0
    right, left = (points[:, list(eye)].mean(1) for eye in known.eyes)
    return float(np.median(np.hypot(*(left - right).T)))


@lru_cache
def _factors(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Returns for x and for y a matrix that turns independent normal numbers into jitter, float32 `(p, p)`."""
    known = landmark_set(name)
    rest = upright(face_model.numbers()["rest"][None], np.ones(1, bool), "mediapipe_478")[0]
    places = rest if known.count == len(rest) else rest[list(IBUG_68)]
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1)
    deviations = np.array([DEVIATIONS[region.split("_")[-1]] for region in known.region_names])
    x, y = (deviation[:, None] * np.linalg.cholesky(np.exp(-(apart / reach) ** power) + 1e-9 * np.eye(len(apart)))
            for deviation, reach, power in zip(deviations.T, REACH, POWER))
    return x.astype(np.float32), y.astype(np.float32)
