import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catgan.data.clips.options import ClipOptions
from catgan.data.clips.tracks import Track
from catgan.data.clips.windows import average_windows, cut_windows


def track_of(rows):
    return Track("video", "ann", np.array(rows, np.int64), np.arange(len(rows)) / 10)


def options_of(frames, step, min_seen=.5):
    return ClipOptions(frames / 10, 10, step / 10, min_seen=min_seen)


def test_windows_overlap_and_the_last_ends_with_the_track():
    windows = cut_windows([track_of(range(7))], options_of(4, 2))
    assert windows.rows.tolist() == [[0, 1, 2, 3], [2, 3, 4, 5], [3, 4, 5, 6]]
    assert windows.starts.tolist() == [0, 2, 3] and windows.tracks.tolist() == [0, 0, 0]
    assert {part.dtype for part in windows} == {np.dtype(np.int64)}


def test_track_that_windows_fill_exactly_has_no_further_window():
    assert cut_windows([track_of(range(6))], options_of(4, 2)).starts.tolist() == [0, 2]


def test_short_tracks_give_one_padded_window_each():
    windows = cut_windows([track_of([5]), track_of([7, 8])], options_of(4, 2))
    assert windows.rows.tolist() == [[5, -1, -1, -1], [7, 8, -1, -1]]
    assert windows.tracks.tolist() == [0, 1] and windows.starts.tolist() == [0, 0]


def test_no_tracks_give_no_windows_of_full_length():
    windows = cut_windows([], options_of(4, 2))
    assert windows.rows.shape == (0, 4) and windows.tracks.shape == windows.starts.shape == (0,)
    assert average_windows(np.empty((0, 4, 2)), windows, []) == []


def test_windows_with_few_seen_frames_are_left_out():
    track = track_of([0, 1, 2, -1, -1, -1, -1, 3, 4, 5])
    assert cut_windows([track], options_of(4, 2)).starts.tolist() == [0, 6]
    assert cut_windows([track], options_of(4, 2, .25)).starts.tolist() == [0, 2, 4, 6]
    assert cut_windows([track], options_of(4, 2, 1.)).starts.tolist() == []


def test_window_without_any_seen_frame_is_left_out_whatever_the_share():
    track = track_of([0, *[-1] * 9, 1])
    assert cut_windows([track], options_of(2, 2, 0.)).starts.tolist() == [0, 9]


@st.composite
def tracks(draw):
    found, row = [], 0
    for _ in range(draw(st.integers(0, 4))):
        seen = [True, *draw(st.lists(st.booleans(), max_size=30))]
        found.append(track_of([row + sum(seen[:place]) if one else -1 for place, one in enumerate(seen)]))
        row += sum(seen)
    return found


@settings(max_examples=100, deadline=None)
@given(tracks(), st.integers(1, 12), st.integers(1, 12), st.sampled_from([0., .5, 1.]))
def test_windows_keep_their_rules(tracks, frames, step, min_seen):
    options = options_of(frames, min(step, frames), min_seen)
    windows = cut_windows(tracks, options)
    assert windows.rows.shape == (len(windows.tracks), frames)
    for rows, index, start in zip(*windows):
        own = tracks[index].rows[start:start + frames]
        assert rows.tolist() == own.tolist() + [-1] * (frames - len(own))
        assert len(own) == min(frames, len(tracks[index].rows)) and (own >= 0).mean() >= min_seen
    if min_seen == 0:
        assert set(windows.rows[windows.rows >= 0]) == {row for track in tracks for row in track.rows if row >= 0}
    order = list(zip(windows.tracks.tolist(), windows.starts.tolist()))
    assert order == sorted(set(order))


@settings(max_examples=60, deadline=None)
@given(tracks(), st.integers(1, 12), st.integers(1, 12))
def test_average_of_values_that_depend_on_the_frame_alone_is_that_value(tracks, frames, step):
    windows = cut_windows(tracks, options_of(frames, min(step, frames), 0.))
    values = np.where(windows.rows >= 0, windows.rows, 99)[..., None] * np.array([1., -2.])
    for track, mean in zip(tracks, average_windows(values, windows, tracks), strict=True):
        expected = np.where(track.rows >= 0, track.rows, np.nan)[:, None] * np.array([1., -2.])
        np.testing.assert_allclose(mean, expected)


def test_average_by_hand():
    """Windows [0 1 2], [2 3 .]: frame 2 is the mean of 5 and 7; frame 3 is NaN in one column; row -1 is not seen."""
    tracks = [track_of([0, 1, 2, 3, -1]), track_of([4])]
    windows = cut_windows(tracks, options_of(3, 2))
    assert windows.rows.tolist() == [[0, 1, 2], [2, 3, -1], [4, -1, -1]]
    first = [[1, 10], [3, 30], [5, 50]], [[7, np.nan], [9, np.nan], [8, 80]], [[6, 60], [8, 8], [8, 8]]
    means = average_windows(np.array(first, np.float32), windows, tracks)
    nan = np.nan
    np.testing.assert_array_equal(means[0], [[1, 10], [3, 30], [6, 50], [9, nan], [nan, nan]])
    np.testing.assert_array_equal(means[1], [[6, 60]])


def test_frame_that_no_window_contains_has_no_average():
    tracks = [track_of([0, 1, 2, -1, -1, 3])]
    windows = cut_windows(tracks, options_of(3, 3))
    assert windows.starts.tolist() == [0]
    mean, = average_windows(np.ones((1, 3, 1)), windows, tracks)
    np.testing.assert_array_equal(mean[:, 0], [1, 1, 1, np.nan, np.nan, np.nan])


@pytest.mark.parametrize("step, most", [(20, 12), (1, 140)])
def test_two_hours_of_video_take_little_memory(step, most):
    """Windows of 200,000 frames: 40 numbers of 8 bytes each, no pictures."""
    tracks = [track_of(np.arange(200_000))]
    tracemalloc.start()
    windows = cut_windows(tracks, options_of(40, step))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(windows.rows) == (200_000 - 40) // step + 1 and peak < most * 1e6
