"""Takes the parts of a `CatGAN` that are exported: a network and its description."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras

from catgan import files
from catgan.exporters.description import Description, chosen_parts, describe_part
from catgan.exporters.networks import editor_network, generator_network, predictor_network
from catgan.models.gan.model import CatGAN

_BUILDERS = {"predictor": predictor_network, "generator": generator_network, "editor": editor_network}


@dataclass(frozen=True)
class Part:
    """A part of a model.

    Args:
        name: `"predictor"`, `"generator"` or `"editor"`.
        network: float32, of layers of Keras alone; inputs and outputs are dictionaries with the names of the
            description.
        description: see `catgan.exporters.description.describe_part`.
    """

    name: str
    network: keras.Model
    description: Description


def parts_of(gan: CatGAN, names: Sequence[str] | None = None, preset: str | Path | None = None) -> list[Part]:
    """Takes parts of a model.

    Args:
        gan: the model.
        names: which; all that it has by default.
        preset: folder it was loaded from, see `describe_part`.

    Raises:
        CatganError: an unknown part, or one that the model lacks.
    """
    return [Part(name, _BUILDERS[name](gan), describe_part(gan, name, preset)) for name in chosen_parts(gan, names)]


def write_description(path: Path, description: Description, **more: object) -> Path:
    """Writes the description of an exported file beside it, as `FILE.json`.

    Args:
        path: of the file or folder.
        description: see `describe_part`.
        **more: facts of the format, such as the version of its operators.
    """
    beside = path.with_name(path.name + ".json")
    files.write_json(beside, {**description, **more, "file": path.name})
    return beside
