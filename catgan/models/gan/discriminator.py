"""Builds the discriminator, which judges real against generated faces and predicts labels."""

from __future__ import annotations

import keras
from keras import layers, ops

from catgan.conditions import encoded_width
from catgan.labels import LabelSpec
from catgan.models.gan import legacy
from catgan.models.gan.architectures import BASE_SIDE, NetworkConfig
from catgan.models.gan.heads import heads_of
from catgan.models.layers import Blocks, UnitNorm


def build_discriminator(network: NetworkConfig, spec: LabelSpec, precision: str = "float32",
                        seed: int = 0) -> keras.Model:
    """Builds the discriminator.

    The condition goes to the projection critic alone (Miyato & Koyama 2018, arXiv 1802.05637). The label heads see only
    the face.

    Args:
        network: sizes.
        spec: labels to predict.
        precision: a Keras dtype policy; critic and heads are always float32.
        seed: of the initial weights.

    Returns:
        A model `{"image": (n, side, side, channels) in [-1, 1], "condition": (n, 2 * spec.width)} -> dict` with
        `"critic"` `(n,)`, `"features"` `(n, features)` of unit norm times a learned scale, and the outputs of the
        heads, see `catgan.models.heads`: `"action_units"` `(n, K)` in 0..1, `"valence_arousal"` `(n, 2)` in -1..1,
        each with `"..._log_variance"`, and `"expression"` `(n, E)` probabilities. Heads of labels that `spec` lacks are
        absent.
    """
    if network.family == "legacy":
        return legacy.build_discriminator(network, spec, precision, seed)
    blocks = Blocks(precision, seed)

    # === Inputs ===
    image = keras.Input((network.image_size, network.image_size, network.channels), name="image")
    condition = keras.Input((encoded_width(spec.width),), name="condition")

    # === Trunk: down to 4 px ===
    features = _trunk(blocks, network, image)
    features = layers.Flatten(dtype=blocks.policy, name="flat")(features)
    features = blocks.dense(features, network.features, "features", leaky=True)

    # === Critic: one linear score + the agreement of features and labels ===
    embedded = blocks.label_embedding(condition, network.embedding_size)
    projected = blocks.dense(features, network.embedding_size, "projection", scale=1.0, dtype="float32")
    score = blocks.dense(features, 1, "score", scale=1.0, dtype="float32")
    agreement = ops.sum(projected * ops.cast(embedded, "float32"), axis=-1) * network.embedding_size ** -0.5

    # === Label heads ===
    normed = UnitNorm(dtype="float32", name="unit_norm")(features)
    outputs = {"critic": score[:, 0] + agreement, "features": normed}
    for head in heads_of(network, spec):
        # Small initial weights: a head starts with uncertain predictions.
        outputs.update(head.outputs(blocks.dense(normed, head.units, head.name, scale=0.01, dtype="float32")))
    return keras.Model({"image": image, "condition": condition}, outputs, name="discriminator")


def _trunk(blocks: Blocks, network: NetworkConfig, features):
    stages = list(zip(network.sides, network.discriminator_widths, network.discriminator_blocks))[::-1]
    total = sum(network.discriminator_blocks)
    if stages[0][1]:
        features = blocks.from_image(features, stages[0][1])
    for stage, (side, width, count) in enumerate(stages):
        for index in range(count):
            features = blocks.residual(features, network, f"block_{side}_{index}", total)
        if side > BASE_SIDE:
            features = blocks.down(features, stages[stage + 1][1], f"down_{side // 2}", network.resampling)
    return features
