"""CatGAN as a Keras model: saved and loaded as Keras does it, with its weights tracked."""

import json
import warnings

import keras
import numpy as np
import pytest

from catgan import CatGAN, config
from catgan.conditions import encoded_width
from catgan.errors import CatganError
from catgan.labels import LabelSpec
from catgan.models.calibration import Calibration
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.density import ActionUnitDensity
from catgan.models.gan.networks import Networks
from tests.harness.experiments import TINY
from tests.harness.layers import run_model_test
from tests.harness.networks import edited_gan, noise

SPEC = LabelSpec((4, 12), "intensity", True, ("anger", "neutral"))


@pytest.fixture
def gan():
    made = CatGAN(config.from_mapping(NetworkConfig, TINY), SPEC, thresholds={12: 2.5}, critic_reference=0.25, seed=1)
    made.calibration = Calibration({"AU12": 1.5}, {}, {"AU12": {"0.9": 2.0, "0.95": None}})
    made.density = ActionUnitDensity(np.ones(2), np.eye(2), 2.0, ((0, 1),))
    made.trained_on = {"data": "abc", "split": "train"}
    return made


def faces(n=3):
    return np.random.default_rng(0).integers(0, 256, (n, 16, 16, 3)).astype(np.uint8)


def inputs(gan, n=2):
    side = gan.network.image_size
    return {"image": np.tanh(noise((n, side, side, 1))), "condition": noise((n, encoded_width(gan.spec.width)))}


def test_weights_are_those_of_the_networks(gan):
    both = gan.generator.weights + gan.discriminator.weights
    assert [id(weight) for weight in gan.weights] == [id(weight) for weight in both]
    gan.add_editor()
    assert len(gan.weights) == len(both) + len(gan.editor.weights)
    assert gan.count_params() == sum(getattr(gan, name).count_params() for name in gan.network_names)


def test_an_editor_that_is_replaced_is_no_longer_tracked(gan):
    gan.add_editor()
    count = len(gan.weights)
    gan.add_editor(seed=1)
    assert len(gan.weights) == count


def test_call_is_the_discriminator(gan):
    given = inputs(gan)
    for name, value in gan(given).items():
        np.testing.assert_array_equal(value, gan.discriminator(given)[name])


def test_summary_and_repr_name_networks_and_labels(gan):
    lines = []
    gan.summary(print_fn=lines.append)
    assert all(name in "\n".join(lines) for name in ("catgan", "generator", "discriminator"))
    assert repr(gan) == ("<CatGAN 'catgan': 16 px, 1 channel(s); 2 Action Units (intensity), valence, arousal, "
                         "2 expressions; generator, discriminator>")


@pytest.mark.parametrize("editor", [False, True])
def test_a_keras_file_holds_the_whole_model(gan, editor, tmp_path):
    if editor:
        gan.add_editor(seed=3)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert isinstance(loaded, CatGAN) and loaded.spec == gan.spec and loaded.network == gan.network
    assert loaded.thresholds == {4: 1.0, 12: 2.5} and loaded.trained_on == gan.trained_on
    assert loaded.get_config() == gan.get_config() and loaded.network_names == gan.network_names
    for name, values in gan.predict(faces(), 0.9).items():
        np.testing.assert_array_equal(values, loaded.predict(faces(), 0.9)[name])
    np.testing.assert_array_equal(gan.generate(2, seed=5), loaded.generate(2, seed=5))


def test_from_config_of_get_config_is_the_same_model(gan):
    again = CatGAN.from_config(json.loads(json.dumps(gan.get_config())))
    assert again.get_config() == gan.get_config()
    assert [weight.shape for weight in again.weights] == [weight.shape for weight in gan.weights]


def test_its_networks_are_saved_alone(gan, tmp_path):
    loaded = run_model_test(gan.discriminator, inputs(gan), tmp_path / "discriminator.keras")
    assert loaded.name == "discriminator"


def test_a_preset_keeps_every_attribute(gan, tmp_path):
    gan.add_editor(seed=3)
    gan.save_to_preset(tmp_path)
    loaded = CatGAN.from_preset(tmp_path)
    assert loaded.get_config() == gan.get_config()
    for one, other in zip(loaded.get_weights(), gan.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_preset_without_a_statement_has_no_key_for_it(gan, tmp_path):
    gan.trained_on = None
    gan.save_to_preset(tmp_path)
    assert "trained_on" not in json.loads((tmp_path / "config.json").read_text())
    assert CatGAN.from_preset(tmp_path).trained_on is None


def test_a_reader_has_a_discriminator_alone(gan, tmp_path):
    gan.save_to_preset(tmp_path)
    reader = CatGAN.from_preset(tmp_path, reader=True)
    assert reader.network_names == ("discriminator",)
    np.testing.assert_array_equal(reader.read(faces())["AU12"], gan.read(faces())["AU12"])
    with pytest.raises(CatganError, match="loaded as a reader"):
        reader.save_to_preset(tmp_path / "again")
    reader.save(tmp_path / "reader.keras")
    assert keras.saving.load_model(tmp_path / "reader.keras").network_names == ("discriminator",)


def test_save_of_a_folder_warns_and_writes_a_preset(gan, tmp_path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        gan.save(tmp_path / "preset", half=True)
    assert "CatGAN.save_to_preset" in str(caught[0].message) and caught[0].category is DeprecationWarning
    assert CatGAN.from_preset(tmp_path / "preset").spec == gan.spec


def test_presets_lists_those_that_come_with_the_package(gan):
    assert {"faces_64", "rendered_64"} <= set(CatGAN.presets) and gan.presets == CatGAN.presets
    assert (CatGAN.presets["faces_64"] / "config.json").is_file()


def test_set_weights_is_noted(gan):
    assert not gan.replaced
    gan.set_weights(gan.get_weights())
    assert gan.replaced


def test_a_file_of_networks_from_before_is_loaded(tmp_path):
    gan = edited_gan()
    networks = Networks({name: getattr(gan, name) for name in gan.network_names}, name="catgan")
    networks.save(tmp_path / "networks.keras")
    loaded = keras.saving.load_model(tmp_path / "networks.keras")
    given = inputs(gan)
    for name, value in networks(given).items():
        np.testing.assert_array_equal(value, loaded(given)[name])
    networks.save_weights(tmp_path / "networks.weights.h5")
    gan.load_weights(tmp_path / "networks.weights.h5")
