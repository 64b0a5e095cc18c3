"""Builds the CNN of a clip recogniser: the trunk of a discriminator, from a face to its features."""

from __future__ import annotations

import keras

from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.discriminator import build_discriminator

ANY_LABELS = LabelSpec(valence_arousal=True)
"""Labels of the discriminator whose heads are left out."""


def build_trunk(network: NetworkConfig, precision: str = "float32", seed: int = 0) -> keras.Model:
    """Builds a trunk with new weights, a model `(n, side, side, channels)` in [-1, 1] -> `(n, features)`.

    Args:
        network: sizes of the discriminator.
        precision: a Keras dtype policy; the features are float32.
        seed: of the initial weights.
    """
    discriminator = build_discriminator(network, ANY_LABELS, precision, seed)
    return keras.Model(discriminator.input["image"], discriminator.output["features"], name="trunk")


def copy_trunk(trunk: keras.Model, discriminator: keras.Model) -> None:
    """Copies the weights of the layers of a discriminator, of the same sizes, that a trunk has."""
    for layer in trunk.layers:
        if layer.weights:
            layer.set_weights(discriminator.get_layer(layer.name).get_weights())
