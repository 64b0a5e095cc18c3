"""A face through a video."""

import numpy as np
import pytest

from catgan.faces.landmarks import DetectedFace
from catgan.faces.tracks import Selection, Tracker, follow, smoothed


def face(left, top, side=100.0):
    corners = np.zeros((478, 3), np.float32)
    corners[1::2, :2] = side
    return DetectedFace(corners + np.array([left, top, 0], np.float32), {}, 0.0, 0.0, 0.0)


def test_follow_returns_the_face_with_the_largest_overlap():
    here, there = face(0, 0), face(300, 0)
    assert follow([here, there], None) is here and follow([here, there], None, 1) is there
    assert follow([here], None, 1) is None and follow([], here) is None
    moved = face(310, 5)
    assert follow([face(0, 0), moved], there) is moved
    assert follow([face(0, 0)], there) is None  # somebody else


def numbers(tracker, time, *places):
    return list(tracker.update([face(*place) for place in places], time))


def test_tracker_keeps_numbers_in_any_order():
    tracker = Tracker()
    assert numbers(tracker, 0.0, (0, 0), (300, 0)) == [0, 1]
    assert numbers(tracker, 0.1, (310, 5), (10, 0)) == [1, 0]
    assert numbers(tracker, 0.2, (320, 5), (600, 0), (20, 0)) == [1, 2, 0]
    assert numbers(tracker, 0.3, (30, 0)) == [0] and numbers(tracker, 1.2, (320, 0), (30, 0)) == [1, 0]


def test_tracker_gives_each_number_once():
    tracker = Tracker()
    numbers(tracker, 0.0, (0, 0))
    assert numbers(tracker, 0.1, (40, 0), (5, 0)) == [1, 0]  # both overlap the last box; the nearer one goes on


def test_tracker_gives_a_new_number_after_a_long_absence():
    tracker = Tracker()
    numbers(tracker, 0.0, (0, 0))
    for frame in range(1, 30):
        tracker.update([], frame / 25)
    assert not tracker.is_present() and numbers(tracker, 1.2, (0, 0)) == [1]
    slow = Tracker()  # at one frame in two seconds, two frames without it are not yet long
    numbers(slow, 0.0, (0, 0))
    slow.update([], 2.0)
    assert numbers(slow, 4.0, (0, 0)) == [0]


def test_selection_keeps_one_face_then_takes_the_next_new_one():
    tracker, selection = Tracker(), Selection(1)

    def chosen(time, *places):
        return selection.update(tracker.update([face(*place) for place in places], time), tracker)

    assert chosen(0.0, (0, 0)) == [] and chosen(0.1, (0, 0), (300, 0)) == [1]
    assert chosen(0.2, (300, 0), (0, 0)) == [1] and chosen(0.3, (0, 0)) == []
    assert [chosen(0.3 + frame / 10, (0, 0)) for frame in range(1, 20)] == [[]] * 19  # face 0 was there before
    assert chosen(2.3, (0, 0), (600, 0)) == [2] and chosen(2.4, (0, 0), (600, 0)) == [2]


def test_smoothed_path_equals_a_hand_calculation():
    path = np.zeros((13, 2))
    path[6] = 1.0
    weights = np.exp(-0.5 * np.arange(-3, 4) ** 2)
    found = smoothed(path, np.arange(len(path)), 1.0)
    np.testing.assert_allclose(found[3:10, 0], weights / weights.sum(), rtol=1e-9)
    np.testing.assert_array_equal(smoothed(path, np.arange(len(path)), 0.0), path)


def test_smoothed_path_keeps_gaps():
    path = np.full((7, 3, 2), 5.0)
    path[3] = np.nan
    found = smoothed(path, np.arange(len(path)), 2.0)
    assert np.isnan(found[3]).all() and found[[0, 1, 2, 4, 5, 6]] == pytest.approx(5.0)
    assert smoothed(np.zeros((0, 2)), np.zeros(0), 1.0).shape == (0, 2)
