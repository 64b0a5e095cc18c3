"""Training as in Richer & Kollias 2019 (arXiv 1910.05877), for comparison with `catgan.training.tasks.adversarial`.

Kept: optimisers, batch, clipping, five generator updates per discriminator update, the saturating generator loss and
the annealed Huber term between unpaired real and fake faces. Left out are mistakes of its code: label heads that also
learn from generated faces that all labels are 0, real faces on another scale than generated ones, and valence-arousal
trained before its tanh.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
from keras import ops

from catgan import config
from catgan.backend import sums
from catgan.backend.engine import Engine, Tensor
from catgan.errors import CatganError, unknown_name
from catgan.models import heads
from catgan.models.gan.heads import heads_of
from catgan.models.gan.model import CatGAN
from catgan.training.datasets import Datasets
from catgan.training.experiment import Experiment, TrainingConfig
from catgan.training.tasks.base import Batch, Report
from catgan.training.tasks.labelled import LabelledTask
from catgan.training.tasks.labelled_inputs import BATCH_AXES, LabelledInputs

GENERATOR_STEPS = 5
"""Updates of the generator in one step."""
LEARNING_RATE = 1e-4
"""Of the generator; it has no schedule."""
DISCRIMINATOR_SHARE = 0.5
"""The discriminator's learning rate, relative to the generator's."""
BETA1 = 0.5
GRADIENT_NORM = 20.0
"""Norm of all gradients of a network together, above which they are scaled down."""
HUBER_WEIGHT = 10.0
HUBER_STEPS = 1500
"""Updates of the generator over which the weight of the Huber term falls to 0."""
COMPLETIONS = ("none", "joint")


@dataclass(frozen=True)
class LegacyConfig:
    """Holds the options of the paper's training.

    Args:
        label_dropout, completion: as in `catgan.training.tasks.adversarial.AdversarialConfig`, without `"head"`.
    """

    label_dropout: float = 0.2
    completion: str = "none"

    def __post_init__(self) -> None:
        config.check(self, "options", shares=("label_dropout",))
        if self.completion not in COMPLETIONS:
            raise unknown_name("completion", self.completion, COMPLETIONS)


class LegacyTask(LabelledTask):
    """Trains the paper's networks as the paper did."""

    config = LegacyConfig
    columns = ("d_loss", "g_loss", "gap", "huber", "action_units", "valence_arousal", "expression", "score")

    def check(self, experiment: Experiment) -> None:
        """Raises `CatganError` if the networks are not the paper's."""
        if experiment.network_config.family != "legacy":
            raise CatganError("'task: legacy' trains the networks of the paper. Give 'architecture: legacy_32', or "
                              "another one of that family. Received: "
                              f"'{experiment.architecture}'.")

    def inputs(self, datasets: Datasets, model: CatGAN, experiment: Experiment) -> LegacyInputs:
        assert isinstance(experiment.options, LegacyConfig)
        return LegacyInputs(datasets, model, experiment.training, 1 + GENERATOR_STEPS, experiment.options.label_dropout,
                            experiment.options.completion, experiment.split, experiment.labels.predicted)

    def step(self, model: CatGAN, average: CatGAN, experiment: Experiment, engine: Engine) -> LegacyStep:
        return LegacyStep(model, average, experiment.training, engine)

    def cycle(self, experiment: Experiment) -> int:
        """Returns 4, so that its speed is measured over as many steps as that of adversarial training."""
        return 4

    def passes(self, experiment: Experiment) -> tuple[float, float]:
        """Counts forward passes of generator and discriminator per real face; there are no penalties."""
        return 1 + 3 * GENERATOR_STEPS, 6 + 2 * GENERATOR_STEPS


TASK = LegacyTask()


class LegacyInputs(LabelledInputs):
    """Makes the inputs of `LegacyStep`: those of `LabelledInputs`, with a constant learning rate."""

    def schedules(self, step: int, attempt: int) -> dict[str, float]:
        return {"learning_rate": LEARNING_RATE * 0.5 ** attempt}


