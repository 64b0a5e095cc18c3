"""Attributions to the frames of a sequence: which moments, and which facial regions when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from catgan.data.schema import Info
from catgan.errors import DataError


@dataclass(frozen=True)
class SequenceAttribution:
    """The attribution of one output of a model to the frames of one sequence, in the unit of the output.

    Args:
        method: `"integrated_gradients"` or `"temporal_occlusion"`.
        target: name of the output.
        times: of the frames in seconds, float64 `(t,)`.
        seen: which frames were seen, bool `(t,)`. The others have 0 everywhere.
        moments: attribution of each frame, float64 `(t,)`.
        value, baseline_value: the output for the sequence, and for its baseline.
        convergence_delta: the completeness error, `moments.sum() - (value - baseline_value)`. None from occlusion,
            which is not complete.
        passes: sequences that went through the model.
        regions: attribution of each facial region in each frame, `(t,)` each; empty where frames are no faces.
        windows: of occlusion, per window its start and end in seconds and the loss of the output, `(w, 3)`.
    """

    method: str
    target: str
    times: np.ndarray
    seen: np.ndarray
    moments: np.ndarray
    value: float
    baseline_value: float
    convergence_delta: float | None
    passes: int
    regions: Mapping[str, np.ndarray] = field(default_factory=dict)
    windows: np.ndarray | None = None

    @property
    def relative_gap(self) -> float | None:
        """The completeness error as a share of the difference between sequence and baseline; None where unknown."""
        difference = abs(self.value - self.baseline_value)
        return None if self.convergence_delta is None or not difference else abs(self.convergence_delta) / difference

    def share_between(self, start: float, end: float) -> float | None:
        """Returns the share of the absolute attribution from `start` to `end` seconds; None where all is 0."""
        weight = np.abs(self.moments)
        inside = (self.times >= start) & (self.times <= end)
        return float(weight[inside].sum() / weight.sum()) if weight.sum() > 0.0 else None

    def to_dict(self) -> dict[str, object]:
        """Returns the attribution as lists and numbers that JSON can hold."""
        return {"method": self.method, "target": self.target, "times": self.times.tolist(), "seen": self.seen.tolist(),
                "moments": self.moments.tolist(), "value": self.value, "baseline_value": self.baseline_value,
                "convergence_delta": self.convergence_delta, "relative_gap": self.relative_gap, "passes": self.passes,
                "regions": {name: values.tolist() for name, values in self.regions.items()},
                "windows": None if self.windows is None else self.windows.tolist()}

    @classmethod
    def from_dict(cls, content: Info) -> SequenceAttribution:
        """Reads what `to_dict` returned.

        Raises:
            DataError: something else.
        """
        try:
            windows = content["windows"]
            return cls(content["method"], content["target"], np.array(content["times"], np.float64),
                       np.array(content["seen"], bool), np.array(content["moments"], np.float64), content["value"],
                       content["baseline_value"], content["convergence_delta"], content["passes"],
                       {name: np.array(values, np.float64) for name, values in content["regions"].items()},
                       None if windows is None else np.array(windows, np.float64))
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError("This is no attribution over time as catgan writes it: "
                            f"{type(error).__name__}: {error}.") from None
