"""The networks of Richer & Kollias 2019 (arXiv 1910.05877), layer for layer, for comparison. 32 px.

Two things differ: both networks take a condition and ignore it (theirs are unconditional), and statistics of batch
normalisation are averaged for use outside training.
"""

from __future__ import annotations

import keras
from keras import layers, ops

from catgan import random_streams
from catgan.conditions import encoded_width
from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.heads import heads_of
from catgan.models.layers import Blocks

# Kernel size and stride of transposed convolutions without padding: 1 -> 2 -> 6 -> 14 px; the last one gives 32 px.
UPSAMPLING = ((2, 1), (4, 2), (4, 2))
LAST_KERNEL = 6
LEAK = 0.2
DROPOUT = 0.5
MOMENTUM = 0.9


def build_generator(network: NetworkConfig, label_width: int, precision: str, seed: int) -> keras.Model:
    """Builds the generator: transposed convolutions, each with ReLU and batch normalisation, then tanh.

    Arguments and result as in `catgan.models.gan.generator.build_generator`.
    """
    blocks = Blocks(precision, seed)
    latents = keras.Input((network.latent_size,), name="latents")
    condition = keras.Input((encoded_width(label_width),), name="condition")

    # Their noise is uniform in -1..1; the error function maps normal noise to it.
    features = layers.Reshape((1, 1, network.latent_size), name="noise")(ops.erf(latents * 0.5 ** 0.5))
    for index, (width, (size, stride)) in enumerate(zip(network.legacy_generator_widths, UPSAMPLING, strict=True)):
        name = f"up_{index}"
        features = _transposed(blocks, features, width, size, stride, name)
        features = layers.ReLU(dtype=blocks.policy, name=f"{name}_activation")(features)
        features = layers.BatchNormalization(momentum=MOMENTUM, dtype=blocks.policy, name=f"{name}_norm")(features)
    pixels = _transposed(blocks, features, network.channels, LAST_KERNEL, 2, "to_image")
    image = layers.Activation("tanh", dtype="float32", name="image")(pixels)
    return keras.Model({"latents": latents, "condition": condition}, image, name="generator")


def build_discriminator(network: NetworkConfig, spec: LabelSpec, precision: str, seed: int) -> keras.Model:
    """Builds the discriminator: 5x5 stride-2 convolutions with LeakyReLU, batch normalisation and dropout.

    Arguments and result as in `catgan.models.gan.discriminator.build_discriminator`; `"critic"` is the logit of real.
    """
    blocks = Blocks(precision, seed)
    image = keras.Input((network.image_size, network.image_size, network.channels), name="image")
    condition = keras.Input((encoded_width(spec.width),), name="condition")

    features = image
    for index, width in enumerate(network.legacy_discriminator_widths):
        name = f"down_{index}"
        features = layers.Conv2D(width, 5, strides=2, padding="same", dtype=blocks.policy, name=f"{name}_conv",
                                 kernel_initializer=blocks.initializer(name))(features)
        features = layers.LeakyReLU(LEAK, dtype=blocks.policy, name=f"{name}_activation")(features)
        features = layers.BatchNormalization(momentum=MOMENTUM, dtype=blocks.policy, name=f"{name}_norm")(features)
        features = layers.Dropout(DROPOUT, seed=random_streams.integer("legacy_dropout", seed, index),
                                  dtype=blocks.policy, name=f"{name}_dropout")(features)
    features = layers.Flatten(dtype="float32", name="flat")(features)

    outputs = {"critic": blocks.dense(features, 1, "score", scale=1.0, dtype="float32")[:, 0], "features": features}
    for head in heads_of(network, spec):
        outputs.update(head.outputs(blocks.dense(features, head.units, head.name, scale=1.0, dtype="float32")))
    return keras.Model({"image": image, "condition": condition}, outputs, name="discriminator")


def _transposed(blocks: Blocks, features, width: int, size: int, stride: int, name: str):
    return layers.Conv2DTranspose(width, size, strides=stride, padding="valid", dtype=blocks.policy,
                                  kernel_initializer=blocks.initializer(name), name=f"{name}_conv")(features)