class LegacyStep:
    """Updates the legacy networks on one batch.

    Args:
        model, average, engine: see `catgan.training.tasks.adversarial.AdversarialStep`; `average` takes over the
            weights as they are, since the paper did not average them.
        training: not needed.
    """

    batch_axes = BATCH_AXES

    def __init__(self, model: CatGAN, average: CatGAN, training: TrainingConfig, engine: Engine):
        self.model, self.average, self.engine = model, average, engine
        self.heads = heads_of(model.network, model.spec)
        self.updates = keras.Variable(0, dtype="int32", trainable=False, name="updates")
        self.optimizers = {}
        for network in (model.generator, model.discriminator):
            rate = LEARNING_RATE * (DISCRIMINATOR_SHARE if network is model.discriminator else 1.0)
            optimizer = keras.optimizers.Adam(rate, beta_1=BETA1, global_clipnorm=GRADIENT_NORM, name=network.name)
            optimizer.build(network.trainable_variables)
            self.optimizers[network.name] = optimizer

    @property
    def variables(self) -> list[Tensor]:
        """All variables that a step reads or changes, in a fixed order."""
        parts = [self.model.generator, self.model.discriminator, self.average.generator, self.average.discriminator,
                 *self.optimizers.values()]
        return [self.updates] + [variable for part in parts for variable in part.variables]

    def kind(self, step: int) -> tuple[()]:
        """Returns nothing: all steps are alike."""
        return ()

    def learning_rate(self, images: int) -> float:
        """Returns the generator's learning rate, which is constant."""
        return LEARNING_RATE

    def __call__(self, batch: Batch) -> Report:
        """Updates the discriminator once and the generator five times; `batch` is made by `LegacyInputs`."""
        self.optimizers["generator"].learning_rate.assign(batch["learning_rate"])
        self.optimizers["discriminator"].learning_rate.assign(DISCRIMINATOR_SHARE * batch["learning_rate"])
        report = self.update_discriminator(batch)
        for index in range(GENERATOR_STEPS):
            latents, = self.engine.after([batch["latents"][1 + index]], self.model.discriminator.trainable_variables
                                         + self.model.generator.trainable_variables)
            report.update(self.update_generator(batch, latents))
        for trained, averaged in ((self.model.generator, self.average.generator),
                                  (self.model.discriminator, self.average.discriminator)):
            for value, mean in zip(trained.weights, averaged.weights):
                mean.assign(value)  # theirs are not averaged
        return report

    def update_discriminator(self, batch: Batch) -> Report:
        """Updates the discriminator on real and generated faces."""
        fake = ops.stop_gradient(self.draw(batch, batch["latents"][0]))

        def loss_fn() -> tuple[Tensor, Report]:
            on_real, on_fake = self.judge(batch, batch["images"]), self.judge(batch, fake)
            adversarial = sums.mean(ops.softplus(-on_real["critic"])) + sums.mean(ops.softplus(on_fake["critic"]))
            label_losses = heads.label_losses(self.heads, on_real, batch)
            report = {"d_loss": adversarial, "gap": sums.mean(on_real["critic"] - on_fake["critic"]), **label_losses}
            return adversarial + sum(label_losses.values()), report

        return self._minimize(loss_fn, self.model.discriminator)

    def update_generator(self, batch: Batch, latents: Tensor) -> Report:
        """Updates the generator once."""
        weight = HUBER_WEIGHT * ops.maximum(1.0 - ops.cast(self.updates.value, "float32") / HUBER_STEPS, 0.0)
        self.updates.assign(self.updates.value + 1)

        def loss_fn() -> tuple[Tensor, Report]:
            fake = self.draw(batch, latents)
            # The saturating loss log P(fake): its gradient vanishes where the discriminator is sure.
            adversarial = sums.mean(-ops.softplus(self.judge(batch, fake)["critic"]))
            error = ops.abs(fake - batch["images"])
            huber = sums.mean(ops.mean(ops.where(error < 1.0, 0.5 * ops.square(error), error - 0.5), axis=(1, 2, 3)))
            return adversarial + weight * huber, {"g_loss": adversarial, "huber": huber}

        return self._minimize(loss_fn, self.model.generator)

    def draw(self, batch: Batch, latents: Tensor) -> Tensor:
        """Generates faces with the labels of the batch."""
        return self.model.generator({"latents": latents, "condition": batch["generator_condition"]}, training=True)

    def judge(self, batch: Batch, faces: Tensor) -> Batch:
        """Returns all outputs of the discriminator."""
        return self.model.discriminator({"image": faces, "condition": batch["condition"]}, training=True)

    def _minimize(self, loss_fn: Callable[[], tuple[Tensor, Tensor]], model: keras.Model) -> Report:
        state = self.model.generator.non_trainable_variables + self.model.discriminator.non_trainable_variables
        return self.engine.minimize(loss_fn, model.trainable_variables, self.optimizers[model.name], state)
