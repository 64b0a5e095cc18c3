"""Tests of `catgan.metrics.binary`."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from catgan.metrics.binary import BinaryScores, best_threshold


@pytest.fixture
def rows():
    random = np.random.default_rng(0)
    truth = random.random((60, 3)) < 0.3
    scores = np.round(random.normal(size=(60, 3)) + truth, 1)  # with ties
    return truth, scores


def test_figures_are_those_of_scikit_learn(rows):
    truth, scores = rows
    found = BinaryScores(truth, scores, scores >= 0.5).figures()
    for column in range(3):
        assert found.auc[column] == pytest.approx(roc_auc_score(truth[:, column], scores[:, column]))
        assert found.balanced_accuracy[column] == pytest.approx(
            balanced_accuracy_score(truth[:, column], scores[:, column] >= 0.5))


def test_weights_are_repeated_rows(rows):
    truth, scores = rows
    drawn = np.random.default_rng(1).integers(60, size=60)
    found = BinaryScores(truth, scores, scores >= 0.5).figures(np.bincount(drawn, minlength=60))
    repeated = BinaryScores(truth[drawn], scores[drawn], scores[drawn] >= 0.5).figures()
    np.testing.assert_allclose(found.auc, repeated.auc)
    np.testing.assert_allclose(found.balanced_accuracy, repeated.balanced_accuracy)


def test_auc_compares_rows_of_one_group_only():
    truth = np.array([[True], [False], [True], [False]])
    scores = np.array([[1.0], [0.0], [11.0], [10.0]])  # the second group has another scale
    said = scores > [[0.5], [0.5], [10.5], [10.5]]
    assert BinaryScores(truth, scores, said).figures().auc[0] == 0.75
    found = BinaryScores(truth, scores, said, np.array([3, 3, 7, 7])).figures()
    assert found.auc[0] == 1.0 and found.balanced_accuracy[0] == 1.0


def test_group_that_is_not_drawn_does_not_count():
    truth, scores = np.array([[True], [False], [True], [False]]), np.array([[1.0], [0.0], [5.0], [6.0]])
    measured = BinaryScores(truth, scores, scores > 0.5, np.array([0, 0, 1, 1]))
    assert measured.figures().auc[0] == 0.5 and measured.figures(np.array([1, 1, 0, 0])).auc[0] == 1.0


def test_figures_without_positive_rows_are_unknown():
    found = BinaryScores(np.zeros((3, 1), bool), np.zeros((3, 1)), np.zeros((3, 1), bool)).figures()
    assert np.isnan(found.auc[0]) and np.isnan(found.balanced_accuracy[0])


@pytest.mark.parametrize("truth, scores, expected", [
    ([0, 0, 1, 1], [0.0, 1.0, 2.0, 3.0], 1.5),
    ([0, 1, 0, 1], [0.0, 1.0, 1.0, 2.0], 0.5),   # of two equally good ones the lower
    ([1, 1, 1], [0.0, 1.0, 2.0], 0.0)])          # one class only
def test_best_threshold_separates_the_classes(truth, scores, expected):
    assert best_threshold(np.array(truth, bool), np.array(scores)) == expected


def test_best_threshold_is_the_best_of_all(rows):
    truth, scores = rows
    found = best_threshold(truth[:, 0], scores[:, 0])
    every = [balanced_accuracy_score(truth[:, 0], scores[:, 0] >= limit) for limit in np.arange(-4.0, 4.0, 0.05)]
    assert balanced_accuracy_score(truth[:, 0], scores[:, 0] >= found) == pytest.approx(max(every))
