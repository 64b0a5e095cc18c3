"""A modality of one's own, as docs/people.md shows it: loudness and pitch of a voice."""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np

from catgan.modalities.registry import Input, Modality, Reading
from catgan.modalities.views import PersonView

STEPS = 20
"""Measurements of a voice: two seconds at ten a second."""


def read_voice(view: PersonView) -> Reading | None:
    """Reads the first `STEPS` rows of the columns `loudness` (dB) and `pitch` (Hz, 0 where there is no voice)."""
    if not {"loudness", "pitch"} <= set(view.given):
        return None
    loudness, pitch = (np.asarray(view.given[name], np.float32)[:STEPS] for name in ("loudness", "pitch"))
    voiced = (pitch > 0) & np.isfinite(loudness)
    if len(pitch) < STEPS or not voiced.any():
        return None
    levels = np.where(voiced[:, None], np.stack([loudness / 60, np.log2(np.maximum(pitch, 1) / 200)], 1), 0)
    return Reading({"levels": levels, "voiced": voiced}, float(voiced.mean()), f"{voiced.mean():.0%} of 2 s voiced")


def encode_voice(inputs: Mapping[str, keras.KerasTensor], config: object
                 ) -> tuple[keras.KerasTensor, dict[str, keras.KerasTensor]]:
    """Encodes the levels by one recurrent layer that skips steps without voice."""
    return keras.layers.GRU(8, name="voice_steps")(inputs["levels"], mask=inputs["voiced"]), {}


VOICE = Modality("voice", "the voice", {"levels": Input((STEPS, 2)), "voiced": Input((STEPS,), "bool")}, read_voice,
                 encode_voice)
