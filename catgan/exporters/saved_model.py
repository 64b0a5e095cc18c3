"""Writes parts as TensorFlow SavedModels, which TensorFlow, TensorFlow Serving and tfjs load."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import keras

from catgan.errors import CatganError, ModelError
from catgan.exporters.descriptions_inside import INSIDE, as_text

if TYPE_CHECKING:
    from catgan.exporters.formats import Options
    from catgan.exporters.parts import Part

SIGNATURE = "serving_default"
"""Name of the signature; its inputs and outputs have the names of the description."""
EXTRA = "assets.extra"
"""Folder of a SavedModel for files that TensorFlow does not read."""


def write(part: Part, path: Path, options: Options) -> Mapping[str, object]:
    """Writes a part as a folder; see `catgan.exporters.formats.PartWriter`. An older SavedModel is replaced.

    Raises:
        CatganError: `path` is something else than a SavedModel.
        ModelError: Keras runs on another backend than TensorFlow.
    """
    if path.exists() and not (path / "saved_model.pb").is_file():
        raise CatganError(f"The output must be a new folder or an older SavedModel. Received: {path}.")
    facts = {"runtime": "tensorflow", "signature": SIGNATURE, "batch": "any number of faces", "precision": "float32"}
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".saved_model.") as folder:
        made = Path(folder) / path.name
        save(part.network, made)
        (made / EXTRA).mkdir()
        (made / EXTRA / INSIDE).write_text(as_text(part.description, **facts), encoding="utf-8")
        if path.exists():
            path.rename(Path(folder) / "older")
        made.rename(path)
    return facts


def save(network: keras.Model, path: Path) -> None:
    """Saves a network with its signature.

    `keras.Model.export` would store every weight twice.

    Raises:
        ModelError: Keras runs on another backend than TensorFlow.
    """
    if keras.backend.backend() != "tensorflow":
        raise ModelError("This format is written by TensorFlow. Set KERAS_BACKEND=tensorflow. "
                         f"Received: {keras.backend.backend()}.")
    import tensorflow as tf

    module = tf.Module()
    module.weights = [variable.value for variable in network.variables]
    module.serve = tf.function(lambda **inputs: network(inputs, training=False))
    specs = {name: tf.TensorSpec((None, *tensor.shape[1:]), tf.float32, name) for name, tensor in network.input.items()}
    tf.saved_model.save(module, str(path), signatures={SIGNATURE: module.serve.get_concrete_function(**specs)})
