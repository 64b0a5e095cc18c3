"""Holds the kinds and sizes of networks of several modalities."""

from __future__ import annotations

from dataclasses import dataclass

from catgan import config
from catgan.errors import ModelError, unknown_name

FUSIONS = ("early", "gated")
"""`early` joins the features of all modalities; `gated` means them with learned weights."""
GAITS = ("lstm", "stgcn")
"""`lstm`: two recurrent layers over frames; `stgcn`: convolutions over bones and over time."""
STAGES = 4
"""Number of times that encoders of pictures halve the side."""
FUSED = "fused"
"""Name of the part of a network that joins the modalities."""
AVAILABLE = "available"
"""Name of the input that tells which modalities are available."""


@dataclass(frozen=True)
class FusionConfig:
    """Chooses the modalities, the kind and the sizes of a network of several modalities.

    Args:
        modalities: names, in the order of the masks; see `catgan.modalities.registry`.
        fusion: `"early"`: a dense layer over the features of all modalities, 0 where one is missing, and the mask.
            `"gated"`: the mean of the modalities' hidden features, weighted by a softmax over those that are available.
        attention: whether an encoder-decoder makes a mask that the features of the face are weighted with.
        gait: `"lstm"`: two recurrent layers over the frames; `"stgcn"`: convolutions over the bones and over time (Yan
            et al. 2018).
        face_widths, context_widths: channels of the four convolutional stages; each halves the side.
        graph_widths: channels of the stages of `"stgcn"`.
        recurrent_units: of both layers of `"lstm"`.
        posture_units: of the hidden layer of the posture's encoder.
        features: of each modality. An encoder of one's own may give another number.
        hidden: units of the layer that joins the modalities.
        dropout: share of hidden units that is left out in training.
    """

    modalities: tuple[str, ...] = ("face", "posture", "gait", "context")
    fusion: str = "early"
    attention: bool = True
    gait: str = "lstm"
    face_widths: tuple[int, ...] = (16, 32, 64, 96)
    context_widths: tuple[int, ...] = (16, 32, 48, 64)
    graph_widths: tuple[int, ...] = (32, 64)
    recurrent_units: int = 64
    posture_units: int = 128
    features: int = 96
    hidden: int = 128
    dropout: float = 0.3

    def __post_init__(self) -> None:
        if self.fusion not in FUSIONS:
            raise unknown_name("fusion", self.fusion, FUSIONS)
        if self.gait not in GAITS:
            raise unknown_name("encoder of the gait", self.gait, GAITS)
        config.check(self, "network", above_zero=("recurrent_units", "posture_units", "features", "hidden"),
                     below_one=("dropout",))
        self._check_modalities()
        for name, stages in (("face_widths", STAGES), ("context_widths", STAGES), ("graph_widths", None)):
            widths = getattr(self, name)
            if len(widths) != (stages or max(len(widths), 1)) or min(widths, default=0) < 1:
                raise ModelError(f"'network.{name}' must hold {stages or 'one or more'} numbers greater than 0. "
                                 f"Received: {list(widths)}.")

    def _check_modalities(self) -> None:
        names = self.modalities
        if not names or len(set(names)) < len(names) or {FUSED, AVAILABLE} & set(names):
            raise ModelError(f"'network.modalities' must name one or more modalities, none twice, and none "
                             f"'{FUSED}' or '{AVAILABLE}'. Received: {', '.join(names) or 'none'}.")
