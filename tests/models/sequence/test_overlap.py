import numpy as np
import pytest

from catgan.models.sequence.overlap import gather_windows, join_windows, window_starts


@pytest.mark.parametrize("length, frames, stride, expected", [
    (10, 4, 2, [0, 2, 4, 6]), (9, 4, 2, [0, 2, 4, 5]), (4, 4, 2, [0]), (3, 4, 2, [0]), (1, 4, 1, [0])])
def test_window_starts_cover_the_clip_and_end_with_it(length, frames, stride, expected):
    assert window_starts(length, frames, stride).tolist() == expected


def test_gather_windows_fills_frames_after_the_end_with_zeros():
    windows = gather_windows(np.arange(1, 4)[:, None], np.array([0]), 5)
    assert windows[..., 0].tolist() == [[1, 2, 3, 0, 0]]


def test_join_windows_averages_where_windows_overlap():
    answers = np.array([[1.0, 1, 1, 1], [3, 3, 3, 3]])[..., None]
    assert join_windows(answers, np.array([0, 2]), 6, causal=False)[:, 0].tolist() == [1, 1, 2, 2, 3, 3]


def test_join_windows_of_a_causal_network_takes_the_window_with_the_longest_past():
    answers = np.array([[1.0, 1, 1, 1], [3, 3, 3, 3], [5, 5, 5, 5]])[..., None]
    assert join_windows(answers, np.array([0, 2, 3]), 7, causal=True)[:, 0].tolist() == [1, 1, 1, 1, 3, 3, 5]


def test_join_windows_of_a_short_clip_leaves_padding_out():
    assert join_windows(np.array([[[1.0], [2.0], [9.0]]]), np.array([0]), 2, causal=False)[:, 0].tolist() == [1, 2]
