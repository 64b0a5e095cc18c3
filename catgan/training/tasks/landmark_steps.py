"""Steps that train networks on landmarks, and the closed-form read-out of those that are partly random."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from catgan import random_streams
from catgan.backend import sums
from catgan.backend.engine import Engine, Tensor
from catgan.backend.sharding import ALL_FACES_FIRST
from catgan.data.clips.landmarks import ShapedClips
from catgan.errors import DataError
from catgan.models.batching import in_batches
from catgan.models.landmarks.architectures import LandmarkConfig
from catgan.models.landmarks.network import READOUT, SUMMARY, set_scale
from catgan.models.landmarks.readout import class_weights, fit_readout
from catgan.training import schedules
from catgan.training.averaging import update_average
from catgan.training.experiment import TrainingConfig
from catgan.training.tasks.base import Batch, Report

SMALLEST_MOVEMENT = 1e-5
"""In eye distances; what is less comes from rounding."""


class LandmarkInputs:
    """Makes the inputs of steps on clips of landmarks: every class is equally frequent.

    Args:
        clips: training clips whose expression is known.
        positives: the class that each member tells from the others; None for one network that tells all apart.
        training: batch size in clips, schedules, seed.
        frame_dropout: share of seen frames that are hidden at random.
    """

    def __init__(self, clips: ShapedClips, positives: Sequence[int] | None, training: TrainingConfig,
                 frame_dropout: float = 0.0):
        self.clips, self.training, self.frame_dropout = clips, training, frame_dropout
        self.positives = None if positives is None else np.asarray(positives)
        self.of_class = [np.flatnonzero(clips.labels == place) for place in np.unique(clips.labels)]

    def __len__(self) -> int:
        """Number of training clips."""
        return len(self.clips.labels)

    def __call__(self, step: int, attempt: int = 0) -> Batch:
        """Returns `"shapes"` `(n, t, p, c)`, `"seen"` `(n, t)`, `"targets"` and schedules.

        Targets are 0 or 1, `(n, members)`; for one network that tells all apart the class, `(n,)`.
        """
        random = random_streams.generator("landmark_batches", self.training.seed, step, attempt)
        classes = random.integers(0, len(self.of_class), self.training.batch_size)
        parts = random.random(self.training.batch_size)
        rows = np.array([self.of_class[place][int(part * len(self.of_class[place]))]
                         for place, part in zip(classes.tolist(), parts.tolist())])
        seen = self.clips.seen[rows]
        shown = seen & (random.random(seen.shape) >= self.frame_dropout)
        labels = self.clips.labels[rows]
        targets = labels.astype(np.int32) if self.positives is None else \
            (labels[:, None] == self.positives).astype(np.float32)
        return {"shapes": self.clips.shapes[rows] * shown[..., None, None], "seen": shown.astype(np.float32),
                "targets": targets, **{name: np.float32(value) for name, value in
                                       schedules.common(self.training, step, attempt).items()}}


class LandmarkStep:
    """Updates a trained network on one batch.

    Args:
        model, average: their attribute `network` is trained and averaged; see `catgan.training.tasks.base.Step`.
        training: learning rate, schedules.
        joint: whether one network tells all classes apart.
        engine: see `catgan.backend`.
        weight_decay: of Adam (Loshchilov & Hutter 2019).
    """

    batch_axes = ALL_FACES_FIRST

    def __init__(self, model: keras.Model, average: keras.Model, training: TrainingConfig, joint: bool, engine: Engine,
                 weight_decay: float = 0.0):
        self.model, self.average, self.training, self.joint, self.engine = model, average, training, joint, engine
        self.optimizer = keras.optimizers.AdamW(training.learning_rate, weight_decay=weight_decay, name="landmarks")
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
        """Returns the scheduled learning rate after `images` clips."""
        return schedules.learning_rate(self.training, images)

    def __call__(self, batch: Batch, *kind: bool) -> Report:
        """Updates everything once; `batch` is made by `LandmarkInputs`."""
        self.optimizer.learning_rate.assign(batch["learning_rate"])
        network = self.model.network
        state = network.non_trainable_variables
        report = self.engine.minimize(lambda: self.loss(batch), network.trainable_variables, self.optimizer, state)
        update_average(self.average.network, network, batch["ema_decay"])
        return report

    def loss(self, batch: Batch) -> tuple[Tensor, Report]:
        """Computes the loss, and scalars by name."""
        logits = self.model.network({"shapes": batch["shapes"], "seen": batch["seen"]}, training=True)
        targets = batch["targets"]
        if self.joint:
            each = keras.losses.sparse_categorical_crossentropy(targets, logits, from_logits=True)
            right = ops.cast(ops.equal(ops.argmax(logits, -1), ops.cast(targets, "int64")), "float32")
            return sums.mean(each), {"loss": sums.mean(each), "accuracy": sums.mean(right)}
        losses = ops.softplus(logits) - targets * logits
        # Both sides of every binary have half of its weight.
        others = 1.0 - targets
        weights = targets / ops.maximum(sums.total(targets, axis=0), 1.0) + \
            others / ops.maximum(sums.total(others, axis=0), 1.0)
        loss = 0.5 * sums.total(weights * losses)  # members share no weight: the sum trains each as if alone
        right = sums.total(ops.cast(ops.equal(logits > 0.0, targets > 0.5), "float32") * weights)
        members = targets.shape[1]
        return loss, {"loss": loss / members, "accuracy": 0.5 * right / members}


class ReadoutInputs:
    """Makes the input of the only step of a network with a closed-form read-out: the fitted read-out.

    Args:
        network: its summaries are computed once.
        clips: training clips whose expression is known.
        positives: as `LandmarkInputs`.
        config: kind of read-out.
        validation: clips for the strength of logistic regression.
        training: schedules.
    """

    def __init__(self, network: keras.Model, clips: ShapedClips, positives: Sequence[int] | None,
                 config: LandmarkConfig, validation: ShapedClips, training: TrainingConfig):
        self.network, self.clips, self.config, self.training = network, clips, config, training
        self.positives, self.validation = positives, validation

    def __len__(self) -> int:
        """Number of training clips."""
        return len(self.clips.labels)

    def __call__(self, step: int, attempt: int = 0) -> Batch:
        """Returns `"kernel"` `(1, members, d, outputs)`, `"bias"` `(1, members, 1, outputs)` and schedules."""
        parts = [self.clips, self.validation] if self.config.readout == "logistic" else [self.clips]
        found = [summaries(self.network, part) for part in parts]
        summary, other, labels = found[0], found[-1], (self.clips.labels, parts[-1].labels)
        classes = np.arange(self.network.output_shape[-1]) if self.positives is None else np.asarray(self.positives)
        targets, known = (one[:, None] == classes for one in labels)
        weights = class_weights(self.clips.labels)
        shape = self.network.get_layer(READOUT).kernel.shape
        if len(summary) == 1:  # one summary for all members: one fit gives all of them
            kernel, bias = fit_readout(summary[0], targets, weights, self.config, (other[0], known))
            kernels, biases = (kernel[None], bias[None]) if shape[0] == 1 else (kernel.T[..., None], bias[:, None])
        else:
            fits = [fit_readout(summary[place], targets[:, place:place + 1], weights, self.config,
                                (other[place], known[:, place:place + 1])) for place in range(shape[0])]
            kernels, biases = np.stack([fit.kernel for fit in fits]), np.stack([fit.bias for fit in fits])
        return {"kernel": kernels[None].astype(np.float32), "bias": biases[None, :, None].astype(np.float32),
                **{name: np.float32(value) for name, value in schedules.common(self.training, step, attempt).items()}}


class ReadoutStep:
    """Puts a fitted read-out into a network and its average; arguments as `LandmarkStep`."""

    batch_axes = ALL_FACES_FIRST

    def __init__(self, model: keras.Model, average: keras.Model, training: TrainingConfig):
        self.model, self.average, self.training = model, average, training

    @property
    def variables(self) -> list[Tensor]:
        """All variables that a step reads or changes, in a fixed order."""
        return [variable for part in (self.model, self.average) for variable in part.network.variables]

    def kind(self, step: int) -> tuple[()]:
        """Returns nothing: there is one step."""
        return ()

    def learning_rate(self, images: int) -> float:
        """Returns the scheduled learning rate, which a closed form does not use."""
        return schedules.learning_rate(self.training, images)

    def __call__(self, batch: Batch, *kind: bool) -> Report:
        """Assigns the read-out; `batch` is made by `ReadoutInputs`."""
        layer = self.model.network.get_layer(READOUT)
        layer.kernel.assign(batch["kernel"][0])
        layer.bias.assign(batch["bias"][0])
        update_average(self.average.network, self.model.network, 0.0)  # also the scale of the inputs
        return {"weights": ops.sqrt(sums.total(ops.square(batch["kernel"])))}


def summaries(network: keras.Model, clips: ShapedClips, batch_size: int = 256) -> np.ndarray:
    """Computes what the read-out sees, float32 `(members or 1, n, d)`."""
    inner = keras.Model(network.inputs, network.get_layer(SUMMARY).output)
    found = in_batches(lambda part, seen: np.moveaxis(np.asarray(inner.predict_on_batch(
        {"shapes": part, "seen": seen})), 0, 1), clips.shapes, clips.seen.astype(np.float32), batch_size=batch_size)
    return np.moveaxis(found, 1, 0)


def prepare(network: keras.Model, clips: ShapedClips) -> None:
    """Sets what a network knows of its training clips before any step: the scale of the inputs.

    Raises:
        DataError: no landmark moves in any clip.
    """
    if not np.abs(clips.shapes).max(initial=0.0) > SMALLEST_MOVEMENT:
        raise DataError(f"The landmarks of all {len(clips.labels)} training clips never move: there is nothing to "
                        "learn from. Check that the frames of a video are different ones.")
    set_scale(network, clips.shapes, clips.seen)
