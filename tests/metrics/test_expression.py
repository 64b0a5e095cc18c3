import numpy as np
import pytest
from sklearn import metrics as reference

from catgan.metrics import expression


def test_against_scikit_learn():
    random = np.random.default_rng(0)
    true, predicted = random.integers(0, 4, 200), random.integers(0, 4, 200)
    mask = random.random(200) < 0.7
    matrix = expression.confusion_matrix(true, predicted, mask, 4)
    np.testing.assert_array_equal(matrix, reference.confusion_matrix(true[mask], predicted[mask]))
    summary = expression.summary(matrix, "abcd")
    assert summary["accuracy"] == pytest.approx(reference.accuracy_score(true[mask], predicted[mask]))
    assert summary["macro_f1"] == pytest.approx(reference.f1_score(true[mask], predicted[mask], average="macro"))


def test_absent_class_is_undefined():
    summary = expression.summary(expression.confusion_matrix([0, 0], [0, 1], [True, True], 3), "abc")
    assert summary["f1"] == {"a": pytest.approx(2 / 3), "b": 0.0, "c": None}
    assert expression.summary(np.zeros((2, 2), int), "ab")["accuracy"] is None


def test_mean_recall_is_balanced_accuracy_of_scikit_learn():
    random = np.random.default_rng(1)
    true, predicted = random.integers(0, 3, 100), random.integers(0, 4, 100)  # the last class never occurs
    matrix = expression.confusion_matrix(true, predicted, np.ones(100, bool), 4)
    recalled = expression.recalls(matrix, "abcd")
    assert recalled["d"] is None
    assert list(recalled.values())[:3] == pytest.approx(
        reference.recall_score(true, predicted, labels=[0, 1, 2], average=None))
    assert expression.mean_recall(matrix) == pytest.approx(np.mean(list(recalled.values())[:3]))
    assert expression.mean_recall(np.zeros((3, 3), int)) is None
