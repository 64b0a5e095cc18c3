"""One step without a generator: the discriminator's heads alone learn from labelled faces.

The twin of `step.py` that shows what the adversarial part is worth, and a judge of other runs; or a better reader for
finished networks, whose critic is held to what it was (distillation, Hinton et al. 2015, arXiv 1503.02531).
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from catgan.backend import sums
from catgan.models import heads
from catgan.models.gan.augment import augment
from catgan.models.gan.discriminator import build_discriminator
from catgan.models.gan.heads import heads_of
from catgan.models.gan.model import CatGAN
from catgan.training.experiment import TrainingConfig


class SupervisedStep:
    """Updates of the discriminator; has the surface of `catgan.training.tasks.adversarial.AdversarialStep`."""

    def __init__(self, model: CatGAN, average: CatGAN, training: TrainingConfig, engine):
        self.model, self.average, self.training, self.engine = model, average, training, engine
        self.heads = heads_of(model.network, model.spec)
        self.optimizer = keras.optimizers.Adam(
            training.learning_rate, beta_1=0.9, beta_2=0.999, name="discriminator",
            gradient_accumulation_steps=training.accumulate if training.accumulate > 1 else None)
        self.optimizer.build(model.discriminator.trainable_variables)
        self.before = self._before() if training.critic_weight else None
        self.latents = 1 if self.before else 0  # its critic is asked about generated faces too

    def _before(self) -> keras.Model:
        """The discriminator as it is at the start: its critic stays."""
        before = build_discriminator(self.model.network, self.model.spec, self.model.precision)
        before.set_weights(self.model.discriminator.get_weights())
        before.trainable = False
        return before

    @property
    def variables(self) -> list:
        """All that a step reads or changes, in a fixed order."""
        parts = [self.model.discriminator, self.average.discriminator, self.optimizer]
        if self.before is not None:
            parts += [self.before, self.average.generator]
        return [variable for part in parts for variable in part.variables]

    def kind(self, step: int) -> tuple:
        """All steps are alike."""
        return ()

    def __call__(self, batch: dict) -> dict:
        """One update. See `AdversarialStep`."""
        self.optimizer.learning_rate.assign(batch["learning_rate"])
        batch = self.shown(batch)
        images = batch["images"]
        if self.training.augment:
            images = augment(images, batch["augment"][:images.shape[0]], batch["augmentation"])

        network = self.model.discriminator
        report = self.engine.minimize(lambda: self.loss(images, batch), network.trainable_variables, self.optimizer,
                                      network.non_trainable_variables)
        for value, mean in zip(network.weights, self.average.discriminator.weights):
            decay = ops.cast(batch["ema_decay"], mean.dtype)
            mean.assign(decay * mean + (1 - decay) * value)
        return report

    def shown(self, batch: dict) -> dict:
        """The batch, with as many generated faces after the labelled ones where the critic is held."""
        if self.before is None:
            return batch
        drawn = self.average.generator({"latents": batch["latents"][0], "condition": batch["told"]})
        return {**batch, "images": ops.concatenate([batch["images"], drawn]),
                "condition": ops.concatenate([batch["condition"]] * 2)}

    def loss(self, images, batch: dict) -> tuple[Any, dict]:
        """What is made small, and scalars by name."""
        faces = {"image": images, "condition": batch["condition"]}
        outputs = self.model.discriminator(faces, training=True)
        labelled = {name: value[:batch["values"].shape[0]] for name, value in outputs.items()}
        parts = heads.label_losses(self.heads, labelled, batch)
        loss, report = sum(parts.values()), heads.label_metrics(self.heads, labelled, batch)
        if self.before is not None:
            critic = ops.stop_gradient(self.before(faces)["critic"])
            held = sums.mean(ops.square(outputs["critic"] - critic))
            loss, report = loss + self.training.critic_weight * held, {**report, "critic": held}
        return loss, report
