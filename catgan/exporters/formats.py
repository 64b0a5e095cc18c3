"""Lists the formats in which trained models are written for other programs, and writes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from catgan import files
from catgan.errors import ModelError, unknown_name
from catgan.exporters.landmarks import export_onnx
from catgan.models.landmarks.model import LandmarkRecogniser


@dataclass(frozen=True)
class Format:
    """Describes a format.

    Args:
        ending: of its files.
        about: what it is, in one sentence.
        writers: by class of model, the function `(model, path)` that writes one.
    """

    ending: str
    about: str
    writers: dict[type, Callable[..., Path]]


FORMATS: dict[str, Format] = {
    "onnx": Format(".onnx", "ONNX, which onnxruntime runs in Python, other languages and browsers.",
                   {LandmarkRecogniser: export_onnx})}
"""The formats by name; a new kind of model or format is added here."""


def export_model(model: object, folder: str | Path, to: str = "onnx", name: str = "model") -> list[Path]:
    """Writes a model in a format.

    Args:
        model: a trained model.
        folder: of the files; made if it does not exist.
        to: name of the format, see `FORMATS`.
        name: of the file, without its ending.

    Returns:
        The files that were written.

    Raises:
        CatganError: an unknown format, a kind of model that it does not hold, or a package is missing.
    """
    if to not in FORMATS:
        raise unknown_name("format", to, FORMATS)
    form = FORMATS[to]
    write = next((one for kind, one in form.writers.items() if isinstance(model, kind)), None)
    if write is None:
        known = ", ".join(kind.__name__ for kind in form.writers)
        raise ModelError(f"The format '{to}' is written of these kinds of models: {known}. "
                         f"Received: {type(model).__name__}.")
    path = Path(folder) / f"{name}{form.ending}"
    files.check_output(path)
    return [write(model, path)]
