"""Holds what models that read labels in aligned faces share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

import keras
import numpy as np

from catgan.errors import ModelError
from catgan.labels import LabelSpec
from catgan.models.calibration import Calibration
from catgan.models.gan.architectures import NetworkConfig


class TrainedOn(TypedDict):
    """The faces that a model was trained on: `data`, the content hash of the data set, and `split`."""

    data: str | None
    split: str


class TrainedModel(keras.Model):
    """Base of models that know the data they were trained on, and whether others have changed their weights.

    Attributes:
        trained_on: the data; None if unknown.
        replaced: whether `set_weights` or `load_weights` has been called.
    """

    def __init__(self, name: str):
        super().__init__(name=name, dtype="float32")
        self.trained_on: TrainedOn | None = None
        self.replaced = False

    def set_weights(self, weights: list) -> None:
        super().set_weights(weights)
        self.replaced = True

    def load_weights(self, filepath: str | Path, **arguments: object) -> None:
        super().load_weights(filepath, **arguments)
        self.replaced = True


class LabelReader(TrainedModel):
    """Base of models that read labels in aligned faces; its arguments and attributes are described there."""

    def __init__(self, network: NetworkConfig, spec: LabelSpec, precision: str,
                 thresholds: Mapping[int, float] | None, name: str):
        super().__init__(name)
        self.network, self.spec, self.precision = network, spec, precision
        default = 0.5 if spec.scale == "presence" else 1.0
        self.thresholds = {number: float((thresholds or {}).get(number, default)) for number in spec.action_units}
        self.calibration = Calibration()

    def _labels_read(self) -> str:
        """Counts and names the labels, for `repr`."""
        labels = [f"{len(self.spec.action_units)} Action Units ({self.spec.scale})"] if self.spec.action_units else []
        labels += ["valence", "arousal"] if self.spec.valence_arousal else []
        labels += [f"{len(self.spec.expressions)} expressions"] if self.spec.expressions else []
        return ", ".join(labels)

    def _checked(self, images: np.ndarray) -> np.ndarray:
        """Returns aligned faces of the network's size as an array. Raises `ModelError` for others."""
        side = self.network.image_size
        images = np.asarray(images)
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != (side, side, 3):
            raise ModelError(f"Images must be aligned faces, uint8 (n, {side}, {side}, 3). "
                             f"Received: {images.dtype} {images.shape}.")
        return images
