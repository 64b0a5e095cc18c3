"""Writes and reads the files of weights of a preset."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path

import h5py
import keras
import numpy as np

from catgan import files
from catgan.models import safetensors_files


def save_networks(model: keras.Model, names: Iterable[str], folder: Path, half: bool = False) -> None:
    """Writes a file of weights for each network.

    Args:
        model: has the networks.
        names: attributes of the model that hold them.
        folder: is made if it does not exist.
        half: store weights in 16 bits.
    """
    for name in names:
        with files.atomic_path(folder / f"{name}.weights.h5") as temporary:
            getattr(model, name).save_weights(temporary)
            if half:
                halve(temporary)


def load_networks(model: keras.Model, names: Iterable[str], folder: Path) -> None:
    """Reads the weights of each network that `save_networks` wrote, or of one safetensors file for all.

    Raises:
        UserWarning: a layer finds no weights in its file.
        ModelError: as `catgan.models.safetensors_files.read_weights` does.
    """
    names = tuple(names)
    if file_of(folder, names[0]).name == safetensors_files.FILE:
        safetensors_files.read_weights(model, names, folder / safetensors_files.FILE)
        return
    with warnings.catch_warnings():
        # Keras warns of layers that find no weights in the file, and leaves them untrained.
        warnings.simplefilter("error", UserWarning)
        for name in names:
            getattr(model, name).load_weights(folder / f"{name}.weights.h5")


def file_of(folder: Path, network: str) -> Path:
    """Returns the file of a preset that holds the weights of a network: its own, else the one for all, if that exists.
    """
    own, shared = folder / f"{network}.weights.h5", folder / safetensors_files.FILE
    return shared if shared.is_file() and not own.is_file() else own


def halve(path: Path) -> None:
    """Rewrites an HDF5 file with all floating-point arrays in 16 bits."""
    with h5py.File(path, "r") as file:
        content: dict[str, np.ndarray] = {}
        file.visititems(lambda name, item: content.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
        groups: list[tuple[str, dict]] = []
        file.visititems(lambda name, item: groups.append((name, dict(item.attrs))) if isinstance(item, h5py.Group)
                        else None)
        top = dict(file.attrs)
    with h5py.File(path, "w") as file:
        file.attrs.update(top)
        for name, attributes in groups:
            file.require_group(name).attrs.update(attributes)
        for name, values in content.items():
            file.create_dataset(name, data=values.astype(np.float16) if values.dtype.kind == "f" else values)
