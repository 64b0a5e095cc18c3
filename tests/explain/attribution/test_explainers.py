"""Explainers of pixels on Keras models, a `CatGAN` and numpy functions, in batches."""

import keras
import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.explain import ScalarOutput, explained_model
from catgan.explain.attribution import (EXPLAINERS, IDGI, Attributions, BlurIntegratedGradients,
                                        CounterfactualIntegratedGradients, ExpectedGradients,
                                        GuidedIntegratedGradients, IntegratedGradients, Occlusion, PixelExplainer,
                                        attribute)
from tests.harness.explainers import run_explainer_test

METHODS = [(IntegratedGradients, {"n_steps": 5}), (GuidedIntegratedGradients, {"n_steps": 5}),
           (BlurIntegratedGradients, {"n_steps": 5}), (IDGI, {"n_steps": 5, "path": "guided_ig"}),
           (ExpectedGradients, {"n_samples": 5}), (CounterfactualIntegratedGradients, {"n_steps": 5}), (Occlusion, {})]


@pytest.fixture(scope="module")
def network():
    """A Keras model of two outputs that reads faces of 12 pixels."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((12, 12, 3))
    features = keras.layers.Conv2D(4, 3, activation="tanh")(inputs / 128.0)
    return keras.Model(inputs, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(features)))


@pytest.fixture(scope="module")
def faces():
    return np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)


def options_of(explainer, options, faces):
    extra = {ExpectedGradients: {"baselines": faces[::-1]},
             CounterfactualIntegratedGradients: {"counterfactuals": faces[::-1]}}
    return {**options, **extra.get(explainer, {})}


@pytest.mark.parametrize("explainer, options", METHODS)
def test_batch_of_faces_agrees_with_each_face_alone(explainer, options, network, faces):
    batch = run_explainer_test(explainer(network), faces, "output[1]", options_of(explainer, options, faces),
                               of_faces=("counterfactuals",))
    if explainer is Occlusion:
        assert batch.convergence_delta is None and batch.maps.shape == (3, 16, 16)
    else:
        assert batch.convergence_delta is not None and batch.maps.shape == (3, 16, 16, 3)


def test_one_face_gives_the_bits_of_the_function(network, faces):
    answer = ScalarOutput(explained_model(network), "output[1]")
    for explainer, options in METHODS[:3]:
        made = explainer(network).attribute(faces[:1], "output[1]", **options)
        np.testing.assert_array_equal(made.maps[0], attribute(answer, faces[0], explainer.name, steps=5).map)


def test_gradients_of_keras_model_agree_with_central_differences(network, faces):
    """One small step: the attribution is the gradient times the movement."""
    start = np.clip(faces[:1].astype(float), 3, 252)
    moved = start.copy()
    moved[0, 5, 7, 1] += 2.0
    result = IntegratedGradients(network).attribute(moved, 0, baselines=start, n_steps=1)
    read = ScalarOutput(explained_model(network), "output[0]").value
    change = float(read(moved.astype(np.float32))[0] - read(start.astype(np.float32))[0])
    assert result.maps[0, 5, 7, 1] == pytest.approx(change, rel=0.02, abs=1e-6)
    assert np.count_nonzero(result.maps) == 1


def test_catgan_is_explained_by_label_names(tiny_gan, faces):
    explainer = IntegratedGradients(tiny_gan)
    faces = np.repeat(faces[..., :1], 3, axis=-1)  # the model reads whole grey levels
    result = explainer.attribute(faces, "valence", baselines="black", n_steps=20)
    np.testing.assert_allclose(result.values, tiny_gan.read(faces)["valence"], atol=1e-4)
    assert np.abs(result.convergence_delta).max() < 0.1 * np.abs(result.values - result.baseline_values).max()
    unit = explainer.attribute(faces[:1], "AU12", n_steps=1)
    np.testing.assert_allclose(unit.values, tiny_gan.read(faces[:1])["AU12_present"], atol=1e-4)
    with pytest.raises(CatganError, match="Unknown target 'valnce'. Did you mean 'valence'"):
        explainer.attribute(faces, "valnce")


def test_classes_are_targets_by_name(network, faces):
    model = explained_model(network, ["calm", "angry"], classes=True)
    by_class, by_column = (Occlusion(model).attribute(faces, name) for name in ("class=angry", "angry"))
    np.testing.assert_array_equal(by_class.maps, by_column.maps)


@pytest.mark.parametrize("target, message", [
    (None, r"has 2 outputs: choose one as target. Allowed: output\[0\], output\[1\]"),
    (2, "must lie in 0..1. Received: 2"), ("output[2]", "Unknown target")])
def test_unknown_target_is_refused(target, message, network, faces):
    with pytest.raises(CatganError, match=message):
        IntegratedGradients(network).attribute(faces, target)


@pytest.mark.parametrize("images, options, message", [
    (np.zeros((16, 16, 3)), {}, r"batch of shape \(n, h, w, 3\), such as image\[None\]"),
    (np.zeros((1, 16, 16, 1)), {}, r"shape \(h, w, 3\)"),
    (np.full((1, 16, 16, 3), 256.0), {}, "grey levels 0..255"),
    (np.zeros((3, 16, 16, 3)), {"baselines": np.zeros((2, 16, 16, 3))}, "each of the 3 faces, or one for all"),
    (np.zeros((1, 16, 16, 3)), {"n_steps": 0.5}, "whole, from 1. Received: 0.5")])
def test_wrong_arrays_and_steps_are_refused(images, options, message, network):
    with pytest.raises(CatganError, match=message):
        IntegratedGradients(network).attribute(images, 0, **options)


def test_delta_is_left_out_on_request(network, faces):
    result = IntegratedGradients(network).attribute(faces, 0, n_steps=1, return_convergence_delta=False)
    assert result.convergence_delta is None and result[0].convergence_delta is None


@pytest.mark.parametrize("explainer, options, kind", [
    (IntegratedGradients, {"n_steps": 2}, np.uint8), (IntegratedGradients, {"n_steps": 2}, np.float32),
    (Occlusion, {}, np.uint8)])
def test_json_round_trip_keeps_every_bit(explainer, options, kind, network, faces):
    result = explainer(network).attribute(faces.astype(kind), 0, **options)
    again = Attributions.from_json(result.to_json())
    for name in ("images", "maps", "values", "baseline_values", "passes"):
        before, after = getattr(result, name), getattr(again, name)
        np.testing.assert_array_equal(before, after)
        assert before.dtype == after.dtype
    assert (again.method, again.target) == (result.method, result.target)
    assert (again.convergence_delta is None) == (explainer is Occlusion)


def test_plot_has_face_heat_map_and_regions(network, faces):
    result = IntegratedGradients(network).attribute(faces, 0, n_steps=2)
    figure = result.plot(1)
    assert len(figure.axes) == 3
    names = [label.get_text() for label in figure.axes[2].get_yticklabels()]
    assert names == list(result.by_region())
    widths = [bar.get_width() for bar in figure.axes[2].patches]
    np.testing.assert_allclose(widths, [values[1] for values in result.by_region().values()])
    oblong = IntegratedGradients(network).attribute(faces[:, :, :12], 0, n_steps=2)
    assert len(oblong.plot().axes) == 2


def test_new_method_is_one_class_and_one_line(network, faces, monkeypatch):
    class GradientTimesInput(PixelExplainer):
        name = "gradient_times_input"

        def attribute(self, images, target=None):
            output, name = self.output(target)
            values, slopes = output.gradient(images.astype(np.float32))
            return self.completed(images, name, slopes * images, values, np.zeros(len(images)), [1] * len(images))

    monkeypatch.setitem(EXPLAINERS, GradientTimesInput.name, GradientTimesInput)
    result = EXPLAINERS["gradient_times_input"](network).attribute(faces, "output[0]")
    assert result.method == "gradient_times_input" and result.maps.shape == faces.shape
    assert set(result.by_region()) == {"background", "forehead", "brows", "chin", "eyes", "nose", "mouth", "cheeks"}
    assert len(result.plot(2).axes) == 3 and len(Attributions.from_json(result.to_json())) == 3


def test_model_is_prepared_once(faces):
    asked = []

    def model(pictures):
        asked.append(len(pictures))
        return np.asarray(pictures).mean((1, 2, 3))

    explainer = Occlusion(model)
    tried = len(asked)
    for _ in range(2):
        explainer.attribute(faces, internal_batch_size=64)
    assert asked[tried:] == [30, 30]
    with pytest.raises(CatganError, match="no gradients"):
        IntegratedGradients(model).attribute(faces)
