"""Calibration of networks of several modalities."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import softmax

from catgan.models.multimodal.calibration import FusionCalibration, fit_scales, fit_temperature


def test_temperature_of_two_classes_by_hand():
    # Logit difference 2; three of four are right: the best probability is 3/4, so 2 / T = log 3.
    logits, labels = np.tile([2.0, 0.0], (5, 1)), np.array([0, 0, 0, 1, -1])
    assert fit_temperature(logits, labels) == pytest.approx(2 / math.log(3), rel=1e-4)


def test_temperature_is_where_the_likelihood_has_no_slope():
    draw = np.random.default_rng(0)
    logits = draw.normal(0, 3, (400, 5))
    labels = np.array([draw.choice(5, p=row) for row in softmax(logits / 1.7, -1)])

    def slope(inverse):
        return (logits[np.arange(400), labels] - (softmax(logits * inverse, -1) * logits).sum(-1)).mean()

    assert fit_temperature(logits, labels) == pytest.approx(1 / brentq(slope, 0.01, 10), rel=1e-3)


def test_nothing_known_changes_nothing():
    assert fit_temperature(np.zeros((3, 2)), np.full(3, -1)) == 1.0
    assert fit_scales(np.zeros((3, 2)), np.ones((3, 2)), np.full((3, 2), np.nan)) == (1.0, 1.0)


def test_scales_are_those_of_the_known_errors():
    truth = np.array([[0.5, np.nan], [-0.5, 0.0]])
    found = fit_scales(np.array([[0.2, 1.0], [-0.1, 0.3]]), np.array([[0.1, 0.1], [0.2, 0.1]]), truth)
    assert found == pytest.approx((math.sqrt((9 + 4) / 2), 3.0))  # errors of 3 and 2 deviations; of 3


def test_numbers_survive_json():
    made = FusionCalibration({"fused": 1.5}, {"face": (2.0, 3.0)})
    assert FusionCalibration.from_dict(made.to_dict()) == made
