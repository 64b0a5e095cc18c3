"""Attributions of answers written in numpy, whose shares are worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catgan.errors import CatganError
from catgan.explain.attribution import pixels
from catgan.explain.attribution.pixels import METHODS, attribute, face_regions


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
    ("integrated_gradients", {}, pixels._blurred(face().astype(float), 1.0)),
    ("counterfactual_ig", {"counterfactual": face(1)}, face(1)),
    ("guided_ig", {"baseline": "black", "steps": 7}, np.zeros((16, 16, 3))),
    ("guided_ig", {"baseline": face(1), "steps": 40, "deviation": 1.0}, face(1)),
    ("blur_ig", {"steps": 5}, pixels._blurred(face().astype(float), 1.0)),
    ("expected_gradients", {"references": [face(1), face(2)], "steps": 5}, (face(1) + face(2).astype(float)) / 2)])
def test_of_a_linear_answer_all_path_methods_say_the_same(method, options, baseline):
    """The weight times the difference, whatever the path and however few the steps."""
    answer = Polynomial(WEIGHTS)
    result = attribute(answer, face(), method, **options)
    np.testing.assert_allclose(result.map, WEIGHTS * (face() - np.asarray(baseline, float)), atol=1e-3)
    assert result.method == method and result.gap == pytest.approx(0.0, abs=0.01)
    assert result.value == pytest.approx((WEIGHTS * face()).sum())
    assert result.baseline_value == pytest.approx((WEIGHTS * baseline).sum(), abs=0.01)
    assert result.passes == sum(answer.asked) and max(answer.asked) <= pixels.BATCH
    assert sum(result.by_region().values()) == pytest.approx(result.map.sum())


def test_a_quadratic_answer_by_hand():
    """x ** 2 from b to x: x ** 2 - b ** 2 for every pixel; the slope is linear, so that one step is enough."""
    result = attribute(Polynomial(np.ones((16, 16, 3)), 2), face(), baseline=face(1), steps=1)
    np.testing.assert_allclose(result.map, face().astype(float) ** 2 - face(1).astype(float) ** 2, atol=1e-6)


def test_the_gap_shrinks_with_the_square_of_the_steps():
    """The trapezoidal rule gives x ** 3 (1 + 0.5 / steps ** 2) for x ** 3 from 0."""
    x = np.full((1, 1, 3), 2.0)
    gaps = [attribute(Polynomial([1, 0, 0], 3), x, baseline="black", steps=steps).gap for steps in (1, 2, 4, 50)]
    assert gaps == pytest.approx([4.0, 1.0, 0.25, 4.0 / 2500], rel=1e-4)


def test_pixels_that_act_together_share_by_the_path():
    """x0 x1 + 5 x1 from 0 to 10. Straight: each has half of the product. Guided: x0, whose slope is 0, moves first and
    gets nothing; x1 then rises with slope 15."""
    x = np.array([[[10, 10, 0]]])
    straight = attribute(Product(), x, baseline="black")
    np.testing.assert_allclose(straight.map, [[[50, 100, 0]]], atol=1e-3)
    guided = attribute(Product(), x, "guided_ig", baseline="black", steps=4, deviation=1.0)
    np.testing.assert_allclose(guided.map, [[[0, 150, 0]]], atol=1e-3)
    np.testing.assert_allclose(attribute(Product(), x, "guided_ig", baseline="black", deviation=0.0).map, straight.map)


def test_the_guided_path_stays_near_the_straight_one_and_reaches_the_face():
    nodes = list(pixels._guided(Polynomial(WEIGHTS, 3), face().astype(float), np.zeros((16, 16, 3)), 10, 0.15))
    for step, node in enumerate(nodes):
        part = np.divide(node.face, face(), out=np.full(face().shape, step / 10), where=face() > 0)
        assert np.abs(part - step / 10).max() <= 0.15 + 1e-9
        assert node.face.sum() == pytest.approx(step / 10 * face().sum())  # as far as the straight path is
    np.testing.assert_array_equal(nodes[-1].face, face())


def test_guided_ig_comes_to_its_value():
    gaps = [abs(attribute(Polynomial(WEIGHTS / 1e4, 3), face(), "guided_ig", baseline="black", steps=steps).gap)
            for steps in (5, 20, 80)]
    assert gaps[0] > gaps[1] > gaps[2]


def test_idgi_shares_by_the_squares_of_the_slopes():
    """Of 3 x0 + 4 x1 from 0 to 10: a rise of 70, by 9 to 16, though x0 moved as far as x1."""
    x = np.array([[[10, 10, 0]]])
    result = attribute(Polynomial([3, 4, 0]), x, "idgi", baseline="black")
    np.testing.assert_allclose(result.map, [[[70 * 9 / 25, 70 * 16 / 25, 0]]])
    # Nothing has a slope: the shares are 0, and finite.
    assert attribute(Polynomial([0, 0, 0]), x, "idgi").map.sum() == 0.0


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), steps=st.integers(1, 6), path=st.sampled_from(sorted(pixels.PATHS)),
       degree=st.integers(1, 4))
def test_idgi_is_complete_at_any_number_of_steps(seed, steps, path, degree):
    weights = np.random.default_rng(seed).normal(size=(4, 4, 3)) / 255.0 ** degree
    result = attribute(Polynomial(weights, degree), face(seed, 4), "idgi", path=path, steps=steps)
    assert result.gap == pytest.approx(0.0, abs=1e-9)


def test_blur_ig_walks_from_the_blurred_face():
    answer = Polynomial(WEIGHTS / 255 ** 2, 3)
    results = [attribute(answer, face(), "blur_ig", steps=steps) for steps in (2, 10, 50)]
    assert abs(results[0].gap) > abs(results[1].gap) > abs(results[2].gap)
    blurred = pixels._blurred(face().astype(float), 1.0)
    assert results[0].baseline_value == pytest.approx((WEIGHTS / 255 ** 2 * blurred ** 3).sum(), rel=1e-5)
    flat = np.full((16, 16, 3), 77)  # blur takes nothing off it
    assert np.abs(attribute(answer, flat, "blur_ig").map).max() < 1e-6


def test_expected_gradients_are_the_mean_of_integrated_gradients():
    answer, references = Polynomial(WEIGHTS / 255 ** 2, 3), [face(seed) for seed in (1, 2, 3)]
    expected = np.mean([attribute(answer, face(), baseline=reference).map for reference in references], axis=0)
    result = attribute(answer, face(), "expected_gradients", references=references, steps=600)
    np.testing.assert_allclose(result.map, expected, atol=0.01 * np.abs(expected).max())
    coarse = attribute(answer, face(), "expected_gradients", references=references, steps=6)
    assert abs(result.gap) < abs(coarse.gap)
    again, other = (attribute(answer, face(), "expected_gradients", references=references, steps=6, seed=seed).map
                    for seed in (0, 1))
    assert np.array_equal(again, coarse.map) and not np.array_equal(other, coarse.map)


def test_a_counterfactual_is_blamed_only_where_it_differs():
    changed = face()
    changed[10:, 4:12] //= 2
    result = attribute(Polynomial(WEIGHTS / 255, 2), face(), "counterfactual_ig", counterfactual=changed)
    outside = np.ones((16, 16), bool)
    outside[10:, 4:12] = False
    assert result.pixels.any() and not result.pixels[outside].any()
    assert result.map.sum() == pytest.approx(result.value - result.baseline_value, abs=1e-4)


@pytest.mark.parametrize("planted", face_regions((32, 32)))
def test_occlusion_names_the_planted_region(planted):
    region = face_regions((32, 32))[planted]
    result = attribute(BlackBox(region[..., None] / region.sum()), face(side=32), "occlusion", baseline="black")
    effects = result.by_region()
    assert max(effects, key=lambda name: abs(effects[name])) == planted
    assert result.map.shape == (32, 32) and result.gap is None and result.passes == 2 + len(effects)
    assert len(np.unique(result.map[region])) == 1  # spread evenly


def test_occlusion_by_hand():
    """All pixels together, and nothing behind them: the losses of the regions are their shares of the grey levels."""
    flat = np.full((32, 32, 3), 100, np.uint8)
    result = attribute(BlackBox(np.full((32, 32, 3), 1 / (3 * 32 * 32))), flat, "occlusion", baseline="black")
    assert (result.value, result.baseline_value) == (pytest.approx(100.0), 0.0)
    for name, region in face_regions((32, 32)).items():
        assert result.by_region()[name] == pytest.approx(100 * region.mean(), abs=0.2)


@pytest.mark.parametrize("side", [16, 48, 128])
def test_regions_divide_the_face(side):
    regions = face_regions((side, side, 3))
    assert (np.sum(list(regions.values()), axis=0) == 1).all()
    assert all(region.any() and np.array_equal(region, region[:, ::-1]) for region in regions.values())
    # Where the template has them: the eyes, the mouth, and what lies between and around.
    at = {"eyes": (.42, .32), "mouth": (.74, .5), "nose": (.58, .5), "brows": (.30, .34), "forehead": (.18, .5),
          "cheeks": (.58, .28), "chin": (.92, .5), "background": (.05, .05)}
    for name, (row, column) in at.items():
        assert regions[name][int(row * side), int(column * side)]


def test_names_are_of_the_functions():
    assert set(METHODS) == {"integrated_gradients", "guided_ig", "blur_ig", "idgi", "expected_gradients", "occlusion",
                            "counterfactual_ig"}


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
def test_wrong_turns(method, options, message):
    with pytest.raises(CatganError, match=message):
        attribute(Polynomial(WEIGHTS), face(), method, **options)


@pytest.mark.parametrize("image, message", [
    (np.zeros((4, 4)), r"shape \(h, w, 3\). Received: float64 \(4, 4\)"),
    (np.full((4, 4, 3), -1.0), "grey levels 0..255. Received: -1..-1."),
    (np.full((4, 4, 3), np.nan), "Received: nan..nan."),
    (np.full((4, 4, 3), "x"), "Received: <U1")])
def test_what_is_no_face(image, message):
    with pytest.raises(CatganError, match=message):
        attribute(Polynomial(1.0), image)


def test_answers_that_cannot_be_explained():
    with pytest.raises(CatganError, match="square. Received: \\(4, 6\\)"):
        attribute(BlackBox(1.0), np.zeros((4, 6, 3)), "occlusion")
    with pytest.raises(CatganError, match="no gradient"):
        attribute(BlackBox(1.0), face())
    with pytest.raises(CatganError, match="not finite .* Received: nan"):
        attribute(Polynomial(np.nan), face(), "guided_ig")
