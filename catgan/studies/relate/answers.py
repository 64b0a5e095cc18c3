"""Reads the labels that a run predicts for the faces of a data set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from catgan.data.store import DualDataset
from catgan.errors import ModelError
from catgan.evaluation.clips import predict_clips
from catgan.evaluation.predictions import predict_labels
from catgan.labels import LabelSpec
from catgan.models.gan.model import CatGAN
from catgan.models.gan.preset_folders import CLIPS
from catgan.models.loading import FACES, kind_of_preset
from catgan.models.sequence.model import ClipRecogniser
from catgan.studies.relate.faces import DIMENSIONS, LabelledFaces


def read_answers(run: str | Path, dataset: DualDataset, split: str, groups: np.ndarray,
                 verbose: bool = True) -> LabelledFaces:
    """Predicts the labels of a split.

    Args:
        run: a run or preset of single faces or of clips.
        dataset: of aligned faces.
        split: `train`, `validation`, `test` or `all`.
        groups: per face its subject, for the result.
        verbose: whether to show a progress bar.

    Returns:
        The answers as labels. Those of a model of presences are probabilities 0..1. Frames that a model of clips does
        not answer are unknown.

    Raises:
        ModelError: another kind of model, or a model that reads fewer than two label systems and no expressions.
    """
    kind = kind_of_preset(run)
    if kind == CLIPS:
        clips = ClipRecogniser.from_preset(run)
        return answered_faces(clips.spec, predict_clips(clips, dataset, split), groups)
    if kind != FACES:
        raise ModelError(f"'relate' asks models of single faces and of clips. Received: {run}, a model of {kind}.")
    gan = CatGAN.from_preset(run, reader=True)
    return answered_faces(gan.spec, predict_labels(gan, dataset.images(split, 3), verbose=verbose), groups)


def answered_faces(spec: LabelSpec, columns: Mapping[str, np.ndarray], groups: np.ndarray) -> LabelledFaces:
    """Makes labels of predictions.

    Args:
        spec: labels of the model.
        columns: its answers `(n,)` by column; NaN, or None of `expression`, where there is none.
        groups: per face its subject.
    """
    n, place = len(groups), {name: number for number, name in enumerate(spec.expressions)}
    units = {}
    if spec.action_units:
        units = {spec.scale: np.stack([columns[name] for name in spec.action_unit_columns], 1).astype(np.float64)}
    affect = np.full((n, 2), np.nan)
    if spec.valence_arousal:
        affect = np.stack([columns[name] for name in DIMENSIONS], 1).astype(np.float64)
    said = columns["expression"] if spec.expressions else [None] * n
    classes = np.array([-1 if name is None else place[name] for name in said], np.int64)
    return LabelledFaces(spec.action_units, units, affect, classes, spec.expressions, groups)
