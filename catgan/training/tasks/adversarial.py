"""Adversarial training of generator and discriminator: the kind of training that catgan is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
from keras import ops

from catgan import config
from catgan.backend.engine import Engine, Tensor
from catgan.conditions import Condition
from catgan.errors import unknown_name
from catgan.models import heads, losses
from catgan.models.cost import step_passes
from catgan.models.gan.augment import augment
from catgan.models.gan.bias import build_bias
from catgan.models.gan.heads import heads_of
from catgan.models.gan.model import CatGAN
from catgan.training import schedules
from catgan.training.averaging import update_average
from catgan.training.datasets import Datasets
from catgan.training.experiment import Experiment, TrainingConfig
from catgan.training.tasks.base import Batch, Report
from catgan.training.tasks.critic import CriticConfig, discriminator_loss
from catgan.training.tasks.labelled import LabelledTask
from catgan.training.tasks.labelled_inputs import BATCH_AXES, LabelledInputs

COMPLETIONS = ("none", "joint", "head")
LATENTS = 2
"""Batches of noise that one step needs: one for each network's update."""


@dataclass(frozen=True)
class AdversarialConfig:
    """Holds the options of adversarial training.

    Args:
        critic: options of the discriminator's loss.
        matching_weight: weight of mean matching in the generator's loss (0 = none).
        regression_weight: weight of a plain label loss on the generator; for ablations, since it exaggerates labels.
        label_dropout: share of faces of which some or all known labels are hidden from both networks, 0..1. The
            generator thereby learns to draw faces whose labels are left free.
        completion: how unknown labels in the generator's condition are filled in: `"none"` leaves them unknown,
            `"joint"` takes them from the training faces with the most similar known labels, `"head"` from the averaged
            label heads.
    """

    critic: CriticConfig = CriticConfig()
    matching_weight: float = 0.0
    regression_weight: float = 0.0
    label_dropout: float = 0.2
    completion: str = "none"

    def __post_init__(self) -> None:
        config.check(self, "options", from_zero=("matching_weight", "regression_weight"), shares=("label_dropout",))
        if self.completion not in COMPLETIONS:
            raise unknown_name("completion", self.completion, COMPLETIONS)


class AdversarialTask(LabelledTask):
    """Trains generator and discriminator against each other."""

    config = AdversarialConfig
    columns = ("d_loss", "g_loss", "gap", "r1", "r2", "action_units", "valence_arousal", "expression", "score")

    def inputs(self, datasets: Datasets, model: CatGAN, experiment: Experiment) -> LabelledInputs:
        options = experiment.options
        assert isinstance(options, AdversarialConfig)
        return AdversarialInputs(datasets, model, experiment.training, options, experiment.split,
                                 experiment.labels.predicted)

    def step(self, model: CatGAN, average: CatGAN, experiment: Experiment, engine: Engine) -> AdversarialStep:
        assert isinstance(experiment.options, AdversarialConfig)
        return AdversarialStep(model, average, experiment.training, experiment.options, engine)

    def cycle(self, experiment: Experiment) -> int:
        """Returns the steps between two gradient penalties."""
        assert isinstance(experiment.options, AdversarialConfig)
        return experiment.options.critic.penalty_interval

    def passes(self, experiment: Experiment) -> tuple[float, float]:
        """Counts forward passes of generator and discriminator per real face."""
        return step_passes(self.cycle(experiment))


TASK = AdversarialTask()


class AdversarialInputs(LabelledInputs):
    """Makes the inputs of `AdversarialStep`: those of `LabelledInputs`, with the weights of penalties and matching."""

    def __init__(self, datasets: Datasets, model: CatGAN, training: TrainingConfig, options: AdversarialConfig,
                 split: str = "train", predicted: bool = False):
        super().__init__(datasets, model, training, LATENTS, options.label_dropout, options.completion, split,
                         predicted)
        self.options = options

    def schedules(self, step: int, attempt: int) -> dict[str, float]:
        images = step * self.training.batch_size
        return {**super().schedules(step, attempt), "gamma": self.options.critic.gamma_at(self.training, images),
                "matching": schedules.warmed_up(self.training, self.options.matching_weight, images)}


