"""Attributions of scalar models written in numpy, against numbers worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catgan.errors import CatganError
from catgan.explain.attribution.baselines import blurred
from catgan.explain.attribution.integrated_gradients import BATCH_SIZE
from catgan.explain.attribution.paths import PATHS, guided_path
from catgan.explain.attribution.shortcuts import EXPLAINERS, METHODS, attribute
from catgan.faces.regions import face_regions


class Polynomial:
    """f(x) = sum(weights * x ** degree); it notes how many faces it is asked about at once."""

    def __init__(self, weights, degree=1):
        self.weights, self.degree, self.asked = np.asarray(weights, np.float64), degree, []

    def value(self, images):
        assert images.dtype == np.float32 and images.ndim == 4
        self.asked.append(len(images))
        return (self.weights * images.astype(np.float64) ** self.degree).sum((1, 2, 3))

    def gradient(self, images):
        return self.value(images), self.weights * self.degree * images.astype(np.float64) ** (self.degree - 1)


class Product:
    """f(x) = x0 * x1 + 5 * x1 of the first two numbers of a face."""

    def value(self, images):
        first, second = images[:, 0, 0, 0].astype(np.float64), images[:, 0, 0, 1].astype(np.float64)
        return first * second + 5 * second

    def gradient(self, images):
        slopes = np.zeros(images.shape)
        slopes[:, 0, 0, 0], slopes[:, 0, 0, 1] = images[:, 0, 0, 1], images[:, 0, 0, 0] + 5
        return self.value(images), slopes


class BlackBox(Polynomial):
    def gradient(self, images):
        raise CatganError("This model has no gradient.")


def face(seed=0, side=16):
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)


WEIGHTS = np.random.default_rng(9).normal(size=(16, 16, 3))


@pytest.mark.parametrize("method, options, baseline", [
    ("integrated_gradients", {"baseline": "black", "steps": 3}, np.zeros((16, 16, 3))),
    ("integrated_gradients", {"baseline": face(1), "steps": 1}, face(1)),
    ("integrated_gradients", {}, blurred(face().astype(float))),
    ("counterfactual_ig", {"counterfactual": face(1)}, face(1)),
    ("guided_ig", {"baseline": "black", "steps": 7}, np.zeros((16, 16, 3))),
    ("guided_ig", {"baseline": face(1), "steps": 40, "deviation": 1.0}, face(1)),
    ("blur_ig", {"steps": 5}, blurred(face().astype(float))),
    ("expected_gradients", {"references": [face(1), face(2)], "steps": 5}, (face(1) + face(2).astype(float)) / 2)])
def test_path_methods_of_linear_model_give_weight_times_difference(method, options, baseline):
    """The weight times the difference, whatever the path and however few the steps."""
    answer = Polynomial(WEIGHTS)
    result = attribute(answer, face(), method, **options)
    np.testing.assert_allclose(result.map, WEIGHTS * (face() - np.asarray(baseline, float)), atol=1e-3)
    assert result.method == method and result.convergence_delta == pytest.approx(0.0, abs=0.01)
    assert result.value == pytest.approx((WEIGHTS * face()).sum())
    assert result.baseline_value == pytest.approx((WEIGHTS * baseline).sum(), abs=0.01)
    assert result.passes == sum(answer.asked) and max(answer.asked) <= BATCH_SIZE
    assert sum(result.by_region().values()) == pytest.approx(result.map.sum())


def test_integrated_gradients_of_quadratic_model_need_one_step():
    """x ** 2 from b to x: x ** 2 - b ** 2 for every pixel; the slope is linear, so that one step is enough."""
    result = attribute(Polynomial(np.ones((16, 16, 3)), 2), face(), baseline=face(1), steps=1)
    np.testing.assert_allclose(result.map, face().astype(float) ** 2 - face(1).astype(float) ** 2, atol=1e-6)


def test_convergence_delta_of_cubic_model_falls_with_square_of_steps():
    """The trapezoidal rule gives x ** 3 (1 + 0.5 / steps ** 2) for x ** 3 from 0."""
    x = np.full((1, 1, 3), 2.0)
    deltas = [attribute(Polynomial([1, 0, 0], 3), x, baseline="black", steps=steps).convergence_delta
              for steps in (1, 2, 4, 50)]
    assert deltas == pytest.approx([4.0, 1.0, 0.25, 4.0 / 2500], rel=1e-4)


def test_interacting_pixels_share_by_the_path():
    """x0 x1 + 5 x1 from 0 to 10. Straight: each has half of the product. Guided: x0, whose slope is 0, moves first and
    gets nothing; x1 then rises with slope 15."""
    x = np.array([[[10, 10, 0]]])
    straight = attribute(Product(), x, baseline="black")
    np.testing.assert_allclose(straight.map, [[[50, 100, 0]]], atol=1e-3)
    guided = attribute(Product(), x, "guided_ig", baseline="black", steps=4, deviation=1.0)
    np.testing.assert_allclose(guided.map, [[[0, 150, 0]]], atol=1e-3)
    np.testing.assert_allclose(attribute(Product(), x, "guided_ig", baseline="black", deviation=0.0).map, straight.map)


def test_guided_path_stays_within_deviation_and_ends_at_face():
    faces = face().astype(float)[None]
    nodes = [node for _, node in guided_path(Polynomial(WEIGHTS, 3), faces, np.zeros_like(faces), 10, 32, 0.15)]
    for step, node in enumerate(nodes):
        part = np.divide(node.face, face(), out=np.full(face().shape, step / 10), where=face() > 0)
        assert np.abs(part - step / 10).max() <= 0.15 + 1e-9
        assert node.face.sum() == pytest.approx(step / 10 * face().sum())  # as far as the straight path is
    np.testing.assert_array_equal(nodes[-1].face, face())


def test_guided_ig_with_more_steps_has_smaller_delta():
    answer = Polynomial(WEIGHTS / 1e4, 3)
    deltas = [abs(attribute(answer, face(), "guided_ig", baseline="black", steps=steps).convergence_delta)
              for steps in (5, 20, 80)]
    assert deltas[0] > deltas[1] > deltas[2]


def test_idgi_shares_by_squared_gradients():
    """Of 3 x0 + 4 x1 from 0 to 10: a rise of 70, by 9 to 16, though x0 moved as far as x1."""
    x = np.array([[[10, 10, 0]]])
    result = attribute(Polynomial([3, 4, 0]), x, "idgi", baseline="black")
    np.testing.assert_allclose(result.map, [[[70 * 9 / 25, 70 * 16 / 25, 0]]])
    # Nothing has a slope: the shares are 0, and finite.
    assert attribute(Polynomial([0, 0, 0]), x, "idgi").map.sum() == 0.0


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), steps=st.integers(1, 6), path=st.sampled_from(sorted(PATHS)),
       degree=st.integers(1, 4))
def test_idgi_is_complete_at_any_number_of_steps(seed, steps, path, degree):
    weights = np.random.default_rng(seed).normal(size=(4, 4, 3)) / 255.0 ** degree
    result = attribute(Polynomial(weights, degree), face(seed, 4), "idgi", path=path, steps=steps)
    assert result.convergence_delta == pytest.approx(0.0, abs=1e-9)


def test_blur_ig_starts_at_blurred_face():
    answer = Polynomial(WEIGHTS / 255 ** 2, 3)
    results = [attribute(answer, face(), "blur_ig", steps=steps) for steps in (2, 10, 50)]
    assert abs(results[0].convergence_delta) > abs(results[1].convergence_delta) > abs(results[2].convergence_delta)
    start = blurred(face().astype(float))
    assert results[0].baseline_value == pytest.approx((WEIGHTS / 255 ** 2 * start ** 3).sum(), rel=1e-5)
    flat = np.full((16, 16, 3), 77)  # blur takes nothing off it
    assert np.abs(attribute(answer, flat, "blur_ig").map).max() < 1e-6


def test_expected_gradients_are_mean_of_integrated_gradients():
    answer, references = Polynomial(WEIGHTS / 255 ** 2, 3), [face(seed) for seed in (1, 2, 3)]
    expected = np.mean([attribute(answer, face(), baseline=reference).map for reference in references], axis=0)
    result = attribute(answer, face(), "expected_gradients", references=references, steps=600)
    np.testing.assert_allclose(result.map, expected, atol=0.01 * np.abs(expected).max())
    coarse = attribute(answer, face(), "expected_gradients", references=references, steps=6)
    assert abs(result.convergence_delta) < abs(coarse.convergence_delta)
    again, other = (attribute(answer, face(), "expected_gradients", references=references, steps=6, seed=seed).map
                    for seed in (0, 1))
    assert np.array_equal(again, coarse.map) and not np.array_equal(other, coarse.map)


def test_counterfactual_ig_is_zero_where_faces_are_equal():
    changed = face()
    changed[10:, 4:12] //= 2
    result = attribute(Polynomial(WEIGHTS / 255, 2), face(), "counterfactual_ig", counterfactual=changed)
    outside = np.ones((16, 16), bool)
    outside[10:, 4:12] = False
    assert result.pixels.any() and not result.pixels[outside].any()
    assert result.map.sum() == pytest.approx(result.value - result.baseline_value, abs=1e-4)


@pytest.mark.parametrize("planted", face_regions((32, 32)))
def test_occlusion_names_planted_region(planted):
    region = face_regions((32, 32))[planted]
    result = attribute(BlackBox(region[..., None] / region.sum()), face(side=32), "occlusion", baseline="black")
    effects = result.by_region()
    assert max(effects, key=lambda name: abs(effects[name])) == planted
    assert result.map.shape == (32, 32) and result.convergence_delta is None and result.passes == 2 + len(effects)
    assert len(np.unique(result.map[region])) == 1  # spread evenly


def test_occlusion_of_mean_gives_shares_of_area():
    """All pixels together, and nothing behind them: the losses of the regions are their shares of the grey levels."""
    flat = np.full((32, 32, 3), 100, np.uint8)
    result = attribute(BlackBox(np.full((32, 32, 3), 1 / (3 * 32 * 32))), flat, "occlusion", baseline="black")
    assert (result.value, result.baseline_value) == (pytest.approx(100.0), 0.0)
    for name, region in face_regions((32, 32)).items():
        assert result.by_region()[name] == pytest.approx(100 * region.mean(), abs=0.2)


def test_methods_are_named_as_explainers():
    assert set(METHODS) == set(EXPLAINERS) == {"integrated_gradients", "guided_ig", "blur_ig", "idgi",
                                               "expected_gradients", "occlusion", "counterfactual_ig"}


def test_gap_is_deprecated_name_of_convergence_delta():
    result = attribute(Polynomial(WEIGHTS, 3), face(), steps=2)
    with pytest.warns(DeprecationWarning, match="convergence_delta"):
        assert result.gap == result.convergence_delta != 0.0


@pytest.mark.parametrize("method, options, message", [
    ("guidedig", {}, "Unknown attribution method 'guidedig'. Did you mean 'guided_ig'?"),
    ("blur_ig", {"step": 3}, "Unknown option of blur_ig 'step'. Did you mean 'steps'?"),
    ("counterfactual_ig", {"steps": 3}, "counterfactual_ig needs the option 'counterfactual'. Received: steps."),
    ("integrated_gradients", {"baseline": "blured"}, "Unknown baseline 'blured'. Did you mean 'blurred'?"),
    ("integrated_gradients", {"baseline": face(1, 8)}, r"A baseline must have .*\(16, 16, 3\). Received: \(8, 8, 3\)"),
    ("integrated_gradients", {"steps": 0}, "The number of steps must be whole, from 1. Received: 0."),
    ("expected_gradients", {"references": []}, "one reference face or more. Received: none."),
    ("guided_ig", {"deviation": 2.0}, "must lie in 0..1. Received: 2."),
    ("idgi", {"path": "blurig"}, "Unknown path of idgi 'blurig'. Did you mean 'blur_ig'?"),
    ("idgi", {"path": "blur_ig", "baseline": "black"}, "leave the baseline out. Received: black."),
    ("idgi", {"path": "blur_ig", "baseline": face()}, "leave the baseline out. Received: a face.")])
def test_attribute_with_wrong_option_is_refused(method, options, message):
    with pytest.raises(CatganError, match=message):
        attribute(Polynomial(WEIGHTS), face(), method, **options)


@pytest.mark.parametrize("image, message", [
    (np.zeros((4, 4)), r"shape \(h, w, 3\). Received: float64 \(4, 4\)"),
    (np.full((4, 4, 3), -1.0), "grey levels 0..255. Received: -1..-1."),
    (np.full((4, 4, 3), np.nan), "Received: nan..nan."),
    (np.full((4, 4, 3), "x"), "Received: <U1")])
def test_attribute_with_array_that_is_no_face_is_refused(image, message):
    with pytest.raises(CatganError, match=message):
        attribute(Polynomial(1.0), image)


def test_attribute_with_unsuitable_model_is_refused():
    with pytest.raises(CatganError, match="square. Received: \\(4, 6\\)"):
        attribute(BlackBox(1.0), np.zeros((4, 6, 3)), "occlusion")
    with pytest.raises(CatganError, match="no gradient"):
        attribute(BlackBox(1.0), face())
    with pytest.raises(CatganError, match="not finite .* Received: nan"):
        attribute(Polynomial(np.nan), face(), "guided_ig")
