import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from catgan.metrics import au

ALL = np.ones(6, bool)
TRUE = np.array([1, 0, 1, 1, 0, 0])
SCORE = np.array([0.9, 0.8, 0.7, 0.3, 0.2, 0.1])


def test_by_hand():
    # at 0.5: TP 2, FP 1, FN 1
    assert au.f1(TRUE, SCORE, ALL, 0.5) == pytest.approx(4 / 6)
    # pairs (present, absent): 7 of 9 in order
    assert au.auc(TRUE, SCORE, ALL) == pytest.approx(7 / 9)
    # best F1 is 2*3/(4+3) = 6/7, with the four highest scores said to be present
    assert au.best_threshold(TRUE, SCORE, ALL) == pytest.approx(0.25)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40))
def test_against_scikit_learn(rows):
    true, score = (np.array(part) for part in zip(*rows))
    mask = np.ones(len(true), bool)
    if true.any() or (score >= 3).any():
        assert au.f1(true, score, mask, 3) == pytest.approx(reference.f1_score(true, score >= 3))
    if 0 < true.sum() < len(true):
        assert au.auc(true, score, mask) == pytest.approx(reference.roc_auc_score(true, score))
    if true.any():
        best = au.best_threshold(true, score, mask)
        tried = [au.f1(true, score, mask, level - 0.5) or 0.0 for level in range(7)]
        assert au.f1(true, score, mask, best) == pytest.approx(max(tried))


def test_masked_values_never_matter():
    true, score = np.append(TRUE, [1, 0]), np.append(SCORE, [np.nan, np.inf])
    mask = np.append(ALL, [False, False])
    assert au.auc(true, score, mask) == au.auc(TRUE, SCORE, ALL)
    assert au.f1(true, score, mask, 0.5) == au.f1(TRUE, SCORE, ALL, 0.5)
    assert au.best_threshold(true, score, mask) == au.best_threshold(TRUE, SCORE, ALL)


def test_undefined_is_none():
    none = np.zeros(6, bool)
    assert au.f1(TRUE, SCORE, none, 0.5) is None and au.auc(TRUE, SCORE, none) is None
    assert au.auc(np.ones(6), SCORE, ALL) is None
    assert au.f1(np.zeros(6), SCORE, ALL, 2.0) is None
    assert au.best_threshold(np.zeros(6), SCORE, ALL) is None
