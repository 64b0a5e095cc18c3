"""Label heads: predict Action Units, valence, arousal and expressions with their variances.

A head turns the output of one dense layer `(n, units)` into named outputs, and has its loss. For every kind of head,
`outputs[name]` is the expected value `(n, k)`: AUs 0..1, valence and arousal -1..1, expression probabilities.
`outputs[name + "_log_variance"]` is the logarithm of its variance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from keras import ops

from catgan.models import losses

LEVELS = 5
"""FACS intensity levels, A to E."""
MIN_VARIANCE = 1e-4
"""Added to variances, so that their logarithm is finite."""
PRESENT = 1.0 / LEVELS
"""Encoded intensity from which an Action Unit counts as present (FACS A)."""
PROBIT = 1.702
"""sigmoid(PROBIT * x) approximates the Gaussian distribution function within .01."""
MIN_LOG_VARIANCE = -9.0
MAX_LOG_VARIANCE = 2.0


@dataclass(frozen=True)
class Head:
    """Base of all heads.

    Args:
        name: of its output, such as `"action_units"`.
        columns: places of its labels in the encoded values.
        count: number of labels, k.
    """

    name: str
    columns: slice
    count: int

    @property
    def units(self) -> int:
        """Width of the dense layer that feeds this head."""
        return self.count

    def outputs(self, raw) -> dict:
        """Computes the named outputs from `(n, units)`."""
        raise NotImplementedError

    def loss(self, outputs: dict, values, mask):
        """Computes the scalar loss on real faces; `values` and `mask` `(n, count)` are its encoded labels."""
        raise NotImplementedError

    def presence_logits(self, outputs: dict):
        """Computes the logits `(n, count)` that Action Units are present."""
        raise NotImplementedError

    def metrics(self, outputs: dict, values, mask):
        """Computes the monitored metric, which falls during training. By default it is the loss."""
        return self.loss(outputs, values, mask)

    def _named(self, mean, log_variance, **others) -> dict:
        return {self.name: mean, f"{self.name}_log_variance": log_variance,
                **{f"{self.name}_{key}": value for key, value in others.items()}}


class Presence(Head):
    """Probability of each Action Unit, trained by binary cross-entropy; intensities are soft targets."""

    def outputs(self, raw):
        mean = ops.sigmoid(raw)
        return self._named(mean, ops.log(mean * (1.0 - mean) + MIN_VARIANCE), logits=raw)

    def loss(self, outputs, values, mask):
        return losses.presence_loss(self.presence_logits(outputs), values, mask)

    def presence_logits(self, outputs):
        return outputs[f"{self.name}_logits"]


class Gaussian(Head):
    """Mean and variance of each Action Unit intensity, trained by beta-NLL."""

    @property
    def units(self):
        return 2 * self.count

    def outputs(self, raw):
        return self._named(ops.sigmoid(raw[:, :self.count]), _bounded(raw[:, self.count:] + 2 * math.log(0.2)))

    def loss(self, outputs, values, mask):
        return losses.beta_nll(outputs[self.name], outputs[f"{self.name}_log_variance"], values, mask)

    def presence_logits(self, outputs):
        """Approximates the probability that the Gaussian lies above `PRESENT`."""
        above = outputs[self.name] - PRESENT
        return PROBIT * above * ops.exp(-0.5 * outputs[f"{self.name}_log_variance"])

    def metrics(self, outputs, values, mask):
        # The weight of beta-NLL falls with the variance: the loss itself rises while the head learns.
        return 0.2 * losses.beta_nll(outputs[self.name], outputs[f"{self.name}_log_variance"], values, mask, beta=0.0)


class Huber(Gaussian):
    """Mean by Huber loss; the variance has its own loss, which does not train the mean."""

    def loss(self, outputs, values, mask):
        mean = outputs[self.name]
        return losses.huber_loss(mean, values, mask) + losses.spread_loss(
            mean, outputs[f"{self.name}_log_variance"], values, mask)

    def metrics(self, outputs, values, mask):
        return self.loss(outputs, values, mask)


class Ordinal(Head):
    """Ordered probabilities that an intensity exceeds 0, 1, .. 4, trained by cross-entropy per threshold.

    A fractional intensity is a soft target of its threshold (Cao et al. 2020 for integers).
    """

    @property
    def units(self):
        return LEVELS * self.count

    def outputs(self, raw):
        raw = ops.reshape(raw, (-1, self.count, LEVELS))
        steps = ops.cumsum(ops.softplus(raw[:, :, 1:]), axis=-1)
        logits = ops.concatenate([raw[:, :, :1], raw[:, :, :1] - steps], axis=-1)
        exceeds = ops.sigmoid(logits)
        mean = ops.sum(exceeds, axis=-1)
        weights = np.arange(1, 2 * LEVELS, 2, dtype=np.float32)  # k^2 - (k-1)^2
        variance = ops.sum(exceeds * weights, axis=-1) - ops.square(mean)
        log_variance = ops.log(ops.maximum(variance, 0.0) / LEVELS ** 2 + MIN_VARIANCE)
        return self._named(mean / LEVELS, log_variance, logits=logits)

    def loss(self, outputs, values, mask):
        return losses.ordinal_loss(outputs[f"{self.name}_logits"], values, mask)

    def presence_logits(self, outputs):
        return outputs[f"{self.name}_logits"][:, :, 0]


class Regression(Head):
    """Valence and arousal: mean by 1 - CCC and squared error; the variance has its own loss."""

    @property
    def units(self):
        return 2 * self.count

    def outputs(self, raw):
        return self._named(ops.tanh(raw[:, :self.count]), _bounded(raw[:, self.count:] + 2 * math.log(0.3)))

    def loss(self, outputs, values, mask):
        mean = outputs[self.name]
        return losses.concordance_loss(mean, values, mask) + losses.spread_loss(
            mean, outputs[f"{self.name}_log_variance"], values, mask)


class Plain(Head):
    """Valence and arousal by squared error, with a constant variance: the head of the legacy networks."""

    def outputs(self, raw):
        mean = ops.tanh(raw)
        return self._named(mean, ops.zeros_like(mean) + 2 * math.log(0.3))

    def loss(self, outputs, values, mask):
        return losses.regression(outputs[self.name], values, mask)


@dataclass(frozen=True)
class Categorical(Head):
    """Valence and arousal as distributions over bins from -1 to 1; predicts their expectation.

    Args:
        bins: number of bins.
    """

    bins: int = 21

    @property
    def units(self):
        return self.count * self.bins

    @property
    def centres(self) -> np.ndarray:
        """Value of each bin, float32 `(bins,)`."""
        return np.linspace(-1.0, 1.0, self.bins, dtype=np.float32)

    def outputs(self, raw):
        logits = ops.reshape(raw, (-1, self.count, self.bins))
        probability = ops.softmax(logits, axis=-1)
        mean = ops.sum(probability * self.centres, axis=-1)
        variance = ops.sum(probability * ops.square(mean[:, :, None] - self.centres), axis=-1)
        return self._named(mean, ops.log(variance + MIN_VARIANCE), logits=logits)

    def loss(self, outputs, values, mask):
        return (losses.bins_loss(outputs[f"{self.name}_logits"], values, mask, self.centres)
                + losses.concordance_loss(outputs[self.name], values, mask))


class Expression(Head):
    """Probability of each expression class, trained by cross-entropy."""

    def outputs(self, raw):
        probability = ops.softmax(raw, axis=-1)
        return self._named(probability, ops.log(probability * (1.0 - probability) + MIN_VARIANCE), logits=raw)

    def loss(self, outputs, values, mask):
        return losses.expression_loss(outputs[f"{self.name}_logits"], values, mask)


def label_losses(heads: list[Head], outputs: dict, labels: Mapping) -> dict:
    """Computes the loss of every head, by name.

    Args:
        heads: of one discriminator.
        outputs: of the same discriminator, for `n` faces.
        labels: encoded `values` and `mask` `(n, spec.width)`; and for Action Units without intensities `presence` and
            `presence_mask` `(n, k)`, which give a loss `"presence"` where `k` is not 0.
    """
    return _losses(heads, outputs, labels, "loss")


def label_metrics(heads: list[Head], outputs: dict, labels: Mapping) -> dict:
    """Computes the monitored metric of every head, by name; arguments as in `label_losses`."""
    return _losses(heads, outputs, labels, "metrics")


def _losses(heads: list[Head], outputs: dict, labels: Mapping, method: str) -> dict:
    found = {head.name: getattr(head, method)(outputs, labels["values"][:, head.columns],
                                              labels["mask"][:, head.columns]) for head in heads}
    if labels["presence"].shape[1]:
        logits = heads[0].presence_logits(outputs)
        found["presence"] = losses.presence_loss(logits, labels["presence"], labels["presence_mask"])
    return found


def decode_outputs(heads: list[Head], outputs: dict):
    """Joins the predictions of all heads in the order and units of the encoded labels, `(n, spec.width)`."""
    return ops.concatenate([outputs[head.name] for head in heads], axis=-1)


def _bounded(log_variance):
    """Clips a predicted log variance to its range."""
    return ops.clip(log_variance, MIN_LOG_VARIANCE, MAX_LOG_VARIANCE)
