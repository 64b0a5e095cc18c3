"""Attributions to pixels: of one face, and of a batch."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from catgan.faces.regions import face_regions

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Attribution:
    """The attribution of one output of a model to the pixels of one face, in the unit of the output.

    Args:
        method: its name in `EXPLAINERS`.
        map: float64 `(h, w, 3)`; `(h, w)` from occlusion, which knows no channels.
        value, baseline_value: the output for the face, and for the baseline.
        convergence_delta: the completeness error, `map.sum() - (value - baseline_value)`. 0 is perfect; more steps make
            it smaller. IDGI's is about 0 at any number of steps, so it does not show whether they were enough. None
            from occlusion, which is not complete: what two regions show together is lost with either of them, and
            counted twice.
        passes: faces that went through the model.
    """

    method: str
    map: np.ndarray
    value: float
    baseline_value: float
    convergence_delta: float | None
    passes: int

    @property
    def pixels(self) -> np.ndarray:
        """The map with channels summed, `(h, w)`."""
        return self.map if self.map.ndim == 2 else self.map.sum(-1)

    @property
    def gap(self) -> float | None:
        """Deprecated name of `convergence_delta`."""
        warnings.warn("Attribution.gap is now Attribution.convergence_delta.", DeprecationWarning, stacklevel=2)
        return self.convergence_delta

    def by_region(self) -> dict[str, float]:
        """Returns the attribution of each facial region of an aligned face. They add up to the sum of the map."""
        return {name: float(self.pixels[region].sum()) for name, region in face_regions(self.map.shape).items()}


@dataclass(frozen=True)
class Attributions:
    """The attributions of one output of a model to the pixels of a batch of faces, in the unit of the output.

    `attributions[row]` is the `Attribution` of one face.

    Args:
        method: its name in `EXPLAINERS`.
        target: name of the output.
        images: the faces, uint8 or float `(n, h, w, 3)` in 0..255.
        maps: float64 `(n, h, w, 3)`; `(n, h, w)` from occlusion.
        values, baseline_values: the output for each face, and for its baseline, `(n,)`.
        convergence_delta: see `Attribution`, `(n,)`; None where it was not asked for or does not exist.
        passes: faces that went through the model, for each face, `(n,)`.
    """

    method: str
    target: str
    images: np.ndarray
    maps: np.ndarray
    values: np.ndarray
    baseline_values: np.ndarray
    convergence_delta: np.ndarray | None
    passes: np.ndarray

    def __len__(self) -> int:
        return len(self.maps)

    def __getitem__(self, row: int) -> Attribution:
        delta = None if self.convergence_delta is None else float(self.convergence_delta[row])
        return Attribution(self.method, self.maps[row], float(self.values[row]), float(self.baseline_values[row]),
                           delta, int(self.passes[row]))

    @property
    def pixels(self) -> np.ndarray:
        """The maps with channels summed, `(n, h, w)`."""
        return self.maps if self.maps.ndim == 3 else self.maps.sum(-1)

    def by_region(self) -> dict[str, np.ndarray]:
        """Returns the attribution of each facial region of aligned faces, `(n,)` each."""
        rows = [self[row].by_region() for row in range(len(self))]
        return {name: np.array([row[name] for row in rows]) for name in rows[0]}

    def to_json(self, indent: int | None = None) -> str:
        """Writes the attributions as JSON text, which `from_json` reads without any loss."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def to_dict(self) -> dict[str, object]:
        """Returns the attributions as lists and numbers that JSON can hold."""
        delta = self.convergence_delta
        return {"method": self.method, "target": self.target, "values": self.values.tolist(),
                "baseline_values": self.baseline_values.tolist(),
                "convergence_delta": None if delta is None else delta.tolist(), "passes": self.passes.tolist(),
                "maps": self.maps.tolist(), "images": self.images.tolist(), "image_type": str(self.images.dtype)}

    @classmethod
    def from_json(cls, text: str) -> Attributions:
        """Reads what `to_json` wrote. Keys that it does not know are ignored."""
        content = json.loads(text)
        delta = content["convergence_delta"]
        maps, values, starts = (np.array(content[name], np.float64) for name in ("maps", "values", "baseline_values"))
        return cls(content["method"], content["target"], np.array(content["images"], content["image_type"]), maps,
                   values, starts, None if delta is None else np.array(delta, np.float64),
                   np.array(content["passes"], np.int64))

    def plot(self, row: int = 0) -> Figure:
        """Draws face `row`, the heat map over it, and a bar for each facial region. Show it in a notebook, or write it
        with `savefig`; pyplot is not used."""
        from catgan.explain.attribution.figure import draw_attribution

        return draw_attribution(self[row], self.images[row], self.target)
