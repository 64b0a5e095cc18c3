"""Holds the kinds and sizes of networks on landmarks."""

from __future__ import annotations

from dataclasses import dataclass

from catgan import config
from catgan.errors import ModelError, unknown_name

KINDS = ("trained", "randomised", "linear")
"""`trained` learns all weights; `randomised` and `linear` learn a linear read-out in closed form."""
READOUTS = ("ridge", "logistic")


@dataclass(frozen=True)
class LandmarkConfig:
    """Chooses the kind and the sizes of a network on landmarks.

    Args:
        kind: `"trained"`: a dense layer, gated recurrent units and a dense layer. `"randomised"`: a recurrent layer
            (reservoir) whose weights are drawn at random and never change, and a linear read-out of what it did
            (Jaeger 2001; Di Luzio et al. 2024). `"linear"`: a read-out of the shapes at the apex, their mean and their
            deviation.
        units: of the recurrent layer.
        layers: reservoirs above each other; with two or more the network is deep and random.
        joint: whether one network tells all expressions apart, instead of one binary for each expression.
        dense: units of the dense layers of `"trained"`.
        dropout: before the last layer of `"trained"`.
        leak: share of a reservoir's state that is renewed in a frame, 0..1.
        radius: spectral radius of a reservoir's recurrent weights.
        density: share of a reservoir's input weights that are not 0.
        input_scale: standard deviation of what the inputs add to a reservoir's unit.
        readout: `"ridge"`: ridge regression, its strength chosen by leave-one-out errors; `"logistic"`: logistic
            regression, its strength chosen on validation clips.
        components: principal components of the summary that the read-out sees; 0 for the summary itself.
    """

    kind: str = "trained"
    units: int = 64
    layers: int = 1
    joint: bool = False
    dense: int = 64
    dropout: float = 0.3
    leak: float = 0.3
    radius: float = 0.9
    density: float = 0.1
    input_scale: float = 0.25
    readout: str = "ridge"
    components: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise unknown_name("kind of network on landmarks", self.kind, KINDS)
        if self.readout not in READOUTS:
            raise unknown_name("read-out", self.readout, READOUTS)
        config.check(self, "network", above_zero=("units", "layers", "dense", "leak", "radius", "density",
                                                  "input_scale"), from_zero=("components",), below_one=("dropout",))
        if self.leak > 1.0 or self.density > 1.0:
            raise ModelError(f"'leak' and 'density' are shares up to 1. Received: {self.leak:g}, {self.density:g}.")
        if self.kind == "trained" and self.layers > 1:
            raise ModelError("A trained network on landmarks has one recurrent layer; 'layers' counts reservoirs. "
                             f"Received: {self.layers}.")

    @property
    def closed_form(self) -> bool:
        """Whether the network is fitted in closed form, without training steps."""
        return self.kind != "trained"
