from pathlib import Path

import numpy as np
import pytest

from catgan.data import store
from catgan.data.clips import cuts
from catgan.data.clips.cuts import are_cuts, distances, find_cuts, summaries
from catgan.data.clips.options import ClipOptions
from catgan.data.clips.tracks import find_tracks
from catgan.synthesis.clips import clip
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler
from tests.harness.clips import filmed, write_clips

PEOPLE, FRAMES, RATE = 16, 12, 12.5


@pytest.fixture(scope="module")
def people():
    """One clip each of people that the limits were not chosen with, uint8 `(people, frames, 64, 64, 3)`."""
    sampler, renderer = Sampler(seed=21, subjects=5000), Renderer(64)
    return np.stack([renderer.render(clip(sampler.scene(number), FRAMES, number, RATE), 3)[0]
                     for number in range(PEOPLE)])


def cuts_of(pictures, rate=RATE, face=None):
    """The frames of one video at which `are_cuts` finds a cut."""
    faces = np.zeros(len(pictures), int) if face is None else np.array(face)
    return np.flatnonzero(are_cuts(summaries(pictures), faces, np.arange(len(pictures)) / rate)).tolist()


def blocks(levels):
    """Pictures of 16 px whose frames have one grey level each."""
    return np.repeat(np.array(levels, np.uint8), 16 * 16 * 3).reshape(-1, 16, 16, 3)


def with_hand(pictures, frames):
    """Covers the lower 37 % of some frames with skin colour."""
    covered = pictures.copy()
    covered[frames, 40:] = (200, 150, 130)
    return covered


def test_distance_is_the_median_change_of_the_blocks():
    pictures = np.zeros((3, 16, 16, 3), np.uint8)
    pictures[1, :, :6] = 200  # 3 of 8 columns of blocks change
    pictures[2, :, :10], pictures[2, :, 10:] = 60, 0  # from frame 0: 5 of 8 by 60
    found = summaries(pictures)
    assert found.shape == (3, 64, 3) and found.dtype == np.uint8
    np.testing.assert_array_equal(distances(found, np.zeros(3, int), 1), [np.nan, 0, 60])
    np.testing.assert_array_equal(distances(found, np.zeros(3, int), 2), [np.nan, np.nan, 60])
    np.testing.assert_array_equal(distances(found, np.array([0, 1, 1]), 1), [np.nan, np.nan, 60])
    assert np.isnan(distances(found[:1], np.zeros(1, int), 2)).all()


def test_limit_rises_with_the_time_between_two_frames():
    """Limits are 8 at .1 s, 10 at .3 s, 12 from .5 s on."""
    for rate, limit in ((25, 8), (10, 8), (1 / .3, 10), (2, 12)):
        assert cuts_of(blocks([0] * 4 + [limit + .1 + 1] * 4), rate) == [4]
        assert cuts_of(blocks([0] * 4 + [limit - 1] * 4), rate) == []


def test_change_among_changes_of_the_same_size_is_no_cut():
    assert cuts_of(blocks([0, 20, 40, 60, 80, 100, 120])) == []
    assert cuts_of(blocks([0, 2, 4, 6, 100, 102, 104])) == [4]


def test_single_spoiled_frame_is_no_cut():
    assert cuts_of(blocks([0, 0, 0, 99, 0, 0, 0])) == []


def test_first_frame_of_a_face_is_no_cut():
    assert cuts_of(blocks([0, 0, 0, 99, 99, 99]), face=[0, 0, 0, 1, 1, 1]) == []
    assert cuts_of(blocks([0])) == [] and cuts_of(np.zeros((0, 16, 16, 3), np.uint8)) == []


def test_cut_to_another_person_is_found_at_its_frame(people):
    """Held-out people: every cut is found, and nothing else, at 12.5 and 6.25 frames per second."""
    missed = false = 0
    for first, second in zip(people, np.roll(people, 1, axis=0)):
        for step in (1, 2):
            parts = first[:8:step], second[4::step]
            found = cuts_of(np.concatenate(parts), RATE / step)
            missed += len(parts[0]) not in found
            false += len(set(found) - {len(parts[0])})
    assert (missed, false) == (0, 0)


def test_clip_of_one_person_with_a_hand_before_the_face_has_no_cut(people):
    found = [cuts_of(with_hand(one, frames)[::step], RATE / step) for one in people
             for frames, step in ((slice(0, 0), 1), (slice(4, 9), 1), (slice(4, 9), 3))]
    assert len(found) == 3 * PEOPLE and not any(found)


@pytest.mark.slow
def test_real_videos_have_a_cut_where_they_are_joined_and_no_other(shared, landmarker):
    from catgan.faces.alignment import align
    from catgan.faces.videos import Video

    def crops(name, most=120):
        for frame in Video(Path(shared) / "data" / "media" / name).frames():
            faces = landmarker.detect_large(frame.picture) if frame.number < most else []
            if faces:
                yield align(frame.picture, faces[0].landmarks, 64).image

    first, second = (np.stack(list(crops(name))) for name in ("single_face.mp4", "WolfgangLanger_Pexels.mp4"))
    for step in (1, 2, 5):
        joined = np.concatenate([first[::step], second[::step]])
        assert cuts_of(joined, 25 / step) == [len(first[::step])]


# === Data sets ===


@pytest.fixture
def dataset(tmp_path, people):
    """A video with a cut at frame 12, and a video without one, each in a shard of its own."""
    joined = np.concatenate([people[0], people[1]])
    rows = filmed("joined", np.arange(24) / RATE, picture=joined)
    rows += filmed("single", np.arange(12) / RATE, picture=people[2])
    return store.load_dataset(write_clips(tmp_path / "clips", {"train": rows, "test": rows[:24]}, 64, shard_rows=24))


def test_find_cuts_reads_the_pictures_once(dataset, monkeypatch):
    assert len(dataset.shards("train")) == 2
    assert np.flatnonzero(find_cuts(dataset, "train")).tolist() == [12]
    kept = list((dataset.folder / "cache").iterdir())
    assert [path.name for path in kept] == [f"{dataset.info['hash']}-train-cuts.npy"]
    assert np.flatnonzero(find_cuts(dataset, "all")).tolist() == [12, 48]
    monkeypatch.setattr(cuts, "picture", None)
    assert find_cuts(dataset, "all").shape == (60,) and find_cuts(dataset, "validation").shape == (0,)


def test_tracks_end_at_a_cut_unless_cuts_are_not_wanted(dataset):
    tracks = find_tracks(dataset, "train", ClipOptions())
    assert [len(track.rows) for track in tracks] == [12, 12, 12]
    assert [track.video for track in tracks] == ["joined", "joined", "single"]
    np.testing.assert_allclose(tracks[1].times[0], 12 / RATE)
    assert [len(track.rows) for track in find_tracks(dataset, "train", ClipOptions(cuts=False))] == [24, 12]
