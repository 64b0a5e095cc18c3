"""Predicts the labels of a data set's faces, once per run: answers are kept in the cache of the data set."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from catgan import files
from catgan.data.store import DualDataset
from catgan.errors import ModelError
from catgan.evaluation.predictions import predict_labels
from catgan.labels import LabelSpec
from catgan.models.gan.model import CatGAN
from catgan.models.weights import file_of
from catgan.studies.compare.runs import ComparedRun
from catgan.system import logger


def read_answers(run: ComparedRun, dataset: DualDataset, split: str, verbose: bool = True) -> dict[str, np.ndarray]:
    """Predicts the labels of a split, or reads what was predicted before with the same weights.

    Answers lie in `cache/` of the data set (`DualDataset.cache_path`), named by the content of the data set, of the
    weights and of `config.json`. A file that does not fit is made again.

    Args:
        run: its image size must be that of the data set.
        dataset: of aligned faces.
        split: `train`, `validation`, `test` or `all`.
        verbose: whether to show a progress bar.

    Returns:
        Per label column of the run an array `(n,)`, and `thresholds`, those of its Action Units `(k,)`.

    Raises:
        ModelError: the run reads faces of another size.
    """
    if run.image_size != dataset.image_size:
        raise ModelError(f"{run.folder} reads faces of {run.image_size} x {run.image_size} pixels. Received: "
                         f"{dataset.folder}, whose faces have {dataset.image_size}.")
    path = dataset.cache_path(f"{split}-answers-{content_key(run.preset)}.npz")
    kept = _kept(path, run.spec, dataset.count(split))
    if kept is not None:
        return kept
    gan = CatGAN.from_preset(run.preset, reader=True)
    columns = predict_labels(gan, dataset.images(split, 3), verbose=verbose)
    answers = {name: _storable(columns[name]) for name in run.spec.columns}
    answers["thresholds"] = np.array([gan.thresholds[number] for number in run.spec.action_units], np.float64)
    try:
        with files.atomic_path(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, **answers)  # type: ignore[arg-type]
    except OSError as error:
        logger.warning("Answers of %s cannot be kept for the next time: %s.", run.name, error)
    return answers


def content_key(preset: Path) -> str:
    """Returns a hash of what the answers of a preset depend on."""
    digest = hashlib.sha256()
    for path in (file_of(preset, "discriminator"), preset / "config.json"):
        with open(path, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:24]


def _storable(column: np.ndarray) -> np.ndarray:
    """Turns names of expressions, objects, into text that NumPy stores without pickle."""
    return column if column.dtype.kind in "fiu" else column.astype(str)


def _kept(path: Path, spec: LabelSpec, n: int) -> dict[str, np.ndarray] | None:
    """Reads kept answers; None where there are none, or they do not fit."""
    if not path.is_file():
        return None
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as content:
            found = {name: content[name] for name in content.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None
    return found if _fits(found, spec, n) else None


def _fits(found: Mapping[str, np.ndarray], spec: LabelSpec, n: int) -> bool:
    shapes = {**{name: (n,) for name in spec.columns}, "thresholds": (len(spec.action_units),)}
    return {name: values.shape for name, values in found.items()} == shapes
