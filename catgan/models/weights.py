"""Halves the size of files of weights."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np


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
