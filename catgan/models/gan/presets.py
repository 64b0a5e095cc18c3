"""Writes and reads preset folders: `config.json` and one file of weights per network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from catgan import config, facs, files
from catgan.errors import ModelError
from catgan.labels import LabelSpec
from catgan.models.calibration import Calibration
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.density import ActionUnitDensity
from catgan.models.gan.preset_folders import CLIPS, LANDMARKS, PEOPLE, damage_reported, read_description
from catgan.models.precision import fastest

if TYPE_CHECKING:
    from catgan.models.gan.faces import FaceGAN
    from catgan.models.gan.model import CatGAN

    Model = TypeVar("Model", bound=CatGAN)

FORMAT = 2
"""Version of the format of `config.json`."""


def write_preset(gan: CatGAN, folder: Path, half: bool = False) -> None:
    """Writes a preset folder; `config.json` comes last, so that its presence means complete.

    Args:
        gan: the model.
        folder: is made if it does not exist.
        half: store weights in 16 bits.
    """
    from catgan.models.weights import save_networks

    save_networks(gan, gan.network_names, folder, half)
    files.write_json(folder / "config.json", {"format": FORMAT, **to_mapping(gan)})


def read_preset(cls: type[Model], folder: Path, reader: bool = False) -> Model:
    """Builds a model from a preset folder.

    Args:
        cls: `CatGAN` or a subclass.
        folder: holds `config.json`.
        reader: build the discriminator alone.

    Raises:
        CatganError: the files are damaged, or of another format.
    """
    from catgan.models.weights import load_networks

    with damage_reported(folder):
        content = read_faces(folder)
        precision = fastest() if content["precision"] == "mixed_bfloat16" else content["precision"]
        gan = from_mapping(cls, {**content, "precision": precision}, reader)
        load_networks(gan, gan.network_names, folder)
    gan.loaded_from = folder
    return gan


def read_faces(folder: Path) -> dict:
    """Reads the `config.json` of a preset folder that must hold a model of single faces.

    Raises:
        ModelError: another kind or format.
    """
    with damage_reported(folder):
        content = read_description(folder)
        if content.get("kind") == CLIPS:
            raise ModelError(f"{folder} holds a model of clips, which reads videos and neither generates nor edits: "
                             "catgan predict RUN VIDEO. In Python, load it with ClipRecogniser.from_preset.")
        if content.get("kind") == LANDMARKS:
            raise ModelError(f"{folder} holds a network on landmarks, which reads videos and neither generates nor "
                             "edits: catgan predict RUN VIDEO. In Python, load it with LandmarkRecogniser.from_preset.")
        if content.get("kind") == PEOPLE:
            raise ModelError(f"{folder} holds a model of several modalities, which reads people and neither generates "
                             "nor edits: catgan explain RUN PHOTO. In Python, load it with "
                             "FusionRecogniser.from_preset.")
        if content["format"] != FORMAT:
            raise ModelError(f"{folder} has format {content['format']}; this version reads format {FORMAT}.")
    return content


def to_mapping(gan: CatGAN) -> dict[str, object]:
    """Describes a model, without its weights, as JSON values."""
    content: dict[str, object] = {
        "network": config.to_mapping(gan.network), "labels": gan.spec.to_dict(),
        "precision": gan.precision, "critic_reference": gan.critic_reference,
        "thresholds": {facs.au_name(number): value for number, value in gan.thresholds.items()},
        "calibration": gan.calibration.to_dict(), "joint": gan.density and gan.density.to_dict(),
        "editor": gan.editor is not None}
    return content if gan.trained_on is None else {**content, "trained_on": dict(gan.trained_on)}


def from_mapping(cls: type[Model], content: Mapping, reader: bool = False, name: str = "catgan") -> Model:
    """Builds a model with new weights from what `to_mapping` describes.

    Args:
        cls: `CatGAN` or a subclass.
        content: as `to_mapping` returns it; other keys are ignored.
        reader: build the discriminator alone.
        name: of the Keras model.
    """
    network = config.from_mapping(NetworkConfig, content["network"], "network")
    gan = cls(network, LabelSpec.from_dict(content["labels"]), content["precision"], thresholds_of(content),
              content["critic_reference"], reader=reader, name=name)
    read_facts(gan, content)
    if content.get("editor") and not reader:
        gan.add_editor()
    return gan


def thresholds_of(content: Mapping) -> dict[int, float]:
    """Returns the thresholds per FACS number that `to_mapping` describes."""
    return {facs.parse_action_unit(name): value for name, value in content["thresholds"].items()}


def read_facts(gan: FaceGAN, content: Mapping) -> None:
    """Sets what a model has learned beside its weights, from what `to_mapping` describes."""
    gan.calibration = Calibration.from_dict(content["calibration"])
    gan.density = ActionUnitDensity.from_dict(content["joint"]) if content.get("joint") else None
    gan.trained_on = content.get("trained_on")
