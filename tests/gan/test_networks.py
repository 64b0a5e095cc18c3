"""One harness for every network, on tiny sizes."""

import keras
import numpy as np
import pytest

from catgan import config
from catgan.gan.blocks import FiLM, UnitNorm
from catgan.gan.discriminator import build_discriminator
from catgan.gan.generator import build_generator
from catgan.gan.model import BATCH
from catgan.gan.presets import PRESETS, NetworkConfig, network_config
from catgan.labels import LabelSpec
from tests.conftest import TINY

JOINT = LabelSpec((4, 12), "presence", True, ("anger", "fear", "neutral"))
SPECS = {"joint": JOINT, "au": JOINT.mode("au"), "va": JOINT.mode("va"), "intensity": LabelSpec((1, 2, 4), "intensity")}


def tiny(channels):
    return config.from_mapping(NetworkConfig, {**TINY, "channels": channels})


def noise(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def run_network(build, inputs, expected_shapes, tmp_path, **arguments):
    """Shapes, dtypes, determinism by seed, precision, saving; returns the outputs."""
    model = build(**arguments, seed=3)
    outputs = {name: np.asarray(value) for name, value in _named(model(inputs)).items()}
    assert {name: value.shape for name, value in outputs.items()} == expected_shapes
    for name, value in outputs.items():
        assert value.dtype == np.float32 and np.isfinite(value).all(), name
    again = _named(build(**arguments, seed=3)(inputs))
    for name, value in outputs.items():
        np.testing.assert_array_equal(value, again[name])
    other = _named(build(**arguments, seed=4)(inputs))
    assert any(not np.array_equal(value, other[name]) for name, value in outputs.items())
    half = build(**arguments, seed=3, precision="mixed_bfloat16")
    assert {variable.dtype for variable in half.variables} == {"float32"}
    for name, value in _named(half(inputs)).items():
        assert np.asarray(value).dtype == np.float32
        np.testing.assert_allclose(value, outputs[name], atol=0.1)
    path = tmp_path / "x.weights.h5"
    model.save_weights(path)
    loaded = build(**arguments, seed=5)
    loaded.load_weights(path)
    for name, value in _named(loaded(inputs)).items():
        np.testing.assert_array_equal(value, outputs[name])
    return outputs


def _named(outputs):
    return outputs if isinstance(outputs, dict) else {"output": outputs}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
@pytest.mark.parametrize("channels", [1, 3])
def test_generator(spec, channels, tmp_path):
    inputs = {"latents": noise((3, 8)), "condition": noise((3, 2 * spec.width), 1)}
    outputs = run_network(build_generator, inputs, {"output": (3, 16, 16, channels)}, tmp_path, network=tiny(channels),
                          label_width=spec.width)
    assert np.abs(outputs["output"]).max() <= 1.0


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
@pytest.mark.parametrize("channels", [1, 3])
def test_discriminator(spec, channels, tmp_path):
    inputs = {"image": np.tanh(noise((3, 16, 16, channels))), "condition": noise((3, 2 * spec.width), 1)}
    shapes = {"critic": (3,)}
    if spec.action_units:
        shapes["action_units"] = (3, len(spec.action_units))
    if spec.valence_arousal:
        shapes |= {"valence_arousal": (3, 2), "valence_arousal_log_variance": (3, 2)}
    if spec.expressions:
        shapes["expression"] = (3, len(spec.expressions))
    run_network(build_discriminator, inputs, shapes, tmp_path, network=tiny(channels), spec=spec)


def test_heads_do_not_see_the_condition():
    """Else the labels of real faces would leak into their own prediction."""
    model = build_discriminator(tiny(1), JOINT)
    image = np.tanh(noise((3, 16, 16, 1)))
    first, second = (model({"image": image, "condition": noise((3, 2 * JOINT.width), seed)}) for seed in (1, 2))
    assert not np.allclose(first["critic"], second["critic"])
    for name in ("action_units", "valence_arousal", "expression"):
        np.testing.assert_array_equal(first[name], second[name])


def test_absent_and_unknown_are_different_faces():
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


def test_film_starts_as_identity():
    film = FiLM()
    features = noise((2, 4, 4, 3))
    np.testing.assert_array_equal(film([features, noise((2, 5))]), features)
    film.affine.bias.assign(np.array([1, 1, 1, 2, 2, 2], np.float32))
    np.testing.assert_allclose(film([features, np.zeros((2, 5), np.float32)]), 2 * features + 2, rtol=1e-6)


def test_unit_norm():
    normed = np.asarray(UnitNorm()(100 * noise((5, 9))))
    np.testing.assert_allclose(np.linalg.norm(normed, axis=1), 3.0, rtol=1e-5)


def test_presets_have_the_sizes_they_say():
    sizes = {name: (build_generator(network, 10).count_params(), build_discriminator(network, JOINT).count_params())
             for name, network in PRESETS.items()}
    assert sizes["xs_64"][0] < sizes["s_64"][0] and sizes["xs_64"][1] < sizes["s_64"][1]
    assert network_config("xs_64", {"channels": 3}).channels == 3


@pytest.mark.parametrize("preset, changes, message", [
    ("xs_46", {}, "Did you mean 'xs_64'"), ("xs_64", {"chanels": 1}, "Did you mean 'channels'"),
    ("xs_64", {"channels": 2}, "1 or 3"), ("xs_64", {"image_size": 128}, "one width per doubling")])
def test_presets_refuse(preset, changes, message):
    from catgan.errors import CatganError

    with pytest.raises(CatganError, match=message):
        network_config(preset, changes)


def test_nothing_global_was_changed():
    assert keras.config.dtype_policy().name == "float32" and BATCH % 8 == 0
