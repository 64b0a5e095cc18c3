"""Larger networks begin with what smaller ones learned."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from catgan.conditions import encoded_width
from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.discriminator import build_discriminator
from catgan.models.gan.editor import build_editor
from catgan.models.gan.generator import build_generator
from catgan.models.gan.growing import grow
from catgan.models.layers import FiLM

SPEC = LabelSpec((1, 12))
SMALL = NetworkConfig(image_size=32, latent_size=4, embedding_size=4, style_width=8, features=8,
                      generator_widths=(6, 5, 4, 3), discriminator_widths=(6, 5, 4, 0), generator_blocks=(1, 0, 0, 0),
                      discriminator_blocks=(0, 1, 0, 0), editor_widths=(6, 4))

LARGE = replace(SMALL, image_size=64, generator_widths=(6, 5, 4, 3, 2), discriminator_widths=(6, 5, 4, 3, 0),
                generator_blocks=(1, 0, 0, 0, 0), discriminator_blocks=(0,) * 5, editor_widths=(6, 4, 2))


def learned(network: keras.Model) -> keras.Model:
    """With weights that are nowhere zero."""
    random = np.random.default_rng(5)
    network.set_weights([random.normal(0, 0.3, weights.shape) for weights in network.get_weights()])
    return network


def editor(*widths: int, **changes):
    return build_editor(replace(SMALL, editor_widths=widths, **changes), SPEC.width)


def of_discriminator(network: NetworkConfig):
    return build_discriminator(network, SPEC)


def of_generator(network: NetworkConfig):
    return build_generator(network, SPEC.width)


def asked(random: np.random.Generator, side: int = 32) -> dict[str, np.ndarray]:
    change = random.uniform(-1, 1, (3, encoded_width(SPEC.width)))
    return {"image": random.uniform(-1, 1, (3, side, side, 1)), "change": change}


def test_grow_to_a_wider_editor_keeps_its_outputs():
    small, large = learned(editor(6, 4)), editor(9, 7)
    taken, of = grow(large, small)
    assert taken == of
    inputs = asked(np.random.default_rng(0))
    before, after = small(inputs), large(inputs)
    for name in before:
        np.testing.assert_allclose(after[name], before[name], atol=1e-5)
    assert np.abs(np.asarray(before["image"]) - inputs["image"]).max() > 0.01  # it does change something


def test_grow_new_channels_are_trained_from_the_first_step():
    small, large = learned(editor(6, 4)), editor(9, 7)
    grow(large, small)
    inputs, before = asked(np.random.default_rng(0)), large.get_layer("bottom").get_weights()[0]
    np.testing.assert_array_equal(before[:, :, 6:, :6], 0)
    # Keras without a training loop of its own: one step of plain gradient descent.
    model = keras.Model(large.inputs, large.outputs[0])
    model.compile(keras.optimizers.SGD(0.1), loss="mse")
    model.train_on_batch(inputs, inputs["image"][:, ::-1])
    assert np.abs(large.get_layer("bottom").get_weights()[0][:, :, 6:, :6]).min() > 0


@pytest.mark.parametrize("build", [of_generator, of_discriminator])
def test_grow_to_the_same_sizes_copies(build):
    small, same = learned(build(SMALL)), build(SMALL)
    taken, of = grow(same, small)
    assert taken == of
    for old, new in zip(small.get_weights(), same.get_weights()):
        np.testing.assert_array_equal(old, new)


def test_grow_to_another_side_copies_shared_layers():
    small, grown = learned(of_generator(SMALL)), of_generator(LARGE)
    taken, of = grow(grown, small)
    new = {layer.name for layer in grown.layers if layer.weights} - {layer.name for layer in small.layers}
    assert new and taken == of - len(new) - 1  # the last layer draws a picture of another width
    for layer in [layer for layer in small.layers if layer.name != "to_image"]:
        for old, now in zip(layer.get_weights(), grown.get_layer(layer.name).get_weights()):
            np.testing.assert_array_equal(old, now)


def test_grow_an_editor_to_a_larger_side_keeps_inner_stages():
    small, large = learned(editor(6, 4)), build_editor(LARGE, SPEC.width)
    fresh = {layer.name: layer.get_weights() for layer in large.layers}
    grow(large, small)
    for name in ("label_hidden", "style", "bottom", "down_8_conv", "down_8_mixed", "down_8_mixed_film", "up_16_mixed"):
        for old, new in zip(small.get_layer(name).get_weights(), large.get_layer(name).get_weights()):
            np.testing.assert_array_equal(old, new)
    for name in ("in", "to_change"):  # they belong to the side of the picture
        for old, new in zip(fresh[name], large.get_layer(name).get_weights()):
            np.testing.assert_array_equal(old, new)


def one(width: int, layer: str) -> keras.Model:
    image, style = keras.Input((4, 4, 3 * width)), keras.Input((2,))
    if layer == "film":
        return keras.Model([image, style], FiLM(name="same")([image, style]))
    if layer == "dense":
        return keras.Model([image, style], layers.Dense(5, name="same")(layers.Flatten()(image)))
    if layer == "grouped":
        return keras.Model([image, style], layers.Conv2D(3 * width, 3, groups=3, name="same")(image))
    return keras.Model([image, style], layers.Conv2DTranspose(width, 4, strides=2, name="same")(image))


@pytest.mark.parametrize("layer", ["film", "transposed"])
def test_grow_widens_layers_with_independent_channels(layer):
    small, large = learned(one(2, layer)), learned(one(3, layer))
    assert grow(large, small) == (1, 1)
    random = np.random.default_rng(1)
    image, style = random.normal(size=(2, 4, 4, 9)), random.normal(size=(2, 2))
    before, after = small([image[..., :6], style]), large([image, style])
    np.testing.assert_allclose(np.asarray(after)[..., :before.shape[-1]], before, atol=1e-5)


@pytest.mark.parametrize("layer", ["dense", "grouped"])
def test_grow_leaves_other_layers_new(layer):
    small, large = learned(one(2, layer)), one(3, layer)
    fresh = large.get_weights()
    assert grow(large, small) == (0, 1)
    for old, new in zip(fresh, large.get_weights()):
        np.testing.assert_array_equal(old, new)


def test_grow_to_a_smaller_network_copies_equal_layers():
    large, small = learned(editor(9, 7)), editor(6, 4)
    taken, of = grow(small, large)
    assert 0 < taken < of  # the label embedding and the style are of the same size
