"""Defines what an explanation needs of a network of several modalities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from catgan.errors import CatganError

Inputs = Mapping[str, Mapping[str, np.ndarray]]
"""Modality -> name of an input -> array `(n, ...)`."""
Features = Mapping[str, np.ndarray]
"""Modality -> float32 `(n, f)`."""
Available = Mapping[str, np.ndarray]
"""Modality -> bool `(n,)`."""


class Answers(Protocol):
    """The answers about `n` people; see `catgan.models.multimodal`."""

    @property
    def probabilities(self) -> np.ndarray:
        """Calibrated, `(n, classes)`; rows sum to 1."""

    @property
    def affect(self) -> np.ndarray:
        """`(n, dimensions)`, -1..1."""

    @property
    def affect_deviation(self) -> np.ndarray:
        """Standard deviations of `affect`, same shape."""


class FusionModel(Protocol):
    """A network of several modalities; `FusionRecogniser` is one."""

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the modalities, in their order."""

    @property
    def classes(self) -> Sequence[str]:
        """Names of the emotions."""

    @property
    def dimensions(self) -> Sequence[str]:
        """Names of the columns of `Answers.affect`."""

    def features(self, inputs: Inputs) -> Mapping[str, np.ndarray]:
        """Encodes each modality."""

    def fused(self, features: Features, available: Available) -> Answers:
        """Answers from the modalities that are available; with none of them, the answer of the empty set."""

    def alone(self, features: Features) -> Mapping[str, Answers]:
        """Answers from each modality by its own head."""


def as_columns(available: Available, modalities: Sequence[str]) -> np.ndarray:
    """Returns availability as bool `(n, m)`, in the order of `modalities`.

    Raises:
        CatganError: a modality without availability.
    """
    if missing := [name for name in modalities if name not in available]:
        raise CatganError(f"Availability must be given for {', '.join(modalities)}. Missing: {', '.join(missing)}.")
    return np.stack([np.asarray(available[name], bool) for name in modalities], axis=1)


def as_mapping(available: np.ndarray, modalities: Sequence[str]) -> dict[str, np.ndarray]:
    """Returns bool `(n, m)` as availability by name."""
    return {name: available[:, place] for place, name in enumerate(modalities)}
