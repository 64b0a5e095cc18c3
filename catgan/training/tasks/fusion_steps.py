"""Updates networks of several modalities: losses of the fusion and of each module's own head."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
from keras import ops

from catgan.backend import sums
from catgan.backend.engine import Engine, Tensor
from catgan.backend.sharding import ALL_FACES_FIRST
from catgan.models import losses
from catgan.models.multimodal.architectures import FUSED
from catgan.models.multimodal.fusion import AFFECT, CATEGORY_LOGITS, LOG_DEVIATION, LOGITS
from catgan.models.multimodal.model import FusionRecogniser
from catgan.training import schedules
from catgan.training.averaging import update_average
from catgan.training.experiment import TrainingConfig
from catgan.training.tasks.base import Batch, Report

if TYPE_CHECKING:
    from catgan.training.tasks.fusion import FusionTaskConfig


class FusionStep:
    """Updates networks of several modalities on one batch.

    Args:
        model, average: see `catgan.training.tasks.base.Step`.
        training: learning rate, schedules.
        options: weights of the losses.
        engine: see `catgan.backend`.
    """

    batch_axes = ALL_FACES_FIRST

    def __init__(self, model: FusionRecogniser, average: FusionRecogniser, training: TrainingConfig,
                 options: FusionTaskConfig, engine: Engine):
        self.model, self.average, self.training, self.options, self.engine = model, average, training, options, engine
        self.optimizer = keras.optimizers.AdamW(training.learning_rate, weight_decay=options.weight_decay,
                                                global_clipnorm=1.0, name="people")
        self.optimizer.build(model.network.trainable_variables)

    @property
    def variables(self) -> list[Tensor]:
        """All variables that a step reads or changes, in a fixed order."""
        return [variable for part in (self.model.network, self.average.network, self.optimizer)
                for variable in part.variables]

    def kind(self, step: int) -> tuple[()]:
        """Returns nothing: all steps are alike."""
        return ()

    def learning_rate(self, images: int) -> float:
        """Returns the scheduled learning rate after `images` people."""
        return schedules.learning_rate(self.training, images)

    def __call__(self, batch: Batch, *kind: bool) -> Report:
        """Updates everything once; `batch` is made by `FusionInputs`."""
        self.optimizer.learning_rate.assign(batch["learning_rate"])
        network = self.model.network
        report = self.engine.minimize(lambda: self.loss(batch), network.trainable_variables, self.optimizer,
                                      network.non_trainable_variables)
        update_average(self.average.network, network, batch["ema_decay"])
        return report

    def loss(self, batch: Batch) -> tuple[Tensor, Report]:
        """Computes the loss, and scalars by name: `loss` and `accuracy` of the fusion, and `own_heads`."""
        network = self.model.network
        raw = network({name: batch[name] for name in network.input}, training=True)
        everyone = ops.ones_like(batch["labelled"])
        loss = self._head_loss(raw, FUSED, batch, everyone)
        names = self.model.modalities
        own = sum(self._head_loss(raw, name, batch, batch["has"][:, place])
                  for place, name in enumerate(names)) / len(names)
        known = ops.cast(batch["labelled"] > 0, "float32")
        said = ops.cast(ops.argmax(raw[f"{FUSED}.{LOGITS}"], -1), "int32")
        right = losses.counted_mean(ops.cast(ops.equal(said, batch["labels"]), "float32"), known)
        return loss + self.options.own_heads * own, {"loss": loss, "own_heads": own, "accuracy": right}

    def _head_loss(self, raw: dict[str, Tensor], part: str, batch: Batch, counted: Tensor) -> Tensor:
        """Computes the loss of one head.

        Args:
            raw: outputs of the network.
            part: `"fused"`, or a modality.
            batch: labels.
            counted: whether the head is asked about a person, float `(n,)`.
        """
        logits, smoothing = raw[f"{part}.{LOGITS}"], self.options.label_smoothing
        classes = logits.shape[-1]
        wanted = (1.0 - smoothing) * ops.one_hot(batch["labels"], classes) + smoothing / classes
        each = -ops.sum(wanted * ops.log_softmax(logits, axis=-1), axis=-1)
        weights = batch["labelled"] * counted
        loss = sums.total(weights * each) / ops.maximum(sums.total(weights), 1.0)
        if self.model.dimensions:
            loss = loss + self.options.affect * self._affect_loss(raw, part, batch, counted[:, None])
        if self.model.categories:
            loss = loss + self.options.categories * losses.presence_loss(
                raw[f"{part}.{CATEGORY_LOGITS}"], batch["categories"], batch["categories_known"] * counted[:, None])
        return loss

    def _affect_loss(self, raw: dict[str, Tensor], part: str, batch: Batch, counted: Tensor) -> Tensor:
        mean, log_deviation = raw[f"{part}.{AFFECT}"], raw[f"{part}.{LOG_DEVIATION}"]
        values, mask = batch["affect"], batch["affect_known"] * counted
        return losses.concordance_loss(mean, values, mask) + losses.spread_loss(
            mean, 2.0 * log_deviation, values, mask)
