"""Losses and metrics for training label heads with `keras.Model.compile` and `fit`.

Targets hold NaN where a label is unknown. Every loss and metric leaves unknown labels out. Predictions and targets
are `(n, k)` per head: `action_units` in 0..5 or probabilities, `valence_arousal` in -1..1, `expression` probabilities.
"""

from __future__ import annotations

import keras
from keras import ops

from catgan.labels import LabelSpec
from catgan.models.losses import concordance_loss

EPSILON = 1e-7
"""Probabilities are kept this far from 0 and 1."""
MIN_CCC_FACES = 2.0
"""Faces with a known label from which a concordance correlation is defined."""


def recogniser_losses(spec: LabelSpec) -> dict[str, keras.losses.Loss]:
    """Chooses a loss for each head: Huber for intensities, cross-entropy for presences and expressions, concordance
    for valence and arousal."""
    losses: dict[str, keras.losses.Loss] = {}
    if spec.action_units:
        losses["action_units"] = MaskedBinaryCrossentropy() if spec.scale == "presence" else MaskedHuber()
    if spec.valence_arousal:
        losses["valence_arousal"] = ConcordanceLoss()
    if spec.expressions:
        losses["expression"] = MaskedCategoricalCrossentropy()
    return losses


def recogniser_metrics(spec: LabelSpec) -> dict[str, list[keras.metrics.Metric]]:
    """Chooses metrics for each head: mean absolute error, F1 of presences, CCC, accuracy of expressions."""
    metrics: dict[str, list[keras.metrics.Metric]] = {}
    if spec.action_units:
        metrics["action_units"] = [MaskedF1() if spec.scale == "presence" else MaskedMeanAbsoluteError()]
    if spec.valence_arousal:
        metrics["valence_arousal"] = [ConcordanceCorrelation()]
    if spec.expressions:
        metrics["expression"] = [MaskedAccuracy()]
    return metrics


def split_known(y_true):
    """Splits targets `(n, k)` into values, 0 where unknown, and a float32 mask, 1 where known."""
    known = ops.logical_not(ops.isnan(y_true))
    return ops.where(known, y_true, ops.zeros_like(y_true)), ops.cast(known, "float32")


# === Losses ===


class MaskedLoss(keras.losses.Loss):
    """Base of losses that are a mean over the known labels of each face, then over the faces that have any."""

    def call(self, y_true, y_pred):
        values, mask = split_known(y_true)
        per_face = ops.sum(self.elements(values, y_pred) * mask, axis=-1) / ops.maximum(ops.sum(mask, axis=-1), 1.0)
        labelled = ops.cast(ops.any(mask > 0, axis=-1), "float32")
        # Keras divides by all faces of the batch.
        share = ops.mean(labelled)
        return per_face * labelled / ops.maximum(share, EPSILON)

    def elements(self, values, predicted):
        """Computes the loss of every label, `(n, k)`."""
        raise NotImplementedError


@keras.saving.register_keras_serializable("catgan")
class MaskedHuber(MaskedLoss):
    """Huber loss of intensities 0..5.

    Args:
        delta: error from which the loss is linear, in intensity levels.
        name: of the loss.
    """

    def __init__(self, delta: float = 1.0, name: str = "masked_huber"):
        super().__init__(name=name)
        self.delta = delta

    def elements(self, values, predicted):
        error = ops.abs(predicted - values)
        return ops.where(error < self.delta, 0.5 * ops.square(error), self.delta * (error - 0.5 * self.delta))

    def get_config(self) -> dict[str, object]:
        return {"delta": self.delta, "name": self.name}


@keras.saving.register_keras_serializable("catgan")
class MaskedBinaryCrossentropy(MaskedLoss):
    """Binary cross-entropy of presence probabilities.

    Args:
        name: of the loss.
    """

    def __init__(self, name: str = "masked_binary_crossentropy"):
        super().__init__(name=name)

    def elements(self, values, predicted):
        probability = ops.clip(predicted, EPSILON, 1.0 - EPSILON)
        return -values * ops.log(probability) - (1.0 - values) * ops.log(1.0 - probability)

    def get_config(self) -> dict[str, object]:
        return {"name": self.name}


@keras.saving.register_keras_serializable("catgan")
class MaskedCategoricalCrossentropy(MaskedLoss):
    """Cross-entropy of class probabilities with one-hot targets; a row of NaN is an unknown class.

    Args:
        name: of the loss.
    """

    def __init__(self, name: str = "masked_categorical_crossentropy"):
        super().__init__(name=name)

    def elements(self, values, predicted):
        loss = -ops.sum(values * ops.log(ops.clip(predicted, EPSILON, 1.0)), axis=-1, keepdims=True)
        return loss * ops.ones_like(predicted)

    def get_config(self) -> dict[str, object]:
        return {"name": self.name}