class AdversarialStep:
    """Updates both networks on one batch.

    Real and fake faces are scored in pairs under the same condition, so that the critic cannot tell them apart by what
    is annotated. Label heads learn from real faces alone. The mean labels read off generated faces are held to those
    read off real faces with the same labels (`losses.mean_matching`); a plain label loss would exaggerate them.

    Args:
        model: the networks that are trained.
        average: a second `CatGAN` of the same sizes that holds the averaged weights.
        training: learning rate, Adam, augmentation.
        options: weights of the losses.
        engine: see `catgan.backend`.
    """

    batch_axes = BATCH_AXES

    def __init__(self, model: CatGAN, average: CatGAN, training: TrainingConfig, options: AdversarialConfig,
                 engine: Engine):
        self.model, self.average, self.engine = model, average, engine
        self.training, self.options = training, options
        self.generator, self.discriminator = model.generator, model.discriminator
        self.heads = heads_of(model.network, model.spec)
        self.bias = build_bias(model.spec, training.seed)
        self.optimizers = {}
        for network in (self.generator, self.discriminator, self.bias):
            optimizer = keras.optimizers.Adam(
                training.learning_rate, beta_1=0.0, beta_2=training.beta2, name=network.name,
                gradient_accumulation_steps=training.accumulate if training.accumulate > 1 else None)
            optimizer.build(network.trainable_variables)
            self.optimizers[network.name] = optimizer

    @property
    def variables(self) -> list[Tensor]:
        """All variables that a step reads or changes, in a fixed order."""
        models = [self.generator, self.discriminator, self.bias, self.average.generator,
                  self.average.discriminator]
        return [variable for part in models + list(self.optimizers.values()) for variable in part.variables]

    def kind(self, step: int) -> tuple[bool]:
        """Returns whether step number `step` has penalties; both cases are compiled once."""
        return (step % self.options.critic.penalty_interval == 0,)

    def learning_rate(self, images: int) -> float:
        """Returns the scheduled learning rate after `images` faces."""
        return schedules.learning_rate(self.training, images)

    def __call__(self, batch: Batch, penalise: bool) -> Report:
        """Updates everything once.

        Args:
            batch: inputs of one step, see `AdversarialInputs`.
            penalise: whether R1 and R2 are part of this step.
        """
        for optimizer in self.optimizers.values():
            optimizer.learning_rate.assign(batch["learning_rate"])
            optimizer.beta_2 = batch["beta2"]
        condition = self.complete(batch)
        judged, report = self.update_discriminator(batch, condition, penalise)
        if self.options.matching_weight:
            report.update(self.update_bias(batch, condition, judged))
        report.update(self.update_generator(batch, condition, judged["critic"]))
        update_average(self.average.generator, self.generator, batch["ema_decay"])
        update_average(self.average.discriminator, self.discriminator, batch["ema_decay"])
        return report

    def complete(self, batch: Batch) -> Tensor:
        """Returns the generator's condition; with `completion: head`, the averaged heads fill in unknown labels."""
        if self.options.completion != "head":
            return batch["generator_condition"]
        image = {"image": batch["images"], "condition": batch["condition"]}
        read = ops.stop_gradient(heads.decode_outputs(self.heads, self.average.discriminator(image)))
        given, missing = Condition.decode(batch["generator_condition"]), batch["impute_mask"]
        return Condition(given.values + missing * read, given.mask + missing).encode()

    def update_discriminator(self, batch: Batch, generator_condition: Tensor,
                             penalise: bool) -> tuple[Batch, Report]:
        """Updates the discriminator; also returns its scores and label readings of the faces."""
        size = batch["images"].shape[0]
        fake = ops.stop_gradient(self.generator({"latents": batch["latents"][0], "condition": generator_condition}))
        images = ops.concatenate([batch["images"], fake])
        condition = ops.concatenate([batch["condition"]] * 2)

        def judge(faces: Tensor) -> tuple[Tensor, Batch]:
            outputs = self.discriminator({"image": self.augmented(faces, batch), "condition": condition})
            return outputs["critic"], outputs

        def loss_fn() -> tuple[Tensor, tuple[Batch, Report]]:
            loss, outputs, report = discriminator_loss(self.engine, judge, images, batch, self.heads,
                                                       self.options.critic, penalise)
            read = heads.decode_outputs(self.heads, outputs)
            return loss, ({"critic": outputs["critic"][:size], "real": read[:size], "fake": read[size:]}, report)

        return self._minimize(loss_fn, self.discriminator)

    def update_bias(self, batch: Batch, generator_condition: Tensor, judged: Batch) -> Report:
        """Fits the mean difference between readings of generated and of real faces as a function of the labels."""
        mask = Condition.decode(batch["condition"]).mask

        def loss_fn() -> tuple[Tensor, Report]:
            bias = self.bias(generator_condition)
            error = losses.masked_mean(ops.square(bias - (judged["fake"] - judged["real"])), mask)
            return error, {"bias": losses.masked_mean(ops.square(bias), mask)}

        return self._minimize(loss_fn, self.bias)

    def update_generator(self, batch: Batch, generator_condition: Tensor, on_real: Tensor) -> Report:
        """Updates the generator; `on_real` are critic scores of the real faces, before this step's update."""
        # One network after the other: convolutions of both at once would share the threads differently in every run,
        # and so round differently. A training must be repeatable to the last bit.
        latents, generator_condition = self.engine.after(
            [batch["latents"][1], generator_condition], self.discriminator.trainable_variables)
        condition = Condition.decode(batch["condition"])

        # The scores of the real faces only weigh the pairs: those from before the discriminator's update serve as
        # well, and spare a pass.
        def loss_fn() -> tuple[Tensor, Report]:
            fake = self.generator({"latents": latents, "condition": generator_condition})
            outputs = self.discriminator({"image": self.augmented(fake, batch), "condition": batch["condition"]})
            loss = adversarial = losses.generator_loss(on_real, outputs["critic"])
            read = heads.decode_outputs(self.heads, outputs)
            if self.options.matching_weight:
                loss = loss + batch["matching"] * losses.mean_matching(
                    read, self.bias(generator_condition), condition.mask)
            if self.options.regression_weight:
                error = losses.regression(read, condition.values, condition.mask)
                loss = loss + self.options.regression_weight * error
            return loss, {"g_loss": adversarial}

        return self._minimize(loss_fn, self.generator)

    def _minimize(self, loss_fn: Callable[[], tuple[Tensor, Tensor]], model: keras.Model) -> Tensor:
        return self.engine.minimize(loss_fn, model.trainable_variables, self.optimizers[model.name])

    def augmented(self, faces: Tensor, batch: Batch) -> Tensor:
        """Augments faces, if the training says so."""
        if not self.training.augment:
            return faces
        return augment(faces, batch["augment"][:faces.shape[0]], batch["augmentation"])
