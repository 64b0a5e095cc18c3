"""Builds the generator, which draws faces from noise and labels."""

from __future__ import annotations

import keras
from keras import layers

from catgan.conditions import encoded_width
from catgan.models.gan import legacy
from catgan.models.gan.architectures import BASE_SIDE, NetworkConfig
from catgan.models.layers import Blocks


def build_generator(network: NetworkConfig, label_width: int, precision: str = "float32", seed: int = 0) -> keras.Model:
    """Builds the generator.

    Args:
        network: sizes.
        label_width: `LabelSpec.width`.
        precision: a Keras dtype policy, `"float32"` or `"mixed_bfloat16"`; the last layer is always float32.
        seed: of the initial weights.

    Returns:
        A model `{"latents": (n, latent_size), "condition": (n, 2 * label_width)} -> (n, side, side, channels)`
        float32 in [-1, 1].
    """
    if network.family == "legacy":
        return legacy.build_generator(network, label_width, precision, seed)
    blocks = Blocks(precision, seed)

    # === Inputs ===
    latents = keras.Input((network.latent_size,), name="latents")
    condition = keras.Input((encoded_width(label_width),), name="condition")

    # === Style: noise and labels ===
    embedded = blocks.label_embedding(condition, network.embedding_size)
    style = layers.Concatenate(dtype=blocks.policy, name="style_input")([latents, embedded])
    for index in (1, 2):
        style = blocks.dense(style, network.style_width, f"style_{index}", leaky=True)

    # === Face: from 4 px upwards ===
    first = network.generator_widths[0]
    features = blocks.dense(style, BASE_SIDE * BASE_SIDE * first, "base", leaky=network.resampling == "strided")
    features = layers.Reshape((BASE_SIDE, BASE_SIDE, first), dtype=blocks.policy, name="base_map")(features)
    total = sum(network.generator_blocks)
    for side, width, count in zip(network.sides, network.generator_widths, network.generator_blocks):
        if side > BASE_SIDE:
            features = blocks.up(features, style, width, f"up_{side}", network.resampling)
        for index in range(count):
            features = blocks.residual(features, network, f"block_{side}_{index}", total, style)

    return keras.Model({"latents": latents, "condition": condition}, blocks.to_image(features, network.channels),
                       name="generator")
