"""How well a model predicts: label metrics on one split, with thresholds that were chosen on validation."""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
from tqdm import tqdm

from catgan import metrics
from catgan.gan.model import CatGAN

AT_ONCE = 1024


def evaluate(gan: CatGAN, dataset, split: str = "test") -> dict[str, Any]:
    """The result of `catgan evaluate`; see the design for its fields.

    Args:
        gan: the model, with its thresholds.
        dataset: a `DualDataset`.
        split: `train`, `validation`, `test` or `all`.
    """
    started = time.perf_counter()
    truth = dataset.labels(split, gan.spec)
    predicted = read_all(gan, dataset.images(split, 3))
    result = metrics.evaluate_labels(truth, predicted, gan.thresholds, subjects=dataset.subjects(split))
    return {**result, "image": {}, "control": {}, "n": len(truth), "split": split,
            "dataset": dataset.info["name"], "seconds": round(time.perf_counter() - started, 2)}


def read_all(gan: CatGAN, images: np.ndarray) -> dict[str, np.ndarray]:
    """`gan.read` over any number of faces, with a progress bar."""
    starts = range(0, max(len(images), 1), AT_ONCE)
    parts = [gan.read(images[start:start + AT_ONCE])
             for start in tqdm(starts, "read", unit="x 1024 faces", disable=not sys.stderr.isatty())]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def choose_thresholds(gan: CatGAN, dataset, predicted: dict[str, np.ndarray]) -> dict[int, float]:
    """The threshold of best F1 per AU on the validation split; what cannot be chosen keeps its default."""
    truth = dataset.labels("validation", gan.spec)
    chosen = {}
    for number, column in zip(gan.spec.action_units, gan.spec.action_unit_columns):
        values, mask = truth.column(column)
        best = metrics.au.best_threshold(values >= 1.0, predicted[column], mask)
        chosen[number] = gan.thresholds[number] if best is None else best
    return chosen


def score(result: dict[str, Any]) -> float:
    """One number to choose the best snapshot by: the mean of mean F1, CCC of valence and CCC of arousal."""
    parts = [result.get("action_units", {}).get("mean_f1")]
    parts += [result.get(name, {}).get("ccc") for name in ("valence", "arousal")]
    known = [part for part in parts if part is not None]
    return float(np.mean(known)) if known else float("-inf")
