"""One step of training: the discriminator, then the generator, then the averaged weights."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from catgan.conditions import Condition
from catgan.models import heads, losses
from catgan.models.gan.augment import augment
from catgan.models.gan.bias import build_bias
from catgan.models.gan.heads import heads_of
from catgan.models.gan.model import CatGAN
from catgan.training.experiment import TrainingConfig
from catgan.training.tasks.critic import discriminator_loss


class AdversarialStep:
    """Both networks' updates on one batch, in backend-neutral Keras.

    Real and fake faces are scored in pairs under the same (values, mask): the critic cannot tell them apart by what is
    annotated. Label heads learn from real faces alone. What generated faces show of their labels is held to what real
    faces of these labels show, on average (`losses.mean_matching`); a plain label loss would exaggerate it.

    Args:
        model: the networks that are trained.
        average: a second `CatGAN` of the same sizes that holds the averaged weights.
        training: weights of the losses.
        engine: see `catgan.backend`.
    """

    latents = 2
    """Batches of noise that one step needs."""

    def __init__(self, model: CatGAN, average: CatGAN, training: TrainingConfig, engine):
        self.model, self.average, self.training, self.engine = model, average, training, engine
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
    def variables(self) -> list:
        """All that a step reads or changes, in a fixed order."""
        models = [self.generator, self.discriminator, self.bias, self.average.generator,
                  self.average.discriminator]
        return [variable for part in models + list(self.optimizers.values()) for variable in part.variables]

    def kind(self, step: int) -> tuple[bool]:
        """Whether step number `step` has penalties: each kind is compiled once."""
        return (step % self.training.penalty_interval == 0,)

    def __call__(self, batch: dict, penalise: bool) -> dict:
        """Updates everything once.

        Args:
            batch: what `catgan.training.tasks.adversarial_inputs.Inputs` gives for one step.
            penalise: whether R1 and R2 are part of this step.

        Returns:
            Scalars by name.
        """
        for optimizer in self.optimizers.values():
            optimizer.learning_rate.assign(batch["learning_rate"])
            optimizer.beta_2 = batch["beta2"]
        told = self.complete(batch)
        judged, report = self.update_discriminator(batch, told, penalise)
        if self.training.matching_weight:
            report.update(self.update_bias(batch, told, judged))
        report.update(self.update_generator(batch, told, judged["critic"]))
        self.update_average(batch["ema_decay"])
        return report

    def complete(self, batch: dict):
        """The condition that the generator is told: unknown labels filled in, if training says so, by the averaged
        heads."""
        if self.training.completion != "head":
            return batch["told"]
        image = {"image": batch["images"], "condition": batch["condition"]}
        read = ops.stop_gradient(heads.decode_outputs(self.heads, self.average.discriminator(image)))
        told, missing = Condition.decode(batch["told"]), batch["missing"]
        return Condition(told.values + missing * read, told.mask + missing).encode()

    def update_discriminator(self, batch: dict, told, penalise: bool) -> tuple:
        size = batch["images"].shape[0]
        fake = ops.stop_gradient(self.generator({"latents": batch["latents"][0], "condition": told}))
        images = ops.concatenate([batch["images"], fake])
        condition = ops.concatenate([batch["condition"]] * 2)

        def judge(faces):
            outputs = self.discriminator({"image": self.augmented(faces, batch), "condition": condition})
            return outputs["critic"], outputs

        def loss_fn():
            loss, outputs, report = discriminator_loss(self.engine, judge, images, batch, self.heads, self.training,
                                                       penalise)
            read = heads.decode_outputs(self.heads, outputs)
            return loss, ({"critic": outputs["critic"][:size], "real": read[:size], "fake": read[size:]}, report)

        return self._minimize(loss_fn, self.discriminator)

    def update_bias(self, batch: dict, told, judged: dict) -> dict:
        """How differently the heads read real and generated faces of these labels, on average."""
        mask = Condition.decode(batch["condition"]).mask

        def loss_fn():
            bias = self.bias(told)
            error = losses.masked_mean(ops.square(bias - (judged["fake"] - judged["real"])), mask)
            return error, {"bias": losses.masked_mean(ops.square(bias), mask)}

        return self._minimize(loss_fn, self.bias)

    def update_generator(self, batch: dict, told, on_real) -> dict:
        # One network after the other: convolutions of both at once would share the threads differently in every run,
        # and so round differently. A training must be repeatable to the last bit.
        latents, told = self.engine.after([batch["latents"][1], told], self.discriminator.trainable_variables)
        condition = Condition.decode(batch["condition"])

        # The scores of the real faces only weigh the pairs: those from before the discriminator's update serve as
        # well, and spare a pass.
        def loss_fn():
            fake = self.generator({"latents": latents, "condition": told})
            outputs = self.discriminator({"image": self.augmented(fake, batch), "condition": batch["condition"]})
            loss = adversarial = losses.generator_loss(on_real, outputs["critic"])
            read = heads.decode_outputs(self.heads, outputs)
            if self.training.matching_weight:
                loss = loss + batch["matching"] * losses.mean_matching(read, self.bias(told), condition.mask)
            if self.training.regression_weight:
                off = losses.regression(read, condition.values, condition.mask)
                loss = loss + self.training.regression_weight * off
            return loss, {"g_loss": adversarial}

        return self._minimize(loss_fn, self.generator)

    def _minimize(self, loss_fn, model) -> Any:
        return self.engine.minimize(loss_fn, model.trainable_variables, self.optimizers[model.name])

    def augmented(self, faces, batch: dict):
        if not self.training.augment:
            return faces
        return augment(faces, batch["augment"][:faces.shape[0]], batch["augmentation"])

    def update_average(self, decay) -> None:
        for trained, averaged in ((self.generator, self.average.generator),
                                  (self.discriminator, self.average.discriminator)):
            for value, mean in zip(trained.weights, averaged.weights):
                mean.assign(ops.cast(decay, mean.dtype) * mean + ops.cast(1.0 - decay, mean.dtype) * value)
