"""Small models of clips that have learned nothing."""

from __future__ import annotations

from functools import cache

from catgan.labels import LabelSpec
from tests.harness.experiments import TINY

EXPRESSIONS = ("neutral", "happiness", "sadness")


@cache
def untrained_clips(kind: str = "gru", frames: int = 10, rate: float = 12.5):
    """Makes a `ClipRecogniser` of one Action Unit, valence, arousal and three expressions. Tests share it."""
    from catgan import config
    from catgan.models.gan.architectures import NetworkConfig
    from catgan.models.sequence.architectures import SequenceConfig
    from catgan.models.sequence.model import ClipRecogniser

    sequence = config.from_mapping(SequenceConfig, {"kind": kind, "units": 8, "dilations": [1, 2]})
    return ClipRecogniser(sequence, config.from_mapping(NetworkConfig, TINY),
                          LabelSpec((12,), "intensity", True, EXPRESSIONS), rate, frames, seed=1)
