"""A face through a video."""

import numpy as np
import pytest

from catgan.faces.landmarks import DetectedFace
from catgan.faces.tracks import follow, smoothed


def face(left, top, side=100.0):
    corners = np.zeros((478, 3), np.float32)
    corners[1::2, :2] = side
    return DetectedFace(corners + np.array([left, top, 0], np.float32), {}, 0.0, 0.0, 0.0)


def test_the_face_that_overlaps_most_goes_on():
    here, there = face(0, 0), face(300, 0)
    assert follow([here, there], None) is here and follow([here, there], None, 1) is there
    assert follow([here], None, 1) is None and follow([], here) is None
    moved = face(310, 5)
    assert follow([face(0, 0), moved], there) is moved
    assert follow([face(0, 0)], there) is None  # somebody else


def test_a_path_is_evened_out_by_hand():
    path = np.zeros((13, 2))
    path[6] = 1.0
    weights = np.exp(-0.5 * np.arange(-3, 4) ** 2)
    found = smoothed(path, np.arange(len(path)), 1.0)
    np.testing.assert_allclose(found[3:10, 0], weights / weights.sum(), rtol=1e-9)
    np.testing.assert_array_equal(smoothed(path, np.arange(len(path)), 0.0), path)


def test_gaps_stay_gaps_and_pull_nothing():
    path = np.full((7, 3, 2), 5.0)
    path[3] = np.nan
    found = smoothed(path, np.arange(len(path)), 2.0)
    assert np.isnan(found[3]).all() and found[[0, 1, 2, 4, 5, 6]] == pytest.approx(5.0)
    assert smoothed(np.zeros((0, 2)), np.zeros(0), 1.0).shape == (0, 2)
