"""Tests of `catgan.studies.elimination.choice`."""

import numpy as np
import pytest

from catgan.studies.elimination.choice import choose


def scores_with(wrong, n=40):
    """Scores `(n, sizes)` at threshold 0 with so many wrong clips of each class."""
    truth = np.arange(n) % 2 == 0
    scores = np.tile(np.where(truth, 1.0, -1.0)[:, None], (1, len(wrong)))
    for size, count in enumerate(wrong):
        scores[:2 * count, size] *= -1.0
    return truth, scores


@pytest.mark.parametrize("wrong, expected", [
    ((2, 2, 2, 15), 10),   # equally good
    ((4, 4, 5, 15), 10),   # .05 below the best, whose standard error is .063
    ((2, 2, 8, 15), 20),
    ((0, 1, 1, 1), 30)])   # the best makes no error, so that its standard error is 0
def test_smallest_size_within_a_standard_error_is_chosen(wrong, expected):
    truth, scores = scores_with(wrong)
    found = choose(truth[:, None], scores[..., None], np.zeros((4, 1)), (30, 20, 10, 5),
                   [str(one) for one in range(40)])
    assert found.size == expected and found.best == 30
    np.testing.assert_allclose(found.figures, [1.0 - count / 20.0 for count in wrong])


def test_standard_error_is_that_of_a_share():
    truth, scores = scores_with((4,))
    found = choose(truth[:, None], scores[..., None], np.zeros((1, 1)), (9,), [str(one) for one in range(40)])
    # Each recall is .8 of 20 clips: sqrt(2 x .8 x .2 / 20) / 2.
    assert found.error == pytest.approx(np.sqrt(2 * 0.8 * 0.2 / 20) / 2, rel=0.2)


def test_several_expressions_are_averaged():
    truth, scores = scores_with((0, 10))
    other = scores_with((10, 0))[1]
    both = np.stack([scores, other], -1)
    found = choose(np.stack([truth, truth], 1), both, np.zeros((2, 2)), (30, 20), [str(one) for one in range(40)])
    np.testing.assert_allclose(found.figures, [0.75, 0.75])
    assert found.size == 20


def test_criterion_auc_ignores_thresholds():
    truth, scores = scores_with((0, 0))
    found = choose(truth[:, None], scores[..., None], np.full((2, 1), 5.0), (30, 20), [str(one) for one in range(40)],
                   "auc")
    assert found.figures == (1.0, 1.0) and found.size == 20
