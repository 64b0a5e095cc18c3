"""Distances of generated from real faces, in the features of encoders that training never saw."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import cv2
import numpy as np

from catgan import random_streams
from catgan.data.store import DualDataset
from catgan.evaluation import control
from catgan.evaluation.encoders import Encoder
from catgan.evaluation.judges import RunJudge, random_judge
from catgan.labels import Labels
from catgan.metrics import bootstrap, distribution, neighbours
from catgan.metrics.figures import Figures, Interval
from catgan.models.gan.model import CatGAN

_quick = functools.partial(distribution.kernel_distance, subsets=10)  # it is asked for a hundred times
BLUR = 1.0
"""Standard deviation in pixels of the blurred real faces whose distance is reported for comparison."""


def image_metrics(gan: CatGAN, dataset: DualDataset, encoders: Sequence[Encoder], split: str, n: int,
                  seed: int) -> dict[str, Figures]:
    """Computes distances of `n` generated faces to `n` real ones of a split that have the same labels.

    Args:
        encoders: judges and `catgan.evaluation.encoders`, with `name` and `features(images)`, one or more. Beside every
            judge stands the same network untrained, as a control.

    Returns:
        `image`, by protocol (`catgan.metrics.distribution.identifier`): Fréchet and kernel distance, precision, recall,
        density and coverage (k = 5), sliced Wasserstein distance; `..:blurred`, the distance of the same real faces
        when they are blurred by one pixel; `..:train`, that of training faces, the least that can be hoped for; and
        kernel distances inside grades of Action Units and sectors of valence-arousal, by the first encoder.
        `image_intervals`: 95 % intervals over subjects (jackknife) of those of generated faces.
    """
    asked = control.asked_faces(gan, dataset, split, n, seed)
    real, generated, subjects = asked.real, asked.generated, asked.subjects.tolist()
    others = dataset.images("train", 3)
    train = others[np.sort(random_streams.generator("compared_faces", seed).permutation(len(others))[:len(real)])]
    faces = {"": generated, ":blurred": blurred(real), ":train": train}
    image, intervals = Figures(), Figures()
    untrained = [random_judge(encoder) for encoder in encoders if isinstance(encoder, RunJudge)]
    for encoder in [*encoders, *untrained]:
        named = functools.partial(distribution.identifier, encoder=encoder.name, size=gan.network.image_size,
                                  n=len(real))
        reference = encoder.features(real)
        seen = {suffix: encoder.features(images) for suffix, images in faces.items()}
        for suffix, features in seen.items():
            image |= {named(name) + suffix: value for name, value in _figures(reference, features).items()}
        if encoder is encoders[0]:
            image |= {named(name): value for name, value in
                      _binned(asked.labels, reference, seen[""]).items()}
        intervals |= {named(name): value for name, value in _intervals(reference, seen[""], subjects).items()}
    for suffix, images in faces.items():
        name = distribution.identifier("swd", "laplacian", gan.network.image_size, len(real)) + suffix
        image[name] = distribution.sliced_wasserstein(real, images, seed=seed)["mean"]
    return {"image": image, "image_intervals": intervals}


def _intervals(real: np.ndarray, fake: np.ndarray, subjects: Sequence[str]) -> dict[str, Interval | None]:
    """Computes intervals over subjects; a generated face counts to the subject whose labels it was asked for."""
    metrics: dict[str, distribution.Distance] = {
        "fd": distribution.frechet_distance, "kd": _quick,
        "precision": lambda real, fake: neighbours.precision_recall(real, fake)["precision"],
        "recall": lambda real, fake: neighbours.precision_recall(real, fake)["recall"]}
    return {name: bootstrap.jackknife(functools.partial(_of_rows, metric, real, fake), subjects)
            for name, metric in metrics.items()}


def _of_rows(metric: distribution.Distance, real: np.ndarray, fake: np.ndarray, rows: np.ndarray) -> float:
    return metric(real[rows], fake[rows])


def _figures(real: np.ndarray, fake: np.ndarray) -> dict[str, float]:
    return {"fd": distribution.frechet_distance(real, fake), "kd": distribution.kernel_distance(real, fake),
            **neighbours.precision_recall(real, fake), **neighbours.density_coverage(real, fake)}


def _binned(labels: Labels, real: np.ndarray, fake: np.ndarray) -> dict[str, float | None]:
    """Computes the kernel distance inside bins of each label: mean over Action Units, and over sectors of affect."""
    result: dict[str, float | None] = {}
    if labels.spec.action_units and labels.spec.scale == "intensity":
        means = []
        for name in labels.spec.action_unit_columns:
            values, mask = labels.column(name)
            values = np.where(mask, values, np.nan)
            means.append(distribution.by_level(real, fake, values, values, distance=_quick)["mean"])
        known = [value for value in means if value is not None]
        result["kd-au"] = float(np.mean(known)) if known else None
    if labels.spec.valence_arousal:
        affect = np.stack([np.where(mask, values, np.nan) for values, mask in
                           (labels.column(name) for name in ("valence", "arousal"))], axis=1)
        result["kd-va"] = distribution.by_affect(real, fake, affect, affect, distance=_quick)["mean"]
    return result


def blurred(images: np.ndarray) -> np.ndarray:
    """Blurs uint8 faces by a Gaussian of one pixel."""
    return np.stack([cv2.GaussianBlur(image, (0, 0), BLUR) for image in images])
