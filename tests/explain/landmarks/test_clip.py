import numpy as np
import pytest

from catgan.errors import DataError
from catgan.explain.landmarks.clip import LandmarkClip, apex
from catgan.faces.landmark_sets import landmark_set
from tests.harness.landmark_clips import moving_clip

MESH = landmark_set("mediapipe_478")


def test_movement_is_counted_in_eye_distances_from_the_first_frames():
    clip = moving_clip({"chin": (0.0, 0.3)}, unseen=(9,))
    chin = MESH.regions["chin"]
    np.testing.assert_allclose(np.delete(clip.movement, chin, 1), 0.0, atol=1e-12)
    np.testing.assert_allclose(clip.movement[[0, 1, 2, 9]], 0.0, atol=1e-12)
    np.testing.assert_allclose(clip.movement[12, chin], [[0.0, 0.3]] * len(chin), atol=1e-9)


def test_apex_is_the_seen_frame_that_moves_most_or_is_most_relevant():
    clip = moving_clip({"chin": (0.0, 0.3)}, unseen=(12,))
    assert apex(clip) in (11, 13)
    relevance = np.zeros((20, 478))
    relevance[4, 7], relevance[5, 7:9], relevance[12, 7] = 2.0, (-9.0, 10.0), 5.0
    assert apex(clip, relevance) == 4  # frame 12 was not seen


@pytest.mark.parametrize("points, seen, message", [
    (np.zeros((4, 68, 2)), np.ones(4, bool), r"points \(t, 478, 2\)"),
    (np.zeros((4, 478, 2)), np.ones(3, bool), r"'seen' and 'times' \(t,\)"),
    (np.zeros((4, 478, 2)), np.zeros(4, bool), "no frame in which the face was seen")])
def test_clip_refuses_arrays_that_do_not_fit(points, seen, message):
    with pytest.raises(DataError, match=message):
        LandmarkClip(points, seen, np.arange(4.0), MESH)
