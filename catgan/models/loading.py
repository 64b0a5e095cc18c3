"""Loads a trained model of any kind from its preset."""

from __future__ import annotations

from pathlib import Path

from catgan import config
from catgan.labels import LabelSpec
from catgan.metrics.figures import Figures
from catgan.models.gan.model import CatGAN
from catgan.models.gan.preset_folders import CLIPS, damage_reported, find_preset, read_description
from catgan.models.sequence.architectures import SequenceConfig
from catgan.models.sequence.model import ClipRecogniser


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
    folder = find_preset(preset)
    with damage_reported(folder):
        return read_description(folder).get("kind") == CLIPS


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
    with damage_reported(folder):
        content = read_description(folder)
        spec = LabelSpec.from_dict(content["labels"])
        result: Figures = {"name": folder.name, "kind": content.get("kind", "faces"),
                           "image_size": content["network"]["image_size"], "labels": list(spec.columns),
                           "expressions": list(spec.expressions)}
        if result["kind"] == CLIPS:
            sequence = config.from_mapping(SequenceConfig, content["sequence"], "sequence")
            result |= {"temporal": sequence.kind, "rate": content["rate"], "causal": sequence.causal,
                       "window": round(content["frames"] / content["rate"], 3)}
    return result
