"""Attributions to Action Units of a batch of faces."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from catgan import facs
from catgan.explain.attribution.shapley import UnitAttribution

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class ActionUnitAttributions:
    """The attributions of one output of a model to the Action Units of a batch of faces, in the unit of the output.

    `attributions[row]` is the `UnitAttribution` of one face.

    Args:
        method: its name in `ACTION_UNIT_EXPLAINERS`.
        target: name of the output.
        images: the faces, uint8 `(n, side, side, 3)`.
        units: FACS numbers of the k Action Units.
        attributions: float64 `(n, k)`: the attribution of each unit; 0 for one that is the same in both settings.
        levels, baseline_levels: the two settings, intensities 0..5 `(n, k)`: of the face, and of its baseline.
        values, baseline_values: the output for the face, and for its baseline, `(n,)`.
        convergence_delta: see `UnitAttribution`, `(n,)`.
        passes: faces that were drawn, for each face, `(n,)`.
    """

    method: str
    target: str
    images: np.ndarray
    units: tuple[int, ...]
    attributions: np.ndarray
    levels: np.ndarray
    baseline_levels: np.ndarray
    values: np.ndarray
    baseline_values: np.ndarray
    convergence_delta: np.ndarray
    passes: np.ndarray

    def __len__(self) -> int:
        return len(self.attributions)

    def __getitem__(self, row: int) -> UnitAttribution:
        return UnitAttribution(self.method, self.attributions[row], float(self.values[row]),
                               float(self.baseline_values[row]), float(self.convergence_delta[row]),
                               int(self.passes[row]))

    def by_unit(self) -> dict[str, np.ndarray]:
        """Returns the attribution of each Action Unit, `(n,)` each, by its name such as `AU12`."""
        return {facs.au_name(number): self.attributions[:, place] for place, number in enumerate(self.units)}

    def to_json(self, indent: int | None = None) -> str:
        """Writes the attributions as JSON text, which `from_json` reads without any loss."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def to_dict(self) -> dict[str, object]:
        """Returns the attributions as lists and numbers that JSON can hold."""
        arrays = {name: getattr(self, name).tolist() for name in (*_FLOATS, "passes", "images")}
        return {"method": self.method, "target": self.target, "units": list(self.units), **arrays}

    @classmethod
    def from_json(cls, text: str) -> ActionUnitAttributions:
        """Reads what `to_json` wrote. Keys that it does not know are ignored."""
        content = json.loads(text)
        floats = {name: np.array(content[name], np.float64) for name in _FLOATS}
        return cls(content["method"], content["target"], np.array(content["images"], np.uint8),
                   tuple(content["units"]), passes=np.array(content["passes"], np.int64), **floats)

    def plot(self, row: int = 0) -> Figure:
        """Draws face `row` and a bar for each Action Unit that differs from the baseline. Show the figure in a
        notebook, or write it with `savefig`; pyplot is not used."""
        from catgan.explain.attribution.figure import draw_unit_attribution

        return draw_unit_attribution(self, row)


_FLOATS = ("attributions", "levels", "baseline_levels", "values", "baseline_values", "convergence_delta")
