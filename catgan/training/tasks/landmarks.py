"""Training of networks on clips of facial landmarks (Di Luzio, Rosato & Panella 2024)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from catgan import config
from catgan.backend.engine import Engine
from catgan.data.clips.jitter import jittered
from catgan.data.clips.landmarks import (
    LandmarkClips, ShapedClips, check_classes, described, read_landmark_clips, shaped)
from catgan.data.clips.options import ClipOptions
from catgan.errors import CatganError, ModelError
from catgan.evaluation.landmarks import binary_scores, measure
from catgan.faces.landmark_sets import landmark_set
from catgan.faces.landmark_shapes import ShapeOptions
from catgan.labels import LabelSpec
from catgan.models.landmarks.architectures import LandmarkConfig
from catgan.models.landmarks.combination import fit_combination
from catgan.models.landmarks.model import LandmarkRecogniser
from catgan.system import logger
from catgan.training.cards import figure
from catgan.training.datasets import Datasets
from catgan.training.experiment import Experiment
from catgan.training.landmarks import network_logits
from catgan.training.tasks.base import Inputs, Step, Validation
from catgan.training.tasks.landmark_steps import LandmarkInputs, LandmarkStep, ReadoutInputs, ReadoutStep, prepare


@dataclass(frozen=True)
class LandmarksConfig:
    """Holds the options of training on landmarks.

    Args:
        network: kind and sizes of the networks.
        shape: how landmarks become their input.
        clips: length, rate and stride of the clips.
        jitter: scale of the jitter that is added to exact landmarks, such as those of rendered clips, so that networks
            work on those of a landmarker; see `catgan.data.clips.jitter`.
        points: the landmarks that all networks read; all when empty.
        class_points: the landmarks that the network of an expression reads, by its name, such as `catgan eliminate`
            found; it replaces `points` for that expression.
        weight_decay: of Adam.
        frame_dropout: share of seen frames that are hidden at random.
    """

    network: LandmarkConfig = LandmarkConfig()
    shape: ShapeOptions = ShapeOptions()
    clips: ClipOptions = ClipOptions(length=3.2, rate=6.25, max_gap=1.0)
    jitter: float = 0.0
    points: tuple[int, ...] = ()
    class_points: Mapping[str, tuple[int, ...]] | None = None
    weight_decay: float = 0.01
    frame_dropout: float = 0.05

    def __post_init__(self) -> None:
        config.check(self, "options", below_one=("frame_dropout",), from_zero=("weight_decay", "jitter"))
        if self.class_points and self.network.joint:
            raise ModelError("'options.class_points' chooses landmarks for each expression: a joint network has one "
                             "choice. Give 'options.points'.")

    def points_of(self, classes: tuple[str, ...], count: int) -> np.ndarray:
        """Returns the landmarks of each network, int `(members, k)`, -1 = none."""
        for name in self.class_points or {}:
            if name not in classes:
                raise ModelError(f"'options.class_points' names '{name}', which is none of the expressions of the "
                                 f"data: {', '.join(classes)}.")
        names = ("",) if self.network.joint else classes
        every = self.points or tuple(range(count))
        chosen = [tuple((self.class_points or {}).get(name, every)) for name in names]
        result = np.full((len(names), max(map(len, chosen))), -1, np.int64)
        for row, points in zip(result, chosen):
            row[:len(points)] = points
        return result


class LandmarksTask:
    """Trains networks that tell expressions from landmarks."""

    config = LandmarksConfig
    columns = ("loss", "accuracy", "score")
    labelled = True
    reads_pictures = False

    def check(self, experiment: Experiment) -> None:
        """Raises `CatganError` for data or labels that this kind does not know."""
        if experiment.labels.mode != "expression":
            raise CatganError("Networks on landmarks read expressions: set labels.mode to 'expression'. "
                              f"Received: '{experiment.labels.mode}'.")
        if experiment.auxiliary_data is not None or experiment.start is not None:
            raise CatganError("A training on landmarks has neither 'auxiliary_data' nor 'start'.")
        options, training = _options(experiment), experiment.training
        if options.network.closed_form and training.steps != 1:
            raise CatganError(f"A network of kind '{options.network.kind}' is fitted in one step: set "
                              "training.images, tick_images and batch_size to 1.")

    def networks(self, experiment: Experiment, spec: LabelSpec) -> LandmarkRecogniser:
        """Builds new networks on the landmarks of MediaPipe, which data sets hold."""
        options = _options(experiment)
        return LandmarkRecogniser(options.network, options.shape, spec.expressions, "mediapipe_478",
                                  options.clips.rate, options.clips.frames, options.points_of(spec.expressions, 478),
                                  experiment.network_config.image_size, experiment.training.seed)

    def inputs(self, datasets: Datasets, model: LandmarkRecogniser, experiment: Experiment) -> Inputs:
        """Reads the clips, and sets the scale of the networks' inputs."""
        options = _options(experiment)
        clips = read_clips(datasets, experiment.split, options, experiment.training.seed)
        check_classes(clips)
        logger.info("%s", described(clips))
        train = shaped(clips, options.shape)
        prepare(model.network, train)
        positives = None if options.network.joint else range(len(model.classes))
        if not options.network.closed_form:
            return LandmarkInputs(train, positives, experiment.training, options.frame_dropout)
        return ReadoutInputs(model.network, train, positives, options.network,
                             validation_clips(datasets, experiment), experiment.training)

    def step(self, model: LandmarkRecogniser, average: LandmarkRecogniser, experiment: Experiment,
             engine: Engine) -> Step:
        options = _options(experiment)
        if options.network.closed_form:
            return ReadoutStep(model, average, experiment.training)
        return LandmarkStep(model, average, experiment.training, options.network.joint, engine, options.weight_decay)

    def validate(self, model: LandmarkRecogniser, datasets: Datasets, experiment: Experiment) -> Validation:
        """Measures the binaries, and fits how their answers are combined."""
        clips = validation_clips(datasets, experiment)
        logits = network_logits(model.network, clips)
        model.combination = fit_combination(logits, clips.labels, model.landmarks.joint)
        result = measure(model.classes, clips.labels, binary_scores(model.combination, logits),
                         model.combination(logits), (), draws=0)
        figures = {"validation_auc": result["mean"]["auc"],
                   "validation_balanced_accuracy": result["mean"]["balanced_accuracy"],
                   "validation_accuracy": result["expression"]["accuracy"], "score": result["mean"]["auc"]}
        return Validation(figures, {"split": experiment.validation_split, "clips": len(clips.labels), **result})

    def card(self, model: LandmarkRecogniser, datasets: Datasets, validation: Validation) -> str:
        """Writes the card, in Markdown."""
        details: Mapping = validation.details
        lines = [f"- {name}: AUC {figure(one, 'auc')}, balanced accuracy {figure(one, 'balanced_accuracy')} "
                 f"(n = {one['n']})\n" for name, one in details["binaries"].items()]
        return (f"# catgan preset on landmarks\n\nTrained on the data set `{datasets.main.info['name']}`; labels of "
                "that data set are only as good as its sources: see its card.\n\n"
                f"Clips of {model.frames} frames at {model.rate:g} a second; {model.points_read} of the "
                f"{landmark_set(model.landmark_set).count} landmarks of {model.landmark_set} are read. "
                f"Networks: {model.landmarks.kind}, "
                f"{'one for all expressions' if model.landmarks.joint else 'one for each expression'}.\n\n"
                f"## Validation split\n\nAccuracy {figure(details['expression'], 'accuracy')} of "
                f"{details['clips']} clips.\n\n"
                f"{''.join(lines)}\n## Use and misuse\n\nFor research on what a model reads in a face. An expression "
                "read here is not what a person feels, and must not be used to judge people.\n")


TASK = LandmarksTask()


def read_clips(datasets: Datasets, split: str, options: LandmarksConfig, seed: int) -> LandmarkClips:
    """Reads the labelled clips of the main data set; `seed` is that of the jitter."""
    return jittered(read_landmark_clips(datasets.main, split, options.clips).labelled(), seed, options.jitter)


def validation_clips(datasets: Datasets, experiment: Experiment) -> ShapedClips:
    """Reads the clips that snapshots are measured on; windows of long videos overlap by half."""
    options = _options(experiment)
    wide = replace(options, clips=replace(options.clips, stride=None))
    return shaped(read_clips(datasets, experiment.validation_split, wide, experiment.training.seed + 1), options.shape)


def _options(experiment: Experiment) -> LandmarksConfig:
    assert isinstance(experiment.options, LandmarksConfig)
    return experiment.options
