"""Describes temporal networks: their kind and sizes."""

from __future__ import annotations

from dataclasses import dataclass

from catgan import config
from catgan.errors import CatganError, unknown_name

KINDS = {"frame": "dense layers on every frame alone, the baseline without time",
         "gru": "gated recurrent units (Cho et al. 2014), causal",
         "bigru": "gated recurrent units in both directions",
         "lstm": "long short-term memory (Hochreiter & Schmidhuber 1997), causal",
         "tcn": "dilated convolutions over time (Bai et al. 2018), before and after each frame",
         "causal_tcn": "dilated convolutions over each frame and those before it"}
"""Temporal networks by name."""
CAUSAL = frozenset({"frame", "gru", "lstm", "causal_tcn"})
"""Kinds whose answer for a frame depends on no later frame."""


@dataclass(frozen=True)
class SequenceConfig:
    """Holds the sizes of a temporal network.

    Args:
        kind: one of `KINDS`.
        units: width of every layer, and of each direction of `bigru`.
        layers: number of recurrent or dense layers.
        dilations: of the blocks of a convolutional network, in frames.
        kernel_size: frames that each convolution sees.
        dropout: share of activations that are dropped in training.
    """

    kind: str = "gru"
    units: int = 128
    layers: int = 2
    dilations: tuple[int, ...] = (1, 2, 4, 8)
    kernel_size: int = 5
    dropout: float = 0.2

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise unknown_name("temporal network ('kind')", self.kind, KINDS)
        config.check(self, "temporal", above_zero=("units", "layers", "kernel_size"), below_one=("dropout",))
        if not self.dilations or min(self.dilations) < 1:
            raise CatganError(f"'temporal.dilations' needs numbers of 1 or more. Received: {list(self.dilations)}.")
        if self.kind == "tcn" and self.kernel_size % 2 == 0:
            raise CatganError("'temporal.kernel_size' of 'tcn' must be odd, so that a frame has as many neighbours "
                              f"before as after. Received: {self.kernel_size}.")

    @property
    def causal(self) -> bool:
        """Tells whether the answer for a frame depends on no later frame."""
        return self.kind in CAUSAL

    @property
    def convolutional(self) -> bool:
        """Tells whether the network consists of convolutions over time."""
        return self.kind in ("tcn", "causal_tcn")

    def look_ahead(self, frames: int) -> int:
        """Returns the number of later frames that an answer needs, in windows of `frames` frames."""
        if self.causal:
            return 0
        if self.convolutional:
            return min(sum(self.dilations) * (self.kernel_size - 1) // 2, frames - 1)
        return frames - 1
