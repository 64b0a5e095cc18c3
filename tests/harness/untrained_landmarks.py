"""Small networks on landmarks that have learned nothing, and landmarks for them."""

from __future__ import annotations

from functools import cache

import numpy as np

CLASSES = ("neutral", "happiness", "surprise")


@cache
def untrained_landmarks(kind: str = "trained", frames: int = 8, rate: float = 12.5, landmark_set: str = "mediapipe_478",
                        reference: str = "first", velocities: bool = False, frontal: bool = False,
                        chosen: int | None = None, **settings: object):
    """Makes a `LandmarkRecogniser` of three expressions with calibrated binaries. Tests share it.

    Args:
        kind, settings: of the network.
        frames, rate, landmark_set: of its clips.
        reference, velocities, frontal: of its shapes.
        chosen: number of landmarks that each network reads, other ones each; all where None. The last network reads one
            landmark fewer.
    """
    from catgan.faces.landmark_sets import landmark_set as known
    from catgan.faces.landmark_shapes import ShapeOptions
    from catgan.models.landmarks.architectures import LandmarkConfig
    from catgan.models.landmarks.combination import Combination
    from catgan.models.landmarks.model import LandmarkRecogniser

    config = LandmarkConfig(kind, **{"units": 8, **settings})
    draw, count = np.random.default_rng(5), known(landmark_set).count
    points = None
    if chosen is not None:
        points = np.stack([np.sort(draw.permutation(count)[:chosen]) for _ in range(1 if config.joint else 3)])
        points[-1, -1] = -1
    shape = ShapeOptions(reference, velocities, frontal)
    model = LandmarkRecogniser(config, shape, CLASSES, landmark_set, rate, frames, points, seed=1)
    scale = model.network.get_layer("scaled").scale
    scale.assign(draw.uniform(1, 4, scale.shape))
    model.combination = (Combination((1.5,) * 3, (0.0,) * 3, True) if config.joint else
                         Combination((1.5, 0.7, 2.0), (-0.5, 0.3, 0.1), False))
    return model


def moving_landmarks(clips: int, frames: int, count: int = 478, seed: int = 0) -> np.ndarray:
    """Makes landmarks in pixels of a face of 64 px, which drift, float32 `(clips, frames, count, 2)`."""
    draw = np.random.default_rng(seed)
    steps = draw.normal(0, 0.3, (clips, frames, count, 2)).cumsum(1)
    return (draw.uniform(8, 56, (count, 2)) + steps).astype(np.float32)
