"""Conditions: the label values that a network is given, and which of them are known.

A condition is encoded as one vector per face, [values * mask, mask]. The generator, the critic and the editor take it
in this form. Values are scaled as `Labels.encode` scales them: Action Units 0..1, valence and arousal -1..1,
expressions one-hot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from catgan import facs
from catgan.errors import CatganError, unknown_name
from catgan.labels import Labels, LabelSpec

DIMENSIONS = ("valence", "arousal")
MAX_LEVEL = 5.0
"""Highest Action Unit level; networks see levels divided by it."""


@dataclass(frozen=True)
class Condition:
    """Label values for `n` faces with their masks.

    Both fields may be NumPy arrays, or Keras tensors inside a compiled step.

    Args:
        values: float32 `(n, width)`, where `width` is `LabelSpec.width`. For a change, these are differences.
        mask: float32 `(n, width)`, 1 = given, 0 = not given.
    """

    values: np.ndarray
    mask: np.ndarray

    def encode(self) -> np.ndarray:
        """Packs the condition into float32 `(n, 2 * width)`: [values * mask, mask]."""
        if isinstance(self.values, np.ndarray) and isinstance(self.mask, np.ndarray):
            return np.concatenate([self.values * self.mask, self.mask], axis=-1).astype(np.float32, copy=False)
        from keras import ops

        return ops.concatenate([self.values * self.mask, self.mask], axis=-1)

    @classmethod
    def decode(cls, encoded: np.ndarray) -> Condition:
        """Splits what `encode` packed: an array or tensor `(n, 2 * width)`."""
        width = encoded.shape[-1] // 2
        return cls(encoded[..., :width], encoded[..., width:])

    @classmethod
    def of(cls, labels: Labels) -> Condition:
        """Takes all known labels as the condition."""
        return cls(*labels.encode())

    @classmethod
    def named(cls, spec: LabelSpec, action_units: Mapping[int, float] | None = None, valence: float | None = None,
              arousal: float | None = None, expression: str | None = None) -> Condition:
        """Makes the condition of one face from named labels.

        Args:
            spec: the labels of the model.
            action_units: level 0..5 per FACS number; a presence gets a fifth of it.
            valence, arousal: -1..1.
            expression: one of `spec.expressions`.

        Raises:
            CatganError: a label that `spec` lacks, or a value out of range.
        """
        columns: dict[str, list] = {}
        for number, intensity in (action_units or {}).items():
            if number not in spec.action_units:
                raise unknown_name("Action Unit for this model", facs.au_name(number),
                                   [facs.au_name(known) for known in spec.action_units])
            if not 0.0 <= intensity <= MAX_LEVEL:
                raise CatganError(f"{facs.au_name(number)} must lie in 0..5. Received: {intensity:g}.")
            name = spec.action_unit_columns[spec.action_units.index(number)]
            columns[name] = [intensity * spec.maximum / MAX_LEVEL]
        for name, value in (("valence", valence), ("arousal", arousal), ("expression", expression)):
            if value is None:
                continue
            if name not in spec.columns:
                raise CatganError(f"This model was trained without {name}. It has: {', '.join(spec.columns)}.")
            if value != value:  # NaN would mean unknown
                raise CatganError(f"'{name}' must lie in -1..1. Received: {value}.")
            columns[name] = [value]
        return cls.of(Labels.from_columns(spec, columns, 1))

    @classmethod
    def unknown(cls, n: int, spec: LabelSpec) -> Condition:
        """Makes the condition of `n` faces for which no label is given."""
        return cls(*np.zeros((2, n, spec.width), np.float32))

    @classmethod
    def change(cls, spec: LabelSpec, differences: Mapping[str, float | np.ndarray], n: int | None = None) -> Condition:
        """Makes the condition of an editor from differences of labels.

        If only Action Units are named, the other Action Units are held: their difference is 0 and their mask is 1. If
        valence or arousal is named, every label that is not named has mask 0, so that it may follow.

        Args:
            spec: the labels of the model.
            differences: by label, one number or `(n,)`. Action Units (`"AU12"`) in levels -5..5, `"valence"` and
                `"arousal"` -2..2.
            n: number of faces; by default the length of the arrays in `differences`, or 1.

        Raises:
            CatganError: a label that an editor with these labels does not have.
        """
        units = [facs.au_name(number) for number in spec.action_units]
        names = [*units, *(DIMENSIONS if spec.valence_arousal else ())]
        for name in differences:
            if name not in names:
                raise unknown_name("label for this model's editor", name, names)
        count = max([1, *map(np.size, differences.values())]) if n is None else n
        values, mask = np.zeros((2, count, spec.width), np.float32)
        mask[:, :len(units)] = not set(differences) & set(DIMENSIONS)
        for name, difference in differences.items():
            place = names.index(name)
            values[:, place] = difference if name in DIMENSIONS else np.divide(difference, MAX_LEVEL)
            mask[:, place] = 1.0
        return cls(values, mask)

    def opposite(self) -> Condition:
        """Reverses a change: the same labels with negated differences."""
        return Condition(-self.values, self.mask)

    def __len__(self) -> int:
        return len(self.values)


def encoded_width(label_width: int) -> int:
    """Length of an encoded condition for `label_width` = `LabelSpec.width`."""
    return 2 * label_width
