"""Tests of closed-form read-outs and of the combination of binaries."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import Ridge

from catgan.models.landmarks.architectures import LandmarkConfig
from catgan.models.landmarks.combination import Combination, fit_combination, platt
from catgan.models.landmarks.readout import STRENGTHS, class_weights, fit_readout, ridge


def data(n: int = 60, d: int = 5) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(0)
    inputs = draw.normal(size=(n, d))
    return inputs, (inputs[:, 0] + 0.5 * draw.normal(size=n) > 0.4)


@pytest.mark.parametrize("d", [5, 90])
def test_ridge_equals_scikit_learn_at_the_strength_with_the_smallest_error_of_left_out_clips(d):
    inputs, target = data(d=d)
    weights = class_weights(target)
    signs = np.where(target, 1.0, -1.0)
    mean = weights @ inputs / weights.sum()
    unit = (weights[:, None] * np.square(inputs - mean)).sum() / min(inputs.shape)
    losses = []
    for strength in STRENGTHS:
        errors = []
        for left in range(len(inputs)):
            kept = np.arange(len(inputs)) != left
            model = Ridge(strength * unit).fit(inputs[kept], signs[kept], weights[kept])
            errors.append(weights[left] * (signs[left] - model.predict(inputs[left:left + 1])[0]) ** 2)
        losses.append(np.mean(errors))
    best = Ridge(STRENGTHS[int(np.argmin(losses))] * unit).fit(inputs, signs, weights)
    found = ridge(inputs, target[:, None], weights)
    np.testing.assert_allclose(found.kernel[:, 0], best.coef_, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(found.bias, best.intercept_, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("config", [LandmarkConfig("linear"), LandmarkConfig("linear", components=5),
                                    LandmarkConfig("linear", readout="logistic")])
def test_fit_readout_separates_and_ignores_a_constant_feature(config):
    inputs, target = data(200)
    summary = np.concatenate([1e3 * inputs, np.full((200, 1), 7.0)], 1)
    found = fit_readout(summary, target[:, None], class_weights(target), config, (summary, target[:, None]))
    scores = found(summary)[:, 0]
    assert found.kernel.shape == (6, 1) and found.kernel[5, 0] == 0
    assert ((scores > 0) == target).mean() > 0.75


def test_class_weights_give_every_class_the_same_sum():
    np.testing.assert_allclose(class_weights(np.array([0, 0, 0, 2])), [2 / 3, 2 / 3, 2 / 3, 2])


def test_platt_finds_the_slope_and_offset_that_made_the_answers():
    draw = np.random.default_rng(1)
    logits = draw.normal(0, 2, 20_000)
    slope, offset = platt(logits, draw.random(20_000) < expit(1.5 * logits - 0.7))
    assert abs(slope - 1.5) < 0.06 and abs(offset + 0.7) < 0.06
    assert platt(logits, np.ones(20_000, bool)) == (1.0, 0.0)


def test_platt_of_sides_that_do_not_overlap_stays_finite():
    slope, offset = platt(np.array([-2.0, -1.0, 1.0, 2.0]), np.array([False, False, True, True]))
    assert 0 < slope < 20 and abs(offset) < 1e-3


def test_combination_of_binaries_divides_by_their_sum():
    found = Combination((1.0, 2.0), (0.0, 1.0), False)(np.array([[0.0, 0.5]]))
    each = np.array([0.5, expit(2.0)])
    np.testing.assert_allclose(found, [each / each.sum()], rtol=1e-6)
    assert Combination.from_dict(Combination((1.0, 2.0), (0.0, 1.0), False).to_dict()).slopes == (1.0, 2.0)


def test_combination_of_a_softmax_finds_its_temperature():
    draw = np.random.default_rng(2)
    logits = draw.normal(0, 1, (5_000, 3))
    odds = np.exp(0.5 * logits)
    labels = (draw.random((5_000, 1)) > np.cumsum(odds / odds.sum(1, keepdims=True), 1)).sum(1)
    found = fit_combination(logits, labels, True)
    assert abs(found.slopes[0] - 0.5) < 0.08 and found.joint
    np.testing.assert_allclose(found(logits).sum(1), 1, rtol=1e-5)
