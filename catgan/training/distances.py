"""How far generated faces are from real ones, by the features of a judge, and of the same network untrained."""

from __future__ import annotations

import functools
from typing import Any

import cv2
import numpy as np

from catgan.data.store import DualDataset
from catgan.gan.model import CatGAN
from catgan.metrics import distribution, neighbours
from catgan.training import control
from catgan.training.judges import RunJudge, random_judge

_in_bins = functools.partial(distribution.kernel_distance, subsets=10)  # there are a hundred bins
BLUR = 1.0  # pixels: the deviation of the blur that real faces are held against


def image_metrics(gan: CatGAN, dataset: DualDataset, judge: RunJudge, split: str, n: int, seed: int) -> dict[str, Any]:
    """Distances of `n` generated faces to `n` real ones of a split that have the same labels.

    Returns:
        By protocol (`catgan.metrics.distribution.identifier`): Fréchet and kernel distance, precision, recall, density
        and coverage (k = 5), sliced Wasserstein distance; `..:blurred`, the distance of the same real faces when they
        are blurred by one pixel; `..:train`, that of training faces, the least that can be hoped for; and kernel
        distances inside grades of Action Units and sectors of valence-arousal.
    """
    rows, generated = control.asked_faces(gan, dataset, split, n, seed)
    real = dataset.images(split, 3)[rows]
    others = dataset.images("train", 3)
    train = others[np.sort(np.random.default_rng([seed, 17]).permutation(len(others))[:len(rows)])]
    faces = {"": generated, ":blurred": blurred(real), ":train": train}
    result: dict[str, Any] = {}
    for encoder in (judge, random_judge(judge)):
        reference = encoder.features(real)
        seen = {suffix: encoder.features(images) for suffix, images in faces.items()}
        for suffix, features in seen.items():
            for name, value in _figures(reference, features).items():
                result[distribution.identifier(name, encoder.name, gan.network.image_size, len(rows)) + suffix] = value
        if encoder is judge:
            result |= _binned(gan, dataset, split, rows, reference, seen[""], encoder.name)
    for suffix, images in faces.items():
        name = distribution.identifier("swd", "laplacian", gan.network.image_size, len(rows)) + suffix
        result[name] = distribution.sliced_wasserstein(real, images, seed=seed)["mean"]
    return result


def _figures(real: np.ndarray, fake: np.ndarray) -> dict[str, float]:
    return {"fd": distribution.frechet_distance(real, fake), "kd": distribution.kernel_distance(real, fake),
            **neighbours.precision_recall(real, fake), **neighbours.density_coverage(real, fake)}


def _binned(gan: CatGAN, dataset: DualDataset, split: str, rows: np.ndarray, real: np.ndarray, fake: np.ndarray,
            encoder: str) -> dict[str, Any]:
    """Kernel distance inside bins of each label: mean over the Action Units, and over the sectors of affect."""
    labels = dataset.labels(split, gan.spec)[rows]
    result: dict[str, Any] = {}
    if gan.spec.action_units and gan.spec.scale == "intensity":
        means = []
        for name in gan.spec.action_unit_columns:
            values, mask = labels.column(name)
            values = np.where(mask, values, np.nan)
            means.append(distribution.by_level(real, fake, values, values, distance=_in_bins)["mean"])
        known = [value for value in means if value is not None]
        result["kd-au"] = float(np.mean(known)) if known else None
    if gan.spec.valence_arousal:
        affect = np.stack([np.where(mask, values, np.nan) for values, mask in
                           (labels.column(name) for name in ("valence", "arousal"))], axis=1)
        result["kd-va"] = distribution.by_affect(real, fake, affect, affect, distance=_in_bins)["mean"]
    return {distribution.identifier(name, encoder, gan.network.image_size, len(rows)): value
            for name, value in result.items()}


def blurred(images: np.ndarray) -> np.ndarray:
    """uint8 faces blurred by a Gaussian of one pixel."""
    return np.stack([cv2.GaussianBlur(image, (0, 0), BLUR) for image in images])
