"""One harness for every network, on tiny sizes."""

import keras
import numpy as np
import pytest

from catgan.conditions import encoded_width
from catgan.errors import CatganError
from catgan.labels import LabelSpec
from catgan.models.cost import multiply_adds
from catgan.models.gan.architectures import ARCHITECTURES, network_config
from catgan.models.gan.discriminator import build_discriminator
from catgan.models.gan.generator import build_generator
from catgan.models.layers import Blocks, FiLM, Smooth, UnitNorm
from catgan.synthesis.face_model import ACTION_UNITS
from tests.harness.experiments import TINY
from tests.harness.networks import FILTERED, JOINT, SIZES, SPECS, noise, run_network, tiny


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
@pytest.mark.parametrize("channels", [1, 3])
def test_build_generator_has_the_documented_output(spec, channels, tmp_path):
    inputs = {"latents": noise((3, 8)), "condition": noise((3, encoded_width(spec.width)), 1)}
    outputs = run_network(build_generator, inputs, {"output": (3, 16, 16, channels)}, tmp_path, network=tiny(channels),
                          label_width=spec.width)
    assert np.abs(outputs["output"]).max() <= 1.0


def discriminator_shapes(spec, features):
    shapes = {"critic": (3,), "features": (3, features)}
    for name, count in (("action_units", len(spec.action_units)), ("valence_arousal", 2 * spec.valence_arousal),
                        ("expression", len(spec.expressions))):
        if count:
            shapes |= {name: (3, count), f"{name}_log_variance": (3, count)}
    if spec.action_units and spec.scale == "presence":
        shapes["action_units_logits"] = shapes["action_units"]
    if spec.expressions:
        shapes["expression_logits"] = shapes["expression"]
    return shapes


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
@pytest.mark.parametrize("channels", [1, 3])
def test_build_discriminator_has_the_documented_outputs(spec, channels, tmp_path):
    inputs = {"image": np.tanh(noise((3, 16, 16, channels))), "condition": noise((3, encoded_width(spec.width)), 1)}
    run_network(build_discriminator, inputs, discriminator_shapes(spec, 16), tmp_path, network=tiny(channels),
                spec=spec)


@pytest.mark.parametrize("changes", [FILTERED, {"family": "legacy", "image_size": 32}], ids=["filtered", "legacy"])
def test_build_networks_of_other_families(changes, tmp_path):
    """Residual blocks with grouped convolutions and filtered resampling, and the networks of the paper."""
    network = network_config("xs_64", {**TINY, **changes})
    spec, side = SPECS["joint"], network.image_size
    condition = noise((3, encoded_width(spec.width)), 1)
    run_network(build_generator, {"latents": noise((3, 8)), "condition": condition}, {"output": (3, side, side, 1)},
                tmp_path, network=network, label_width=spec.width)
    features = 4096 if network.family == "legacy" else 16
    run_network(build_discriminator, {"image": np.tanh(noise((3, side, side, 1))), "condition": condition},
                discriminator_shapes(spec, features), tmp_path, network=network, spec=spec)


def test_smooth_halves_the_side_and_keeps_the_mean():
    flat = np.ones((2, 8, 8, 3), np.float32)
    smooth = np.asarray(Smooth()(flat))
    assert smooth.shape == (2, 4, 4, 3)
    np.testing.assert_allclose(smooth[:, 1:-1, 1:-1], 1.0)
    impulse = np.zeros((1, 8, 8, 1), np.float32)
    impulse[0, 3, 3] = 64.0  # 3 x 3 of the filter [1, 3, 3, 1], twice
    np.testing.assert_allclose(np.asarray(Smooth()(impulse))[0, :, :, 0],
                               [[0, 0, 0, 0], [0, 9, 3, 0], [0, 3, 1, 0], [0, 0, 0, 0]])


def test_new_residual_block_is_the_identity():
    """So deep networks are as easy to begin with as shallow ones."""
    network = tiny(1)
    inputs = keras.Input((8, 8, 8))
    block = keras.Model(inputs, Blocks().residual(inputs, network, "block", 2))
    features = noise((2, 8, 8, 8))
    np.testing.assert_array_equal(block(features), features)


def test_label_heads_do_not_depend_on_the_condition():
    """Else the labels of real faces would leak into their own prediction."""
    model = build_discriminator(tiny(1), JOINT)
    image = np.tanh(noise((3, 16, 16, 1)))
    conditions = (noise((3, encoded_width(JOINT.width)), seed) for seed in (1, 2))
    first, second = (model({"image": image, "condition": condition}) for condition in conditions)
    assert not np.allclose(first["critic"], second["critic"])
    for name in ("action_units", "valence_arousal", "expression"):
        np.testing.assert_array_equal(first[name], second[name])


