"""Tests of `catgan.studies.elimination.subsets`."""

import numpy as np
import pytest

from catgan.studies.elimination import subsets

RELEVANCE = np.array([3.0, 0.0, 5.0, 1.0, 5.0, 2.0])


def test_quarter_rule_of_mediapipe_ends_at_eight():
    assert subsets.quarter_rule(478, 8) == (478, 359, 269, 202, 151, 113, 85, 64, 48, 36, 27, 20, 15, 11, 8)


@pytest.mark.parametrize("points, smallest, expected", [
    (68, 8, (68, 51, 38, 29, 22, 16, 12, 8)), (12, 3, (12, 9, 7, 5, 3)), (8, 8, (8,))])
def test_quarter_rule_falls_to_the_smallest(points, smallest, expected):
    assert subsets.quarter_rule(points, smallest) == expected


def test_most_relevant_keeps_the_first_of_equal_points():
    assert subsets.most_relevant(RELEVANCE, np.arange(6), 1).tolist() == [2]
    assert subsets.most_relevant(RELEVANCE, np.array([5, 0, 1, 3]), 2).tolist() == [0, 5]
    assert subsets.most_relevant(np.zeros(6), np.arange(6), 3).tolist() == [0, 1, 2]


def test_without_most_relevant_keeps_the_others():
    assert subsets.without_most_relevant(RELEVANCE, 3).tolist() == [1, 3, 5]


def test_pairs_stay_or_go_together():
    mirror = np.array([1, 0, 3, 2, 4, 5])  # pairs 0-1, 2-3; 4 and 5 lie in the middle
    for size, expected in ((1, [4]), (2, [4, 5]), (3, [2, 3, 4]), (4, [2, 3, 4, 5]), (6, [0, 1, 2, 3, 4, 5])):
        assert subsets.most_relevant_pairs(RELEVANCE, np.arange(6), mirror, size).tolist() == expected
    assert subsets.most_relevant_pairs(RELEVANCE, np.array([0, 1, 2, 3]), mirror, 3).tolist() == [2, 3]


def test_mean_relevance_gives_each_expression_the_same_say():
    found = subsets.mean_relevance(np.array([[8.0, 2.0, 0.0], [0.0, 0.1, 0.1], [0.0, 0.0, 0.0]]))
    np.testing.assert_allclose(found, [0.8 / 3, 0.7 / 3, 0.5 / 3])


def test_random_points_depend_on_every_index():
    first = subsets.at_random(478, 20, 0, 0, 0, 0)
    assert len(set(first.tolist())) == 20 and (np.diff(first) > 0).all() and first.max() < 478
    np.testing.assert_array_equal(first, subsets.at_random(478, 20, 0, 0, 0, 0))
    for indices in ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)):
        assert subsets.at_random(478, 20, *indices).tolist() != first.tolist()
