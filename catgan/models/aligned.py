"""Holds what models that read aligned faces share, whatever runs their networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from catgan.errors import ModelError
from catgan.labels import LabelSpec

if TYPE_CHECKING:
    from catgan.models.gan.architectures import NetworkConfig


class TrainedOn(TypedDict):
    """The faces that a model was trained on: `data`, the content hash of the data set, and `split`."""

    data: str | None
    split: str


class AlignedFaceReader:
    """Base of models that read labels in aligned faces; has `network` and `spec`."""

    network: NetworkConfig
    spec: LabelSpec

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


def all_thresholds(spec: LabelSpec, given: Mapping[int, float] | None) -> dict[int, float]:
    """Returns the threshold of each Action Unit: 0.5 (presence) or 1.0 (intensity) where none is given."""
    default = 0.5 if spec.scale == "presence" else 1.0
    return {number: float((given or {}).get(number, default)) for number in spec.action_units}
