"""Writes and reads preset folders of clip recognisers: `config.json` and the weights of trunk and temporal network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from catgan import config, facs, files
from catgan.labels import LabelSpec
from catgan.models.calibration import Calibration
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.preset_folders import CLIPS, damage_reported, read_kind
from catgan.models.precision import fastest
from catgan.models.sequence.architectures import SequenceConfig
from catgan.models.weights import load_networks, save_networks

if TYPE_CHECKING:
    from catgan.models.sequence.model import ClipRecogniser

    Model = TypeVar("Model", bound=ClipRecogniser)

FORMAT = 1
"""Version of the format of `config.json`."""
NETWORKS = ("trunk", "temporal")


def write_preset(model: ClipRecogniser, folder: Path, half: bool = False) -> None:
    """Writes a preset folder; `config.json` comes last, so that its presence means complete."""
    save_networks(model, NETWORKS, folder, half)
    files.write_json(folder / "config.json", {"format": FORMAT, "kind": CLIPS, **to_mapping(model)})


def read_preset(cls: type[Model], folder: Path) -> Model:
    """Builds a clip recogniser from a preset folder.

    Raises:
        ModelError: the folder holds another kind of model, or damaged files.
    """
    with damage_reported(folder):
        content = read_kind(folder, CLIPS, FORMAT, "holds no model of clips. Load it with "
                            "catgan.models.loading.load_model.")
        precision = fastest() if content["precision"] == "mixed_bfloat16" else content["precision"]
        model = from_mapping(cls, {**content, "precision": precision})
        load_networks(model, NETWORKS, folder)
    return model


def to_mapping(model: ClipRecogniser) -> dict[str, object]:
    """Describes a model, without its weights, as JSON values."""
    content: dict[str, object] = {
        "sequence": config.to_mapping(model.sequence), "network": config.to_mapping(model.network),
        "labels": model.spec.to_dict(), "rate": model.rate, "frames": model.frames, "precision": model.precision,
        "thresholds": {facs.au_name(number): value for number, value in model.thresholds.items()},
        "calibration": model.calibration.to_dict()}
    return content if model.trained_on is None else {**content, "trained_on": dict(model.trained_on)}


def from_mapping(cls: type[Model], content: Mapping, name: str = "clips") -> Model:
    """Builds a model with new weights from what `to_mapping` describes; other keys are ignored."""
    thresholds = {facs.parse_action_unit(unit): value for unit, value in content["thresholds"].items()}
    model = cls(config.from_mapping(SequenceConfig, content["sequence"], "sequence"),
                config.from_mapping(NetworkConfig, content["network"], "network"),
                LabelSpec.from_dict(content["labels"]), content["rate"], content["frames"], content["precision"],
                thresholds, name=name)
    model.calibration = Calibration.from_dict(content["calibration"])
    model.trained_on = content.get("trained_on")
    return model
