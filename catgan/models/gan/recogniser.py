"""Builds a recogniser: the label heads of a discriminator with its trunk, as a Keras model for fine-tuning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from catgan.labels import LabelSpec
from catgan.models.gan.discriminator import build_discriminator

if TYPE_CHECKING:
    from catgan.models.gan.model import CatGAN

CRITIC_LAYERS = ("label_hidden", "label_embedding", "projection", "score")
"""Layers of a discriminator that its label heads do not use."""


def build_recogniser(gan: CatGAN, labels: LabelSpec | None = None, rescale: bool = False,
                     seed: int = 0) -> keras.Model:
    """Builds a recogniser with weights of its own, which start as those of the discriminator.

    Args:
        gan: a trained model.
        labels: labels to recognise; those of the model by default. A head whose labels differ from those of the model
            starts untrained.
        rescale: take pixels 0..255, as uint8 or float, instead of [-1, 1].
        seed: of untrained heads.

    Returns:
        A model `(n, side, side, channels)` -> dict of heads: `"action_units"` `(n, k)`, intensities 0..5 or
        probabilities; `"valence_arousal"` `(n, 2)` in -1..1; `"expression"` `(n, classes)`, probabilities.
    """
    labels = labels or gan.spec
    discriminator = build_discriminator(gan.network, labels, gan.precision, seed)
    _copy_weights(discriminator, gan, labels)
    outputs = _head_outputs(discriminator, labels)
    if not rescale:
        return keras.Model(discriminator.input["image"], outputs, name="recogniser")
    faces = keras.Input(discriminator.input["image"].shape[1:], name="pixels")
    heads = keras.Model(discriminator.input["image"], outputs, name="heads")
    pixels = keras.layers.Rescaling(1.0 / 127.5, -1.0, dtype="float32", name="rescaling")(faces)
    return keras.Model(faces, heads(pixels), name="recogniser")


def _head_outputs(discriminator: keras.Model, labels: LabelSpec) -> dict[str, keras.KerasTensor]:
    """The predictions of the heads in public units."""
    outputs = {name: discriminator.output[name] for name in ("action_units", "valence_arousal", "expression")
               if name in discriminator.output}
    if labels.scale == "intensity" and "action_units" in outputs:
        outputs["action_units"] = outputs["action_units"] * labels.maximum
    return outputs


def _copy_weights(discriminator: keras.Model, gan: CatGAN, labels: LabelSpec) -> None:
    """Copies the trunk, and the heads whose labels are those of the model."""
    other = {"action_units": (labels.action_units, labels.scale) != (gan.spec.action_units, gan.spec.scale),
             "valence_arousal": labels.valence_arousal != gan.spec.valence_arousal,
             "expression": labels.expressions != gan.spec.expressions}
    for layer in discriminator.layers:
        if layer.weights and layer.name not in CRITIC_LAYERS and not other.get(layer.name, False):
            layer.set_weights(gan.discriminator.get_layer(layer.name).get_weights())
