"""Chooses what runs the networks of a model of faces, for the command line."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from catgan.errors import CatganError
from catgan.models.gan.faces import FaceGAN
from catgan.models.gan.onnx_files import is_made
from catgan.models.gan.preset_folders import damage_reported, find_preset, read_description

VARIABLE = "CATGAN_RUNTIME"
"""Name of the environment variable that names the runtime: `keras` or `onnx`."""


def load_faces(preset: str | Path, reader: bool = False, gradients: bool = False) -> FaceGAN:
    """Loads a model of faces by the runtime that `runtime_of` chooses.

    Args:
        preset, reader: as in `CatGAN.from_preset`.
        gradients: whether gradients must pass through the model, which Keras alone can.

    Raises:
        CatganError: as `CatGAN.from_preset`, or an unknown runtime.
    """
    from catgan.models.gan.entry import CatGAN

    if gradients or runtime_of(preset) == "keras":
        return CatGAN.from_preset(preset, reader)
    return CatGAN.from_preset(preset, reader, runtime="onnx")


def runtime_of(preset: str | Path) -> str:
    """Chooses the runtime of a preset: that of `CATGAN_RUNTIME`; else onnxruntime where it is installed and the ONNX
    files are there or can be made; else Keras.

    Raises:
        CatganError: an unknown runtime.
    """
    named = os.environ.get(VARIABLE)
    if named:
        if named not in ("keras", "onnx"):
            raise CatganError(f"{VARIABLE} must be keras or onnx. Received: '{named}'.")
        return named
    if importlib.util.find_spec("onnxruntime") is None:
        return "keras"
    return "onnx" if importlib.util.find_spec("onnx") is not None or is_made(find_preset(preset)) else "keras"


def has_editor(preset: str | Path) -> bool:
    """Tells whether a preset has an editor, without loading it. Explanations by another one need gradients."""
    folder = find_preset(preset)
    with damage_reported(folder):
        return bool(read_description(folder).get("editor"))
