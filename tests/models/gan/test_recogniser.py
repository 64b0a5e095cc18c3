"""A recogniser: the heads of a model as a Keras model that `fit` trains."""

import re
import runpy

import keras
import numpy as np
import pytest

from catgan import CatGAN, config, load_dataset
from catgan.labels import LabelSpec
from catgan.models.fine_tuning import recogniser_losses, recogniser_metrics
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.pixels import to_network
from tests.harness.experiments import TINY
from tests.harness.layers import run_model_test
from tests.harness.paths import REPOSITORY

SPEC = LabelSpec((4, 12), "intensity", True, ("anger", "neutral"))


@pytest.fixture(scope="module")
def gan():
    return CatGAN(config.from_mapping(NetworkConfig, TINY), SPEC, seed=1)


def faces(n=5):
    return np.random.default_rng(0).integers(0, 256, (n, 16, 16, 3)).astype(np.uint8)


def test_it_predicts_what_the_model_reads(gan):
    outputs = gan.recogniser().predict(to_network(faces(), 1), verbose=0)
    read = gan.read(faces(), classes=True)
    np.testing.assert_allclose(outputs["action_units"], np.stack([read["AU04"], read["AU12"]], 1), atol=1e-5)
    np.testing.assert_allclose(outputs["valence_arousal"], np.stack([read["valence"], read["arousal"]], 1), atol=1e-5)
    np.testing.assert_allclose(outputs["expression"][:, 0], read["expression=anger"], atol=1e-5)


def test_with_rescale_it_takes_uint8(gan):
    grey = np.repeat(faces()[..., :1], 3, axis=-1)
    scaled = gan.recogniser().predict(to_network(grey, 1), verbose=0)
    for name, values in gan.recogniser(rescale=True).predict(grey[..., :1], verbose=0).items():
        np.testing.assert_allclose(values, scaled[name], atol=1e-5)


@pytest.mark.parametrize("rescale", [False, True])
def test_it_is_saved_as_keras_saves_models(gan, rescale, tmp_path):
    run_model_test(gan.recogniser(rescale=rescale), to_network(faces(), 1), tmp_path / "recogniser.keras")


def test_its_weights_are_its_own(gan):
    before = [value.copy() for value in gan.get_weights()]
    model = gan.recogniser()
    model.set_weights([value + 1.0 for value in model.get_weights()])
    for one, other in zip(before, gan.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_other_labels_get_a_new_head_and_keep_the_others(gan):
    model = gan.recogniser(LabelSpec((1, 2, 4), "presence", True))
    outputs, pixels = model.predict(to_network(faces(), 1), verbose=0), to_network(faces(), 1)
    assert set(outputs) == {"action_units", "valence_arousal"} and outputs["action_units"].shape == (5, 3)
    np.testing.assert_allclose(outputs["valence_arousal"],
                               gan.recogniser().predict(pixels, verbose=0)["valence_arousal"], atol=1e-5)


@pytest.mark.slow
def test_fit_with_keras_callbacks_learns_known_labels(drawn, tmp_path):
    """The drawn data set has unknown labels; AU12 is a bright bar and valence the brightness."""
    dataset = load_dataset(drawn)
    model = CatGAN(config.from_mapping(NetworkConfig, TINY), dataset.spec, seed=1).recogniser()
    model.compile(keras.optimizers.Adam(3e-3), loss=recogniser_losses(dataset.spec),
                  metrics=recogniser_metrics(dataset.spec))
    options = {"channels": 1, "dtype": "float32", "batch_size": 20}
    callbacks = [keras.callbacks.EarlyStopping("val_loss", patience=50),
                 keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", save_best_only=True),
                 keras.callbacks.ReduceLROnPlateau(patience=50), keras.callbacks.CSVLogger(tmp_path / "log.csv"),
                 keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * (0.5 if epoch == 7 else 1.0))]
    validation = dataset.to_tf("validation", shuffle=False, **options)  # the concordance loss depends on the batches
    history = model.fit(dataset.to_tf("train", **options), validation_data=validation, shuffle=False, epochs=8,
                        callbacks=callbacks, verbose=0).history
    assert np.isfinite(history["loss"]).all() and history["loss"][-1] < 0.8 * history["loss"][0]
    assert history["valence_arousal_ccc"][-1] > history["valence_arousal_ccc"][0]
    assert float(model.optimizer.learning_rate) == pytest.approx(1.5e-3)
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 9
    loaded = keras.saving.load_model(tmp_path / "best.keras")
    result = loaded.evaluate(validation, verbose=0, return_dict=True)
    assert result["loss"] == pytest.approx(min(history["val_loss"]), rel=1e-4)


@pytest.mark.slow
def test_the_documented_example_runs(tmp_path, monkeypatch):
    """It renders 500 faces and fine-tunes a preset."""
    text = (REPOSITORY / "docs" / "fine_tuning.md").read_text(encoding="utf-8")
    script = tmp_path / "example.py"
    example = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0]
    # Workers that render import the script again.
    script.write_text("if __name__ == '__main__':\n" + "".join(f"    {line}\n" for line in example.splitlines()))
    monkeypatch.chdir(tmp_path)
    content = runpy.run_path(str(script), run_name="__main__")
    assert content["history"].history["loss"][-1] < content["history"].history["loss"][0]
    assert content["predicted"]["action_units"].shape[1] == len(content["dataset"].spec.action_units)
