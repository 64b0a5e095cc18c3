"""Loads a trained model of any kind from its preset."""

from __future__ import annotations

import json
from pathlib import Path

from catgan.errors import ModelError
from catgan.models.gan.model import CatGAN
from catgan.models.gan.preset_folders import find_preset
from catgan.models.sequence.model import ClipRecogniser
from catgan.models.sequence.presets import KIND


def load_model(preset: str | Path, reader: bool = False) -> CatGAN | ClipRecogniser:
    """Loads a model of single faces or of clips.

    Args:
        preset: as in `CatGAN.from_preset`.
        reader: load only what predicts.

    Raises:
        ModelError: there is no such preset, or its files are damaged.
    """
    if is_clip_preset(preset):
        return ClipRecogniser.from_preset(preset)
    return CatGAN.from_preset(preset, reader=reader)


def is_clip_preset(preset: str | Path) -> bool:
    """Tells whether a run or preset holds a model of clips, without loading it.

    Raises:
        ModelError: there is no such preset, or its description is damaged.
    """
    path = find_preset(preset) / "config.json"
    try:
        return json.loads(path.read_text(encoding="utf-8")).get("kind") == KIND
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(f"{path} is damaged: {type(error).__name__}: {error}.") from None
