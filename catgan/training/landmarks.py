"""Trains networks on clips of landmarks that lie in memory, without a run folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import NamedTuple

import keras
import numpy as np

from catgan import config
from catgan.backend import get_engine
from catgan.data.clips.landmarks import LandmarkClips, ShapedClips, check_classes, shaped
from catgan.errors import DataError
from catgan.faces.landmark_shapes import ShapeOptions
from catgan.models.batching import in_batches
from catgan.models.landmarks.architectures import LandmarkConfig
from catgan.models.landmarks.combination import fit_combination
from catgan.models.landmarks.model import BATCH_SIZE, LandmarkRecogniser
from catgan.models.landmarks.network import build_network
from catgan.system import progress_bar
from catgan.training.experiment import TrainingConfig
from catgan.training.tasks.landmark_steps import LandmarkInputs, LandmarkStep, ReadoutInputs, prepare


@dataclass(frozen=True)
class LandmarkTraining:
    """Holds the options of a training in memory; a network with a closed-form read-out needs none of them.

    Args:
        clips: length of the training, in clips seen.
        batch_size: clips per step.
        learning_rate, final_learning_rate: along half a cosine.
        weight_decay: of Adam.
        frame_dropout: share of seen frames that are hidden at random.
    """

    clips: int = 40_000
    batch_size: int = 64
    learning_rate: float = 4e-3
    final_learning_rate: float = 4e-5
    weight_decay: float = 0.01
    frame_dropout: float = 0.05

    def __post_init__(self) -> None:
        config.check(self, "training", above_zero=("clips", "batch_size", "learning_rate", "final_learning_rate"),
                     from_zero=("weight_decay",), below_one=("frame_dropout",))


class Member(NamedTuple):
    """One binary among several that are trained together.

    Attributes:
        name: any.
        positive: the class that it tells from all others.
        points: the landmarks that it reads.
    """

    name: str
    positive: int
    points: tuple[int, ...]


class FittedMembers(NamedTuple):
    """Binaries that were trained together.

    Attributes:
        network: `{"shapes": (n, t, p, c), "seen": (n, t)} -> logits (n, members)`; p counts all landmarks of the set.
        members: what each of them is.
    """

    network: keras.Model
    members: tuple[Member, ...]

    def logits(self, clips: ShapedClips) -> np.ndarray:
        """Computes the logits of clips, float32 `(n, members)`."""
        return network_logits(self.network, clips)


def fit_landmarks(clips: LandmarkClips, validation: LandmarkClips, landmarks: LandmarkConfig = LandmarkConfig(),
                  shape: ShapeOptions = ShapeOptions(), points: np.ndarray | None = None,
                  options: LandmarkTraining = LandmarkTraining(), seed: int = 0,
                  verbose: bool = False) -> LandmarkRecogniser:
    """Trains a model on clips, and calibrates it on others.

    Args:
        clips, validation: clips of different people; those whose expression is unknown are left out.
        landmarks: kind and sizes of the networks.
        shape: how landmarks become their input.
        points: int `(members, k)`, the landmarks that each network reads; all by default.
        options: of the training.
        seed: of weights and batches.
        verbose: whether a progress bar is shown.

    Raises:
        DataError: clips of fewer than two expressions, landmarks that never move, or landmarks of another set.
    """
    known, other = clips.labelled(), validation.labelled()
    check_classes(known)
    if (other.classes, other.landmark_set, other.points.shape[1:]) != (
            known.classes, known.landmark_set, known.points.shape[1:]):
        raise DataError(f"Clips to train on and to validate on must be alike. Received: {known.landmark_set}, "
                        f"{known.points.shape[1:]} and {other.landmark_set}, {other.points.shape[1:]}.")
    model = LandmarkRecogniser(landmarks, shape, known.classes, known.landmark_set, known.rate, known.frames, points,
                               seed=seed)
    train, measured = shaped(known, shape), shaped(other, shape)
    fit_network(model.network, landmarks, train, None if landmarks.joint else range(len(known.classes)), measured,
                options, seed, verbose)
    model.combination = fit_combination(network_logits(model.network, measured), measured.labels, landmarks.joint)
    return model


def fit_members(clips: ShapedClips, validation: ShapedClips, members: Sequence[Member], landmarks: LandmarkConfig,
                options: LandmarkTraining = LandmarkTraining(), seed: int = 0, verbose: bool = False) -> FittedMembers:
    """Trains binaries of any classes on any landmarks at once; none depends on another.

    Args:
        clips: training clips, all labelled.
        validation: clips of other people, for the strength of a logistic read-out.
        members: what to train. Different numbers of landmarks are allowed.
        landmarks, options, seed, verbose: as `fit_landmarks`.

    Raises:
        DataError: landmarks that never move.
    """
    longest = max(len(member.points) for member in members)
    points = np.full((len(members), longest), -1, np.int64)
    for row, member in zip(points, members):
        row[:len(member.points)] = member.points
    frames, count, channels = clips.shapes.shape[1:]
    network = build_network(landmarks, points, (frames, count, channels), 1, seed)
    fit_network(network, landmarks, clips, [member.positive for member in members], validation, options, seed, verbose)
    return FittedMembers(network, tuple(members))


def fit_network(network: keras.Model, landmarks: LandmarkConfig, clips: ShapedClips, positives: Sequence[int] | None,
                validation: ShapedClips, options: LandmarkTraining, seed: int, verbose: bool = False) -> None:
    """Trains a network in place; the averaged weights stay in it.

    Args:
        network: made by `build_network`.
        landmarks: its kind and sizes.
        clips, validation: as `fit_members`.
        positives: the class of each member; None for one network that tells all apart.
        options, seed, verbose: as `fit_landmarks`.
    """
    prepare(network, clips)
    training = TrainingConfig(options.clips, options.batch_size, learning_rate=options.learning_rate,
                              final_learning_rate=options.final_learning_rate, tick_images=options.batch_size,
                              ema_half_life=options.clips / 40, precision="float32", seed=seed)
    if landmarks.closed_form:
        read = ReadoutInputs(network, clips, positives, landmarks, validation, training)(0)
        network.get_layer("readout").kernel.assign(read["kernel"][0])
        network.get_layer("readout").bias.assign(read["bias"][0])
        return
    inputs, engine = LandmarkInputs(clips, positives, training, options.frame_dropout), get_engine()
    average = keras.models.clone_model(network)
    average.set_weights(network.get_weights())
    step = LandmarkStep(SimpleNamespace(network=network), SimpleNamespace(network=average), training,
                        positives is None, engine, options.weight_decay)
    compiled = engine.compile(step, step.variables)
    for number in progress_bar(range(training.steps), "landmarks", unit="step", verbose=verbose):
        compiled(inputs(number))
    engine.synchronize()
    network.set_weights(average.get_weights())


def network_logits(network: keras.Model, clips: ShapedClips) -> np.ndarray:
    """Computes the logits of clips, float32 `(n, outputs)`."""
    return in_batches(lambda part, seen: network.predict_on_batch({"shapes": part, "seen": seen}), clips.shapes,
                      clips.seen.astype(np.float32), batch_size=BATCH_SIZE)
