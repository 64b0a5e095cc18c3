"""Loads models to explain from objects in memory and from files: Keras, HDF5, ONNX, SavedModel, PyTorch modules.

Nothing here runs code that a file carries: Keras files are loaded in safe mode, SavedModel folders are refused when
they hold operations that read or write files or call Python, and pickles are not opened.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from catgan.errors import ModelError
from catgan.explain import model_files
from catgan.explain.foreign import ForeignModel
from catgan.explain.models import CatGANModel, ExplainedModel
from catgan.explain.preprocessing import Preprocessing
from catgan.explain.tensors import Tensor
from catgan.models.gan.faces import FaceGAN

if TYPE_CHECKING:
    import keras
    import torch

ONNX_TYPES = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(double)": "float64",
              "tensor(uint8)": "uint8", "tensor(int32)": "int32", "tensor(int64)": "int64"}
"""NumPy types of ONNX inputs."""
INPUT_TYPES = ("float16", "float32", "float64", "uint8", "int32", "int64")
"""NumPy types that an input may have."""


@dataclass(frozen=True)
class _Wanted:
    """Declarations of a user about a foreign model, see `explained_model`."""

    outputs: Sequence[str]
    preprocessing: Preprocessing
    classes: bool
    heads: Sequence[str]

    def foreign(self, function: Callable[[Tensor], object], preprocessing: Preprocessing, name: str,
                differentiable: bool = False, dtype: str = "float32", batch: int | None = None) -> ForeignModel:
        return ForeignModel(function, self.outputs, preprocessing, self.classes, differentiable, self.heads, dtype,
                            batch, name)


def explained_model(source: object, outputs: Sequence[str] = (), pixels: str = "0..255", classes: bool = False,
                    heads: Sequence[str] = (), preprocessing: Preprocessing | None = None) -> ExplainedModel:
    """Converts a model of any kind to an explained model, see `catgan.explain.models`.

    Args:
        source: a `CatGAN`, a Keras model, a PyTorch module, an explained model, a path or a function. A path names a
            Keras (`.keras`, `.h5`) or ONNX file, or a SavedModel folder. A function maps uint8 `(n, h, w, 3)` (float32
            where `preprocessing` scales the pixels) to an array `(n, k)` or `(n,)`, or to a dictionary or list of
            arrays.
        outputs: names of its numbers; when empty `output[0]` .., or `emotion[0]` .. where it names its outputs.
        pixels: short for `Preprocessing(pixels=...)`.
        classes: whether the numbers of one output exclude each other. A target may then read `class=NAME`.
        heads: names of the outputs that are read; all that hold numbers when empty.
        preprocessing: how its pictures are made of a photograph; aligned RGB crops of grey levels 0..255 when None.

    Raises:
        ModelError: anything else, a file that cannot be loaded, a model that does not take one picture, or one that
            fails on a drawn face.
    """
    if isinstance(source, FaceGAN):
        return CatGANModel(source)
    if isinstance(source, ExplainedModel):
        return source
    wanted = _Wanted(outputs, preprocessing or Preprocessing(pixels=pixels), classes, heads)
    if isinstance(source, (str, Path)):
        return _from_path(Path(source), wanted)
    if _is_keras(source):
        return _from_keras(source, wanted, "The Keras model")
    if _is_torch(source):
        return _from_torch(source, wanted)
    if callable(source):
        declared = wanted.preprocessing.declared(None, None, None, None, "The function")
        return wanted.foreign(source, declared, "The function", dtype="uint8" if declared.unscaled else "float32")
    raise ModelError("A model to explain is a CatGAN, a Keras model, a PyTorch module, a .keras, .h5 or .onnx file, a "
                     f"SavedModel folder, or a function from uint8 (n, h, w, 3) to numbers. Received: "
                     f"{type(source).__name__}.")


def _from_path(path: Path, wanted: _Wanted) -> ForeignModel:
    path = path.parent if path.name == "saved_model.pb" else path
    kind = model_files.kind(path)
    if kind == "onnx":
        return _from_onnx(path, wanted)
    if kind == "saved_model":
        return _from_saved_model(path, wanted)
    return _from_keras(model_files.load_keras(path, kind), wanted, path.name)


# === Keras ===


def _is_keras(source: object) -> TypeGuard[keras.Model]:
    """Returns whether an object is a Keras model, without importing Keras."""
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(source, keras.Model)


def _from_keras(model: keras.Model, wanted: _Wanted, name: str) -> ForeignModel:
    import keras

    try:
        inputs = list(model.inputs or ())
    except (AttributeError, ValueError):  # subclassed, or not built
        inputs = []
    if not inputs:
        declared = wanted.preprocessing.declared(None, None, None, None, name)
        return wanted.foreign(lambda faces: model(faces, training=False), declared, name, differentiable=True)
    if len(inputs) != 1 or len(inputs[0].shape) != 4:
        raise ModelError(f"{name} must take one picture, (n, h, w, c) or (n, c, h, w). Received inputs: "
                         f"{', '.join(str(tuple(part.shape)) for part in inputs)}.")
    declared = declared_by(tuple(inputs[0].shape), wanted.preprocessing, name)
    functional = hasattr(model, "output_names")  # a `keras.Sequential` names neither its input nor its output
    names = list(model.output_names) if functional else [model.layers[-1].name]
    structure = model.input if functional else inputs[0]

    def run(faces: Tensor) -> object:
        given = model(keras.tree.pack_sequence_as(structure, [faces]), training=False)
        if isinstance(given, (list, tuple)) and len(given) == len(names) == len(set(names)) > 1:
            return dict(zip(names, given))
        return {names[0]: given} if wanted.heads and len(names) == 1 and not isinstance(given, dict) else given

    return wanted.foreign(run, declared, name, differentiable=True, dtype=_taken(str(inputs[0].dtype), name),
                          batch=inputs[0].shape[0])


def declared_by(shape: Sequence[object], preprocessing: Preprocessing, name: str) -> Preprocessing:
    """Completes a declared preprocessing with the shape of an input, `(n, h, w, c)` or `(n, c, h, w)`.

    Args:
        shape: of the input. Sides that are not whole numbers are free.
        preprocessing: as declared.
        name: of the model, for messages.
    """
    _, *sides = (side if isinstance(side, int) and side > 0 else None for side in shape)
    order = preprocessing.order or ("first" if sides[0] in (1, 3) and sides[2] not in (1, 3) else
                                    "last" if sides[2] in (1, 3) else
                                    "first" if sides[0] is not None and sides[1] is None is sides[2] else
                                    "first" if sides[0] in (2, 4) and sides[2] not in (2, 4) else "last")
    channels, height, width = sides if order == "first" else (sides[2], sides[0], sides[1])
    return preprocessing.declared(height, width, channels, order, name)


def _taken(dtype: str, name: str) -> str:
    if dtype == "bfloat16":
        return "float32"
    if dtype not in INPUT_TYPES:
        raise ModelError(f"{name} takes {dtype}. A model to explain takes one of {', '.join(INPUT_TYPES)}.")
    return dtype


# === Others ===


def _from_onnx(path: Path, wanted: _Wanted) -> ForeignModel:
    try:
        import onnxruntime
    except ImportError:
        raise ModelError("Reading ONNX files needs onnxruntime: pip install 'catgan[export]'.") from None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what matters is raised
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has no common class of its errors
        raise ModelError(f"{path} cannot be loaded: {' '.join(str(error).split())[:200]}") from None
    inputs = session.get_inputs()
    if len(inputs) != 1 or len(inputs[0].shape) != 4:
        raise ModelError(f"{path.name} must take one picture, (n, h, w, c) or (n, c, h, w). Received inputs: "
                         f"{', '.join(str(tuple(part.shape)) for part in inputs)}.")
    kind, shape = inputs[0].type, inputs[0].shape
    declared = declared_by(shape, wanted.preprocessing, path.name)
    names = [part.name for part in session.get_outputs()]

    def run(faces: np.ndarray) -> object:
        given = session.run(names, {inputs[0].name: faces})
        return dict(zip(names, given)) if len(names) > 1 or wanted.heads else given[0]

    return wanted.foreign(run, declared, path.name, dtype=_taken(ONNX_TYPES.get(kind, kind), path.name),
                          batch=shape[0] if isinstance(shape[0], int) else None)


def _from_saved_model(path: Path, wanted: _Wanted) -> ForeignModel:
    function = model_files.load_saved_model(path)
    (key, spec), *others = function.structured_input_signature[1].items()
    shape = tuple(spec.shape) if spec.shape.rank is not None else ()
    if others or len(shape) != 4:
        raise ModelError(f"{path} must take one picture, (n, h, w, c) or (n, c, h, w). Received inputs: "
                         f"{', '.join([str(shape), *(str(tuple(other.shape)) for _, other in others)])}.")
    import keras
    import tensorflow as tf

    def run(faces: Tensor) -> object:
        given = function(**{key: tf.convert_to_tensor(faces)})
        return dict(sorted(given.items())) if len(given) > 1 or wanted.heads else next(iter(given.values()))

    return wanted.foreign(run, declared_by(shape, wanted.preprocessing, path.name), path.name,
                          differentiable=keras.backend.backend() == "tensorflow",
                          dtype=_taken(spec.dtype.name, path.name), batch=shape[0])


def _is_torch(source: object) -> TypeGuard[torch.nn.Module]:
    """Returns whether an object is a PyTorch module, without importing PyTorch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(source, torch.nn.Module)


def _from_torch(module: torch.nn.Module, wanted: _Wanted) -> ForeignModel:
    """Makes a foreign model of a PyTorch module, run in evaluation mode without gradients. Channels come first."""
    torch = sys.modules["torch"]
    declared = wanted.preprocessing.declared(None, None, None, wanted.preprocessing.order or "first", "The module")
    place = next(iter(module.parameters()), None)

    def run(faces: np.ndarray) -> object:
        training = module.training
        module.eval()
        try:
            with torch.no_grad():
                pixels = torch.from_numpy(faces)
                pixels = pixels if place is None else pixels.to(device=place.device, dtype=place.dtype)
                return _as_arrays(module(pixels))
        finally:
            module.train(training)

    return wanted.foreign(run, declared, "The module")


def _as_arrays(given: Any) -> object:
    """Converts what a module returned to NumPy arrays."""
    if isinstance(given, dict):
        return {name: _as_arrays(part) for name, part in given.items()}
    if isinstance(given, (list, tuple)):
        return [_as_arrays(part) for part in given]
    return given.detach().cpu().float().numpy() if hasattr(given, "detach") else given