@keras.saving.register_keras_serializable("catgan")
class ConcordanceLoss(keras.losses.Loss):
    """1 - concordance correlation (Lin 1989) of each column over the batch, + 0.5 * mean squared error.

    A column with fewer than two known labels in the batch has no concordance term.

    Args:
        name: of the loss.
    """

    def __init__(self, name: str = "concordance_loss"):
        super().__init__(name=name)

    def call(self, y_true, y_pred):
        values, mask = split_known(y_true)
        return concordance_loss(y_pred, values, mask) * ops.ones_like(mask[:, 0])

    def get_config(self) -> dict[str, object]:
        return {"name": self.name}


# === Metrics ===


class SummedMetric(keras.metrics.Metric):
    """Base of metrics that are computed from sums over all faces of an epoch.

    Args:
        name: of the metric.
        dtype: of the sums.
    """

    def __init__(self, name: str, dtype: str = "float32"):
        super().__init__(name=name, dtype=dtype)
        self.totals: list[keras.Variable] = []

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        y_true, y_pred = (ops.convert_to_tensor(part, "float32") for part in (y_true, y_pred))
        values, mask = split_known(y_true)
        if sample_weight is not None:
            mask = mask * ops.reshape(ops.cast(sample_weight, "float32"), (-1, 1))
        parts = self.parts(values, y_pred, mask)
        if not self.totals:
            self.totals = [self.add_variable(tuple(part.shape), keras.initializers.Zeros(), name=f"sum_{place}")
                           for place, part in enumerate(parts)]
        for total, part in zip(self.totals, parts):
            total.assign_add(part)

    def parts(self, values, predicted, mask) -> list:
        """Computes the sums over one batch, each a scalar or `(k,)`; values, predictions and mask are `(n, k)`."""
        raise NotImplementedError

    def combine(self, *totals):
        """Computes the metric from the sums over an epoch."""
        raise NotImplementedError

    def result(self):
        return self.combine(*(total.value for total in self.totals)) if self.totals else ops.convert_to_tensor(0.0)

    def get_config(self) -> dict[str, object]:
        return {"name": self.name, "dtype": self.dtype}


@keras.saving.register_keras_serializable("catgan")
class MaskedMeanAbsoluteError(SummedMetric):
    """Mean absolute error of all known labels, in their unit."""

    def __init__(self, name: str = "mae", dtype: str = "float32"):
        super().__init__(name, dtype)

    def parts(self, values, predicted, mask) -> list:
        return [ops.sum(ops.abs(predicted - values) * mask), ops.sum(mask)]

    def combine(self, errors, count):
        return errors / ops.maximum(count, 1.0)


@keras.saving.register_keras_serializable("catgan")
class MaskedF1(SummedMetric):
    """F1 of presences at a probability of 0.5: the mean over the Action Units that are ever present or predicted."""

    def __init__(self, name: str = "f1", dtype: str = "float32"):
        super().__init__(name, dtype)

    def parts(self, values, predicted, mask) -> list:
        true, found = ops.cast(values >= 0.5, "float32"), ops.cast(predicted >= 0.5, "float32")
        return [ops.sum(mask * true * found, axis=0), ops.sum(mask * (true + found), axis=0)]

    def combine(self, hits, either):
        counted = ops.cast(either > 0, "float32")
        return ops.sum(2.0 * hits / ops.maximum(either, 1.0)) / ops.maximum(ops.sum(counted), 1.0)


@keras.saving.register_keras_serializable("catgan")
class MaskedAccuracy(SummedMetric):
    """Share of the faces with a known class whose most probable class is right."""

    def __init__(self, name: str = "accuracy", dtype: str = "float32"):
        super().__init__(name, dtype)

    def parts(self, values, predicted, mask) -> list:
        right = ops.cast(ops.equal(ops.argmax(values, axis=-1), ops.argmax(predicted, axis=-1)), "float32")
        return [ops.sum(right * mask[:, 0]), ops.sum(mask[:, 0])]

    def combine(self, right, count):
        return right / ops.maximum(count, 1.0)


@keras.saving.register_keras_serializable("catgan")
class ConcordanceCorrelation(SummedMetric):
    """Concordance correlation coefficient (Lin 1989): the mean over the columns with two known labels or more."""

    def __init__(self, name: str = "ccc", dtype: str = "float32"):
        super().__init__(name, dtype)

    def parts(self, values, predicted, mask) -> list:
        return [ops.sum(mask * part, axis=0) for part in (
            ops.ones_like(values), values, predicted, ops.square(values), ops.square(predicted), values * predicted)]

    def combine(self, count, values, predicted, values_squared, predicted_squared, products):
        n = ops.maximum(count, 1.0)
        mean_v, mean_p = values / n, predicted / n
        spread = values_squared / n - ops.square(mean_v) + predicted_squared / n - ops.square(mean_p)
        covariance = products / n - mean_v * mean_p
        ccc = 2.0 * covariance / ops.maximum(spread + ops.square(mean_v - mean_p), EPSILON)
        counted = ops.cast(count >= MIN_CCC_FACES, "float32")
        return ops.sum(ccc * counted) / ops.maximum(ops.sum(counted), 1.0)
