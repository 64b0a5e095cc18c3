"""Builds the networks of a `CatGAN` as they are exported: float32, of plain Keras layers, in public units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import layers, ops

from catgan.models.calibration import MIN_DEVIATION
from catgan.models.gan.columns import MAX_LOGIT
from catgan.models.gan.discriminator import build_discriminator
from catgan.models.gan.editor import build_editor
from catgan.models.gan.generator import build_generator
from catgan.models.layers import FiLM, Smooth, UnitNorm

if TYPE_CHECKING:
    from catgan.models.gan.model import CatGAN

EPSILON = 1e-8
"""Of `UnitNorm`."""


def predictor_network(gan: CatGAN) -> keras.Model:
    """Builds the network that reads faces, with the calibration and the units of `CatGAN.predict`.

    It judges faces without a condition, as `CatGAN.predict` does, so it has one input.

    Returns:
        A model `{"image": (n, side, side, channels) in [-1, 1]}` to a dictionary of `(n, ...)`, see
        `catgan.exporters.description`.
    """
    network = build_discriminator(gan.network, gan.spec)
    network.set_weights(gan.discriminator.get_weights())
    raw = network.output
    outputs = {**_action_units(gan, raw), **_valence_arousal(gan, raw)}
    if gan.spec.expressions:
        outputs["expression"] = raw["expression"]
    score = _critic(network) - gan.critic_reference
    outputs["realness"] = ops.sigmoid(ops.clip(score, -MAX_LOGIT, MAX_LOGIT))
    outputs["features"] = raw["features"]
    return plain(keras.Model({"image": network.input["image"]}, outputs, name="predictor"))


def generator_network(gan: CatGAN) -> keras.Model:
    """Builds the network that draws faces: `{"latents": (n, latent_size), "condition": (n, 2 * width)}` to
    `{"image": (n, side, side, channels) in [-1, 1]}`."""
    network = build_generator(gan.network, gan.spec.width)
    network.set_weights(gan.generator.get_weights())
    return plain(keras.Model(network.input, {"image": network.output}, name="generator"))


def editor_network(gan: CatGAN) -> keras.Model:
    """Builds the network that edits faces, as `catgan.models.gan.editor` describes it. Its image is clipped and called
    `edited`, since inputs and outputs of ONNX share their names."""
    network = build_editor(gan.network, gan.spec.width)
    network.set_weights(gan.editor.get_weights())
    outputs = {"edited": ops.clip(network.output["image"], -1.0, 1.0), "mask": network.output["mask"],
               "moves": network.output["moves"]}
    return plain(keras.Model(network.input, outputs, name="editor"))


def plain(network: keras.Model) -> keras.Model:
    """Rebuilds a network with layers of Keras alone, so that a `.keras` file of it loads without catgan."""
    copy = keras.models.clone_model(network, clone_function=_copied, call_function=_called)
    for layer in copy.layers:
        if layer.weights and not layer.name.endswith(_AFFINE):
            layer.set_weights(network.get_layer(layer.name).get_weights())
    return copy


_AFFINE = "_affine"


def _copied(layer: keras.layers.Layer) -> keras.layers.Layer:
    """Copies a layer of Keras. Those of catgan stay, as `_called` replaces them."""
    own = isinstance(layer, (FiLM, UnitNorm, Smooth)) or not isinstance(layer, layers.Layer)
    return layer if own else layer.__class__.from_config(layer.get_config())


def _called(layer: keras.layers.Layer, *inputs: keras.KerasTensor, **arguments: object) -> keras.KerasTensor:
    """Calls a layer, or the operations of one of catgan."""
    if isinstance(layer, FiLM):
        features, style = inputs[0]
        affine = layers.Dense(2 * features.shape[-1], name=layer.name + _AFFINE)
        factors = ops.reshape(affine(style), (-1, 1, 1, affine.units))
        affine.set_weights(layer.affine.get_weights())
        scale, shift = ops.split(factors, 2, axis=-1)
        return features * (1.0 + scale) + shift
    if isinstance(layer, UnitNorm):
        norm = ops.sqrt(ops.sum(ops.square(inputs[0]), axis=-1, keepdims=True) + EPSILON)
        return float(layer.scale) * inputs[0] / norm
    if isinstance(layer, Smooth):
        return layer.call(inputs[0])
    return layer(*inputs, **arguments)


def _action_units(gan: CatGAN, raw: dict[str, keras.KerasTensor]) -> dict[str, keras.KerasTensor]:
    """Intensities 0..5 or calibrated probabilities, and their standard deviations; see `Calibration.apply`."""
    if not gan.spec.action_units:
        return {}
    names, maximum = gan.spec.action_unit_columns, gan.spec.maximum
    values = raw["action_units"] * maximum
    deviation = ops.exp(0.5 * raw["action_units_log_variance"]) * maximum
    temperatures = gan.calibration.temperatures
    if temperatures:
        known = np.array([name in temperatures for name in names], np.float32)
        logits = raw["action_units_logits"] / np.array([temperatures.get(name, 1.0) for name in names], np.float32)
        values = ops.sigmoid(logits)
        deviation = ops.sqrt(values * (1.0 - values)) * known + deviation * (1.0 - known)
    return {"action_units": values, "action_units_std": _scaled(gan, deviation, names)}


def _valence_arousal(gan: CatGAN, raw: dict[str, keras.KerasTensor]) -> dict[str, keras.KerasTensor]:
    """Valence and arousal, and their standard deviations."""
    if not gan.spec.valence_arousal:
        return {}
    deviation = ops.exp(0.5 * raw["valence_arousal_log_variance"])
    return {"valence_arousal": raw["valence_arousal"],
            "valence_arousal_std": _scaled(gan, deviation, ("valence", "arousal"))}


def _scaled(gan: CatGAN, deviation: keras.KerasTensor, names: tuple[str, ...]) -> keras.KerasTensor:
    """Scales standard deviations as the calibration says; those of columns without a factor stay."""
    scales = gan.calibration.scales
    factors = np.array([scales.get(name, 1.0) for name in names], np.float32)
    smallest = np.array([MIN_DEVIATION if name in scales else 0.0 for name in names], np.float32)
    return ops.maximum(deviation * factors, smallest)


def _critic(network: keras.Model) -> keras.KerasTensor:
    """Computes the score of the critic, `(n,)`, for an empty condition.

    The embedding of an empty condition is a constant, so that the whole critic is one dense layer of the features.
    """
    score = network.get_layer("score")
    kernel, bias = score.get_weights()
    if any(layer.name == "projection" for layer in network.layers):
        condition = network.input["condition"]
        embedding = keras.Model(condition, network.get_layer("label_embedding").output)
        empty = np.asarray(embedding(np.zeros((1, condition.shape[-1]), np.float32)))[0]
        projection, shift = network.get_layer("projection").get_weights()
        share = empty / np.sqrt(len(empty))
        kernel, bias = kernel + (projection @ share)[:, None], bias + shift @ share
    critic = layers.Dense(1, name="critic")
    result = critic(score.input)[:, 0]
    critic.set_weights([kernel, bias])
    return result
