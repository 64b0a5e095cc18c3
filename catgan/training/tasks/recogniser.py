"""Supervised training of the discriminator's trunk and label heads, without a generator.

It serves as the twin that shows what the adversarial part is worth, as a judge of other runs, and to improve the label
heads of finished networks. There, the critic is held to its scores at the start (distillation, Hinton et al. 2015,
arXiv 1503.02531).
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import ops

from catgan import config
from catgan.backend import sums
from catgan.backend.engine import Engine, Tensor
from catgan.errors import CatganError
from catgan.models import heads
from catgan.models.gan.augment import augment
from catgan.models.gan.discriminator import build_discriminator
from catgan.models.gan.heads import heads_of
from catgan.models.gan.model import CatGAN
from catgan.training import schedules, validation
from catgan.training.averaging import update_average
from catgan.training.datasets import Datasets
from catgan.training.experiment import Experiment, TrainingConfig
from catgan.training.tasks.base import Batch, Report, Validation
from catgan.training.tasks.labelled import LabelledTask
from catgan.training.tasks.labelled_inputs import BATCH_AXES, LabelledInputs

ADAM_BETA2 = 0.999


@dataclass(frozen=True)
class RecogniserConfig:
    """Holds the options of supervised training.

    Args:
        critic_weight: with `Experiment.start`, weight of the squared difference between the critic's scores, of real
            and generated faces, and those at the start; with 0 the critic is forgotten.
        label_dropout: share of faces of which some or all known labels are hidden from the critic, 0..1.
    """

    critic_weight: float = 0.0
    label_dropout: float = 0.2

    def __post_init__(self) -> None:
        config.check(self, "options", from_zero=("critic_weight",), shares=("label_dropout",))


class RecogniserTask(LabelledTask):
    """Trains the label heads and the trunk below them."""

    config = RecogniserConfig
    columns = ("action_units", "valence_arousal", "expression", "score")

    def check(self, experiment: Experiment) -> None:
        """Raises `CatganError` if the critic is to be held and there is none."""
        if _options(experiment).critic_weight and experiment.start is None:
            raise CatganError("'options.critic_weight' holds the critic of finished networks while their label heads "
                              "alone are trained: it needs 'start'.")

    def inputs(self, datasets: Datasets, model: CatGAN, experiment: Experiment) -> LabelledInputs:
        options = _options(experiment)
        return LabelledInputs(datasets, model, experiment.training, 1 if options.critic_weight else 0,
                              options.label_dropout, split=experiment.split, predicted=experiment.labels.predicted,
                              labelled_only=not options.critic_weight)

    def step(self, model: CatGAN, average: CatGAN, experiment: Experiment, engine: Engine) -> RecogniserStep:
        return RecogniserStep(model, average, experiment.training, _options(experiment).critic_weight, engine)

    def validate(self, model: CatGAN, datasets: Datasets, experiment: Experiment) -> Validation:
        result = validation.validate_labels(model, datasets, experiment)
        if _options(experiment).critic_weight:  # else its generator and critic are worth nothing
            validation.validate_generator(model, datasets, experiment, result)
        return result


TASK = RecogniserTask()


def _options(experiment: Experiment) -> RecogniserConfig:
    assert isinstance(experiment.options, RecogniserConfig)
    return experiment.options


class RecogniserStep:
    """Updates the discriminator on one batch of labelled faces.

    Args:
        model, average: see `catgan.training.tasks.base.Step`.
        training: learning rate, augmentation.
        critic_weight: weight of holding the critic to its scores at the start; 0 leaves it free.
        engine: see `catgan.backend`.
    """

    batch_axes = BATCH_AXES

    def __init__(self, model: CatGAN, average: CatGAN, training: TrainingConfig, critic_weight: float, engine: Engine):
        self.model, self.average, self.training, self.engine = model, average, training, engine
        self.critic_weight = critic_weight
        self.heads = heads_of(model.network, model.spec)
        self.optimizer = keras.optimizers.Adam(
            training.learning_rate, beta_1=0.9, beta_2=ADAM_BETA2, name="discriminator",
            gradient_accumulation_steps=training.accumulate if training.accumulate > 1 else None)
        self.optimizer.build(model.discriminator.trainable_variables)
        self.before = self._before() if critic_weight else None

    def _before(self) -> keras.Model:
        """Copies the discriminator as it is at the start."""
        before = build_discriminator(self.model.network, self.model.spec, self.model.precision)
        before.set_weights(self.model.discriminator.get_weights())
        before.trainable = False
        return before

    @property
    def variables(self) -> list[Tensor]:
        """All variables that a step reads or changes, in a fixed order."""
        parts = [self.model.discriminator, self.average.discriminator, self.optimizer]
        if self.before is not None:
            parts += [self.before, self.average.generator]
        return [variable for part in parts for variable in part.variables]

    def kind(self, step: int) -> tuple[()]:
        """Returns nothing: all steps are alike."""
        return ()

    def learning_rate(self, images: int) -> float:
        """Returns the scheduled learning rate after `images` faces."""
        return schedules.learning_rate(self.training, images)

    def __call__(self, batch: Batch) -> Report:
        """Updates everything once; `batch` is made by `LabelledInputs`."""
        self.optimizer.learning_rate.assign(batch["learning_rate"])
        batch = self.with_generated(batch)
        images = batch["images"]
        if self.training.augment:
            images = augment(images, batch["augment"][:images.shape[0]], batch["augmentation"])

        network = self.model.discriminator
        report = self.engine.minimize(lambda: self.loss(images, batch), network.trainable_variables, self.optimizer,
                                      network.non_trainable_variables)
        update_average(self.average.discriminator, network, batch["ema_decay"])
        return report

    def with_generated(self, batch: Batch) -> Batch:
        """Adds as many generated faces after the labelled ones, where the critic is held."""
        if self.before is None:
            return batch
        drawn = self.average.generator({"latents": batch["latents"][0], "condition": batch["generator_condition"]})
        return {**batch, "images": ops.concatenate([batch["images"], drawn]),
                "condition": ops.concatenate([batch["condition"]] * 2)}

    def loss(self, images: Tensor, batch: Batch) -> tuple[Tensor, Report]:
        """Computes the loss, and scalars by name."""
        faces = {"image": images, "condition": batch["condition"]}
        outputs = self.model.discriminator(faces, training=True)
        labelled = {name: value[:batch["values"].shape[0]] for name, value in outputs.items()}
        parts = heads.label_losses(self.heads, labelled, batch)
        loss, report = sum(parts.values()), heads.label_metrics(self.heads, labelled, batch)
        if self.before is not None:
            critic = ops.stop_gradient(self.before(faces)["critic"])
            held = sums.mean(ops.square(outputs["critic"] - critic))
            loss, report = loss + self.critic_weight * held, {**report, "critic": held}
        return loss, report
