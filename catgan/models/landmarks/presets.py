"""Writes and reads preset folders of networks on landmarks: `config.json` and the weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from catgan import config, files
from catgan.faces.landmark_shapes import ShapeOptions
from catgan.models.gan.preset_folders import LANDMARKS, damage_reported, read_kind
from catgan.models.landmarks.architectures import LandmarkConfig
from catgan.models.landmarks.combination import Combination
from catgan.models.weights import load_networks, save_networks

if TYPE_CHECKING:
    from catgan.models.landmarks.model import LandmarkRecogniser

    Model = TypeVar("Model", bound=LandmarkRecogniser)

FORMAT = 1
"""Version of the format of `config.json`."""
NETWORKS = ("network",)


def write_preset(model: LandmarkRecogniser, folder: Path, half: bool = False) -> None:
    """Writes a preset folder; `config.json` comes last, so that its presence means complete."""
    save_networks(model, NETWORKS, folder, half)
    files.write_json(folder / "config.json", {"format": FORMAT, "kind": LANDMARKS, **to_mapping(model)})


def read_preset(cls: type[Model], folder: Path) -> Model:
    """Builds a model from a preset folder.

    Raises:
        ModelError: the folder holds another kind of model, or damaged files.
    """
    with damage_reported(folder):
        model = from_mapping(cls, read_kind(folder, LANDMARKS, FORMAT, "holds no network on landmarks. Load it with "
                                            "catgan.models.loading.load_model."))
        load_networks(model, NETWORKS, folder)
    return model


def to_mapping(model: LandmarkRecogniser) -> dict[str, object]:
    """Describes a model, without its weights, as JSON values."""
    content: dict[str, object] = {
        "landmarks": config.to_mapping(model.landmarks), "shape": config.to_mapping(model.shape),
        "classes": list(model.classes), "landmark_set": model.landmark_set, "rate": model.rate,
        "frames": model.frames, "points": model.points.tolist(), "combination": model.combination.to_dict(),
        "size": model.size}
    return content if model.trained_on is None else {**content, "trained_on": dict(model.trained_on)}


def from_mapping(cls: type[Model], content: Mapping, name: str = "landmarks") -> Model:
    """Builds a model with new weights from what `to_mapping` describes; other keys are ignored."""
    model = cls(config.from_mapping(LandmarkConfig, content["landmarks"], "landmarks"),
                config.from_mapping(ShapeOptions, content["shape"], "shape"), tuple(content["classes"]),
                content["landmark_set"], content["rate"], content["frames"], np.array(content["points"], np.int64),
                size=content.get("size"), name=name)
    model.combination = Combination.from_dict(content["combination"])
    model.trained_on = content.get("trained_on")
    return model
