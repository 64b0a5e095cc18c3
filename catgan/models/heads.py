"""Label heads: how the discriminator says Action Units, valence, arousal and expression, and how sure it is.

A head turns the `units` numbers of one dense layer into named outputs, and holds the loss that teaches it. Whatever the
kind, `outputs[name]` is the expected value `(n, k)` (AUs 0..1, valence and arousal -1..1, expression probabilities) and
`outputs[name + "_log_variance"]` the log of its variance, so that nobody else needs to know which head it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from catgan.models import losses

LEVELS = 5  # of FACS intensity: A-E
SMALLEST = 1e-4  # variance
PRESENT = 1.0 / LEVELS
"""The encoded intensity from which an Action Unit counts as present (FACS A)."""
PROBIT = 1.702  # a logistic function of this times x is the Gaussian's integral up to x, within .01


@dataclass(frozen=True)
class Head:
    """One head. `columns` is the place of its labels in the encoded values, `count` how many they are."""

    name: str
    columns: slice
    count: int

    @property
    def units(self) -> int:
        """Width of the dense layer that feeds this head."""
        return self.count

    def outputs(self, raw) -> dict:
        """Named outputs of `(n, units)`."""
        raise NotImplementedError

    def loss(self, outputs: dict, values, mask):
        """Scalar loss on real faces; `values` and `mask` `(n, count)` are this head's part of the encoded labels."""
        raise NotImplementedError

    def presence_logits(self, outputs: dict):
        """Logits `(n, count)` of Action Units being present."""
        raise NotImplementedError

    def metrics(self, outputs: dict, values, mask):
        """The figure that people follow during training: falls while the head learns. The loss, where that does."""
        return self.loss(outputs, values, mask)

    def _named(self, mean, log_variance, **others) -> dict:
        return {self.name: mean, f"{self.name}_log_variance": log_variance,
                **{f"{self.name}_{key}": value for key, value in others.items()}}


class Presence(Head):
    """A probability per Action Unit; binary cross-entropy. An intensity counts as that share of a presence."""

    def outputs(self, raw):
        mean = ops.sigmoid(raw)
        return self._named(mean, ops.log(mean * (1.0 - mean) + SMALLEST), logits=raw)

    def loss(self, outputs, values, mask):
        return losses.presence_loss(self.presence_logits(outputs), values, mask)

    def presence_logits(self, outputs):
        return outputs[f"{self.name}_logits"]


class Gaussian(Head):
    """Mean and variance per Action Unit intensity; beta-NLL."""

    @property
    def units(self):
        return 2 * self.count

    def outputs(self, raw):
        return self._named(ops.sigmoid(raw[:, :self.count]), _bounded(raw[:, self.count:] + 2 * math.log(0.2)))

    def loss(self, outputs, values, mask):
        return losses.beta_nll(outputs[self.name], outputs[f"{self.name}_log_variance"], values, mask)

    def presence_logits(self, outputs):
        """A presence is an intensity that is known to lie on one side of `PRESENT`."""
        above = outputs[self.name] - PRESENT
        return PROBIT * above * ops.exp(-0.5 * outputs[f"{self.name}_log_variance"])

    def metrics(self, outputs, values, mask):
        # The weight of beta-NLL falls with the variance: the loss itself rises while the head learns.
        return 0.2 * losses.beta_nll(outputs[self.name], outputs[f"{self.name}_log_variance"], values, mask, beta=0.0)


class Huber(Gaussian):
    """Mean by Huber loss, variance beside it without a say in the mean."""

    def loss(self, outputs, values, mask):
        mean = outputs[self.name]
        return losses.huber_loss(mean, values, mask) + losses.spread_loss(
            mean, outputs[f"{self.name}_log_variance"], values, mask)

    def metrics(self, outputs, values, mask):
        return self.loss(outputs, values, mask)


class Ordinal(Head):
    """Probabilities that an intensity exceeds 0, 1, .. 4, ordered by construction; cross-entropy per threshold.

    An intensity between two levels exceeds the lower one by its fraction (Cao et al. 2020 for integers).
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
        return self._named(mean / LEVELS, ops.log(ops.maximum(variance, 0.0) / LEVELS ** 2 + SMALLEST), logits=logits)

    def loss(self, outputs, values, mask):
        return losses.ordinal_loss(outputs[f"{self.name}_logits"], values, mask)

    def presence_logits(self, outputs):
        return outputs[f"{self.name}_logits"][:, :, 0]


class Regression(Head):
    """Valence and arousal: mean by 1 - CCC and squared error, variance beside it without a say in the mean."""

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
    """Valence and arousal by squared error, equally unsure of every face: the head of the legacy networks."""

    def outputs(self, raw):
        mean = ops.tanh(raw)
        return self._named(mean, ops.zeros_like(mean) + 2 * math.log(0.3))

    def loss(self, outputs, values, mask):
        return losses.regression(outputs[self.name], values, mask)


@dataclass(frozen=True)
class Categorical(Head):
    """Valence and arousal as distributions over bins from -1 to 1: the categorical reading, with its expectation."""

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
        return self._named(mean, ops.log(variance + SMALLEST), logits=logits)

    def loss(self, outputs, values, mask):
        return (losses.bins_loss(outputs[f"{self.name}_logits"], values, mask, self.centres)
                + losses.concordance_loss(outputs[self.name], values, mask))


class Expression(Head):
    """One probability per class; cross-entropy."""

    def outputs(self, raw):
        probability = ops.softmax(raw, axis=-1)
        return self._named(probability, ops.log(probability * (1.0 - probability) + SMALLEST), logits=raw)

    def loss(self, outputs, values, mask):
        return losses.expression_loss(outputs[f"{self.name}_logits"], values, mask)


def label_losses(heads: list[Head], outputs: dict, labels: Mapping[str, Any]) -> dict:
    """The loss of every head by name.

    Args:
        heads: of one discriminator.
        outputs: of the same, for `n` faces.
        labels: encoded `values` and `mask` `(n, spec.width)`; and, of Action Units that nobody graded, `presence` and
            `presence_mask` `(n, k)`, which give a loss of their own where `k` is not 0.
    """
    return _losses(heads, outputs, labels, "loss")


def label_metrics(heads: list[Head], outputs: dict, labels: Mapping[str, Any]) -> dict:
    """What people follow of every head, as `label_losses`."""
    return _losses(heads, outputs, labels, "metrics")


def _losses(heads: list[Head], outputs: dict, labels: Mapping[str, Any], method: str) -> dict:
    found = {head.name: getattr(head, method)(outputs, labels["values"][:, head.columns],
                                              labels["mask"][:, head.columns]) for head in heads}
    if labels["presence"].shape[1]:
        logits = heads[0].presence_logits(outputs)
        found["presence"] = losses.presence_loss(logits, labels["presence"], labels["presence_mask"])
    return found


def decode_outputs(heads: list[Head], outputs: dict):
    """What the heads read, in the order and the units of the encoded labels, `(n, spec.width)`."""
    return ops.concatenate([outputs[head.name] for head in heads], axis=-1)


def _bounded(log_variance):
    """Keeps a predicted variance between e^-9 and e^2."""
    return ops.clip(log_variance, -9.0, 2.0)
