"""Training of clip recognisers: a temporal network above the CNN of a discriminator (Xia & Kollias 2019).

The CNN is frozen, and then computed once, or trained along. It begins as that of `Experiment.start`, or new.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import ops

from catgan import config
from catgan.backend import sums
from catgan.backend.engine import Engine, Tensor
from catgan.backend.sharding import ALL_FACES_FIRST
from catgan.data.clips.options import ClipOptions
from catgan.errors import CatganError, ModelError
from catgan.labels import LabelSpec
from catgan.models import heads
from catgan.models.gan.model import CatGAN
from catgan.models.loading import load_model
from catgan.models.sequence.architectures import SequenceConfig
from catgan.models.sequence.model import ClipRecogniser
from catgan.models.sequence.trunk import copy_trunk
from catgan.system import logger
from catgan.training import schedules
from catgan.training.averaging import update_average
from catgan.training.datasets import Datasets
from catgan.training.experiment import Experiment, TrainingConfig
from catgan.training.tasks.base import Batch, Report, Validation
from catgan.training.tasks.sequence_inputs import SequenceInputs, trunk_features
from catgan.training.tasks.sequence_validation import clip_card, validate_clips


@dataclass(frozen=True)
class SequencesConfig:
    """Holds the options of training on clips.

    Args:
        temporal: kind and sizes of the temporal network.
        clips: length, rate and stride of the windows.
        train_trunk: whether the CNN is trained along. If not, its features are computed once.
        frame_dropout: share of seen frames that are hidden from the network at random, so that it learns to do without.
        class_weights: whether a class counts by 1 / sqrt(number of its frames) in the loss.
        action_unit_weight, valence_arousal_weight, expression_weight: of the losses of the label heads.
        consistency: weight of the squared difference between predicted valence and arousal, and those that the
            predicted expression leads one to expect: the mean of the training frames of each class.
    """

    temporal: SequenceConfig = SequenceConfig()
    clips: ClipOptions = ClipOptions()
    train_trunk: bool = False
    frame_dropout: float = 0.05
    class_weights: bool = True
    action_unit_weight: float = 1.0
    valence_arousal_weight: float = 1.0
    expression_weight: float = 1.0
    consistency: float = 0.0

    def __post_init__(self) -> None:
        config.check(self, "options", below_one=("frame_dropout",), from_zero=(
            "action_unit_weight", "valence_arousal_weight", "expression_weight", "consistency"))


class SequencesTask:
    """Trains a temporal network and its label heads on windows of clips."""

    config = SequencesConfig
    columns = ("action_units", "valence_arousal", "expression", "score")
    labelled = True

    def check(self, experiment: Experiment) -> None:
        """Raises `CatganError` if a step holds no whole number of windows, or for data or labels it does not know."""
        options, training = _options(experiment), experiment.training
        frames = options.clips.frames
        if training.batch_size % frames:
            raise CatganError(f"'training.batch_size' counts frames: it must be a multiple of the {frames} frames of a "
                              f"window ({options.clips.length:g} s at {options.clips.rate:g} a second). "
                              f"Received: {training.batch_size}.")
        if experiment.auxiliary_data is not None:
            raise CatganError("A training on clips has no 'auxiliary_data': join the videos with one recipe.")
        if options.consistency and experiment.labels.mode not in ("both", "joint"):
            raise CatganError("'options.consistency' compares expressions with valence and arousal: it needs "
                              f"labels.mode 'both' or 'joint'. Received: '{experiment.labels.mode}'.")

    def networks(self, experiment: Experiment, spec: LabelSpec) -> ClipRecogniser:
        """Builds a new temporal network above the CNN of `experiment.start`, or goes on from a clip recogniser."""
        options, training = _options(experiment), experiment.training
        start = None if experiment.start is None else load_model(experiment.start, reader=True)
        network = experiment.network_config if start is None else start.network
        if network.image_size != experiment.network_config.image_size:
            raise ModelError(f"{experiment.start} reads faces of {network.image_size} px, this training has faces of "
                             f"{experiment.network_config.image_size} px. Choose another 'start', or an 'architecture' "
                             "and a data set of its size.")
        model = ClipRecogniser(options.temporal, network, spec, options.clips.rate, options.clips.frames,
                               training.precision, seed=training.seed)
        if isinstance(start, CatGAN):
            copy_trunk(model.trunk, start.discriminator)
        elif start is not None:
            if (start.spec, start.sequence) != (spec, options.temporal):
                raise ModelError(f"{experiment.start} has other labels or another temporal network: a training that "
                                 "starts from it must have the same.")
            model.trunk.set_weights(start.trunk.get_weights())
            model.temporal.set_weights(start.temporal.get_weights())
        elif not options.train_trunk:
            logger.info("The CNN is new and is not trained: give 'start' a run or preset, or set options.train_trunk.")
        return model

    def inputs(self, datasets: Datasets, model: ClipRecogniser, experiment: Experiment) -> SequenceInputs:
        options = _options(experiment)
        return SequenceInputs(datasets.main, experiment.split, model, experiment.training, options.clips,
                              options.train_trunk, options.frame_dropout, options.class_weights,
                              experiment.labels.predicted)

    def step(self, model: ClipRecogniser, average: ClipRecogniser, experiment: Experiment,
             engine: Engine) -> SequencesStep:
        return SequencesStep(model, average, experiment.training, _options(experiment), engine)

    def validate(self, model: ClipRecogniser, datasets: Datasets, experiment: Experiment) -> Validation:
        options, split = _options(experiment), experiment.validation_split
        features = None if options.train_trunk else trunk_features(model, datasets.main, split, False)[:, 0]
        return validate_clips(model, datasets.main, split, options.clips, features)

    def card(self, model: ClipRecogniser, datasets: Datasets, validation: Validation) -> str:
        return clip_card(model, datasets.main.info["name"], validation.details)


TASK = SequencesTask()


def _options(experiment: Experiment) -> SequencesConfig:
    assert isinstance(experiment.options, SequencesConfig)
    return experiment.options


class SequencesStep:
    """Updates a clip recogniser on one batch of windows.

    Args:
        model, average: see `catgan.training.tasks.base.Step`.
        training: learning rate, schedules.
        options: which parts are trained, and the weights of the losses.
        engine: see `catgan.backend`.
    """

    batch_axes = ALL_FACES_FIRST

    def __init__(self, model: ClipRecogniser, average: ClipRecogniser, training: TrainingConfig,
                 options: SequencesConfig, engine: Engine):
        self.model, self.average, self.training, self.options, self.engine = model, average, training, options, engine
        self.trained = [model.temporal, *([model.trunk] if options.train_trunk else [])]
        self.optimizer = keras.optimizers.Adam(
            training.learning_rate, global_clipnorm=1.0, name="temporal",
            gradient_accumulation_steps=training.accumulate if training.accumulate > 1 else None)
        self.optimizer.build(self._trainable)
        self.weights = {"action_units": options.action_unit_weight, "presence": options.action_unit_weight,
                        "valence_arousal": options.valence_arousal_weight, "expression": options.expression_weight}

    @property
    def _trainable(self) -> list[Tensor]:
        return [variable for network in self.trained for variable in network.trainable_variables]

    @property
    def variables(self) -> list[Tensor]:
        """All variables that a step reads or changes, in a fixed order."""
        parts = [self.model.trunk, self.model.temporal, self.average.trunk, self.average.temporal, self.optimizer]
        return [variable for part in parts for variable in part.variables]

    def kind(self, step: int) -> tuple[()]:
        """Returns nothing: all steps are alike."""
        return ()

    def learning_rate(self, images: int) -> float:
        """Returns the scheduled learning rate after `images` frames."""
        return schedules.learning_rate(self.training, images)

    def __call__(self, batch: Batch) -> Report:
        """Updates everything once; `batch` is made by `SequenceInputs`."""
        self.optimizer.learning_rate.assign(batch["learning_rate"])
        state = [variable for network in self.trained for variable in network.non_trainable_variables]
        report = self.engine.minimize(lambda: self.loss(batch), self._trainable, self.optimizer, state)
        for network in self.trained:
            update_average(getattr(self.average, network.name), network, batch["ema_decay"])
        return report

    def loss(self, batch: Batch) -> tuple[Tensor, Report]:
        """Computes the loss, and scalars by name."""
        network = self.model if self.options.train_trunk else self.model.temporal
        name = "images" if self.options.train_trunk else "features"
        outputs = self.model.decode(network({name: batch[name], "seen": batch["seen"]}, training=True))
        flat = {key: _flat(value) for key, value in outputs.items()}
        labels = {key: _flat(batch[key]) for key in ("values", "weighted", "mask", "presence", "presence_mask")}
        report = heads.label_metrics(list(self.model.heads), flat, labels)
        parts = heads.label_losses(list(self.model.heads), flat, {**labels, "values": labels["weighted"]})
        loss = sum(self.weights[key] * value for key, value in parts.items())
        if self.options.consistency:
            report["consistency"] = self._consistency(flat, batch)
            loss = loss + self.options.consistency * report["consistency"]
        return loss, report

    def _consistency(self, flat: dict[str, Tensor], batch: Batch) -> Tensor:
        expected = ops.matmul(flat["expression"], batch["centroids"][0])
        apart = ops.sum(ops.square(expected - flat["valence_arousal"]), axis=-1)
        seen = _flat(batch["seen"][..., None])[:, 0]
        return sums.total(apart * seen) / ops.maximum(sums.total(seen), 1.0)


def _flat(values: Tensor) -> Tensor:
    """Joins the first two axes, windows and frames."""
    return ops.reshape(values, (-1, *values.shape[2:]))
