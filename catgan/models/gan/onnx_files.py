"""Finds the ONNX files of a preset: beside it, in the user's cache, or made by `catgan export-model`.

They are made once for each model, in a process of its own, so that this one loads neither Keras nor TensorFlow.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from catgan import files
from catgan.errors import ModelError
from catgan.models.gan.preset_facts import checksums

CACHE = "onnx"
"""Name of the folder in the user's cache, see `catgan.files.cache_folder`."""
VERSION = 1
"""Of the files in the cache; those of other versions are made anew."""
MAX_MODELS = 20
"""Models in the cache; the one that was not used for longest goes first."""
INSTALL = "pip install 'catgan[onnx]'"


def onnx_folder(preset: Path) -> Path:
    """Finds the folder with the ONNX files of a preset, and makes them if they are neither beside it nor in the cache.

    Args:
        preset: folder that holds `config.json`.

    Raises:
        ModelError: the files cannot be made; the package `onnx` is missing, for example.
    """
    if part_path(preset, "predictor") is not None:
        return preset
    cached = files.cache_folder(CACHE) / key_of(preset)
    if part_path(cached, "predictor") is None:
        _make(preset, cached)
        _forget_oldest(cached.parent)
    os.utime(cached)
    return cached


def is_made(preset: Path) -> bool:
    """Tells whether a preset has ONNX files beside it or in the cache."""
    return any(part_path(folder, "predictor") is not None
               for folder in (preset, files.cache_folder(CACHE) / key_of(preset)))


def part_path(folder: Path, part: str) -> Path | None:
    """Returns the file of a part (`"predictor"`, `"generator"` or `"editor"`) in a folder; None without one."""
    return next(iter(sorted(folder.glob(f"*-{part}.onnx"))), None)


def key_of(preset: Path) -> str:
    """Returns a name that depends on the description and the weights of a preset alone."""
    content = json.dumps([VERSION, checksums(preset)], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def _make(preset: Path, folder: Path) -> None:
    """Exports a preset into a folder of the cache, which appears when it is complete."""
    if importlib.util.find_spec("onnx") is None:
        raise ModelError(f"The ONNX files of {preset} are made once, which needs onnx: {INSTALL}.")
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".") as temporary:
        done = subprocess.run([sys.executable, "-m", "catgan.cli.main", "export-model", str(preset.absolute()), "--to",
                               "onnx", "--out", os.path.join(temporary, "new")],
                              env={**os.environ, "PYTHONPATH": _import_path()}, capture_output=True, text=True)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason was given"])[-1]
            raise ModelError(f"The ONNX files of {preset} could not be made: {reason}")
        try:
            os.replace(os.path.join(temporary, "new"), folder)
        except OSError:
            if part_path(folder, "predictor") is None:  # else another process was faster
                raise


def _import_path() -> str:
    """Returns a PYTHONPATH with which a new process imports the same catgan."""
    above = str(Path(__file__).parents[3])
    return os.pathsep.join([above, *filter(None, [os.environ.get("PYTHONPATH")])])


def _forget_oldest(cache: Path) -> None:
    models = sorted((path for path in cache.iterdir() if path.name[0] != "."), key=lambda path: path.stat().st_mtime)
    for path in models[:-MAX_MODELS]:
        shutil.rmtree(path, ignore_errors=True)
