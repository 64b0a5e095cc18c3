"""Tests of `catgan.faces.frontal`, against the face model whose pose is known."""

import numpy as np
import pytest

from catgan.errors import DataError
from catgan.faces.frontal import frontal, head_poses, mean_face, rigid_points
from catgan.faces.landmark_points import IBUG_68
from catgan.faces.landmark_sets import landmark_set
from catgan.faces.landmark_shapes import ShapeOptions, shapes, upright
from catgan.synthesis import face_model
from catgan.synthesis.face_model import ACTION_UNITS, FaceModel
from catgan.synthesis.scene import Sampler

KNOWN = landmark_set("mediapipe_478")
POSES = np.array([[0.0, 0, 0], [10, 5, 3], [-20, 0, 0], [0, -15, 10], [25, 10, -20]])
BOTH = pytest.mark.parametrize("name, chosen", [("mediapipe_478", range(478)), ("ibug_68", IBUG_68)])


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return FaceModel(16)


def turned(model: FaceModel, poses: np.ndarray, units: dict[int, float] | None = None,
           person: int | None = None) -> np.ndarray:
    """Points of one face in several poses, `(t, 478, 2)` in pixels."""
    shown = np.tile(face_model.unit_vector(units or {}), (len(poses), 1))
    identity = np.zeros(face_model.SHAPE_COMPONENTS) if person is None else Sampler(0).person(person).shape
    return 256.0 * model.shapes(shown, np.tile(np.array(identity, np.float32), (len(poses), 1)), poses)[..., :2]


def test_mean_face_is_that_of_the_face_model():
    rest = face_model.numbers()["rest"]
    eyes = rest[[33, 133, 362, 263]]
    unit = eyes[2:, 0].mean() - eyes[:2, 0].mean()
    np.testing.assert_allclose(mean_face(KNOWN.name), (rest - eyes.mean(0)) / unit, atol=1e-5)


@BOTH
def test_head_poses_of_the_mean_face_are_exact(model, name, chosen):
    found = head_poses(turned(model, POSES)[:, list(chosen)], name)
    np.testing.assert_allclose(found.angles, POSES, atol=0.05)
    np.testing.assert_allclose(found.scales, found.scales[0], rtol=1e-3)


@BOTH
def test_frontal_of_the_turned_mean_face_is_the_mean_face(model, name, chosen):
    found = frontal(turned(model, POSES)[:, list(chosen)], np.ones(5, bool), name)
    wanted = upright(mean_face(name)[None], np.ones(1, bool), name)
    np.testing.assert_allclose(upright(found, np.ones(5, bool), name), np.tile(wanted, (5, 1, 1)), atol=2e-3)


@pytest.mark.parametrize("person", [3, 4, 5])
def test_frontal_of_another_person_removes_most_of_a_rotation(model, person):
    poses = np.random.default_rng(0).normal(0, (6, 4, 3), (40, 3))
    points, seen = turned(model, poses, person=person), np.ones(40, bool)
    before, after = (upright(values, seen, KNOWN).std(0).mean() for values in (points, frontal(points, seen, KNOWN)))
    assert after < 0.4 * before


def test_frontal_keeps_a_movement_of_a_turned_face(model):
    smile, still, front = (turned(model, pose, units) for pose, units in (
        (POSES[2:3], {12: 3.0}), (POSES[2:3], {}), (POSES[:1], {12: 3.0})))
    clip = np.concatenate([still, smile])
    found = np.diff(upright(frontal(clip, np.ones(2, bool), KNOWN), np.ones(2, bool), KNOWN), axis=0)[0]
    wanted = np.diff(upright(np.concatenate([turned(model, POSES[:1]), front]), np.ones(2, bool), KNOWN), axis=0)[0]
    mouth = KNOWN.regions["mouth"]
    assert np.abs(found - wanted)[mouth].mean() < 0.25 * np.abs(wanted)[mouth].mean()


@BOTH
def test_frontal_leaves_unseen_frames_at_zero(model, name, chosen):
    seen = np.array([True, False, True, True, True])
    found = frontal(turned(model, POSES)[:, list(chosen)], seen, name)
    assert (found[1] == 0).all() and np.abs(found[[0, 2]]).max() > 1
    assert (frontal(np.zeros((2, len(chosen), 2)), np.zeros(2, bool), name) == 0).all()


def test_rigid_points_are_symmetric_and_move_least(model):
    rigid = rigid_points(KNOWN.name)
    assert set(KNOWN.mirror[rigid].tolist()) == set(rigid.tolist())
    still = turned(model, POSES[:1])
    moved = [np.abs(turned(model, POSES[:1], {unit: 3.0}) - still).max(-1)[0] for unit in ACTION_UNITS]
    assert np.max(moved, 0)[rigid].mean() < 0.3 * np.max(moved, 0).mean()


def test_shapes_with_frontal_do_not_show_a_turn_of_the_head(model):
    points = turned(model, np.linspace((0, 0, 0), (15, 5, 0), 12), person=3)
    plain, turned_back = (shapes(points, np.ones(12, bool), ShapeOptions(frontal=choice), KNOWN)
                          for choice in (False, True))
    assert np.abs(turned_back[-1]).mean() < 0.35 * np.abs(plain[-1]).mean()


def test_frontal_of_a_face_that_is_no_face_stays_finite():
    random = np.random.default_rng(1)
    found = frontal(random.uniform(0, 100, (30, 478, 2)), np.ones(30, bool), KNOWN)
    assert np.isfinite(found).all()
    assert np.isfinite(frontal(np.full((2, 478, 2), 7.0), np.ones(2, bool), KNOWN)).all()


def test_frontal_of_another_number_of_points_is_refused():
    with pytest.raises(DataError, match=r"\(frames, 478, 2\). Received: \(3, 68, 2\)"):
        frontal(np.zeros((3, 68, 2)), np.ones(3, bool), KNOWN)
