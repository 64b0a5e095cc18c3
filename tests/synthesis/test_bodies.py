"""Walking bodies: lengths are kept, and angles, speed and cycle are those of the walk."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catgan.errors import CatganError
from catgan.synthesis.bodies import ELBOW_FOLLOWS, SHARES, Proportions, Walk, turn, walk_joints

BODY = Proportions()
ROOT, NECK, HEAD, SHOULDER, ELBOW, HAND, HIP, KNEE, FOOT, OTHER_FOOT = 0, 2, 3, 4, 5, 6, 10, 11, 12, 15


def lengths(joints, start, end):
    return np.linalg.norm(joints[:, end] - joints[:, start], axis=-1)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10 ** 6), st.floats(-180, 180), st.floats(0.4, 2.4), st.floats(0.5, 2.2), st.floats(0, 110))
def test_bones_keep_their_lengths(seed, heading, speed, stride, elbow):
    body = Proportions.sample(np.random.default_rng(seed))
    joints = walk_joints(body, Walk(speed, stride, 40, elbow, 12, 20, 0.03, 0.03, 0.1, 0.3), 9, 15, heading)
    for start, end, length in ((ROOT, NECK, body.trunk), (NECK, HEAD, body.neck), (SHOULDER, ELBOW, body.upper_arm),
                               (ELBOW, HAND, body.forearm), (HIP, KNEE, body.thigh), (KNEE, FOOT, body.shank),
                               (4, 7, body.shoulder_width), (10, 13, body.hip_width)):
        np.testing.assert_allclose(lengths(joints, start, end), length)
    np.testing.assert_allclose(2 * joints[:, 1], joints[:, 0] + joints[:, 2])


def test_root_moves_with_the_speed_along_the_heading():
    path = walk_joints(BODY, Walk(speed=1.2), 16, 15, 30, start=(1.0, -4.0))[:, ROOT]
    np.testing.assert_allclose(path[0, [0, 2]], (1, -4), atol=1e-12)
    np.testing.assert_allclose(path[15, [0, 2]] - path[0, [0, 2]], (0.6, 1.2 * np.cos(np.pi / 6)), atol=1e-12)


def test_heading_zero_faces_the_camera_with_the_left_side_on_the_images_right():
    joints = walk_joints(BODY, Walk(trunk_lean=20), 4, 15)
    assert (joints[:, 4, 0] > joints[:, 7, 0]).all() and (joints[:, 10, 0] > joints[:, 13, 0]).all()
    assert (joints[:, NECK, 2] > joints[:, ROOT, 2]).all()  # leans towards the camera
    np.testing.assert_allclose(turn(np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]]), 90),
                               [[1, 1, 0], [0, 0, -1]], atol=1e-12)


def test_walk_repeats_after_stride_over_speed_and_feet_alternate():
    walk = Walk(speed=1.5, stride=1.5, bounce=0.03)  # a cycle of 1 s
    joints = walk_joints(BODY, walk, 41, 20) - walk_joints(BODY, walk, 41, 20)[:, :1] * (1, 0, 1)
    np.testing.assert_allclose(joints[20:], joints[:21], atol=1e-12)
    np.testing.assert_allclose(joints[10:21, FOOT], joints[:11, OTHER_FOOT] * (-1, 1, 1), atol=1e-12)
    assert walk.cadence == 2.0
    assert np.ptp(joints[:, ROOT, 1]) == pytest.approx(0.06)
    turns = np.diff(np.sign(np.diff(joints[:20, ROOT, 1])))
    assert np.count_nonzero(turns) in (3, 4)  # rises and falls twice a cycle


def test_thighs_reach_as_far_as_the_stride_asks():
    joints = walk_joints(BODY, Walk(stride=1.2, phase=0.25), 1, 15)[0]  # the left thigh is at its front
    angle = np.arctan2(joints[KNEE, 2] - joints[HIP, 2], joints[HIP, 1] - joints[KNEE, 1])
    assert np.sin(angle) == pytest.approx(1.2 / (4 * BODY.leg))


def test_lower_ankle_is_on_the_ground_on_average():
    for walk in (Walk(), Walk(0.9, 1.0, bounce=0.01), Walk(1.7, 1.7, bounce=0.05)):
        joints = walk_joints(BODY, walk, 200, 100)
        lower = np.minimum(joints[:, FOOT, 1], joints[:, OTHER_FOOT, 1])
        assert lower.mean() == pytest.approx(BODY.ankle, abs=0.005) and lower.min() > 0


def test_arms_swing_against_the_legs_with_their_angles():
    walk = Walk(arm_swing=30, elbow=40, trunk_lean=0, arm_asymmetry=0.1, phase=0.25)
    joints = walk_joints(BODY, walk, 1, 15)[0]
    assert joints[KNEE, 2] > joints[HIP, 2] and joints[ELBOW, 2] < joints[SHOULDER, 2]
    for shoulder, swing in ((4, -33.0), (7, 27.0)):
        upper, lower = joints[shoulder + 1] - joints[shoulder], joints[shoulder + 2] - joints[shoulder + 1]
        assert np.rad2deg(np.arctan2(upper[2], -upper[1])) == pytest.approx(swing)
        bend = np.rad2deg(np.arccos(upper @ lower / np.linalg.norm(upper) / np.linalg.norm(lower)))
        assert bend == pytest.approx(40 + ELBOW_FOLLOWS * swing)


def test_posture_angles_and_lifted_shoulders():
    walk = Walk(trunk_lean=10, head_tilt=15, shoulder_lift=0.03)
    joints = walk_joints(BODY, walk, 1, 15)[0]
    trunk, head = joints[NECK] - joints[ROOT], joints[HEAD] - joints[NECK]
    assert np.rad2deg(np.arctan2(trunk[2], trunk[1])) == pytest.approx(10)
    assert np.rad2deg(np.arctan2(head[2], head[1])) == pytest.approx(25) == pytest.approx(walk.head_pitch)
    low = walk_joints(BODY, Walk(trunk_lean=10), 1, 15)[0]
    assert joints[SHOULDER, 1] - low[SHOULDER, 1] == pytest.approx(0.03)


def test_stride_longer_than_the_legs_allow_is_cut():
    assert np.isfinite(walk_joints(BODY, Walk(stride=9.0), 5, 15)).all()


def test_sampled_heights_are_those_of_adults():
    bodies = [Proportions.sample(np.random.default_rng(seed)) for seed in range(400)]
    heights = np.array([body.height for body in bodies])
    assert heights.mean() == pytest.approx(1.70, abs=0.015) and heights.std() == pytest.approx(0.09, abs=0.01)
    shares = np.array([body.thigh / body.height for body in bodies]) / SHARES["thigh"]
    assert shares.std() == pytest.approx(0.03, abs=0.005)


@pytest.mark.parametrize("arguments", [{"speed": 0.0}, {"stride": -1.0}, {"elbow": float("nan")}])
def test_impossible_walks_are_refused(arguments):
    with pytest.raises(CatganError, match="speed and stride above 0. Received"):
        Walk(**arguments)


@pytest.mark.parametrize("frames, rate", [(0, 15), (3, 0), (3, float("nan"))])
def test_no_frame_or_no_rate_is_refused(frames, rate):
    with pytest.raises(CatganError, match="1 frame or more"):
        walk_joints(BODY, Walk(), frames, rate)
