"""Writes parts as `.keras` files of layers of Keras alone, so that `keras.saving.load_model` needs no catgan."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import keras

from catgan import files
from catgan.exporters.descriptions_inside import put_inside

if TYPE_CHECKING:
    from catgan.exporters.formats import Options
    from catgan.exporters.parts import Part


def write(part: Part, path: Path, options: Options) -> Mapping[str, object]:
    """Writes a part; see `catgan.exporters.formats.PartWriter`."""
    facts = {"runtime": "keras", "keras": keras.__version__, "batch": "any number of faces", "precision": "float32"}
    with files.atomic_path(path) as temporary:
        part.network.save(temporary)
        put_inside(temporary, part.description, **facts)
    return facts
