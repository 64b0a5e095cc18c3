"""Loads a trained model of any kind from its preset."""

from __future__ import annotations

import json
from pathlib import Path

from catgan import config
from catgan.errors import ModelError
from catgan.labels import LabelSpec
from catgan.metrics.figures import Figures
from catgan.models.gan.model import CatGAN
from catgan.models.gan.preset_folders import find_preset
from catgan.models.sequence.architectures import SequenceConfig
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
    return _content(find_preset(preset)).get("kind") == KIND


def describe_preset(preset: str | Path) -> Figures:
    """Describes a run or preset, without loading it.

    Returns:
        `name` of the folder; `kind`: `"faces"` or `"clips"`; `image_size` in pixels; `labels`, names of columns;
        `expressions`, their names. For clips also `temporal`, the kind of the temporal network; `rate`, frames per
        second; `window` in seconds; and `causal`.

    Raises:
        ModelError: there is no such preset, or its description is damaged.
    """
    folder = find_preset(preset)
    content = _content(folder)
    try:
        spec = LabelSpec.from_dict(content["labels"])
        result: Figures = {"name": folder.name, "kind": content.get("kind", "faces"),
                           "image_size": content["network"]["image_size"], "labels": list(spec.columns),
                           "expressions": list(spec.expressions)}
        if result["kind"] == KIND:
            sequence = config.from_mapping(SequenceConfig, content["sequence"], "sequence")
            result |= {"temporal": sequence.kind, "rate": content["rate"], "causal": sequence.causal,
                       "window": round(content["frames"] / content["rate"], 3)}
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{folder} holds a damaged model: {type(error).__name__}: {error}.") from None
    return result


def _content(folder: Path) -> dict:
    path = folder / "config.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"{path} is damaged: {type(error).__name__}: {error}.") from None
