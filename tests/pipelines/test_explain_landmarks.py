"""Explanations of networks on landmarks: clips of videos and data sets, their windows, and the files of an answer."""

import json

import numpy as np
import pytest
from PIL import Image

from catgan.data import store
from catgan.data.clip_scenes import ClipConfig
from catgan.data.clips.options import ClipOptions
from catgan.data.render_clips import render_clips
from catgan.errors import DataError, ModelError, TargetError
from catgan.explain.landmarks.clip_figure import answer_figure
from catgan.explain.landmarks.clip import LandmarkClip
from catgan.explain.landmarks.counterfactual import LandmarkSearch
from catgan.faces.landmark_sets import landmark_set
from catgan.faces.videos import Video
from catgan.pipelines.explain_landmarks import explain_landmarks, save
from catgan.pipelines.landmark_windows import landmark_clip_of_dataset, landmark_tracks, one_window
from catgan.pipelines.predictions import FaceRow
from tests.harness.landmark_clips import moving_clip
from tests.harness.untrained_landmarks import CLASSES, untrained_landmarks

QUICK = LandmarkSearch(levels=(1.0,), max_parts=1, intensities=(4.0,), max_units=1, halvings=1)
MOVES = {"chin": (0.0, 0.3), "left_brow": (0.0, -0.1)}


def network(frames=8, rate=6.25, **settings):
    return untrained_landmarks("linear", frames=frames, rate=rate, **settings)


def rows_of(points, shots=None, missing=()):
    """Rows of a video of 6.25 frames a second."""
    crop = np.zeros((16, 16, 3), np.uint8)
    return [FaceRow("a.mp4", place, place / 6.25) if place in missing else
            FaceRow("a.mp4", place, place / 6.25, 0, crop=crop, shot=shots[place] if shots else 0, landmarks=one)
            for place, one in enumerate(points)]


# === Clips ===


def test_tracks_of_rows_end_at_cuts_and_keep_frames_without_the_face():
    points = moving_clip(MOVES, frames=10).points
    first, second = landmark_tracks(rows_of(points, shots=[0] * 6 + [1] * 4, missing=(2, 3)), 6.25, "a.mp4")
    assert first.seen.tolist() == [True, True, False, False, True, True] and second.seen.all()
    np.testing.assert_allclose(second.points, points[6:])
    np.testing.assert_allclose(second.times, np.arange(6, 10) / 6.25)
    assert first.images.shape == (6, 16, 16, 3) and first.name == "a.mp4" and not first.points[2].any()


def test_tracks_end_after_a_second_without_the_face():
    points = moving_clip(MOVES, frames=14).points
    assert [len(track) for track in landmark_tracks(rows_of(points, missing=range(3, 9)), 6.25)] == [3, 5]


def test_window_of_a_long_clip_is_the_one_that_shows_most():
    model, clip = network(), moving_clip(MOVES, frames=30, pictures=True)
    window = one_window(model, [clip])
    starts = (0, 4, 8, 12, 16, 20, 22)
    shown = [model.predict(clip.points[None, start:start + 8])[0, 1:].max() for start in starts]
    first = starts[int(np.argmax(shown))]
    np.testing.assert_array_equal(window.points, clip.points[first:first + 8])
    np.testing.assert_allclose(window.times, clip.times[first:first + 8])
    assert window.images.shape[0] == 8


def test_window_begins_where_it_is_asked_to():
    window = one_window(network(), [moving_clip(MOVES, frames=30, first=2.0)], start=3.3)
    np.testing.assert_allclose(window.times[0], 2.0 + 9 * 0.16)
    with pytest.raises(TargetError, match=r"No frame of clip-1 lies after 9 s. It ends at 4.96 s"):
        one_window(network(), [moving_clip(MOVES, frames=20, first=1.92)], start=9.0)


def test_short_clip_ends_with_frames_that_are_not_seen():
    window = one_window(network(), [moving_clip(MOVES, frames=5)])
    assert window.seen.tolist() == [True] * 5 + [False] * 3 and not window.points[5:].any()
    np.testing.assert_allclose(window.times, np.arange(8) / 6.25)


def test_window_with_the_face_in_too_few_frames_is_refused():
    clip = moving_clip(MOVES, frames=8, unseen=(1, 2, 3, 4, 5))
    with pytest.raises(DataError, match="must be seen in 4 of the 8 frames of a clip, 6.25 a second. Received: 3"):
        one_window(network(), [clip])


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    out = tmp_path_factory.mktemp("clips") / "data"
    render_clips(ClipConfig(clips=14, frames=16, rate=6.25, size=16, seed=4, subjects=12, channels=1), out, workers=1,
                 verbose=False)
    return store.load_dataset(out)


