"""Builds label heads, and what joins the features of several modalities, of which any may be missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import keras
from keras import layers, ops

from catgan.models.multimodal.architectures import AVAILABLE, FUSED, FusionConfig

LOGITS, AFFECT, LOG_DEVIATION, CATEGORY_LOGITS = "logits", "affect", "log_deviation", "category_logits"
"""Names of the outputs of a head."""
GATES = "gates"
"""Name of the further output of a gated fusion: the weights `(n, modalities)`."""
LOG_DEVIATIONS = (-3.5, 1.5)
"""Range of the logarithm of a predicted deviation: .03 to 4.5."""

Tensors = dict[str, keras.KerasTensor]


@dataclass(frozen=True)
class Labels:
    """Counts what the heads tell.

    Args:
        classes: emotions that exclude each other; 0 or at least 2.
        dimensions: of affect, such as valence and arousal.
        categories: of which several may be true.
    """

    classes: int
    dimensions: int = 0
    categories: int = 0


@keras.saving.register_keras_serializable("catgan")
class KeepAvailable(layers.Layer):
    """Sets the features of a modality to 0 where it is not available.

    Input: `[features (n, f), available (n,)]`; above 0.5 means available. Output: `(n, f)`. Features that are not
    available have no influence, even if they are not finite.
    """

    def call(self, inputs):
        features, available = inputs
        return ops.where(ops.cast(available, "float32")[:, None] > 0.5, features, ops.zeros_like(features))

    def get_config(self) -> dict[str, object]:  # Keras derives none where the dtype is a policy object
        return super().get_config()


@keras.saving.register_keras_serializable("catgan")
class Gates(layers.Layer):
    """Computes the softmax of scores over what is available.

    Input: `[scores (n, m), available (n, m)]`. Output: weights `(n, m)`, float32; exactly 0 where not available, and
    all 0 if nothing is.
    """

    def call(self, inputs):
        scores, available = inputs
        there = ops.cast(available, "float32") > 0.5
        weights = ops.softmax(ops.where(there, ops.cast(scores, "float32"), -1e9), axis=-1)
        return ops.cast(ops.where(there, weights, 0.0), self.compute_dtype)

    def get_config(self) -> dict[str, object]:
        return super().get_config()


def build_head(labels: Labels, features: int, name: str) -> keras.Model:
    """Builds the head of a modality alone: linear in its features.

    Returns:
        A model `(n, features) -> dict`: `LOGITS` `(n, classes)`, `AFFECT` `(n, dimensions)` in -1..1, `LOG_DEVIATION`
        of the same shape, `CATEGORY_LOGITS` `(n, categories)`; only those that have labels.
    """
    inputs = keras.Input((features,), name="features")
    return keras.Model(inputs, _heads(inputs, labels), name=name)


def build_fusion(config: FusionConfig, labels: Labels, features: Mapping[str, int]) -> keras.Model:
    """Builds what joins the modalities.

    Args:
        config: kind and sizes.
        labels: of the heads.
        features: number of features of each modality.

    Returns:
        A model `{modality: (n, f), "available": (n, m)} -> dict`, as `build_head`; of a gated fusion also `GATES`. The
        features of a modality that is not available have no influence.
    """
    inputs = {name: keras.Input((features[name],), name=name) for name in config.modalities}
    available = keras.Input((len(config.modalities),), name=AVAILABLE)
    kept = {name: KeepAvailable(name=f"keep_{name}")([inputs[name], available[:, place]])
            for place, name in enumerate(config.modalities)}
    extras: Tensors = {}
    if config.fusion == "early":
        joined = list(kept.values())
    else:
        mean, extras[GATES] = _gated(kept, available, config)
        joined = [mean]
    hidden = layers.Dense(config.hidden, activation="relu", kernel_initializer="he_normal", name="joined")(
        ops.concatenate([*joined, available], axis=-1))
    hidden = layers.Dropout(config.dropout, name="dropout")(hidden)
    return keras.Model({**inputs, AVAILABLE: available}, {**_heads(hidden, labels), **extras}, name=FUSED)


def _gated(kept: Tensors, available: keras.KerasTensor, config: FusionConfig
           ) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Means hidden features of the modalities, `(n, hidden)`; returns the weights `(n, m)` too."""
    hidden = {name: layers.Dense(config.hidden, activation="relu", kernel_initializer="he_normal",
                                 name=f"hidden_{name}")(features) for name, features in kept.items()}
    scores = [layers.Dense(1, name=f"score_{name}")(features) for name, features in hidden.items()]
    gates = Gates(name=GATES)([ops.concatenate(scores, axis=-1), available])
    return ops.sum(ops.stack(list(hidden.values()), axis=1) * gates[..., None], axis=1), gates


def _heads(hidden: keras.KerasTensor, labels: Labels) -> Tensors:
    outputs: Tensors = {}
    if labels.classes:
        outputs[LOGITS] = _linear(hidden, labels.classes, LOGITS)
    if labels.dimensions:
        outputs[AFFECT] = ops.tanh(_linear(hidden, labels.dimensions, AFFECT))
        low, high = LOG_DEVIATIONS
        raw = _linear(hidden, labels.dimensions, LOG_DEVIATION)
        outputs[LOG_DEVIATION] = (low + high) / 2 + (high - low) / 2 * ops.tanh(raw)
    if labels.categories:
        outputs[CATEGORY_LOGITS] = _linear(hidden, labels.categories, CATEGORY_LOGITS)
    return outputs


def _linear(hidden: keras.KerasTensor, units: int, name: str) -> keras.KerasTensor:
    """Applies a dense layer whose answers are nearly 0 before training."""
    kernel = keras.initializers.VarianceScaling(0.01, mode="fan_in")
    return layers.Dense(units, kernel_initializer=kernel, name=name)(hidden)
