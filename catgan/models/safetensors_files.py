"""Writes and reads weights as one safetensors file, which holds arrays and no code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

import keras
import numpy as np

from catgan import files
from catgan.errors import ModelError

FILE = "model.safetensors"


def write_weights(model: keras.Model, names: Iterable[str], path: Path, half: bool = False) -> None:
    """Writes the weights of networks; they are named `NETWORK/LAYER/WEIGHT`.

    Args:
        model: has the networks.
        names: attributes of the model that hold them.
        path: of the file.
        half: store weights in 16 bits.

    Raises:
        ModelError: the package `safetensors` is missing, or a weight is too large for 16 bits.
    """
    arrays = {key: _stored(key, weight, half) for name in names for key, weight in _named(getattr(model, name), name)}
    files.write_bytes(path, _package().numpy.save(arrays, metadata={"format": "keras"}))


def _stored(key: str, weight: keras.Variable, half: bool) -> np.ndarray:
    """Returns the values of a weight as they are stored."""
    values = np.asarray(keras.ops.convert_to_numpy(weight), np.float32, order="C")
    if not half:
        return values
    largest = float(np.finfo(np.float16).max)
    if values.size and float(np.abs(values).max()) > largest:
        raise ModelError(f"Weights of 16 bits reach {largest:g}. Received: {np.abs(values).max():g} in '{key}'.")
    return values.astype(np.float16)


def read_weights(model: keras.Model, names: Iterable[str], path: Path) -> None:
    """Reads the weights of networks that `write_weights` wrote. Those of other networks are not loaded.

    Raises:
        ModelError: the package `safetensors` is missing, or a weight is missing, of another shape or type.
        ValueError: the file is damaged.
    """
    package = _package()
    try:
        with package.safe_open(path, framework="numpy") as file:
            known = set(file.keys())
            for name in names:
                for key, weight in _named(getattr(model, name), name):
                    if key not in known:
                        raise ModelError(f"{path} holds no weight '{key}'.")
                    weight.assign(_checked(file.get_tensor(key), weight, f"{path}: '{key}'"))
    except package.SafetensorError as error:
        raise ValueError(f"{path.name}: {error}") from None


def _checked(values: np.ndarray, weight: keras.Variable, what: str) -> np.ndarray:
    """Returns values for a weight as float32, if they fit it."""
    if values.shape != tuple(weight.shape) or values.dtype not in (np.float16, np.float32):
        raise ModelError(f"{what} must be float16 or float32 of shape {tuple(weight.shape)}. "
                         f"Received: {values.dtype} {values.shape}.")
    return values.astype(np.float32)


def _named(network: keras.Model, name: str) -> Iterator[tuple[str, keras.Variable]]:
    """Yields the weights of a network with their names."""
    for weight in network.weights:
        yield f"{name}/{weight.path}", weight


def _package() -> ModuleType:
    try:
        import safetensors
        import safetensors.numpy
    except ImportError:
        raise ModelError("Files of safetensors need the package safetensors. Install it with: "
                         "pip install 'catgan[hub]'.") from None
    return safetensors
