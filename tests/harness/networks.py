"""Small networks, and the checks that each of them passes."""

import numpy as np

from catgan import config
from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.editor import build_editor
from catgan.models.gan.model import CatGAN
from tests.harness.experiments import TINY

JOINT = LabelSpec((4, 12), "presence", True, ("anger", "fear", "neutral"))
SPECS = {"joint": JOINT, "au": JOINT.mode("au"), "va": JOINT.mode("va"), "intensity": LabelSpec((1, 2, 4), "intensity")}
FILTERED = {"resampling": "filtered", "expansion": 2.0, "group_size": 4, "generator_blocks": [1, 1, 2],
            "discriminator_widths": [8, 8, 8], "discriminator_blocks": [2, 1, 1]}
# Parameters and multiply-adds (millions) of generator and discriminator, for the 17 Action Units of the face model.
SIZES = {"legacy_32": (1.08, 9.4, 1.11, 27.5), "xs_32": (1.01, 13.5, 1.18, 9.6), "xs_64": (1.46, 43.6, 1.21, 15.4),
         "xs_128": (1.47, 60.4, 1.45, 45.1),
         "s_64": (3.18, 353.2, 2.18, 345.9)}


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
    assert {weight.dtype for weight in half.weights} == {"float32"}
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


SPEC = LabelSpec((4, 12), "intensity", True)


def trained_build(network, label_width, precision="float32", seed=0):
    """An editor whose last layers draw something."""
    model = build_editor(network, label_width, precision, seed)
    random = np.random.default_rng(seed)
    for name in ("to_change", "to_mask", "to_moves"):
        kernel = model.get_layer(name).kernel
        kernel.assign(0.05 * random.standard_normal(kernel.shape))
    return model


def edited_gan():
    gan = CatGAN(config.from_mapping(NetworkConfig, TINY), SPEC)
    gan.editor = trained_build(gan.network, SPEC.width)
    return gan
