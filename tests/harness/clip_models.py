"""A clip recogniser whose answers are known by hand, and clips for it."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from catgan import config
from catgan.explain.clips.clip import Clip
from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.pixels import to_network
from tests.harness.experiments import TINY

SPEC = LabelSpec((4, 12), "intensity", True, ("neutral", "happiness"))
SMOOTHING = (0.25, 0.5, 0.25)
"""Weights of the frame before, the frame itself and the frame after."""


class HandSetClips:
    """Reads clips linearly: brightness of the lower half is AU12, of the upper half AU4, both smoothed over time.

    Brightness b in [-1, 1] counts as intensity 5 (b + 1) / 2. Valence is (AU12 - AU4) / 5, arousal (AU12 + AU4) / 10,
    the logit of happiness is AU12 - 1, that of neutral is 0.
    """

    def __init__(self, side: int = 16, rate: float = 12.5, frames: int = 40):
        self.spec, self.rate, self.frames = SPEC, rate, frames
        self.network = config.from_mapping(NetworkConfig, {**TINY, "channels": 1, "image_size": side})
        self.thresholds = {4: 1.0, 12: 1.0}
        picture = keras.Input((side, side, 1))
        halves = layers.Flatten()(layers.AveragePooling2D((side // 2, side))(picture))
        self.trunk = keras.Model(picture, 2.5 * (halves + 1.0))
        features, seen = keras.Input((None, 2), name="features"), keras.Input((None,), name="seen")
        mask = ops.expand_dims(seen, -1)
        padded = ops.pad(features * mask, ((0, 0), (1, 1), (0, 0)))
        smooth = sum(weight * part for weight, part in zip(SMOOTHING, (padded[:, :-2], padded[:, 1:-1], padded[:, 2:])))
        self.temporal = keras.Model({"features": features, "seen": seen}, {"hidden": smooth})

    def decode(self, outputs):
        upper, lower = outputs["hidden"][..., 0], outputs["hidden"][..., 1]
        logits = ops.stack([ops.zeros_like(lower), lower - 1.0], axis=-1)
        return {"action_units": ops.stack([upper, lower], -1) / 5.0, "expression_logits": logits,
                "valence_arousal": ops.stack([(lower - upper) / 5.0, (lower + upper) / 10.0], -1),
                "expression": ops.softmax(logits, axis=-1)}

    def features(self, images):
        return np.asarray(self.trunk(to_network(np.asarray(images), 1)))

    def hidden(self, features, seen):
        return np.asarray(self.temporal({"features": np.asarray(features, np.float32),
                                         "seen": np.asarray(seen, np.float32)})["hidden"])

    def read_features(self, features, seen):
        found = {name: np.asarray(value) for name, value in self.decode({"hidden": ops.convert_to_tensor(
            self.hidden(features, seen))}).items()}
        names = np.array(SPEC.expressions, dtype=object)
        return {"AU04": 5.0 * found["action_units"][..., 0], "AU12": 5.0 * found["action_units"][..., 1],
                "valence": found["valence_arousal"][..., 0], "arousal": found["valence_arousal"][..., 1],
                "expression": names[found["expression"].argmax(-1)],
                "expression_probability": found["expression"].max(-1),
                **{f"expression={name}": found["expression"][..., place]
                   for place, name in enumerate(SPEC.expressions)}}


def bright_clip(upper, lower, seen=None, side: int = 16, rate: float = 12.5) -> Clip:
    """Makes a clip whose halves have the brightness of AU4 and AU12 of each frame, intensities 0..5."""
    levels = np.rint(51.0 * np.stack([upper, lower], 1))
    images = np.repeat(np.repeat(levels[:, :, None], side // 2, 1), side, 2)
    images = np.repeat(images[..., None], 3, -1).astype(np.uint8)
    count = len(images)
    return Clip(images, np.ones(count, bool) if seen is None else np.asarray(seen, bool), np.arange(count) / rate,
                "drawn", "somebody")


def episode(count: int = 20, first: int = 6, last: int = 13, level: float = 3.0) -> np.ndarray:
    """Intensities `(count,)`: `level` from frame `first` to frame `last`, 0 elsewhere."""
    places = np.arange(count)
    return np.where((places >= first) & (places <= last), level, 0.0)


class BrightDrawer:
    """Draws clips for `HandSetClips` exactly: the brightness of a half is the intensity of its unit."""

    name, units = "renderer", (4, 12)

    def __init__(self, clip: Clip):
        self.clip, side = clip, clip.images.shape[1]
        self.levels = np.stack([clip.images[:, 0, 0, 0], clip.images[:, side - 1, 0, 0]], 1) / 51.0
        self.lowest = -self.levels
        self.drawn = 0

    def draw(self, rows: np.ndarray, changes: np.ndarray) -> np.ndarray:
        self.drawn += len(rows)
        levels = self.levels[rows] + changes
        return bright_clip(*levels.T, side=self.clip.images.shape[1]).images
