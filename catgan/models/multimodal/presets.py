"""Writes and reads preset folders of networks of several modalities: `config.json` and the weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from catgan import config, files
from catgan.models.gan.preset_folders import PEOPLE, damage_reported, read_kind
from catgan.models.multimodal.architectures import FusionConfig
from catgan.models.multimodal.calibration import FusionCalibration
from catgan.models.weights import load_networks, save_networks

if TYPE_CHECKING:
    from catgan.models.multimodal.model import FusionRecogniser

    Model = TypeVar("Model", bound=FusionRecogniser)

FORMAT = 1
"""Version of the format of `config.json`."""
NETWORKS = ("network",)


def write_preset(model: FusionRecogniser, folder: Path, half: bool = False) -> None:
    """Writes a preset folder; `config.json` comes last, so that its presence means complete."""
    save_networks(model, NETWORKS, folder, half)
    files.write_json(folder / "config.json", {"format": FORMAT, "kind": PEOPLE, **to_mapping(model)})


def read_preset(cls: type[Model], folder: Path) -> Model:
    """Builds a model from a preset folder.

    Raises:
        ModelError: the folder holds another kind of model, or damaged files.
        CatganError: a modality that is not registered.
    """
    with damage_reported(folder):
        model = from_mapping(cls, read_kind(folder, PEOPLE, FORMAT, "holds no model of several modalities. Load it "
                                            "with catgan.models.loading.load_model."))
        load_networks(model, NETWORKS, folder)
    return model


def to_mapping(model: FusionRecogniser) -> dict[str, object]:
    """Describes a model, without its weights, as JSON values."""
    content: dict[str, object] = {
        "fusion": config.to_mapping(model.config), "classes": list(model.classes),
        "dimensions": list(model.dimensions), "categories": list(model.categories),
        "calibration": model.calibration.to_dict()}
    return content if model.trained_on is None else {**content, "trained_on": dict(model.trained_on)}


def from_mapping(cls: type[Model], content: Mapping, name: str = "people") -> Model:
    """Builds a model with new weights from what `to_mapping` describes; other keys are ignored."""
    model = cls(config.from_mapping(FusionConfig, content["fusion"], "fusion"), tuple(content["classes"]),
                tuple(content["dimensions"]), tuple(content["categories"]), name=name)
    model.calibration = FusionCalibration.from_dict(content["calibration"])
    model.trained_on = content.get("trained_on")
    return model
