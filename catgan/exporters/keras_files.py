"""Writes parts as `.keras` files of layers of Keras alone, so that `keras.saving.load_model` needs no catgan."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import keras

from catgan import files

if TYPE_CHECKING:
    from catgan.exporters.formats import Options
    from catgan.exporters.parts import Part


def write(part: Part, path: Path, options: Options) -> Mapping[str, object]:
    """Writes a part; see `catgan.exporters.formats.PartWriter`."""
    with files.atomic_path(path) as temporary:
        part.network.save(temporary)
    return {"runtime": "keras", "keras": keras.__version__, "precision": "float32"}
