import time

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catgan.data import store
from catgan.data.clips.moments import moments_of
from catgan.data.clips.options import ClipOptions
from catgan.data.clips.tracks import Track, find_tracks, tracks_of, warn_of
from catgan.errors import DataError
from tests.harness.clips import filmed, write_clips
from tests.harness.datasets import write_dataset


def moments(rows, source_rate=None):
    """Moments of rows as `filmed` gives them."""
    columns = {"video": pa.string(), "subject": pa.string(), "frame": pa.int64(), "time": pa.float64()}
    table = pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in columns.items()})
    return moments_of(table, "The table", source_rate)


def found(rows, **options):
    """Tracks of rows as `filmed` gives them."""
    options = ClipOptions(**options)
    return tracks_of(moments(rows, options.source_rate), options)


def test_frames_at_the_rate_of_the_grid_are_all_used():
    track, = found(filmed("a", np.arange(5) / 12.5, "ann"))
    assert (track.video, track.subject) == ("a", "ann") and track.rows.tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(track.times, [0, .08, .16, .24, .32])


def test_twice_as_many_frames_give_every_second_one():
    track, = found(filmed("a", np.arange(10) / 25))
    assert track.rows.tolist() == [0, 2, 4, 6, 8]


def test_frame_halfway_between_two_points_takes_the_place_of_a_lost_one():
    track, = found(filmed("a", np.array([0, 1, 3, 4]) / 25))
    assert track.rows.tolist() == [0, 2, 3]


def test_half_as_many_frames_leave_unseen_points_between():
    track, = found(filmed("a", np.arange(4) / 6.25))
    assert track.rows.tolist() == [0, -1, 1, -1, 2, -1, 3]


def test_uneven_frames_are_used_where_they_are_nearest():
    """Grid 0, .1, .2, .3, .4: .12 and .09 are nearest to .1, of which .09 is nearer; nothing is within .05 of .2."""
    track, = found(filmed("a", [0, .09, .12, .26, .41]), rate=10)
    assert track.rows.tolist() == [0, 1, -1, 3, 4]


def test_gap_longer_than_the_limit_ends_a_track():
    times = [0, .1, .2, .7, .8, 1.4, 1.5]
    tracks = found(filmed("a", times), rate=10, max_gap=.5)
    assert [track.rows.tolist() for track in tracks] == [[0, 1, 2, -1, -1, -1, -1, 3, 4], [5, 6]]
    np.testing.assert_allclose(tracks[1].times, [1.4, 1.5])


def test_two_people_in_one_video_are_two_tracks():
    rows = [row for pair in zip(filmed("a", [0, .1, .2], "ann"), filmed("a", [0, .1, .2], "bob")) for row in pair]
    tracks = found(rows, rate=10)
    assert [(track.subject, track.rows.tolist()) for track in tracks] == [("ann", [0, 2, 4]), ("bob", [1, 3, 5])]


def test_person_of_two_videos_has_two_tracks():
    tracks = found(filmed("a", [0, .1], "ann") + filmed("b", [.2, .3], "ann"), rate=10)
    assert [(track.video, track.rows.tolist()) for track in tracks] == [("a", [0, 1]), ("b", [2, 3])]


def test_unknown_person_is_named_after_the_video():
    assert [track.subject for track in found(filmed("a", [0, .1]) + filmed("b", [0]))] == ["a", "b"]


def test_rows_in_any_order_are_sorted_by_time():
    track, = found(filmed("a", [.2, 0, .1]), rate=10)
    assert track.rows.tolist() == [1, 2, 0]


def test_rows_without_a_video_are_in_no_track():
    tracks = found(filmed(None, [0, .1]) + filmed("a", [0, .1]) + filmed("", [0]), rate=10)
    assert [track.rows.tolist() for track in tracks] == [[2, 3]]


def test_one_frame_is_a_track_and_no_frame_is_none():
    assert [track.rows.tolist() for track in found(filmed("a", [3.0]))] == [[0]]
    assert found([]) == []


def test_cut_ends_a_track():
    table = pa.table({"video": ["a"] * 4, "subject": ["x"] * 4, "frame": [0, 1, 2, 3], "time": [0., .1, .2, .3]})
    tracks = tracks_of(moments_of(table, "x"), ClipOptions(rate=10), np.array([False, False, True, False]))
    assert [track.rows.tolist() for track in tracks] == [[0, 1], [2, 3]]


def test_frames_far_apart_are_named_in_a_warning(caplog):
    rows = filmed("a", [0, 1, 2, 3])
    warn_of(moments(rows), ClipOptions())
    assert len(found(rows)) == 4 and "1 s apart (median), which is more than 'max_gap' (0.5 s)" in caplog.text


def test_faces_of_one_moment_that_are_not_told_apart_are_named_in_a_warning(caplog):
    rows = filmed("a", [0, .1, .1, .2])
    warn_of(moments(rows), ClipOptions(rate=10))
    track, = found(rows, rate=10)
    assert track.rows.tolist() == [0, 1, 3]
    assert "1 rows have the video, subject and time of another row, first in video a;" in caplog.text


@st.composite
def videos(draw):
    """Rows of up to three videos with up to two people each, with gaps, frames lost and uneven times."""
    rows = []
    for video in range(draw(st.integers(1, 3))):
        for subject in draw(st.sampled_from([["ann"], [None], ["ann", "bob"]])):
            steps = draw(st.lists(st.sampled_from([.02, .04, .0801, .1, .3, .7, 2.]), min_size=1, max_size=40))
            rows += filmed(f"v{video}", np.cumsum(steps), subject)
    return rows


