"""One step as Richer & Kollias 2019 (arXiv 1910.05877) trained: for comparison with `step.py`.

Kept: optimisers, batch, clipping, five generator updates per discriminator update, the saturating generator loss and
the annealed Huber term between unpaired real and fake faces. Left out are the mistakes of its code: label heads that
also learn "nothing" from fakes, real faces on another scale than fakes, and valence-arousal trained before its tanh.
"""

from __future__ import annotations

import keras
from keras import ops

from catgan.backend import sums
from catgan.models import heads
from catgan.models.gan.heads import heads_of
from catgan.models.gan.model import CatGAN
from catgan.training.experiment import TrainingConfig

GENERATOR_STEPS = 5
RATES = {"generator": 1e-4, "discriminator": 0.5e-4}
BETA1, CLIP = 0.5, 20.0
HUBER_WEIGHT, HUBER_STEPS = 10.0, 1500


class LegacyStep:
    """Updates of the legacy networks; has the surface of `catgan.training.tasks.adversarial.AdversarialStep`."""

    latents = 1 + GENERATOR_STEPS

    def __init__(self, model: CatGAN, average: CatGAN, training: TrainingConfig, engine):
        self.model, self.average, self.engine = model, average, engine
        self.heads = heads_of(model.network, model.spec)
        self.updates = keras.Variable(0, dtype="int32", trainable=False, name="updates")
        self.optimizers = {}
        for network in (model.generator, model.discriminator):
            optimizer = keras.optimizers.Adam(RATES[network.name], beta_1=BETA1, global_clipnorm=CLIP,
                                              name=network.name)
            optimizer.build(network.trainable_variables)
            self.optimizers[network.name] = optimizer

    @property
    def variables(self) -> list:
        """All that a step reads or changes, in a fixed order."""
        parts = [self.model.generator, self.model.discriminator, self.average.generator, self.average.discriminator,
                 *self.optimizers.values()]
        return [self.updates] + [variable for part in parts for variable in part.variables]

    def kind(self, step: int) -> tuple:
        """All steps are alike."""
        return ()

    def __call__(self, batch: dict) -> dict:
        """One update of the discriminator, five of the generator. See `AdversarialStep`; `batch["rate"]` is a factor
        on `RATES`, which have no schedule."""
        for name, optimizer in self.optimizers.items():
            optimizer.learning_rate.assign(RATES[name] * batch["rate"])
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

    def update_discriminator(self, batch: dict) -> dict:
        fake = ops.stop_gradient(self.draw(batch, batch["latents"][0]))

        def loss_fn():
            on_real, on_fake = self.judge(batch, batch["images"]), self.judge(batch, fake)
            adversarial = sums.mean(ops.softplus(-on_real["critic"])) + sums.mean(ops.softplus(on_fake["critic"]))
            label_losses = heads.label_losses(self.heads, on_real, batch)
            report = {"d_loss": adversarial, "gap": sums.mean(on_real["critic"] - on_fake["critic"]), **label_losses}
            return adversarial + sum(label_losses.values()), report

        return self._minimize(loss_fn, self.model.discriminator)

    def update_generator(self, batch: dict, latents) -> dict:
        weight = HUBER_WEIGHT * ops.maximum(1.0 - ops.cast(self.updates.value, "float32") / HUBER_STEPS, 0.0)
        self.updates.assign(self.updates.value + 1)

        def loss_fn():
            fake = self.draw(batch, latents)
            # log P(fake), which vanishes where the discriminator is sure: the saturating loss.
            adversarial = sums.mean(-ops.softplus(self.judge(batch, fake)["critic"]))
            apart = ops.abs(fake - batch["images"])
            huber = sums.mean(ops.mean(ops.where(apart < 1.0, 0.5 * ops.square(apart), apart - 0.5), axis=(1, 2, 3)))
            return adversarial + weight * huber, {"g_loss": adversarial, "huber": huber}

        return self._minimize(loss_fn, self.model.generator)

    def draw(self, batch: dict, latents):
        return self.model.generator({"latents": latents, "condition": batch["told"]}, training=True)

    def judge(self, batch: dict, faces) -> dict:
        return self.model.discriminator({"image": faces, "condition": batch["condition"]}, training=True)

    def _minimize(self, loss_fn, model) -> dict:
        state = self.model.generator.non_trainable_variables + self.model.discriminator.non_trainable_variables
        return self.engine.minimize(loss_fn, model.trainable_variables, self.optimizers[model.name], state)
