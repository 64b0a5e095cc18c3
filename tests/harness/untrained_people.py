"""Small networks of several modalities that have learned nothing, and people for them."""

from __future__ import annotations

from functools import cache

import numpy as np

CLASSES = ("neutral", "happiness", "sadness")
SMALL = {"face_widths": (4, 4, 6, 8), "context_widths": (4, 4, 6, 8), "graph_widths": (6, 8), "recurrent_units": 6,
         "posture_units": 10, "features": 12, "hidden": 16}


def small_config(modalities: tuple[str, ...] = ("face", "posture", "gait", "context"), **settings: object):
    """Makes a `FusionConfig` of small networks, with some settings changed."""
    from catgan import config
    from catgan.models.multimodal.architectures import FusionConfig

    return config.from_mapping(FusionConfig, {**SMALL, "modalities": modalities, **settings})


@cache
def untrained_people(modalities: tuple[str, ...] = ("face", "posture", "gait", "context"),
                     classes: tuple[str, ...] = CLASSES, dimensions: tuple[str, ...] = ("valence", "arousal"),
                     categories: tuple[str, ...] = ("Peace", "Fear"), seed: int = 1, **settings: object):
    """Makes a `FusionRecogniser` whose answers differ from person to person. Tests share it."""
    from catgan.models.multimodal.model import FusionRecogniser

    model = FusionRecogniser(small_config(modalities, **settings), classes, dimensions, categories, seed)
    draw = np.random.default_rng(7)
    for weight in model.trainable_variables:  # answers before training are nearly the same for everybody
        weight.assign(weight + 0.15 * draw.standard_normal(weight.shape).astype(np.float32))
    return model


def random_people(count: int, seed: int = 0) -> tuple[dict[str, dict[str, np.ndarray]], dict[str, np.ndarray]]:
    """Makes inputs of `count` people of noise with standing bodies, and what is available of each: all subsets."""
    draw = np.random.default_rng(seed)
    joints = standing() + draw.normal(0, 0.05, (count, 40, 16, 3)).astype(np.float32)
    known = draw.random((count, 40, 16)) < 0.9
    known[..., 0] = True
    known[:, 36:] = False  # a clip that is shorter
    joints[~known] = 0
    pictures = draw.integers(0, 256, (2, count, 64, 64, 3), np.uint8)
    inputs = {"face": {"image": pictures[0]}, "posture": {"joints": joints[:, 0], "known": known[:, 0]},
              "gait": {"joints": joints, "known": known},
              "context": {"image": pictures[1], "seen": draw.random((count, 64, 64)).astype(np.float32)}}
    available = {name: (np.arange(count) >> place) % 2 == 0 for place, name in enumerate(inputs)}
    return inputs, available


def standing() -> np.ndarray:
    """Returns the joints of a person of 1.7 m who stands, in metres, float32 `(16, 3)`."""
    return np.array([[0, 0.9, 0], [0, 1.15, 0], [0, 1.4, 0], [0, 1.6, 0.03],
                     [0.2, 1.4, 0], [0.24, 1.1, 0], [0.25, 0.85, 0.05], [-0.2, 1.4, 0], [-0.24, 1.1, 0],
                     [-0.25, 0.85, 0.05], [0.1, 0.9, 0], [0.1, 0.5, 0.02], [0.1, 0.08, 0], [-0.1, 0.9, 0],
                     [-0.1, 0.5, 0.02], [-0.1, 0.08, 0]], np.float32)
