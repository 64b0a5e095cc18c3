"""Tests of `catgan.studies.elimination.rivals`."""

import numpy as np
import pytest

from catgan.studies.elimination.rivals import group_lasso, motion_variance, summaries


def test_motion_variance_is_that_of_seen_frames():
    shapes = np.zeros((1, 4, 2, 2))
    shapes[0, :, 1, 0] = [1.0, 3.0, 100.0, 2.0]
    shapes[0, :, 1, 1] = [0.0, 2.0, 100.0, 1.0]
    seen = np.array([[True, True, False, True]])
    np.testing.assert_allclose(motion_variance(shapes, seen), [0.0, 4.0 / 3.0])


def test_summaries_take_the_frame_in_which_points_are_farthest():
    shapes = np.zeros((1, 3, 2, 2), np.float32)
    shapes[0, 1] = 2.0
    shapes[0, 2] = 9.0
    found = summaries(shapes, np.array([[True, True, False]]))
    assert found.shape == (1, 2, 6)
    np.testing.assert_allclose(found[0, 0], [2.0, 2.0, 1.0, 1.0, 1.0, 1.0])


@pytest.fixture
def features():
    random = np.random.default_rng(0)
    return random.normal(size=(200, 6, 2)).astype(np.float32)


def test_group_lasso_finds_the_points_of_each_target(features):
    truth = np.stack([features[:, 2, 0] + 0.5 * features[:, 4, 1] > 0.0, features[:, 1].sum(-1) > 0.3], 1)
    found = group_lasso(features, truth)
    assert np.argsort(-found[0])[:2].tolist() == [2, 4] and found[1].argmax() == 1
    assert (found >= 0.0).all() and np.isfinite(found).all()


def test_group_lasso_takes_one_of_two_equal_points(features):
    """Redundant points share the credit evenly here, because both enter at the same penalty."""
    features[:, 3] = features[:, 2]
    found = group_lasso(features, features[:, 2, :1] > 0.0)
    assert found[0, 2] == pytest.approx(found[0, 3], rel=1e-3) and found[0, [0, 1, 4, 5]].max() < found[0, 2]


def test_group_lasso_gives_a_constant_point_nothing(features):
    features[:, 5] = 1.0
    assert group_lasso(features, features[:, 0, :1] > 0.0)[0, 5] == 0.0
