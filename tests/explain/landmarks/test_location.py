"""Scores of an attribution against a known cause, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catgan.errors import DataError
from catgan.explain.landmarks.location import found_moment, moment_iou, moments_of, share_in_points, share_of_top

RELEVANCE = np.array([1.0, 5.0, 0.0, 4.0])


def test_shares_count_relevance_and_the_most_relevant_points():
    assert share_in_points(RELEVANCE, np.array([1, 2])) == 0.5
    assert share_of_top(RELEVANCE, np.array([1, 2]), 2) == 0.5 and share_of_top(RELEVANCE, np.array([1, 3]), 2) == 1.0
    assert share_in_points(np.zeros(3), np.array([0])) is None and share_of_top(np.zeros(3), np.array([0])) is None


def test_top_counts_as_many_landmarks_as_the_cause_has():
    assert share_of_top(RELEVANCE, np.array([1])) == 1.0 and share_of_top(RELEVANCE, np.array([3])) == 0.0
    assert share_of_top(RELEVANCE, np.zeros(0, int)) is None


def test_moments_are_absolute_sums_of_signed_attributions():
    np.testing.assert_array_equal(moments_of(np.array([[[2.0, -3.0], [1.0, 1.0]]])), [[1.0, 2.0]])


def test_found_moment_is_the_shortest_run_with_the_share():
    moments = np.array([1.0, 4.0, 4.0, 1.0, 0.0])
    assert found_moment(moments, 0.8) == (1, 3) and found_moment(moments, 0.4) == (1, 2)
    assert found_moment(moments, 1.0) == (0, 4) and found_moment(np.zeros(3)) is None
    with pytest.raises(DataError, match="share of the relevance"):
        found_moment(moments, 0.0)


def test_moment_iou_counts_common_frames():
    assert moment_iou((2, 6), (4, 8)) == pytest.approx(2 / 6) and moment_iou((0, 2), (2, 4)) == 0.0
    assert moment_iou((1, 3), (1, 3)) == 1.0 and moment_iou(None, (1, 3)) == 0.0


# A share of a subnormal number may round to 0.
@given(st.lists(st.floats(0.0, 9.0, allow_subnormal=False), min_size=1, max_size=12), st.floats(0.05, 1.0))
def test_no_shorter_run_holds_the_share(moments, share):
    found, values = found_moment(np.array(moments), share), np.array(moments)
    if values.sum() > 0.0:
        start, end = found
        needed = share * values.sum()
        assert values[start:end].sum() >= needed * (1.0 - 1e-9)
        assert all(values[place:place + end - start - 1].sum() < needed for place in range(len(values)))
    else:
        assert found is None
