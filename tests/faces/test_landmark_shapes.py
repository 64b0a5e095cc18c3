"""Tests of `catgan.faces.landmark_shapes` and the sets of landmarks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catgan.errors import CatganError, DataError
from catgan.faces.landmark_sets import LANDMARK_SETS, landmark_set, set_of
from catgan.faces.landmark_shapes import ShapeOptions, shapes, upright

IBUG = LANDMARK_SETS["ibug_68"]


def face(frames: int = 6) -> np.ndarray:
    """A face of 68 points whose eyes lie at x = 40 and 60, y = 30; one point of the mouth opens over time."""
    points = np.random.default_rng(0).uniform(20, 80, (68, 2))
    points[36:42], points[42:48] = (40, 30), (60, 30)
    clip = np.repeat(points[None], frames, 0)
    clip[:, 57, 1] = 70 + 2.0 * np.maximum(np.arange(frames) - 2, 0)
    return clip


def test_upright_of_a_level_face_centres_the_eyes_and_divides_by_their_distance():
    found = upright(face(1), np.ones(1, bool), "ibug_68")
    np.testing.assert_allclose(found[0, 36], (-0.5, 0.0), atol=1e-12)
    np.testing.assert_allclose(found[0, 57], ((face(1)[0, 57, 0] - 50) / 20, 2.0))


@given(st.floats(-3.0, 3.0), st.floats(0.1, 20.0), st.floats(-100, 100), st.floats(-100, 100))
def test_upright_of_a_moved_turned_and_scaled_face_is_the_same(angle, scale, x, y):
    turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    seen = np.ones(6, bool)
    np.testing.assert_allclose(upright(face() @ turn + (x, y), seen, IBUG), upright(face(), seen, IBUG), atol=1e-7)


def test_shapes_from_the_first_frames_are_the_movement_since_then():
    found = shapes(face(), np.ones(6, bool), ShapeOptions(), IBUG)
    np.testing.assert_allclose(found[:, 57, 1], [0, 0, 0, 0.1, 0.2, 0.3], atol=1e-6)
    assert found.dtype == np.float32 and found.shape == (6, 68, 2)


def test_shapes_from_the_median_are_the_movement_from_the_median_frame():
    found = shapes(face(), np.ones(6, bool), ShapeOptions(reference="median"), IBUG)
    np.testing.assert_allclose(found[:, 57, 1], [-0.05, -0.05, -0.05, 0.05, 0.15, 0.25], atol=1e-6)


def test_shapes_of_unseen_frames_are_zero_and_velocities_beside_them_too():
    seen = np.array([True, True, True, True, False, True])
    clip = face()
    clip[4] = 0.0
    found = shapes(clip, seen, ShapeOptions(velocities=True), IBUG)
    assert (found[4] == 0).all()
    np.testing.assert_allclose(found[:, 57, 3], [0, 0, 0, 0.1, 0, 0], atol=1e-6)


def test_shapes_without_a_seen_frame_are_zero():
    assert (shapes(np.zeros((3, 68, 2)), np.zeros(3, bool), ShapeOptions(), IBUG) == 0).all()


@pytest.mark.parametrize("call", [
    lambda: shapes(face()[:, :60], np.ones(6, bool), ShapeOptions(), IBUG),
    lambda: shapes(np.ones((6, 68, 2)), np.ones(6, bool), ShapeOptions(), IBUG),
    lambda: ShapeOptions(reference="last"), lambda: set_of(3), lambda: landmark_set("dlib")])
def test_landmarks_that_do_not_fit_give_an_error(call):
    with pytest.raises(CatganError):
        call()


def test_set_of_a_known_count_is_that_set():
    assert set_of(478).name == "mediapipe_478"
    with pytest.raises(DataError, match="478 .*68 .*Received: 5"):
        set_of(5)
