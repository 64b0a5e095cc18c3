"""Holds what models that read labels in aligned faces share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import keras

from catgan.labels import LabelSpec
from catgan.models.aligned import AlignedFaceReader, TrainedOn, all_thresholds
from catgan.models.calibration import Calibration
from catgan.models.gan.architectures import NetworkConfig


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


class LabelReader(AlignedFaceReader, TrainedModel):
    """Base of models that read labels in aligned faces; its arguments and attributes are described there."""

    def __init__(self, network: NetworkConfig, spec: LabelSpec, precision: str,
                 thresholds: Mapping[int, float] | None, name: str):
        super().__init__(name)
        self.network, self.spec, self.precision = network, spec, precision
        self.thresholds = all_thresholds(spec, thresholds)
        self.calibration = Calibration()
