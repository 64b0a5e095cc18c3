"""Lists the formats in which trained models are written for other programs, and writes them."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from catgan import files
from catgan.errors import CatganError, ModelError, unknown_name
from catgan.exporters import huggingface, keras_files, litert, onnx_faces, saved_model
from catgan.exporters.description import chosen_parts
from catgan.exporters.landmarks import export_onnx
from catgan.exporters.parts import Part, parts_of, write_description
from catgan.models.gan.model import CatGAN
from catgan.models.landmarks.model import LandmarkRecogniser


@dataclass(frozen=True)
class Options:
    """Options of an export.

    Args:
        parts: of a `CatGAN`: names from `catgan.exporters.description.PARTS`; all that it has when None.
        half: store weights in 16 bits.
        preset: the folder that the model was loaded from, whose facts are written beside the export.
        licence: SPDX name for the hub; by default that of the preset, where it is known.
    """

    parts: tuple[str, ...] | None = None
    half: bool = False
    preset: Path | None = None
    licence: str | None = None


PartWriter: TypeAlias = Callable[[Part, Path, Options], Mapping[str, object]]
"""Writes a part to a path and returns facts of the format for its description."""
WholeWriter: TypeAlias = Callable[[CatGAN, Path, Options], list[Path]]
"""Writes a `CatGAN` as a whole to a path and returns what it wrote."""


@dataclass(frozen=True)
class Format:
    """Describes a format.

    Args:
        ending: of its files.
        about: what it is, in one sentence.
        part_writer: writes one part of a `CatGAN`; None if the format does not hold those.
        whole_writer: writes a `CatGAN` that is not written in parts.
        writers: by class of model, the function `(model, path)` that writes a whole model as one file.
        needs: names of packages that are imported to write it.
        extra: the extra of catgan that installs them.
        half: whether it can store weights in 16 bits.
        folder: whether an export is a folder, and not a file.
    """

    ending: str
    about: str
    part_writer: PartWriter | None = None
    whole_writer: WholeWriter | None = None
    writers: Mapping[type, Callable[..., Path]] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    extra: str = "export"
    half: bool = False
    folder: bool = False

    @property
    def kinds(self) -> tuple[type, ...]:
        """Classes of models that it holds."""
        return (*([CatGAN] if self.part_writer or self.whole_writer else []), *self.writers)


FORMATS: dict[str, Format] = {
    "onnx": Format(".onnx", "ONNX, which onnxruntime runs in Python, other languages and browsers.",
                   onnx_faces.write, writers={LandmarkRecogniser: export_onnx}, needs=("onnx",), half=True),
    "litert": Format(".tflite", "LiteRT (TensorFlow Lite), for phones, small computers and browsers.", litert.write,
                     needs=("tensorflow",), half=True),
    "saved_model": Format("", "A SavedModel, which TensorFlow and TensorFlow Serving load.", saved_model.write,
                          needs=("tensorflow",), folder=True),
    "keras": Format(".keras", "A file of Keras, which needs no catgan to load.", keras_files.write),
    "huggingface": Format("", "A folder for the Hugging Face Hub, which is a preset too: CatGAN.from_preset(FOLDER).",
                          whole_writer=huggingface.write, needs=("safetensors",), extra="hub", half=True, folder=True)}
"""The formats by name; a new kind of model or format is added here."""


def export_model(model: object, folder: str | Path, to: str = "onnx", name: str = "model",
                 options: Options = Options()) -> list[Path]:
    """Writes a model in a format.

    A `CatGAN` becomes one file per part, `NAME-PART.ENDING`, and beside each its description, the same name with
    `.json` (see `catgan.exporters.description`). For the hub it is one folder, `NAME`.

    Args:
        model: a trained model.
        folder: of the files; made if it does not exist.
        to: name of the format, see `FORMATS`.
        name: of the files, without part and ending.
        options: what to write of it.

    Returns:
        The files that were written; of a format whose exports are folders, those folders.

    Raises:
        CatganError: an unknown format or part, a kind of model that the format does not hold, an option that it does
            not have, or a package is missing.
    """
    form = _checked(model, to, options)
    if isinstance(model, CatGAN) and form.whole_writer is not None:
        return form.whole_writer(model, Path(folder) / name, options)
    if isinstance(model, CatGAN):
        return _write_parts(model, form, Path(folder), name, options)
    write = next(one for kind, one in form.writers.items() if isinstance(model, kind))
    path = Path(folder) / f"{name}{form.ending}"
    files.check_output(path)
    return [write(model, path)]


def _checked(model: object, to: str, options: Options) -> Format:
    """Returns the format, if it can hold the model as the options say."""
    if to not in FORMATS:
        raise unknown_name("format", to, FORMATS)
    form = FORMATS[to]
    if not isinstance(model, form.kinds):
        known = ", ".join(kind.__name__ for kind in form.kinds)
        raise ModelError(f"The format '{to}' is written of these kinds of models: {known}. "
                         f"Received: {type(model).__name__}.")
    if options.half and not form.half:
        able = ", ".join(name for name, one in FORMATS.items() if one.half)
        raise CatganError(f"The format '{to}' has no weights of 16 bits. Those that have: {able}.")
    if options.parts is not None and form.whole_writer is not None:
        raise CatganError(f"The format '{to}' holds whole models. Received: parts {', '.join(options.parts)}.")
    if options.half and not isinstance(model, CatGAN):
        raise ModelError(f"Weights of 16 bits are those of a CatGAN. Received: a {type(model).__name__}.")
    if options.parts is not None and not isinstance(model, CatGAN):
        raise ModelError(f"Parts are those of a CatGAN. Received: parts of a {type(model).__name__}.")
    for package in form.needs:
        if importlib.util.find_spec(package) is None:
            raise CatganError(f"The format '{to}' needs {package}: pip install 'catgan[{form.extra}]'.")
    return form


def _write_parts(gan: CatGAN, form: Format, folder: Path, name: str, options: Options) -> list[Path]:
    """Writes the parts of a model, each with its description."""
    names = chosen_parts(gan, options.parts)
    paths = [folder / f"{name}-{part}{form.ending}" for part in names]
    if not form.folder:
        for path in paths:
            files.check_output(path)
    written: list[Path] = []
    for part, path in zip(parts_of(gan, names, options.preset), paths, strict=True):
        assert form.part_writer is not None
        path.parent.mkdir(parents=True, exist_ok=True)
        facts = form.part_writer(part, path, options)
        written += [path, write_description(path, part.description, **facts)]
    return written
