"""Explained models as columns of numbers: our own discriminator, and a foreign model beside it."""

import keras
import numpy as np
import pytest

from catgan.backend import get_engine
from catgan.data.store import load_dataset
from catgan.explain.foreign import ForeignModel
from catgan.explain.loading import explained_model
from catgan.explain.models import CatGANModel, CombinedModel, split_reading


@pytest.fixture(scope="module")
def faces(drawn):
    return load_dataset(drawn).images("test", 3)[:3]


def small(side=16, channels=3, outputs=2):
    """Means of the picture's rows, weighed."""
    inputs = keras.Input((side, side, channels))
    flat = keras.layers.Flatten()(keras.layers.AveragePooling2D(side // 4)(inputs))
    weights = keras.initializers.GlorotUniform(seed=3)
    return keras.Model(inputs, keras.layers.Dense(outputs, kernel_initializer=weights)(flat))


def test_catgan_model_reads_what_catgan_predicts(tiny_gan, faces):
    model, read = explained_model(tiny_gan), tiny_gan.read(faces)
    columns = model.read(faces)
    for name, values in read.items():
        np.testing.assert_array_equal(columns[name], values)
    classes = [columns[name] for name in model.labels["expression"].columns] if "expression" in model.labels else None
    if classes:
        np.testing.assert_allclose(np.sum(classes, axis=0), 1.0, atol=1e-5)
    assert model.labels["AU12"].kind == "presence" and model.labels["AU12"].threshold == tiny_gan.thresholds[12]


@pytest.mark.parametrize("make", [lambda gan: CatGANModel(gan), lambda gan: explained_model(small(channels=1)),
                                  lambda gan: CombinedModel(explained_model(small(24)), CatGANModel(gan))])
def test_gradient_agrees_with_differences_of_readings(tiny_gan, faces, make):
    """`predict_tensors` says what `read` says, and its gradient is the rise of it."""
    model = make(tiny_gan)
    pixels = faces.astype(np.float32)
    told = {name: np.asarray(values) for name, values in model.predict_tensors(pixels).items()}
    read = model.read(faces)
    for name, values in told.items():
        # One of them rounds luminance, and enlarges in its own way.
        np.testing.assert_allclose(values, read[name], rtol=0.02, atol=5e-3, err_msg=name)
    column = next(iter(told))
    outputs, gradient = get_engine().input_gradient(lambda x: (model.predict_tensors(x)[column],) * 2, pixels)
    direction = np.random.default_rng(0).standard_normal(pixels.shape).astype(np.float32)
    ahead, back = (np.asarray(model.predict_tensors(pixels + step * direction)[column], np.float64)
                   for step in (0.5, -0.5))
    np.testing.assert_allclose((np.asarray(gradient) * direction).sum((1, 2, 3)), ahead - back, rtol=0.05, atol=2e-3)


def test_combined_model_prefixes_catgan_readings(tiny_gan, faces):
    """Outputs of a foreign model that are called as our own labels are its own; ours have a prefix."""
    foreign = ForeignModel(lambda x: np.stack([x.mean((1, 2, 3)) * 0, x.mean((1, 2, 3))], 1), ["AU12", "valence"])
    combined = CombinedModel(foreign, CatGANModel(tiny_gan))
    reading, own = combined.read(faces), tiny_gan.read(faces)
    theirs, ours = split_reading(reading)
    assert set(theirs) == {"AU12", "valence"} and set(own) <= set(ours)
    np.testing.assert_array_equal(theirs["AU12"], 0.0)
    np.testing.assert_array_equal(ours["valence"], own["valence"])
    assert combined.labels["AU12"].columns == ("AU12",) and combined.labels["AU12"].unit is None
    own = combined.labels["catgan:AU12"]
    assert own.columns == ("catgan:AU12_present",) and own.unit == 12
    assert set(combined.read(faces, ours=False)) == {"AU12", "valence"}
