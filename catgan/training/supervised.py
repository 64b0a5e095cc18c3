"""One step without a generator: the discriminator's heads alone learn from labelled faces.

The twin of `step.py` that shows what the adversarial part is worth, and a judge of other runs.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from catgan.gan import heads
from catgan.gan.augment import augment
from catgan.gan.model import CatGAN
from catgan.training.experiment import TrainingConfig


class SupervisedStep:
    """Updates of the discriminator; has the surface of `catgan.training.step.AdversarialStep`."""

    latents = 0

    def __init__(self, model: CatGAN, average: CatGAN, training: TrainingConfig, engine):
        self.model, self.average, self.training, self.engine = model, average, training, engine
        self.heads = heads.heads_of(model.network, model.spec)
        self.optimizer = keras.optimizers.Adam(
            training.learning_rate, beta_1=0.9, beta_2=0.999, name="discriminator",
            gradient_accumulation_steps=training.accumulate if training.accumulate > 1 else None)
        self.optimizer.build(model.discriminator.trainable_variables)

    @property
    def variables(self) -> list:
        """All that a step reads or changes, in a fixed order."""
        parts = (self.model.discriminator, self.average.discriminator, self.optimizer)
        return [variable for part in parts for variable in part.variables]

    def kind(self, step: int) -> tuple:
        """All steps are alike."""
        return ()

    def __call__(self, batch: dict) -> dict:
        """One update. See `AdversarialStep`."""
        self.optimizer.learning_rate.assign(batch["learning_rate"])
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

    def loss(self, images, batch: dict) -> tuple[Any, dict]:
        """What is made small, and scalars by name."""
        outputs = self.model.discriminator({"image": images, "condition": batch["condition"]}, training=True)
        losses = heads.label_losses(self.heads, outputs, batch)
        return sum(losses.values()), heads.shown_losses(self.heads, outputs, batch)
