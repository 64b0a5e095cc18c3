"""Defines what is known of people for networks of several modalities: inputs, masks, labels and truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from catgan.errors import DataError
from catgan.modalities.gait_reader import RATE

Value = TypeVar("Value")
Inputs = Mapping[str, Mapping[str, np.ndarray]]
"""Modality -> name of an input -> array `(n, ...)`."""


@dataclass(frozen=True)
class PeopleSamples:
    """Holds `n` people, each in one photograph or clip.

    Args:
        inputs: by modality and name: `face` has `image` uint8 `(n, side, side, 3)`; `posture` has `joints` float32
            `(n, 16, 3)` in metres and `known` bool `(n, 16)`; `gait` has the same with frames `(n, t, 16, ...)`;
            `context` has `image` uint8 `(n, 64, 64, 3)` without persons and `seen` float32 `(n, 64, 64)`, 0..1.
            Other modalities have what their readers give.
        available: bool `(n,)` by modality. Inputs of what is not available are 0.
        labels: int64 `(n,)`, place of the emotion in `classes`; -1 = unknown.
        classes: names of emotions.
        subjects: the person; a person without a name has the id.
        ids: of the rows.
        affect: float32 `(n, len(dimensions))`, -1..1, NaN = unknown.
        dimensions: `valence`, `arousal` and perhaps `dominance`.
        categories: float32 `(n, len(category_names))`, 0 or 1, NaN = unknown.
        category_names: of labels of which several may be true.
        places, times: type of place, and ISO time; None = unknown.
        phrases: adjective-noun pairs; None = unknown.
        rate: frames of a gait per second.
        truth: arrays `(n,)` by name, known of rendered people alone.
    """

    inputs: Inputs
    available: Mapping[str, np.ndarray]
    labels: np.ndarray
    classes: tuple[str, ...]
    subjects: tuple[str, ...]
    ids: tuple[str, ...]
    affect: np.ndarray
    dimensions: tuple[str, ...] = ("valence", "arousal")
    categories: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    category_names: tuple[str, ...] = ()
    places: tuple[str | None, ...] = ()
    times: tuple[str | None, ...] = ()
    phrases: tuple[tuple[str, ...] | None, ...] = ()
    rate: float = RATE
    truth: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.labels)
        lengths = {f"{modality}.{name}": len(array) for modality, arrays in self.inputs.items()
                   for name, array in arrays.items()}
        lengths |= {f"available {name}": len(mask) for name, mask in self.available.items()}
        lengths |= {name: len(array) for name, array in self.truth.items()}
        lengths |= {"subjects": len(self.subjects), "ids": len(self.ids), "affect": len(self.affect)}
        lengths |= {name: len(values) for name in ("places", "times", "phrases") if (values := getattr(self, name))}
        lengths |= {"categories": len(self.categories)} if self.category_names else {}
        if wrong := {name: length for name, length in lengths.items() if length != n}:
            raise DataError(f"Samples of {n} people need arrays of that length. Received: {wrong}.")
        if set(self.inputs) != set(self.available):
            raise DataError(f"Inputs and availability must name the same modalities. Received: {sorted(self.inputs)} "
                            f"and {sorted(self.available)}.")

    def __len__(self) -> int:
        """Returns the number of people."""
        return len(self.labels)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the modalities."""
        return tuple(self.inputs)

    def select(self, indices: np.ndarray | Sequence[int]) -> PeopleSamples:
        """Returns some of the people: numbers of them, or bool `(n,)`."""
        chosen = np.arange(len(self))[np.asarray(indices)]
        return replace(
            self, inputs={modality: {name: array[chosen] for name, array in arrays.items()}
                          for modality, arrays in self.inputs.items()},
            available={name: mask[chosen] for name, mask in self.available.items()}, labels=self.labels[chosen],
            affect=self.affect[chosen], categories=self.categories[chosen] if self.category_names else self.categories,
            truth={name: array[chosen] for name, array in self.truth.items()}, subjects=_taken(self.subjects, chosen),
            ids=_taken(self.ids, chosen), places=_taken(self.places, chosen), times=_taken(self.times, chosen),
            phrases=_taken(self.phrases, chosen))

    def only(self, modalities: Sequence[str]) -> PeopleSamples:
        """Returns the same people with some of the modalities."""
        return replace(self, inputs={name: self.inputs[name] for name in modalities},
                       available={name: self.available[name] for name in modalities})


def _taken(values: tuple[Value, ...], chosen: np.ndarray) -> tuple[Value, ...]:
    """Returns some of the values; none of values that are not given."""
    return tuple(values[index] for index in chosen) if values else ()
