"""Videos read by networks on landmarks."""

import numpy as np
import pyarrow as pa
import pytest

from catgan.errors import ModelError
from catgan.faces.alignment import align
from catgan.faces.landmarks import FaceLandmarker
from catgan.pipelines.clips import grid_of, predict_clip_rows
from catgan.pipelines.landmark_rows import LandmarkRows, describe_landmark_reading, why_unanswered
from catgan.pipelines.predictions import FaceRow
from catgan.pipelines.videos import watch
from catgan.faces.videos import Video
from tests.harness.filming import film
from tests.harness.untrained_landmarks import CLASSES, moving_landmarks, untrained_landmarks

CROP = np.zeros((16, 16, 3), np.uint8)


def rows_of(faces, points, shots=None):
    """Rows of one video: `faces` has the numbers of the faces of each grid point, `points` `(faces, t, 478, 2)`."""
    rows = []
    for place, numbers in enumerate(faces):
        shot = shots[place] if shots else 0
        rows += [FaceRow("a.mp4", place, place / 12.5, number, crop=CROP, shot=shot, landmarks=points[number, place])
                 for number in numbers] or [FaceRow("a.mp4", place, place / 12.5, shot=shot)]
    return rows


def table(model, rows, at_once=5):
    reading = LandmarkRows(model)
    return pa.Table.from_batches(list(predict_clip_rows(reading, rows, at_once)), reading.schema)


def shares(found, rows=slice(None)):
    return np.stack([found[f"expression={name}"].to_numpy()[rows] for name in CLASSES], 1)


def test_frames_are_answered_from_the_window_that_ends_there():
    model, points = untrained_landmarks(), moving_landmarks(1, 8)
    found = table(model, rows_of([[0]] * 8, points))
    np.testing.assert_allclose(shares(found)[-1], model.predict(points)[0], atol=1e-6)
    assert found["expression"].null_count == found["expression=neutral"].null_count == 3
    assert found["track"].to_pylist() == [0] * 8
    assert found["expression"][7].as_py() == CLASSES[int(shares(found)[-1].argmax())]
    assert found["expression_probability"][7].as_py() == pytest.approx(shares(found)[-1].max())


def test_two_faces_are_read_as_two_tracks_and_gaps_are_masked():
    model, points = untrained_landmarks(), moving_landmarks(2, 8)
    seen = np.array([place not in (4, 5) for place in range(8)])
    found = table(model, rows_of([[0, 1] if there else [0] for there in seen], points))
    own = np.flatnonzero(np.array(found["face"].to_pylist()) == 1)
    np.testing.assert_allclose(shares(found, own)[-1], model.predict(points[1:], seen[None])[0], atol=1e-6)


def test_track_ends_at_a_cut():
    model, points = untrained_landmarks(), moving_landmarks(1, 16)
    found = table(model, rows_of([[0]] * 16, points, [0] * 8 + [1] * 8))
    assert found["track"].to_pylist() == [0] * 8 + [1] * 8
    np.testing.assert_allclose(shares(found)[-1], model.predict(points[:, 8:])[0], atol=1e-6)


def test_landmarks_of_a_video_are_those_of_a_data_set(two_people, models, tmp_path):
    path = film(tmp_path / "a.mp4", [two_people] * 3)
    with FaceLandmarker() as landmarker:
        rows = list(watch(Video(path), landmarker, 64, 0, grid_of(untrained_landmarks()), []))
        frames = list(grid_of(untrained_landmarks())(Video(path).frames()))
        expected = [align(frame.picture, landmarker.detect(frame.picture)[0].landmarks, 64) for frame in frames]
    assert len(rows) == len(frames) == 2
    for row, face in zip(rows, expected):
        np.testing.assert_allclose(row.landmarks, face.landmarks, atol=1e-4)
        np.testing.assert_array_equal(row.crop, face.image)


def test_reading_is_described():
    assert describe_landmark_reading(untrained_landmarks(chosen=9)) == {
        "kind": "trained", "rate": 12.5, "window": 0.64, "hop": 0.08, "causal": True, "delay_frames": 0,
        "delay_seconds": 0.0, "first_answer": 0.24, "landmark_set": "mediapipe_478",
        "points": untrained_landmarks(chosen=9).points_read}
    assert "needs 4 of 8 frames within 0.64 s, at 12.5 frames a second" in why_unanswered(untrained_landmarks())


def test_network_on_other_landmarks_is_refused():
    with pytest.raises(ModelError, match="reads the landmarks of 'ibug_68'"):
        LandmarkRows(untrained_landmarks(landmark_set="ibug_68"))
