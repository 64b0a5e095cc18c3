"""Tests of `catgan.models.landmarks.streaming`."""

import numpy as np
import pytest

from catgan.faces.frontal import mean_face
from catgan.faces.landmark_shapes import upright
from catgan.models.landmarks.streaming import MOST_SAMPLED, LandmarkStream, label_columns
from tests.harness.untrained_landmarks import CLASSES, moving_landmarks, untrained_landmarks


def streamed(model, points, seen, step):
    """Probabilities `(t, classes)` of a track that arrives `step` frames at a time."""
    stream, found = LandmarkStream(model), []
    for start in range(0, len(points), step):
        for columns in stream.add(points[start:start + step], seen[start:start + step]):
            found.append(np.stack([columns[f"expression={name}"] for name in CLASSES], 1))
    assert stream.close() == [] and stream.length == len(points)
    return np.concatenate(found)


def test_frames_of_a_short_track_are_answered_as_clips_that_end_there():
    model, points = untrained_landmarks(), moving_landmarks(1, 8)[0]
    found = streamed(model, points, np.ones(8, bool), 3)
    for stop in range(1, 9):
        clip, seen = np.zeros((1, *points.shape), np.float32), np.arange(8)[None] < stop
        clip[0, :stop] = points[:stop]
        if stop < 4:  # half of a window
            assert np.isnan(found[stop - 1]).all()
        else:
            np.testing.assert_allclose(found[stop - 1], model.predict(clip, seen)[0], atol=1e-6)


@pytest.mark.parametrize("reference", ["first", "median"])
def test_answers_do_not_depend_on_how_many_frames_arrive_at_once(reference):
    model = untrained_landmarks(reference=reference, velocities=True, chosen=9)
    points, seen = moving_landmarks(1, 20)[0], np.random.default_rng(1).random(20) < 0.8
    np.testing.assert_allclose(streamed(model, points, seen, 3), streamed(model, points, seen, 20), atol=1e-6)


def test_reference_is_the_beginning_of_the_track_and_not_of_the_window():
    """A face that smiles for longer than a window: the change from its beginning stays."""
    model, points = untrained_landmarks(), np.repeat(moving_landmarks(1, 1)[0], 30, 0)
    points[5:, 61] += 6.0
    found = streamed(model, points, np.ones(30, bool), 1)
    values = upright(points, np.ones(30, bool), "mediapipe_478")
    shapes = (values[-8:] - values[:3].mean(0))[None].astype(np.float32)
    np.testing.assert_allclose(found[-1], model.probabilities(shapes, np.ones((1, 8), bool))[0], atol=1e-6)
    still = model.probabilities(np.zeros_like(shapes), np.ones((1, 8), bool))[0]
    assert np.abs(found[-1] - still).max() > 1e-3


def test_median_of_a_long_track_is_that_of_its_usual_face():
    model = untrained_landmarks(reference="median", velocities=True, chosen=9)
    points = np.repeat(moving_landmarks(1, 1)[0], 300, 0)
    points[:40, 61] += 6.0
    stream = LandmarkStream(model)
    found = stream.add(points, np.ones(300, bool))[0]
    still = model.probabilities(np.zeros((1, 8, 478, 4), np.float32), np.ones((1, 8), bool))[0]
    np.testing.assert_allclose([found[f"expression={name}"][-1] for name in CLASSES], still, atol=1e-5)
    assert len(stream._reference.frames()) <= MOST_SAMPLED and len(stream._points) == 8


def test_frontal_shapes_of_a_long_track_are_those_of_the_turned_face():
    model = untrained_landmarks(reference="none", frontal=True)
    points = np.repeat((32 + 23 * mean_face("mediapipe_478")[None, :, :2]).astype(np.float32), 10, 0)
    found = streamed(model, points, np.ones(10, bool), 10)
    expected = model.predict(points[None, -8:])[0]
    np.testing.assert_allclose(found[-1], expected, atol=1e-5)


def test_window_of_which_less_than_half_is_seen_has_no_answer():
    seen = np.array([1] * 4 + [0, 0, 0, 0, 0] + [1] * 4, bool)
    found = streamed(untrained_landmarks(), moving_landmarks(1, 13)[0], seen, 1)
    assert np.isfinite(found[:, 0]).tolist() == [False] * 3 + [True] * 5 + [False] * 4 + [True]


def test_label_columns_name_the_most_probable_expression():
    found = label_columns(np.array([[0.2, 0.7, 0.1], [np.nan] * 3], np.float32), CLASSES)
    assert found["expression"].tolist() == ["happiness", None]
    np.testing.assert_array_equal(found["expression_probability"], np.array([0.7, np.nan], np.float32))
    np.testing.assert_array_equal(found["expression=surprise"], np.array([0.1, np.nan], np.float32))
