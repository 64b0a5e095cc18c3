"""Coefficients by least squares against numbers of which the truth is known."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from catgan.errors import DataError
from catgan.studies.relate.linear import coefficients, r2, regress
from catgan.studies.relate.options import RelateOptions
from tests.harness.related_faces import NUMBERS, WEIGHTS, related_faces

OPTIONS = RelateOptions(draws=60)


@pytest.mark.parametrize("place", [0, 1])
def test_regress_of_an_exact_relation_returns_it(place):
    faces = related_faces()
    found = regress(faces.units["intensity"], faces.affect[:, place], faces.groups, faces.unit_names, OPTIONS)
    values = [found["coefficients"][name]["value"] for name in faces.unit_names]
    np.testing.assert_allclose(values, WEIGHTS[place], atol=1e-12)
    assert found["intercept"]["value"] == pytest.approx(-0.1) and found["n"] == 240
    assert found["r2"] == pytest.approx(1) and found["cross_validated_r2"]["value"] == pytest.approx(1)


def test_regress_with_noise_agrees_with_sklearn_and_its_intervals_hold_the_truth():
    faces = related_faces(noise=0.1)
    found = regress(faces.units["intensity"], faces.affect[:, 0], faces.groups, faces.unit_names, OPTIONS)
    other = LinearRegression().fit(faces.units["intensity"], faces.affect[:, 0])
    np.testing.assert_allclose([entry["value"] for entry in found["coefficients"].values()], other.coef_, atol=1e-10)
    assert found["r2"] == pytest.approx(other.score(faces.units["intensity"], faces.affect[:, 0]))
    low, high = found["coefficients"]["AU12"]["interval"]
    assert low < WEIGHTS[0, NUMBERS.index(12)] < high and high - low < 0.05
    low, high = found["cross_validated_r2"]["interval"]
    assert low < found["cross_validated_r2"]["value"] < found["r2"] < 1 and low < high


def test_regress_leaves_out_unknown_labels():
    faces = related_faces()
    spoiled = faces.affect[:, 0].copy()
    spoiled[:50] = np.nan
    faces.units["intensity"][60:70, 2] = np.nan
    found = regress(faces.units["intensity"], spoiled, faces.groups, faces.unit_names, OPTIONS)
    assert found["n"] == 240 - 50 - 10
    assert found["coefficients"]["AU12"]["value"] == pytest.approx(WEIGHTS[0, 3])


def test_regress_of_a_single_subject_has_no_cross_validation():
    faces = related_faces(people=6)
    found = regress(faces.units["intensity"], faces.affect[:, 0], faces.groups, faces.unit_names, OPTIONS)
    assert found["groups"] == 6 and found["cross_validated_r2"]["value"] == pytest.approx(1)


def test_regress_of_too_little_is_refused():
    faces = related_faces()
    with pytest.raises(DataError, match="it is the same on all 240 faces"):
        regress(faces.units["intensity"], np.zeros(240), faces.groups, faces.unit_names, OPTIONS)
    few = faces.select(np.arange(18))
    with pytest.raises(DataError, match="at least 20 faces"):
        regress(few.units["intensity"], few.affect[:, 0], few.groups, few.unit_names, OPTIONS)


def test_coefficients_that_are_not_unique_are_none():
    design = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0], [5.0, 10.0]])
    assert coefficients(design, np.arange(4.0)) is None
    assert coefficients(np.ones((4, 1)), np.arange(4.0)) is None
    np.testing.assert_allclose(coefficients(design[:, :1], 3 * design[:, 0] + 1), [1, 3])


def test_r2_by_hand():
    target, mean = np.array([1.0, 2.0, 3.0]), np.full(3, 2.0)
    assert r2(target, np.array([1.0, 2.0, 2.0]), mean) == pytest.approx(1 - 1 / 2)
    assert r2(mean, target, mean) is None
