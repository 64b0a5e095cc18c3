"""Tests of `catgan.exporters.networks`: the exported networks answer as `CatGAN` does."""

import numpy as np
import pytest

from catgan.exporters.networks import editor_network, generator_network, predictor_network
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.model import CatGAN
from catgan.models.pixels import from_network, to_network
from tests.harness.exported import SPECS, exported_gan, filtered_gan, public_outputs, some_faces

GANS = {"intensity": exported_gan, "presence": lambda: exported_gan("presence"),
        "expressions": lambda: exported_gan("expressions"), "filtered": filtered_gan,
        "colour": lambda: exported_gan(channels=3), "ordinal": lambda: exported_gan(action_unit_head="ordinal"),
        "categorical": lambda: exported_gan(valence_arousal_head="categorical")}


@pytest.mark.parametrize("kind", GANS)
def test_networks_answer_as_the_model_does(kind):
    gan = GANS[kind]()
    faces = some_faces(8, 16)
    image = to_network(faces, gan.network.channels)
    outputs = predictor_network(gan).predict_on_batch({"image": image})
    expected = public_outputs(gan, faces)
    assert outputs.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(outputs[name], values, rtol=1e-4, atol=2e-5, err_msg=name)

    latents = np.random.default_rng(1).standard_normal((8, gan.network.latent_size)).astype(np.float32)
    condition = np.repeat(gan.condition({12: 3.0}), 8, 0)
    drawn = generator_network(gan).predict_on_batch({"latents": latents, "condition": condition})["image"]
    assert np.abs(from_network(drawn).astype(int) - gan.generate_raw(latents, condition)).max() <= 1

    edited = editor_network(gan).predict_on_batch({"image": image, "change": condition})
    raw = gan.editor.predict_on_batch({"image": image, "change": condition})
    np.testing.assert_allclose(edited["edited"], np.clip(raw["image"], -1, 1), atol=1e-5)
    for name in ("mask", "moves"):
        np.testing.assert_allclose(edited[name], raw[name], atol=1e-5)


def test_networks_of_the_legacy_family_answer_as_the_model_does():
    gan = CatGAN(NetworkConfig("legacy", 32, 3, latent_size=8, legacy_generator_widths=(8, 8, 8),
                               legacy_discriminator_widths=(8, 8, 8)), SPECS["presence"], seed=3)
    faces = some_faces(8, 32)
    outputs = predictor_network(gan).predict_on_batch({"image": to_network(faces, 3)})
    for name, values in public_outputs(gan, faces).items():
        np.testing.assert_allclose(outputs[name], values, rtol=1e-4, atol=1e-5, err_msg=name)
    latents = np.ones((2, 8), np.float32)
    condition = np.repeat(gan.condition({12: 3.0}), 2, 0)
    drawn = generator_network(gan).predict_on_batch({"latents": latents, "condition": condition})["image"]
    assert np.abs(from_network(drawn).astype(int) - gan.generate_raw(latents, condition)).max() <= 1


def test_networks_are_of_float32_where_the_model_is_not():
    gan = exported_gan()
    half = CatGAN(gan.network, gan.spec, "mixed_bfloat16", seed=1)
    half.add_editor()
    for build in (predictor_network, generator_network, editor_network):
        network = build(half)
        assert {layer.compute_dtype for layer in network.layers} == {"float32"}
        assert all(type(layer).__module__.startswith("keras.") for layer in network.layers)
