"""The discriminator: face and labels -> real or fake; face alone -> Action Units, valence, arousal, expression."""

from __future__ import annotations

import functools

import keras
from keras import layers, ops

from catgan.gan.blocks import Blocks, UnitNorm
from catgan.gan.presets import NetworkConfig
from catgan.labels import LabelSpec


def build_discriminator(network: NetworkConfig, spec: LabelSpec, precision: str = "float32",
                        seed: int = 0) -> keras.Model:
    """Builds the discriminator, which is also the predictor.

    The condition reaches the projection critic alone (Miyato & Koyama 2018, arXiv 1802.05637): label heads see
    nothing but the face.

    Args:
        network: sizes.
        spec: labels to predict.
        precision: a Keras dtype policy; heads are float32 always.
        seed: of the initial weights.

    Returns:
        A model `{"image": (n, side, side, channels) in [-1, 1], "condition": (n, 2 * spec.width)} -> dict` with
        `"critic"` `(n,)`; `"action_units"` logits `(n, K)`; `"valence_arousal"` `(n, 2)` in -1..1 with
        `"valence_arousal_log_variance"` `(n, 2)`; `"expression"` logits `(n, E)`. Heads of labels that `spec`
        lacks are absent.
    """
    blocks = Blocks(precision, seed)

    # === Inputs ===
    image = keras.Input((network.image_size, network.image_size, network.channels), name="image")
    condition = keras.Input((2 * spec.width,), name="condition")

    # === Trunk ===
    maps = image
    side = network.image_size
    for width in network.discriminator_widths:
        side //= 2
        maps = blocks.down(maps, width, f"down_{side}")
    maps = layers.Flatten(dtype=blocks.policy, name="flat")(maps)
    features = blocks.dense(maps, network.features, "features", leaky=True)

    # === Critic: one linear score + the agreement of features and labels ===
    embedded = blocks.label_embedding(condition, network.embedding_size)
    projected = blocks.dense(features, network.embedding_size, "projection", scale=1.0, dtype="float32")
    score = blocks.dense(features, 1, "score", scale=1.0, dtype="float32")
    agreement = ops.sum(projected * ops.cast(embedded, "float32"), axis=-1) * network.embedding_size ** -0.5
    outputs = {"critic": score[:, 0] + agreement}

    # === Label heads: begin near "do not know" ===
    normed = UnitNorm(dtype="float32", name="unit_norm")(features)
    head = functools.partial(blocks.dense, normed, scale=0.01, dtype="float32")
    if spec.action_units:
        outputs["action_units"] = head(len(spec.action_units), "action_units")
    if spec.valence_arousal:
        raw = head(4, "valence_arousal")
        outputs["valence_arousal"] = ops.tanh(raw[:, :2])
        outputs["valence_arousal_log_variance"] = raw[:, 2:]
    if spec.expressions:
        outputs["expression"] = head(len(spec.expressions), "expression")

    return keras.Model({"image": image, "condition": condition}, outputs, name="discriminator")
