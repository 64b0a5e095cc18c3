"""Writes a `CatGAN` as a folder for the Hugging Face Hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from catgan import files
from catgan.exporters.description import describe_part, part_names
from catgan.models.hub.folder import write_folder

if TYPE_CHECKING:
    from catgan.exporters.formats import Options
    from catgan.models.gan.model import CatGAN


def write(gan: CatGAN, path: Path, options: Options) -> list[Path]:
    """Writes a model.

    Args:
        gan: the model.
        path: of the folder, see `catgan.models.hub.folder`. The descriptions of the parts lie beside it, as
            `FOLDER.json` with one entry a part.
        options: of the export.

    Returns:
        The folder and the descriptions.
    """
    write_folder(gan, path, path.name, options.preset, options.half, options.licence)
    beside = path.with_name(path.name + ".json")
    precision = "weights in float16, computed in float32" if options.half else "float32"
    files.write_json(beside, {part: {**describe_part(gan, part, options.preset), "runtime": "catgan",
                                     "precision": precision, "file": path.name} for part in part_names(gan)})
    return [path, beside]
