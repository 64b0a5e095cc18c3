"""One step of an editor's training: the discriminator (if it takes part), then the editor, then the averaged weights.

Rendered pairs say what the changed face is: pixels, edges and what the discriminator sees in it are held to the truth.
Photographs have no pairs: what the discriminator reads off the changed one is held to what it reads off a photograph
that has these labels, which does not exaggerate as the labels themselves would. The critic, under the same (labels,
mask) for a real face and a drawn one, asks for what pixels forgive: sharp edges where an average would be blurred.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from catgan.backend import sums
from catgan.conditions import Condition
from catgan.models import heads, losses
from catgan.models.gan.heads import heads_of
from catgan.models.gan.model import CatGAN
from catgan.training.experiment import TrainingConfig
from catgan.training.tasks.critic import discriminator_loss


class EditingStep:
    """Updates of an editor and its discriminator; has the surface of
    `catgan.training.tasks.adversarial.AdversarialStep`."""

    latents = 0

    def __init__(self, model: CatGAN, average: CatGAN, training: TrainingConfig, engine):
        assert training.editing is not None
        self.model, self.average, self.engine = model, average, engine
        self.training, self.weights = training, training.editing
        self.editor, self.discriminator = model.editor, model.discriminator
        self.heads = heads_of(model.network, model.spec)
        self.judged = any((self.weights.adversarial_weight, self.weights.feature_weight, self.weights.label_weight))
        self.trained = [self.editor] + ([self.discriminator] if self.weights.adversarial_weight else [])
        self.optimizers = {}
        for network in self.trained:
            alone = network is self.editor and not self.weights.adversarial_weight
            optimizer = keras.optimizers.Adam(training.learning_rate, beta_1=0.9 if alone else 0.0,
                                              beta_2=training.beta2, name=network.name)
            optimizer.build(network.trainable_variables)
            self.optimizers[network.name] = optimizer

    @property
    def variables(self) -> list:
        """All that a step reads or changes, in a fixed order."""
        models = [part for gan in (self.model, self.average) for part in (gan.generator, gan.discriminator, gan.editor)]
        return [variable for part in models + list(self.optimizers.values()) for variable in part.variables]

    def kind(self, step: int) -> tuple[bool]:
        """Whether step number `step` has penalties."""
        return (bool(self.weights.adversarial_weight) and step % self.training.penalty_interval == 0,)

    def __call__(self, batch: dict, penalise: bool) -> dict:
        """Updates everything once; `batch` is what `catgan.training.tasks.editing_inputs.EditingInputs` gives."""
        for optimizer in self.optimizers.values():
            optimizer.learning_rate.assign(batch["learning_rate"])
            optimizer.beta_2 = batch["beta2"]
        report = {}
        if self.weights.adversarial_weight:
            report.update(self.update_discriminator(batch, penalise))
        report.update(self.update_editor(batch))
        for name in [network.name for network in self.trained]:
            for value, mean in zip(getattr(self.model, name).weights, getattr(self.average, name).weights):
                decay = ops.cast(batch["ema_decay"], mean.dtype)
                mean.assign(decay * mean + (1 - decay) * value)
        return report

    def update_discriminator(self, batch: dict, penalise: bool) -> dict:
        fake = ops.stop_gradient(self.editor({"image": batch["before"], "change": batch["change"]})["image"])
        images, condition = ops.concatenate([batch["after"], fake]), ops.concatenate([batch["condition"]] * 2)

        def judge(faces):
            outputs = self.discriminator({"image": faces, "condition": condition})
            return outputs["critic"], outputs

        def loss_fn():
            loss, _, report = discriminator_loss(self.engine, judge, images, batch, self.heads, self.training, penalise)
            return loss, report

        return self._minimize(loss_fn, self.discriminator)

    def update_editor(self, batch: dict) -> dict:
        weights, before, after = self.weights, batch["before"], batch["after"]
        truth, paired = self._judge(after, batch) if self.judged else {}, batch["paired"]
        asked, even = Condition.decode(batch["condition"]).mask, losses.normalise_by_change(before, after)

        def loss_fn():
            drawn = self.editor({"image": before, "change": batch["change"]})
            apart = (even * drawn["image"], even * after, paired, weights.lenience)
            terms = {"pixels": (weights.pixel_weight, losses.image_distance(*apart)),
                     "edges": (weights.edge_weight, losses.edge_distance(*apart)),
                     "mask": (weights.mask_weight, sums.mean(ops.mean(drawn["mask"], axis=(1, 2, 3))))}
            if weights.cycle_weight:
                back = self.editor({"image": drawn["image"], "change": batch["back"]})["image"]
                terms["cycle"] = (weights.cycle_weight, losses.image_distance(back, before, batch["reversible"]))
            if self.judged:
                seen = self._judge(drawn["image"], batch)
                unlike = ops.mean(ops.abs(seen["features"] - truth["features"]), axis=-1)
                shown = ops.square(heads.decode_outputs(self.heads, seen) - heads.decode_outputs(self.heads, truth))
                critic = losses.generator_loss(truth["critic"], seen["critic"])
                terms |= {"features": (weights.feature_weight, losses.counted_mean(unlike, paired)),
                          "labels": (weights.label_weight, losses.masked_mean(shown, asked)),
                          "e_loss": (weights.adversarial_weight, critic)}
            used = {name: term for name, term in terms.items() if term[0]}
            return sum(weight * value for weight, value in used.values()), {name: value for name, (_, value)
                                                                            in used.items()}

        return self._minimize(loss_fn, self.editor)

    def _judge(self, faces, batch: dict) -> dict[str, Any]:
        return self.discriminator({"image": faces, "condition": batch["condition"]})

    def _minimize(self, loss_fn, model) -> Any:
        return self.engine.minimize(loss_fn, model.trainable_variables, self.optimizers[model.name])
