"""Agreement of raters, against published examples and scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from catgan.metrics.agreement import fleiss_kappa, intraclass_correlations, weighted_kappa
from catgan.metrics.moments import Moments

SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
"""Table 2 of Shrout & Fleiss 1979: six targets, four judges."""
FLEISS = np.array([[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
                   [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]])
"""A worked example of ten items and fourteen raters, whose kappa is .210."""


def test_icc_of_the_published_example():
    found = intraclass_correlations(SHROUT_FLEISS)
    assert found.n == 6
    assert found.agreement == pytest.approx(0.29, abs=0.005) and found.consistency == pytest.approx(0.71, abs=0.005)


def test_icc_of_two_raters_is_that_of_moments():
    random = np.random.default_rng(0)
    one = random.normal(size=40)
    other = one + random.normal(size=40) + 0.7
    found = intraclass_correlations(np.stack([one, other], 1))
    assert found.consistency == pytest.approx(Moments.of(one, other).icc)
    assert found.agreement < found.consistency  # their means differ


def test_icc_leaves_out_items_that_not_all_have_rated():
    holed = np.vstack([SHROUT_FLEISS, [[5, np.nan, 5, 5]]])
    assert intraclass_correlations(holed) == intraclass_correlations(SHROUT_FLEISS)


@pytest.mark.parametrize("ratings", [np.empty((0, 2)), [[1, 2]], [[1], [2], [3]], [[2, 2], [2, 2]],
                                     [[1, np.nan], [2, np.nan]]])
def test_icc_that_is_not_defined(ratings):
    found = intraclass_correlations(np.array(ratings, float))
    assert found.agreement is None and found.consistency is None


def test_icc_of_raters_who_differ_by_a_constant():
    found = intraclass_correlations(np.array([[0.0, 2.0], [1.0, 3.0], [2.0, 4.0]]))
    assert found.consistency == pytest.approx(1.0)
    assert found.agreement == pytest.approx(1.0 / 3.0)  # MSR 2, MSC 6, MSE 0: 2 / (2 + 2 * 6 / 3)


def test_weighted_kappa_is_that_of_scikit_learn():
    random = np.random.default_rng(1)
    one = random.integers(0, 6, 50)
    other = np.clip(one + random.integers(-1, 3, 50), 0, 5)
    assert weighted_kappa(one, other, 6) == pytest.approx(cohen_kappa_score(one, other, weights="quadratic"))
    assert weighted_kappa(one, one, 6) == pytest.approx(1.0)


def test_weighted_kappa_that_is_not_defined():
    assert weighted_kappa(np.array([], int), np.array([], int), 6) is None
    assert weighted_kappa(np.full(4, 2), np.full(4, 2), 6) is None


def test_fleiss_kappa_of_the_worked_example():
    assert fleiss_kappa(FLEISS) == pytest.approx(0.210, abs=0.0005)


def test_fleiss_kappa_leaves_out_items_of_one_rater():
    assert fleiss_kappa(np.vstack([FLEISS, [1, 0, 0, 0, 0]])) == pytest.approx(fleiss_kappa(FLEISS))
    assert fleiss_kappa(np.array([[1, 0], [0, 1]])) is None
    assert fleiss_kappa(np.array([[2, 0], [2, 0]])) is None
    assert fleiss_kappa(np.array([[2, 0], [0, 3]])) == pytest.approx(1.0)
