"""Loads a trained model of any kind from its preset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from catgan import config
from catgan.labels import LabelSpec
from catgan.metrics.figures import Figures
from catgan.models.gan.entry import CatGAN
from catgan.models.gan.preset_folders import (
    CLIPS, LANDMARKS, PEOPLE, damage_reported, find_preset, read_description)
from catgan.models.multimodal.architectures import FusionConfig
from catgan.models.sequence.architectures import SequenceConfig

if TYPE_CHECKING:
    from catgan.models.landmarks.model import LandmarkRecogniser
    from catgan.models.multimodal.model import FusionRecogniser
    from catgan.models.sequence.model import ClipRecogniser

FACES = "faces"
"""Kind of a `CatGAN`, whose description has none."""


def load_model(preset: str | Path, reader: bool = False
               ) -> CatGAN | ClipRecogniser | LandmarkRecogniser | FusionRecogniser:
    """Loads a model of single faces, of clips, of landmarks or of several modalities of people.

    Args:
        preset: as in `CatGAN.from_preset`.
        reader: load only what predicts.

    Raises:
        ModelError: there is no such preset, or its files are damaged.
    """
    kind = kind_of_preset(preset)
    if kind == LANDMARKS:
        from catgan.models.landmarks.model import LandmarkRecogniser

        return LandmarkRecogniser.from_preset(preset)
    if kind == PEOPLE:
        from catgan.models.multimodal.model import FusionRecogniser

        return FusionRecogniser.from_preset(preset)
    if kind == CLIPS:
        from catgan.models.sequence.model import ClipRecogniser

        return ClipRecogniser.from_preset(preset)
    return CatGAN.from_preset(preset, reader=reader)


def kind_of_preset(preset: str | Path) -> str:
    """Returns what a run or preset reads, without loading it: `"faces"`, `"clips"`, `"landmarks"` or
    `"people"`.

    Raises:
        ModelError: there is no such preset, or its description is damaged.
    """
    folder = find_preset(preset)
    with damage_reported(folder):
        return str(read_description(folder).get("kind", FACES))


def is_clip_preset(preset: str | Path) -> bool:
    """Tells whether a run or preset holds a model of clips; see `kind_of_preset`."""
    return kind_of_preset(preset) == CLIPS


def describe_preset(preset: str | Path) -> Figures:
    """Describes a run or preset, without loading it.

    Returns:
        `name` of the folder; `kind`, see `kind_of_preset`; `image_size` in pixels; `labels`, names of columns;
        `expressions`, their names. For clips also `temporal`, the kind of the temporal network; `rate`, frames per
        second; `window` in seconds; and `causal`. For `"landmarks"` the same without `causal`; `image_size` may
        be None. For `"people"`, whose `image_size` is None, also `modalities`, `fusion`, and `categories`, names of
        labels of which several may be true.

    Raises:
        ModelError: there is no such preset, or its description is damaged.
    """
    folder = find_preset(preset)
    with damage_reported(folder):
        content = read_description(folder)
        if content.get("kind") == LANDMARKS:
            return {"name": folder.name, "kind": LANDMARKS, "image_size": content["size"], "labels": [],
                    "expressions": list(content["classes"]), "temporal": content["landmarks"]["kind"],
                    "rate": content["rate"], "window": round(content["frames"] / content["rate"], 3)}
        if content.get("kind") == PEOPLE:
            fusion = config.from_mapping(FusionConfig, content["fusion"], "fusion")
            return {"name": folder.name, "kind": PEOPLE, "image_size": None, "labels": list(content["dimensions"]),
                    "expressions": list(content["classes"]), "categories": list(content["categories"]),
                    "modalities": list(fusion.modalities), "fusion": fusion.fusion}
        spec = LabelSpec.from_dict(content["labels"])
        result: Figures = {"name": folder.name, "kind": content.get("kind", FACES),
                           "image_size": content["network"]["image_size"], "labels": list(spec.columns),
                           "expressions": list(spec.expressions)}
        if result["kind"] == CLIPS:
            sequence = config.from_mapping(SequenceConfig, content["sequence"], "sequence")
            result |= {"temporal": sequence.kind, "rate": content["rate"], "causal": sequence.causal,
                       "window": round(content["frames"] / content["rate"], 3)}
    return result
