"""One step of training: the discriminator, then the generator, then the averaged weights."""

from __future__ import annotations

import keras
from keras import ops

from catgan.gan import losses
from catgan.gan.model import CatGAN
from catgan.training.experiment import TrainingConfig


class AdversarialStep:
    """Both networks' updates on one batch, in backend-neutral Keras.

    Real and fake faces are scored in pairs under the same (values, mask): the critic cannot tell them apart by
    what is annotated. Label heads see real faces alone. The generator gets no label loss, which would exaggerate
    its response to the labels.

    Args:
        model: the networks that are trained.
        average: a second `CatGAN` of the same sizes that holds the averaged weights.
        training: weights of the losses.
        engine: see `catgan.training.engine`.
    """

    def __init__(self, model: CatGAN, average: CatGAN, training: TrainingConfig, engine):
        self.model, self.average, self.training, self.engine = model, average, training, engine
        self.generator, self.discriminator = model.generator, model.discriminator
        self.optimizers = {}
        for name, network in (("generator", self.generator), ("discriminator", self.discriminator)):
            optimizer = keras.optimizers.Adam(training.learning_rate, beta_1=0.0, beta_2=training.beta2, name=name)
            optimizer.build(network.trainable_variables)
            self.optimizers[name] = optimizer

    @property
    def variables(self) -> list:
        """All that a step reads or changes, in a fixed order."""
        models = [self.generator, self.discriminator, self.average.generator, self.average.discriminator]
        return [variable for part in models + list(self.optimizers.values()) for variable in part.variables]

    def __call__(self, batch: dict, penalise: bool) -> dict:
        """Updates everything once.

        Args:
            batch: `"images"` float32 `(b, h, w, c)`; `"values"`, `"mask"` `(b, width)`; `"latents"`
                `(2, b, latent_size)`; scalars `"learning_rate"`, `"ema_decay"`.
            penalise: whether R1 and R2 are part of this step.

        Returns:
            Scalars by name.
        """
        for optimizer in self.optimizers.values():
            optimizer.learning_rate.assign(batch["learning_rate"])
        condition = ops.concatenate([batch["values"], batch["mask"]], axis=-1)
        on_real, report = self.update_discriminator(batch, condition, penalise)
        report.update(self.update_generator(batch, condition, on_real))
        self.update_average(batch["ema_decay"])
        return report

    def update_discriminator(self, batch: dict, condition, penalise: bool) -> tuple:
        real = batch["images"]
        fake = ops.stop_gradient(self.generator({"latents": batch["latents"][0], "condition": condition}))

        def loss_fn():
            on_real = self.discriminator({"image": real, "condition": condition})
            on_fake = self.critic(fake, condition)
            adversarial = losses.discriminator_loss(on_real["critic"], on_fake)
            label_losses = losses.label_losses(on_real, batch["values"], batch["mask"], self.model.spec)
            loss = adversarial + self.training.label_weight * sum(label_losses.values())
            report = {"d_loss": adversarial, "gap": ops.mean(on_real["critic"] - on_fake), **label_losses}
            if penalise:
                r1, r2 = self.penalty(real, condition), self.penalty(fake, condition)
                loss = loss + 0.5 * self.training.gamma * self.training.penalty_interval * (r1 + r2)
                report.update(r1=r1, r2=r2)
            return loss, (on_real["critic"], report)

        return self.engine.minimize(loss_fn, self.discriminator.trainable_variables,
                                    self.optimizers["discriminator"])

    def update_generator(self, batch: dict, condition, on_real) -> dict:
        # One network after the other: convolutions of both at once would share the threads differently in every run,
        # and so round differently. A training must be repeatable to the last bit.
        latents, condition = self.engine.after([batch["latents"][1], condition], self.discriminator.trainable_variables)

        # The scores of the real faces only weigh the pairs: those from before the discriminator's update serve as
        # well, and spare a pass.
        def loss_fn():
            fake = self.generator({"latents": latents, "condition": condition})
            loss = losses.generator_loss(on_real, self.critic(fake, condition))
            return loss, {"g_loss": loss}

        return self.engine.minimize(loss_fn, self.generator.trainable_variables, self.optimizers["generator"])

    def update_average(self, decay) -> None:
        for trained, averaged in ((self.generator, self.average.generator),
                                  (self.discriminator, self.average.discriminator)):
            for value, mean in zip(trained.variables, averaged.variables):
                mean.assign(ops.cast(decay, mean.dtype) * mean + ops.cast(1.0 - decay, mean.dtype) * value)

    def critic(self, images, condition):
        return self.discriminator({"image": images, "condition": condition})["critic"]

    def penalty(self, images, condition):
        return losses.gradient_penalty(self.engine.input_gradient(lambda x: self.critic(x, condition), images))