def test_clip_of_a_data_set_has_its_landmarks_and_pictures(rendered):
    clips = rendered.clips("train", ClipOptions(length=2.56, rate=6.25))
    track = clips.tracks[1]
    clip = landmark_clip_of_dataset(network(frames=16), rendered, track.video, "train")
    stored = rendered.table("train", ["landmarks"])["landmarks"].to_pylist()
    rows = track.rows[track.rows >= 0]
    np.testing.assert_array_equal(clip.points[clip.seen], np.array([stored[row] for row in rows]).reshape(-1, 478, 2))
    np.testing.assert_array_equal(clip.images[clip.seen][..., 0], clips.images[rows][..., 0])
    assert clip.name == track.video and clip.images.shape[-1] == 3


def test_clip_of_a_data_set_that_is_missing_or_has_other_landmarks_is_refused(rendered):
    with pytest.raises(DataError, match="has no clip of a video 'nobody'"):
        landmark_clip_of_dataset(network(), rendered, "nobody", "train")
    video = rendered.clips("train", ClipOptions(length=2.56, rate=6.25)).tracks[0].video
    with pytest.raises(ModelError, match=r"reads the 68 landmarks of 'ibug_68'. .* has 478 landmarks"):
        landmark_clip_of_dataset(network(landmark_set="ibug_68"), rendered, video, "train")


# === Explanations ===


@pytest.mark.parametrize("settings", [{}, {"joint": True, "velocities": True}, {"chosen": 40}])
def test_relevance_is_complete_and_lies_in_landmarks_that_are_read(settings):
    model, clip = network(**settings), moving_clip(MOVES, frames=8, unseen=(6,))
    answer = explain_landmarks(model, clip, search=QUICK).answer
    assert answer.gap < 0.01
    assert not answer.relevance[:, ~answer.points].any() and not answer.relevance[6].any()
    assert answer.points.sum() in (39, 40, 478) and answer.target == answer.answer
    place = CLASSES.index(answer.target)
    assert answer.points.sum() == 478 or set(np.flatnonzero(answer.points)) == set(model.points[place]) - {-1}
    read = model.predict(clip.points[None], clip.seen[None])[0]
    np.testing.assert_allclose(list(answer.probabilities.values()), read)


def test_counterfactual_is_read_again_by_the_network():
    model, clip = network(), moving_clip(MOVES, frames=8)
    found = explain_landmarks(model, clip, "expression=surprise", QUICK).counterfactual
    again = model.predict(found.changed[None], clip.seen[None])[0]
    np.testing.assert_allclose(list(found.after.values()), again, atol=1e-6)
    assert found.validity == (CLASSES[int(again.argmax())] == "surprise")


def test_explanation_of_68_landmarks_draws_their_outlines():
    clip = moving_clip({"mouth": (0.0, 0.2)}, frames=8, landmarks="ibug_68")
    found = explain_landmarks(network(landmark_set="ibug_68"), clip, search=QUICK)
    lines, = [part for part in answer_figure(found.answer).axes[1].collections if part.get_linewidths()[0] == 0.9]
    assert len(lines.get_segments()) == len(clip.landmark_set.outline_edges)
    assert found.answer.parts and len(found.counterfactual.change.parts) <= 1


@pytest.mark.slow
def test_saved_explanation_has_all_files(tmp_path):
    found = explain_landmarks(network(), moving_clip(MOVES, frames=8, pictures=True, first=1.0), search=QUICK)
    save(found, tmp_path / "why", "a run")
    content = json.loads((tmp_path / "why" / "landmarks.json").read_text())
    assert content["sentence"] == found.answer.sentence() and content["provenance"]["model"] == "a run"
    assert content["counterfactual"]["status"] == found.counterfactual.status
    assert content["method"] == "integrated_gradients" and content["exaggeration"] == 2.0
    for name in ("mesh.png", "strip.png", "counterfactual.png"):
        with Image.open(tmp_path / "why" / name) as image:
            assert image.text["model"] == "a run" and image.width > 900
    for name in ("movement.mp4", "counterfactual.mp4"):
        assert len(list(Video(tmp_path / "why" / name).frames())) == 29  # 1.12 s at 25 a second


def test_expression_that_the_network_does_not_know_is_refused():
    with pytest.raises(TargetError, match="expression of this model 'sadness'. .* Allowed: happiness, neutral"):
        explain_landmarks(network(), moving_clip(MOVES, frames=8), "expression=sadness", QUICK)


def test_clip_that_never_moves_has_no_relevance():
    still = moving_clip({}, frames=8)
    clip = LandmarkClip(still.points, still.seen, still.times, landmark_set("mediapipe_478"))
    answer = explain_landmarks(network(), clip, search=QUICK).answer
    assert np.abs(answer.relevance).max() < 1e-6