def test_generator_of_absent_and_unknown_labels_differs():
    """Value 0 with mask 1 is not value 0 with mask 0, to the critic and, once FiLM has learned, to the generator."""
    known, unknown = np.array([[0, 0, 1, 1]], np.float32), np.zeros((1, 4), np.float32)
    spec = JOINT.mode("au")
    critic = build_discriminator(tiny(1), spec)
    image = np.tanh(noise((1, 16, 16, 1)))
    scores = [float(critic({"image": image, "condition": condition})["critic"][0]) for condition in (known, unknown)]
    assert scores[0] != scores[1]
    generator = build_generator(tiny(1), spec.width)
    first, second = (np.asarray(generator({"latents": noise((1, 8)), "condition": condition}))
                     for condition in (known, unknown))
    assert np.abs(first - second).max() > 0


def test_new_film_is_the_identity():
    film = FiLM()
    features = noise((2, 4, 4, 3))
    np.testing.assert_array_equal(film([features, noise((2, 5))]), features)
    film.affine.bias.assign(np.array([1, 1, 1, 2, 2, 2], np.float32))
    np.testing.assert_allclose(film([features, np.zeros((2, 5), np.float32)]), 2 * features + 2, rtol=1e-6)


def test_unit_norm_scales_to_a_learned_length():
    normed = np.asarray(UnitNorm()(100 * noise((5, 9))))
    np.testing.assert_allclose(np.linalg.norm(normed, axis=1), 3.0, rtol=1e-5)


@pytest.mark.parametrize("name", SIZES)
def test_architectures_have_the_documented_sizes(name):
    spec = LabelSpec(ACTION_UNITS, "intensity", True)
    models = build_generator(ARCHITECTURES[name], spec.width), build_discriminator(ARCHITECTURES[name], spec)
    got = [round(figure / 1e6, 6) for model in models for figure in (model.count_params(), multiply_adds(model))]
    assert got == pytest.approx(SIZES[name], rel=0.02)


def test_legacy_networks_have_the_sizes_of_the_paper():
    """1.08 million parameters each, with 8 Action Units, valence, arousal and colour."""
    spec = LabelSpec((1, 2, 4, 6, 12, 15, 20, 25), "presence", True)
    network = ARCHITECTURES["legacy_32"]
    for model in (build_generator(network, 10), build_discriminator(network, spec)):
        assert round(model.count_params() / 1e6, 2) == 1.08


def test_large_architectures_have_the_documented_stages():
    """Not built here, for time: their configuration is checked when it is made, and `catgan info` counts them."""
    assert {"m_64", "s_128", "m_128"} <= set(ARCHITECTURES)
    assert ARCHITECTURES["m_128"].sides == (4, 8, 16, 32, 64, 128)
    assert ARCHITECTURES["m_64"].generator_blocks == (2,) * 5
    assert network_config("xs_64", {"channels": 3}).channels == 3


def test_multiply_adds_equal_those_by_hand():
    inputs = keras.Input((8, 8, 3))
    layers = keras.layers
    first = layers.Conv2D(4, 3, padding="same")(inputs)  # 64 pixels x 9 x 3 x 4
    second = layers.Conv2D(8, 4, strides=2, padding="same", groups=2)(first)  # 16 pixels x 16 x 2 x 8
    third = layers.Conv2DTranspose(2, 4, strides=2, padding="same")(second)  # 16 pixels in x 16 x 8 x 2
    model = keras.Model(inputs, layers.Dense(10)(layers.Flatten()(third)))  # 128 x 10
    assert multiply_adds(model) == 64 * 108 + 16 * 256 + 16 * 256 + 1280


@pytest.mark.parametrize("preset, changes, message", [
    ("xs_46", {}, "Did you mean 'xs_64'"), ("xs_64", {"chanels": 1}, "Did you mean 'channels'"),
    ("xs_64", {"channels": 2}, "1 or 3"), ("xs_64", {"image_size": 128}, "one number per stage"),
    ("s_64", {"group_size": 24}, "multiple of group_size"), ("legacy_32", {"image_size": 64}, "32 px"),
    ("xs_64", {"action_unit_head": "ordinary"}, "Did you mean 'ordinal'")])
def test_network_config_of_wrong_fields_is_refused(preset, changes, message):
    from catgan.errors import CatganError

    with pytest.raises(CatganError, match=message):
        network_config(preset, changes)


def test_building_networks_leaves_the_global_policy_alone():
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.parametrize("name", ["legacy_generator_widths", "legacy_discriminator_widths"])
def test_legacy_networks_with_two_widths_are_refused(name):
    with pytest.raises(CatganError, match=rf"'{name}' needs 3 numbers. Received: \[8, 8\]"):
        network_config("legacy_32", {name: [8, 8]})
