"""Losses of networks of several modalities, in `keras.ops` for every backend.

Unknown labels are in no loss: emotions below 0, and affect and categories that are NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from keras import ops

from catgan import config
from catgan.backend.engine import Tensor
from catgan.backend.sums import total
from catgan.models.fine_tuning import split_known
from catgan.models.losses import concordance_loss, presence_loss, spread_loss
from catgan.models.multimodal.architectures import FUSED
from catgan.models.multimodal.encoders import ATTENTION
from catgan.models.multimodal.fusion import AFFECT, CATEGORY_LOGITS, LOG_DEVIATION, LOGITS


@dataclass(frozen=True)
class LossWeights:
    """Weights the parts of the loss.

    Args:
        emotion, affect, categories: of the labels, in the fusion and in the own heads.
        alone: of the mean loss of the modalities' own heads.
        attention: of the mean of the face's mask. It makes the mask leave out what is not needed.
    """

    emotion: float = 1.0
    affect: float = 1.0
    categories: float = 1.0
    alone: float = 0.3
    attention: float = 0.0

    def __post_init__(self) -> None:
        config.check(self, "losses", from_zero=("emotion", "affect", "categories", "alone", "attention"))


@dataclass(frozen=True)
class Targets:
    """Holds the labels of a batch.

    Args:
        labels: int `(n,)`, place of the emotion; below 0 = unknown.
        affect: `(n, dimensions)`, -1..1, NaN = unknown.
        categories: `(n, categories)`, 0 or 1, NaN = unknown.
    """

    labels: Tensor
    affect: Tensor
    categories: Tensor

    def known_where(self, available: Tensor) -> Targets:
        """Returns labels that are unknown where `available`, float `(n,)`, is not above 0.5."""
        there = available > 0.5
        return Targets(ops.where(there, self.labels, ops.full_like(self.labels, -1)),
                       ops.where(there[:, None], self.affect, float("nan")),
                       ops.where(there[:, None], self.categories, float("nan")))


def emotion_loss(logits: Tensor, labels: Tensor, class_weights: Tensor) -> Tensor:
    """Computes the cross-entropy over the known labels, divided by the sum of their weights.

    Args:
        logits: `(n, classes)`.
        labels: int `(n,)`, below 0 = unknown.
        class_weights: `(classes,)`.
    """
    known = labels >= 0
    place = ops.where(known, labels, ops.zeros_like(labels))
    weights = ops.take(ops.cast(class_weights, logits.dtype), place, axis=0) * ops.cast(known, logits.dtype)
    chosen = ops.take_along_axis(logits, ops.cast(place, "int32")[:, None], axis=-1)[:, 0]
    loss = ops.logsumexp(logits, axis=-1) - chosen
    return total(loss * weights) / ops.maximum(total(weights), 1e-6)


def categories_loss(logits: Tensor, values: Tensor) -> Tensor:
    """Computes the binary cross-entropy over the known categories of each person, then over people; both `(n, k)`."""
    known, mask = split_known(values)
    return presence_loss(logits, known, mask)


def affect_loss(predicted: Tensor, log_deviation: Tensor, values: Tensor) -> Tensor:
    """Computes 1 - CCC + half the mean squared error, and 0.1 * the Gaussian likelihood of the deviation.

    Args:
        predicted, log_deviation: `(n, d)`.
        values: `(n, d)`, NaN = unknown.
    """
    known, mask = split_known(values)
    return concordance_loss(predicted, known, mask) + spread_loss(predicted, 2.0 * log_deviation, known, mask)


def head_loss(outputs: Mapping[str, Tensor], part: str, targets: Targets, class_weights: Tensor,
              weights: LossWeights) -> Tensor:
    """Computes the loss of one head.

    Args:
        outputs: of the network, by `"PART.OUTPUT"`.
        part: `"fused"` or a modality.
        targets: of the people.
        class_weights: of the emotions, `(classes,)`.
        weights: of the parts of the loss.
    """
    found = {name.removeprefix(f"{part}."): value for name, value in outputs.items() if name.startswith(f"{part}.")}
    loss = ops.zeros((), "float32")
    if LOGITS in found:
        loss = loss + weights.emotion * emotion_loss(found[LOGITS], targets.labels, class_weights)
    if AFFECT in found:
        loss = loss + weights.affect * affect_loss(found[AFFECT], found[LOG_DEVIATION], targets.affect)
    if CATEGORY_LOGITS in found:
        loss = loss + weights.categories * categories_loss(found[CATEGORY_LOGITS], targets.categories)
    return loss


def fusion_loss(outputs: Mapping[str, Tensor], available: Mapping[str, Tensor], targets: Targets,
                class_weights: Tensor, weights: LossWeights) -> dict[str, Tensor]:
    """Computes the loss of a whole network.

    Args:
        outputs: of the network.
        available: float `(n,)` by modality: whose own heads learn from whom. It need not be the mask that the fusion
            was given.
        targets: of the people.
        class_weights: of the emotions, `(classes,)`.
        weights: of the parts.

    Returns:
        The loss of each part without its weight, by the name of the part, `"attention"`, and their weighted sum,
        `"loss"`.
    """
    parts = {FUSED: head_loss(outputs, FUSED, targets, class_weights, weights)}
    for name, mask in available.items():
        known = targets.known_where(ops.cast(mask, "float32"))
        parts[name] = head_loss(outputs, name, known, class_weights, weights)
    whole = parts[FUSED] + weights.alone * sum(parts[name] for name in available) / max(len(available), 1)
    if weights.attention and f"face.{ATTENTION}" in outputs:
        parts[ATTENTION] = attention_loss(outputs[f"face.{ATTENTION}"], available["face"])
        whole = whole + weights.attention * parts[ATTENTION]
    return {**parts, "loss": whole}


def attention_loss(mask: Tensor, available: Tensor) -> Tensor:
    """Computes the mean of masks `(n, h, w)` over the faces that are available, float `(n,)`."""
    there = ops.cast(available, "float32")
    return total(ops.mean(mask, axis=(1, 2)) * there) / ops.maximum(total(there), 1.0)
