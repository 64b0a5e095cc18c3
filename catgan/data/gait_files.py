"""Reads the files of gaits: HDF5 with one flat data set a gait, or text files with 48 columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from catgan.errors import DataError
from catgan.joints import JOINTS

COLUMNS = 3 * len(JOINTS)
"""x, y, z of each joint."""
ENDINGS = (".csv", ".txt")
"""Of text files, and of keys, which are compared without them."""


def key_of(name: str) -> str:
    """Returns a key without the ending of a text file."""
    return next((name[:-len(ending)] for ending in ENDINGS if name.lower().endswith(ending)), name)


def read_features(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Yields key and numbers `(t, 48)` of each gait."""
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in ENDINGS)
        if not files:
            raise DataError(f"{path} has no file that ends in {' or '.join(ENDINGS)}.")
        read: Iterator[tuple[str, np.ndarray]] = ((file.name, _text(file)) for file in files)
    else:
        read = _hdf5(path)
    seen = set()
    for name, values in read:
        if key_of(name) in seen:
            raise DataError(f"{path}: two gaits have the key '{key_of(name)}'.")
        seen.add(key_of(name))
        if values.ndim != 2 or values.shape[1] != COLUMNS:
            raise DataError(f"{path}: a gait needs {COLUMNS} columns, x, y, z of {len(JOINTS)} joints. "
                            f"Received: shape {values.shape} in '{name}'.")
        yield key_of(name), values


def read_labels(path: Path, count: int) -> dict[str, int]:
    """Returns the number of each key."""
    read = _label_lines(path) if path.suffix.lower() in ENDINGS else _hdf5(path)
    numbers: dict[str, int] = {}
    for name, value in read:
        if value.size != 1 or value.item() not in range(count):
            raise DataError(f"{path}: the label of '{name}' must be one number of 0..{count - 1}, for which names are "
                            f"given. Received: {value.tolist()!r:.60}.")
        if key_of(name) in numbers:
            raise DataError(f"{path}: two labels have the key '{key_of(name)}'.")
        numbers[key_of(name)] = int(value.item())
    return numbers


def _hdf5(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Yields name and numbers of each data set of a file without groups."""
    import h5py

    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise DataError(f"{path} cannot be read as HDF5: {' '.join(str(error).split())[:120]}.") from None
    with file:
        for name in file:
            item = file.get(name)
            if not isinstance(item, h5py.Dataset):
                raise DataError(f"{path} must hold data sets only, one a gait. Received: the group '{name}'.")
            if item.dtype.kind not in "iufb":
                raise DataError(f"{path}: '{name}' must hold numbers. Received: {item.dtype}.")
            try:
                yield name, np.asarray(item[()])
            except OSError as error:
                raise DataError(f"{path}: '{name}' is damaged: {' '.join(str(error).split())[:120]}.") from None


def _text(path: Path) -> np.ndarray:
    """Reads a text file of numbers with commas or space between them; empty fields and `nan` are unknown."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        rows = [[float(field or "nan") for field in _fields(line)] for line in lines if line.strip()]
    except (UnicodeDecodeError, ValueError, OSError) as error:
        raise DataError(f"{path} is no text file of numbers: {error}.") from None
    if len({len(row) for row in rows}) > 1:
        raise DataError(f"{path}: all lines need {COLUMNS} numbers. Received: {sorted({len(row) for row in rows})}.")
    return np.array(rows, float).reshape(len(rows), -1) if rows else np.zeros((0, COLUMNS))


def _fields(line: str) -> list[str]:
    return [field.strip() for field in line.split(",")] if "," in line else line.split()


def _label_lines(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (UnicodeDecodeError, OSError) as error:
        raise DataError(f"{path} cannot be read: {error}.") from None
    for number, line in enumerate(lines, 1):
        fields = _fields(line)
        if len(fields) == 2 and re.fullmatch(r"-?\d+", fields[1]):
            yield fields[0], np.array(int(fields[1]))
        elif line.strip() and number > 1:  # the first line may be a header
            raise DataError(f"{path}:{number}: a line must be 'key,number'. Received: {line[:60]!r}.")
