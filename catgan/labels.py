"""Labels of faces: named columns of values with masks, and their encoding for networks.

Units at every public boundary: Action Unit intensity 0..5 (FACS A-E = 1..5) or presence 0/1, valence and arousal
-1..1, expression by name. Networks see Action Units as 0..1, and an unknown label as value 0 with mask 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from catgan import facs
from catgan.errors import CatganError, unknown_name

SCALES = ("presence", "intensity")
MODES = ("au", "va", "joint", "expression", "both")


@dataclass(frozen=True)
class LabelSpec:
    """The labels of a data set or a network, in order.

    Args:
        action_units: FACS numbers, for example `(1, 2, 4, 12)`.
        scale: `"presence"` (0/1; a network predicts probabilities) or `"intensity"` (0..5).
        valence_arousal: whether valence and arousal are labels.
        expressions: names of the expression classes, or `()`.
    """

    action_units: tuple[int, ...] = ()
    scale: str = "presence"
    valence_arousal: bool = False
    expressions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.scale not in SCALES:
            raise unknown_name("AU scale", self.scale, SCALES)
        for number in self.action_units:
            facs.action_unit(number)
        if len(set(self.action_units)) != len(self.action_units):
            raise CatganError(f"Each Action Unit may be named once. Received: {self.action_units}.")
        if not self.columns:
            raise CatganError("A label specification needs at least one label.")

    @property
    def action_unit_columns(self) -> tuple[str, ...]:
        """Names of the AU columns in a data set: `AU12` (intensity) or `AU12_present`."""
        suffix = "_present" if self.scale == "presence" else ""
        return tuple(facs.au_name(number) + suffix for number in self.action_units)

    @property
    def columns(self) -> tuple[str, ...]:
        """All column names in order: Action Units, `valence`, `arousal`, `expression`."""
        dimensions = ("valence", "arousal") if self.valence_arousal else ()
        return self.action_unit_columns + dimensions + (("expression",) if self.expressions else ())

    @property
    def width(self) -> int:
        """Length of the encoded value vector: one per AU, valence, arousal, one per expression."""
        return len(self.action_units) + 2 * self.valence_arousal + len(self.expressions)

    @property
    def maximum(self) -> float:
        """The largest value of an AU column: 5 for intensity, 1 for presence."""
        return 5.0 if self.scale == "intensity" else 1.0

    def mode(self, mode: str) -> LabelSpec:
        """Returns the part of this specification that a network is trained on.

        Args:
            mode: `"au"`; `"va"`: valence and arousal; `"joint"`: everything; `"expression"`; `"both"`: expressions,
                valence and arousal.
        """
        if mode not in MODES:
            raise unknown_name("label mode", mode, MODES)
        if mode == "au":
            return replace(self, valence_arousal=False, expressions=())
        if mode == "va":
            return replace(self, action_units=(), expressions=())
        if mode == "expression":
            return replace(self, action_units=(), valence_arousal=False)
        return replace(self, action_units=()) if mode == "both" else self

    def joined(self, other: LabelSpec) -> LabelSpec:
        """Returns the labels that either of two data sets has; AUs are intensities if either has intensities."""
        graded = "intensity" in (part.scale for part in (self, other) if part.action_units)
        return LabelSpec(tuple(dict.fromkeys((*self.action_units, *other.action_units))),
                         "intensity" if graded else "presence", self.valence_arousal or other.valence_arousal,
                         tuple(dict.fromkeys((*self.expressions, *other.expressions))))

    def to_dict(self) -> dict:
        return {"action_units": list(self.action_units), "scale": self.scale,
                "valence_arousal": self.valence_arousal, "expressions": list(self.expressions)}

    @classmethod
    def from_dict(cls, content: Mapping) -> LabelSpec:
        return cls(tuple(content["action_units"]), content["scale"], content["valence_arousal"],
                   tuple(content["expressions"]))


@dataclass(frozen=True)
class Labels:
    """Values and masks of `n` faces under a `LabelSpec`.

    Args:
        spec: the columns.
        values: float32 `(n, len(spec.columns))` in public units; `expression` as the index into `spec.expressions`.
            Values with mask False are 0.
        mask: bool, same shape; False = unknown, which is not the same as absent.
    """

    spec: LabelSpec
    values: np.ndarray
    mask: np.ndarray

    def __post_init__(self) -> None:
        shape = (len(self.values), len(self.spec.columns))
        if self.values.shape != shape or self.mask.shape != shape:
            raise CatganError(f"values and mask must have shape {shape}. "
                              f"Received: {self.values.shape} and {self.mask.shape}.")

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: slice | np.ndarray) -> Labels:
        """Returns the labels of some rows: a slice or an index array."""
        return Labels(self.spec, self.values[rows], self.mask[rows])

    def column(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Returns values `(n,)` and mask `(n,)` of one column."""
        if name not in self.spec.columns:
            raise unknown_name("label column", name, self.spec.columns)
        index = self.spec.columns.index(name)
        return self.values[:, index], self.mask[:, index]

    def select(self, spec: LabelSpec) -> Labels:
        """Returns the labels of the same faces under `spec`; a column that these labels lack is unknown."""
        if spec.expressions and self.spec.expressions and spec.expressions != self.spec.expressions:
            raise CatganError(f"Expression classes differ. Expected: {self.spec.expressions}. "
                              f"Received: {spec.expressions}.")
        values = np.zeros((len(self), len(spec.columns)), np.float32)
        mask = np.zeros(values.shape, bool)
        for index, name in enumerate(spec.columns):
            if name in self.spec.columns:
                values[:, index], mask[:, index] = self.column(name)
        return Labels(spec, values, mask)

    def flip(self) -> Labels:
        """Returns the labels of the horizontally mirrored faces: AUs of one side change places (AU61 <-> AU62)."""
        order = list(range(len(self.spec.columns)))
        for index, number in enumerate(self.spec.action_units):
            partner = facs.MIRRORED.get(number)
            if partner is None:
                continue
            if partner not in self.spec.action_units:
                raise CatganError(f"Faces with AU{number} cannot be mirrored without its counterpart AU{partner}.")
            order[index] = self.spec.action_units.index(partner)
        return Labels(self.spec, self.values[:, order], self.mask[:, order])

    def encode(self) -> tuple[np.ndarray, np.ndarray]:
        """Encodes labels for networks: values and mask, both float32 `(n, spec.width)`.

        AUs are scaled to 0..1, an expression becomes one-hot, unknown labels have value 0 and mask 0.
        """
        count = len(self.spec.action_units)
        continuous = count + 2 * self.spec.valence_arousal
        values = np.zeros((len(self), self.spec.width), np.float32)
        mask = np.zeros(values.shape, np.float32)
        values[:, :continuous] = self.values[:, :continuous]
        values[:, :count] /= self.spec.maximum
        mask[:, :continuous] = self.mask[:, :continuous]
        if self.spec.expressions:
            classes, known = self.column("expression")
            rows = np.flatnonzero(known)
            values[rows, continuous + classes[rows].astype(int)] = 1.0
            mask[:, continuous:] = known[:, None]
        return values * mask, mask

    @classmethod
    def from_columns(cls, spec: LabelSpec, columns: Mapping[str, Sequence | np.ndarray], n: int) -> Labels:
        """Makes labels from named columns in which None or NaN means unknown; expressions by name.

        A column may be a float array, NaN = unknown; for `expression` of indices into `spec.expressions`.

        Raises:
            CatganError: an expression that `spec` does not name, or a value outside its range.
        """
        values = np.zeros((n, len(spec.columns)), np.float32)
        mask = np.zeros(values.shape, bool)
        for index, name in enumerate(spec.columns):
            if name not in columns:
                continue
            array = _numbers(spec, name, columns[name])
            known = ~np.isnan(array)
            _check_range(spec, name, array[known])
            values[known, index], mask[:, index] = array[known], known
        return cls(spec, values, mask)


def _numbers(spec: LabelSpec, name: str, cells: Sequence | np.ndarray) -> np.ndarray:
    """The cells of a column as float32 `(n,)`, NaN = unknown; an expression is its index in `spec.expressions`."""
    if isinstance(cells, np.ndarray) and cells.dtype.kind == "f":
        return cells.astype(np.float32)
    if name == "expression":
        cells = [None if cell is None else _class_index(spec, cell) for cell in cells]
    return np.array([np.nan if cell is None else cell for cell in cells], np.float32)


def _class_index(spec: LabelSpec, name: str) -> int:
    if name not in spec.expressions:
        raise unknown_name("expression", name, spec.expressions)
    return spec.expressions.index(name)


def _check_range(spec: LabelSpec, name: str, known: np.ndarray) -> None:
    if name == "expression":
        return
    low, high = (-1.0, 1.0) if name in ("valence", "arousal") else (0.0, spec.maximum)
    if known.size and (known.min() < low or known.max() > high):
        raise CatganError(f"'{name}' must lie in {low:g}..{high:g}. "
                          f"Received: {known.min():g}..{known.max():g}.")
