import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, cohen_kappa_score

from catgan.metrics.categories import (agreement, average_precision, brier_score, chance_macro_f1,
                                       mean_average_precision)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=1, max_size=30))
def test_average_precision_is_that_of_scikit_learn(rows):
    present, scores = np.array([row[0] for row in rows]), np.array([row[1] for row in rows]) / 4
    found = average_precision(present, scores)
    if not present.any():
        assert found is None
    else:
        assert found == pytest.approx(average_precision_score(present, scores))


def test_mean_average_precision_leaves_out_what_is_unknown_and_what_never_occurs():
    values = np.array([[1, 0, np.nan], [0, 0, np.nan], [np.nan, 0, np.nan], [1, 0, np.nan]])
    scores = np.array([[0.9, 1, 1], [0.8, 1, 1], [1.0, 1, 1], [0.7, 1, 1]])
    assert mean_average_precision(values, scores) == pytest.approx((1 + 2 / 3) / 2)
    assert mean_average_precision(values[:, 1:], scores[:, 1:]) is None


def test_brier_score_by_hand():
    found = brier_score(np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([0, 1]))
    assert found == pytest.approx(((0.25 + 0.25) + (1 + 1)) / 2)
    assert brier_score(np.zeros((0, 2)), np.zeros(0, int)) is None


def test_chance_is_what_random_answers_reach():
    assert chance_macro_f1(np.array([0, 1, 2, 3]), 4) == pytest.approx(0.25)
    # Half are class 0: precision 1/2, recall 1/3; a quarter class 1 and 2 each: precision 1/4, recall 1/3.
    expected = np.mean([2 / (2 + 3), 2 / (4 + 3), 2 / (4 + 3)])
    assert chance_macro_f1(np.array([0, 0, 1, 2]), 3) == pytest.approx(expected)


def test_agreement_within_one_stratum_is_cohens_kappa():
    random = np.random.default_rng(0)
    said, other = random.integers(0, 3, (2, 50))
    assert agreement(said, other, np.zeros(50, int), 3) == pytest.approx(cohen_kappa_score(said, other))


def test_agreement_that_the_own_label_explains_is_no_leak():
    own = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    said = np.array([0, 0, 1, 1, 1, 1, 0, 0])
    independent = np.array([0, 1, 0, 1, 1, 0, 1, 0])
    assert agreement(said, independent, own, 2) == pytest.approx(0.0)
    assert agreement(said, said, own, 2) == pytest.approx(1.0)
    assert agreement(said, own, own, 2) == pytest.approx(0.0)  # 1/2 observed, 1/2 expected
    assert agreement(own, own, own, 2) is None and agreement(own[:0], own[:0], own[:0], 2) is None
