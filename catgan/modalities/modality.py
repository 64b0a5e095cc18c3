"""Defines a modality: what can be seen of a person in one way, such as the face or the gait.

A modality is read from a `PersonView` to arrays of fixed shapes, which its encoder turns into features.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from catgan.errors import CatganError, DataError
from catgan.modalities.views import PersonView


@dataclass(frozen=True)
class Input:
    """Describes one array of a modality, of one person.

    Args:
        shape: without the axis of persons.
        dtype: name of a NumPy type, such as "float32".
    """

    shape: tuple[int, ...]
    dtype: str = "float32"

    def zeros(self, count: int) -> np.ndarray:
        """Returns the array of `count` persons of whom nothing is known, `(count, *shape)`."""
        return np.zeros((count, *self.shape), self.dtype)


@dataclass(frozen=True)
class Reading:
    """Holds what a modality shows of one person.

    Args:
        arrays: by the names of the modality's inputs.
        reliability: 0..1, how far the reading can be relied on; a convention of the modality, not a probability.
        seen: in a few words, such as "8 of 16 joints".
        picture: uint8 `(h, w, 3)` that shows it, or None.
    """

    arrays: Mapping[str, np.ndarray]
    reliability: float = 1.0
    seen: str = ""
    picture: np.ndarray | None = None


def stated(reading: Reading) -> float:
    """Returns the reliability that a reading states itself."""
    return reading.reliability


@dataclass(frozen=True)
class Modality:
    """Describes a modality.

    Args:
        name: an identifier in lower case.
        title: as people say it in a sentence: "the face".
        inputs: arrays of one person by name.
        read: takes what is seen of a person; returns None where this modality cannot be seen.
        encoder: the function that encodes the inputs, or "module:function", which is imported when it is asked for.
            It is called as `encoder(inputs, config)` with a tensor per input and the model's configuration, and
            returns the features and further outputs by name.
        reliability: from a reading, 0..1.

    Raises:
        CatganError: a name that is no identifier in lower case, no input, or an encoder without module and function.
    """

    name: str
    title: str
    inputs: Mapping[str, Input]
    read: Callable[[PersonView], Reading | None]
    encoder: str | Callable
    reliability: Callable[[Reading], float] = stated

    def __post_init__(self) -> None:
        for name in (self.name, *self.inputs):
            if not name.isidentifier() or name != name.lower():
                raise CatganError("The names of a modality and of its inputs must be identifiers in lower case. "
                                  f"Received: {name!r}.")
        if not self.inputs:
            raise CatganError(f"The modality '{self.name}' has no input.")
        if isinstance(self.encoder, str) and not all(self.encoder.partition(":")):
            raise CatganError(f"An encoder must be a function or 'module:function'. Received: {self.encoder!r}.")

    def load_encoder(self) -> Callable:
        """Returns the function that encodes the inputs.

        Raises:
            CatganError: there is no such module or function.
        """
        if not isinstance(self.encoder, str):
            return self.encoder
        module, _, function = self.encoder.partition(":")
        try:
            return getattr(importlib.import_module(module), function)
        except (ImportError, AttributeError) as error:
            raise CatganError(f"The encoder '{self.encoder}' of the modality '{self.name}' cannot be imported: "
                              f"{error}.") from None

    def checked(self, reading: Reading) -> Reading:
        """Returns a reading with arrays of the declared types.

        Raises:
            DataError: another set of inputs, another shape, a type that cannot be converted, a number that is not
                finite, or a reliability outside 0..1.
        """
        if set(reading.arrays) != set(self.inputs):
            raise DataError(f"A reading of '{self.name}' must have the inputs {', '.join(self.inputs)}. "
                            f"Received: {', '.join(reading.arrays) or 'none'}.")
        arrays = {name: self._array(name, reading.arrays[name]) for name in self.inputs}
        reliability = float(self.reliability(reading))
        if not 0 <= reliability <= 1:
            raise DataError(f"The reliability of '{self.name}' must lie in 0..1. Received: {reliability}.")
        return Reading(arrays, reliability, reading.seen, reading.picture)

    def _array(self, name: str, received: np.ndarray) -> np.ndarray:
        wanted, array = self.inputs[name], np.asarray(received)
        if array.shape != wanted.shape or not np.can_cast(array.dtype, wanted.dtype, "same_kind"):
            raise DataError(f"The input '{self.name}.{name}' must be {wanted.dtype} of shape {wanted.shape}. "
                            f"Received: {array.dtype} of shape {array.shape}.")
        if not np.isfinite(array).all():
            raise DataError(f"The input '{self.name}.{name}' has numbers that are not finite. Unknown values are 0 "
                            "with a mask.")
        return array.astype(wanted.dtype)