@settings(max_examples=60, deadline=None)
@given(videos(), st.sampled_from([5., 12.5, 25., 30.]), st.sampled_from([.05, .5, 1.]))
def test_tracks_keep_their_rules(rows, rate, max_gap):
    used = []
    for track in found(rows, rate=rate, max_gap=max_gap):
        assert isinstance(track, Track) and track.rows.dtype == np.int64 and track.times.dtype == np.float64
        np.testing.assert_allclose(np.diff(track.times), 1 / rate, rtol=0, atol=1e-9)
        seen = track.rows >= 0
        assert seen[0] and seen[-1]
        own = [rows[row] for row in track.rows[seen]]
        assert {row["video"] for row in own} == {track.video}
        assert {row["subject"] or row["video"] for row in own} == {track.subject}
        times = np.array([row["time"] for row in own])
        assert (np.diff(times) > 0).all() and np.abs(times - track.times[seen]).max() <= .5 / rate + 1e-5
        used += track.rows[seen].tolist()
    assert len(used) == len(set(used))


@settings(max_examples=30, deadline=None)
@given(videos(), st.sampled_from([.05, .5, 1.]))
def test_fine_grid_uses_every_frame(rows, max_gap):
    """No two frames of these videos are nearest to one point of a grid of 100 per second."""
    tracks = found(rows, rate=100, max_gap=max_gap)
    assert sorted(row for track in tracks for row in track.rows if row >= 0) == list(range(len(rows)))


def test_a_million_rows_take_seconds():
    n, length = 1_000_000, 500
    order = np.random.default_rng(0).permutation(n)
    table = pa.table({"video": pa.array(order // length).cast(pa.string()), "subject": pa.nulls(n, pa.string()),
                      "frame": order % length, "time": (order % length) / 25})
    before = time.process_time()
    tracks = tracks_of(moments_of(table, "x"), ClipOptions())
    assert time.process_time() - before < 10
    assert len(tracks) == n // length and sum((track.rows >= 0).sum() for track in tracks) == n // 2


# === Data sets ===


def test_find_tracks_reads_the_split(tmp_path):
    rows = {"train": filmed("a", [0, .08], "ann"), "test": filmed("b", [0, .08, .16], "bob") + filmed("c", [1])}
    dataset = store.load_dataset(write_clips(tmp_path / "clips", rows))
    assert [(track.video, track.rows.tolist()) for track in find_tracks(dataset, "test", ClipOptions())] == [
        ("b", [0, 1, 2]), ("c", [3])]
    assert [track.rows.tolist() for track in find_tracks(dataset, "all", ClipOptions())] == [[0, 1], [2, 3, 4], [5]]
    assert find_tracks(dataset, "validation", ClipOptions()) == []


def test_frames_without_a_time_need_the_rate_of_the_source(tmp_path):
    rows = {"train": [{**row, "frame": 2 * row["frame"]} for row in filmed("a", [0, 1, 2])]}
    untimed = {"train": [{key: value for key, value in row.items() if key != "time"} for row in rows["train"]]}
    dataset = store.load_dataset(write_clips(tmp_path / "clips", untimed, timed=False))
    with pytest.raises(DataError, match="3 frames of videos without a time. Give .* as 'source_rate'"):
        find_tracks(dataset, "train", ClipOptions())
    track, = find_tracks(dataset, "train", ClipOptions(rate=10, source_rate=20))
    np.testing.assert_allclose(track.times, [0, .1, .2])


def test_frames_partly_without_a_time_are_placed_by_number():
    rows = filmed("a", [0, .1, .2])
    rows[1]["time"] = None
    with pytest.raises(DataError, match="The table has 1 frames of videos without a time"):
        found(rows, rate=10)
    assert found(rows, rate=10, source_rate=10)[0].rows.tolist() == [0, 1, 2]


def test_frames_without_time_and_number_are_refused():
    rows = [{**row, "time": None, "frame": None} for row in filmed("a", [0, .1])]
    with pytest.raises(DataError, match="2 rows with a video, but neither the time nor the number of the frame"):
        found(rows, source_rate=25)


def test_data_set_without_videos_is_refused(tmp_path):
    dataset = store.load_dataset(write_dataset(tmp_path / "stills", 12))
    with pytest.raises(DataError, match="Split 'train' of .* has no frames of videos"):
        find_tracks(dataset, "train", ClipOptions())


@pytest.mark.parametrize("options, message", [
    ({"length": 0}, "'length' of clips must be a positive number. Received: 0"),
    ({"rate": float("nan")}, "'rate'"), ({"stride": -1}, "'stride'"), ({"max_gap": 0}, "'max_gap'"),
    ({"source_rate": float("inf")}, "'source_rate'"), ({"min_seen": 1.5}, "'min_seen' of clips must lie in 0..1"),
    ({"length": .01}, "1 frame or more. Received: 0.01 s at 12.5"),
    ({"stride": 4}, "'stride' of clips must not exceed 'length'")])
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(DataError, match=message):
        ClipOptions(**options)


def test_frames_and_step_follow_from_length_rate_and_stride():
    assert (ClipOptions().frames, ClipOptions().step) == (40, 20)
    assert (ClipOptions(2, 5).frames, ClipOptions(2, 5, stride=.4).step) == (10, 2)
    assert ClipOptions(2, 5, stride=.01).step == 1
