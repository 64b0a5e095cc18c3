"""The 16 joints of E-Gait from MediaPipe's 33 points."""

import numpy as np
import pytest

from catgan.errors import DataError
from catgan.joints import BONES, JOINTS
from catgan.modalities import joints
from tests.harness.people import standing

EVERY = np.ones(33, bool)
POINTS = np.arange(33 * 3, dtype=np.float32).reshape(33, 3)  # the first coordinate of point i is 3 i


def test_to_joints_takes_points_and_means_of_points():
    found, mask = joints.to_joints(POINTS, EVERY)
    # hips 23, 24; shoulders 11, 12; ears 7, 8; then left arm, right arm, left leg, right leg
    wanted = [23.5, 17.5, 11.5, 7.5, 11, 13, 15, 12, 14, 16, 23, 25, 27, 24, 26, 28]
    np.testing.assert_allclose(found[:, 0], 3 * np.array(wanted))
    assert mask.all() and found.shape == (16, 3) and found.dtype == np.float32


def test_to_joints_with_right_first_exchanges_the_sides_only():
    left, right = joints.to_joints(POINTS, EVERY)[0], joints.to_joints(POINTS, EVERY, "right first")[0]
    np.testing.assert_array_equal(right, left[[0, 1, 2, 3, 7, 8, 9, 4, 5, 6, 13, 14, 15, 10, 11, 12]])


def test_to_joints_of_one_visible_hip_has_no_root_and_no_spine():
    known = EVERY.copy()
    known[24] = False
    found, mask = joints.to_joints(np.stack([POINTS, POINTS]), np.stack([EVERY, known]))
    assert mask[0].all() and np.flatnonzero(~mask[1]).tolist() == [0, 1, 13] and (found[1, [0, 1, 13]] == 0).all()


def test_to_joints_of_points_that_are_nan_are_unknown():
    points = POINTS.copy()
    points[15, 1] = np.nan
    found, mask = joints.to_joints(points, EVERY)
    assert np.flatnonzero(~mask).tolist() == [6] and np.isfinite(found).all()


def test_person_joints_of_legs_only_knows_the_legs():
    _, mask = joints.person_joints(standing(hidden=range(23)))
    assert np.flatnonzero(mask).tolist() == [0, 10, 11, 12, 13, 14, 15]


def test_person_joints_have_y_up_and_z_towards_the_camera():
    person = standing()
    found, _ = joints.person_joints(person)
    np.testing.assert_allclose(found[4], person.metres[11] * (1, -1, -1))
    assert found[3, 1] > found[0, 1] > found[12, 1]  # head, root, foot


def test_bones_connect_every_joint_to_the_root():
    assert sorted(end for _, end in BONES) == list(range(1, 16)) and len(JOINTS) == 16


@pytest.mark.parametrize("points, known, sides, problem", [
    (POINTS[:32], EVERY[:32], "left first", "shape"), (POINTS, EVERY[:3], "left first", "shape"),
    (POINTS, EVERY, "left", "'left first' or 'right first'")])
def test_to_joints_of_other_shapes_or_sides_is_refused(points, known, sides, problem):
    with pytest.raises(DataError, match=problem):
        joints.to_joints(points, known, sides)
