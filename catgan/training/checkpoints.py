"""Saves and restores the complete state of a training, so that a resumed run gives the same numbers."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from catgan import files, random_streams
from catgan.errors import CatganError

KEPT = 2


def save(folder: Path, variables: Sequence, state: dict) -> Path:
    """Writes every variable and `state` (JSON, with `"step"`) to `folder/STEP.npz`, and removes all but the newest two.

    Random numbers and the position in the data are functions of the step, so they are not stored.
    """
    path = folder / f"{state['step']:09d}.npz"
    arrays = {f"{index:05d}": np.asarray(variable.value) for index, variable in enumerate(variables)}
    text = json.dumps({"state": state, "streams": random_streams.VERSION,
                       "names": [variable.path for variable in variables]})
    with files.atomic_path(path) as temporary:
        with open(temporary, "wb") as file:
            np.savez(file, allow_pickle=False, state=np.frombuffer(text.encode(), np.uint8), **arrays)
    for old in sorted(folder.glob("*.npz"))[:-KEPT]:
        old.unlink()
    return path


def newest(folder: Path) -> Path | None:
    """Returns the newest checkpoint of a run, or None."""
    return max(folder.glob("[0-9]*.npz"), default=None)


def restore(path: Path, variables: Sequence) -> dict:
    """Loads a checkpoint into `variables` and returns its state.

    Raises:
        CatganError: the file is damaged, belongs to other networks, or was written by a version whose random numbers
            are others, so that no version would give the result again.
    """
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
            content = json.loads(stored["state"].tobytes())
            arrays = [stored[f"{index:05d}"] for index in range(len(content["names"]))]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise CatganError(f"{path} is a damaged checkpoint ({error}). Remove it to continue from the one before."
                          ) from None
    if content.get("streams", 1) != random_streams.VERSION:
        raise CatganError(f"{path} was written by a version of catgan that draws other random numbers (streams of "
                          f"version {content.get('streams', 1)}, this one has {random_streams.VERSION}): its training "
                          f"cannot be continued with the same result. Its presets can be used: train on from its "
                          f"weights with --set start={path.parent.parent}, or start anew with another --runs.")
    shapes = [tuple(variable.shape) for variable in variables]
    if shapes != [array.shape for array in arrays]:
        raise CatganError(f"{path} belongs to networks of another size or to another optimiser.")
    for variable, array in zip(variables, arrays):
        variable.assign(array)
    return content["state"]
