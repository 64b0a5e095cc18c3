"""Writes a `CatGAN` as a folder for the hub: safetensors weights, `config.json`, `README.md`."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from catgan import files
from catgan.errors import CatganError
from catgan.models import safetensors_files
from catgan.models.gan import presets
from catgan.models.gan.preset_facts import preset_facts
from catgan.models.hub.card import card_text, read_card
from catgan.models.hub.download import WEIGHTS_SHA256

if TYPE_CHECKING:
    from catgan.models.gan.model import CatGAN

COPIED = ("metrics.json", "card.md", "samples.png")
"""Files of a preset that are taken over."""


def write_folder(gan: CatGAN, folder: Path, name: str, preset: Path | None = None, half: bool = False,
                 licence: str | None = None, address: str | None = None) -> list[Path]:
    """Writes the folder, which is a preset as well; `config.json` comes last, so that its presence means complete.

    Args:
        gan: the model.
        folder: is made if it does not exist.
        name: of the model.
        preset: the folder whose figures and card are true of this model; None if there is none.
        half: store weights in 16 bits.
        licence: SPDX name, such as `"apache-2.0"`; by default that of the preset, where it is known.
        address: of the model on the hub, where it is known.

    Returns:
        The files.

    Raises:
        CatganError: `folder` is that of the preset, or a package is missing.
    """
    if preset is not None and folder.exists() and folder.resolve() == preset.resolve():
        raise CatganError(f"The output must be another folder than that of the preset. Received: {folder}.")
    facts = preset_facts(gan, preset)
    licence = licence or str(facts["licence"] or "") or None
    weights = folder / safetensors_files.FILE
    safetensors_files.write_weights(gan, gan.network_names, weights, half)
    written = [weights]
    for path in [preset / file for file in COPIED] if preset is not None else []:
        if path.is_file():
            with files.atomic_path(folder / path.name) as temporary:
                shutil.copyfile(path, temporary)
            written.append(folder / path.name)
    text = card_text(gan, name, {**facts, "licence": licence}, read_card(preset), address)
    files.write_text(folder / "README.md", text)
    files.write_json(folder / "config.json", {
        "format": presets.FORMAT, "library": "catgan", "name": name, "licence": licence,
        WEIGHTS_SHA256: {weights.name: hashlib.sha256(weights.read_bytes()).hexdigest()}, **presets.to_mapping(gan)})
    return [*written, folder / "README.md", folder / "config.json"]
