"""Features of posture and gait: values of known walks, invariances, and what is unknown."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catgan.errors import DataError
from catgan.joints import MIRRORED
from catgan.modalities.gait_features import FEATURES, NAMES, gait_features, gait_table, without_unobservable
from catgan.synthesis.bodies import Proportions
from tests.harness.walking import walking

KNOWN = np.ones((40, 16), bool)
TRUNK = Proportions().trunk
POSTURE = np.array([feature.part == "posture" for feature in FEATURES])


def features(joints, known=None, rate=15.0):
    found = gait_features(joints, np.ones(joints.shape[:2], bool) if known is None else known, rate)
    return dict(zip(NAMES, found))


def test_features_have_names_units_and_parts():
    assert len(set(NAMES)) == len(NAMES) and {feature.part for feature in FEATURES} == {"posture", "gait"}
    powers = {feature.unit: feature.power for feature in FEATURES}
    assert powers == {"deg": 0, "s": 0, "steps/s": 0, "size": 1, "size^2": 2, "size^3": 3, "size/s": 1, "size/s^2": 1,
                      "size/s^3": 1}
    observable = {feature.name: feature.observable for feature in FEATURES}
    assert observable["cadence"] and observable["hands_speed"] and observable["neck_angle"] is None
    hidden = {name for name, seen in observable.items() if seen is False}
    assert hidden == {"head_inclination", "shoulder_lift", "hands_jerk", "head_jerk", "feet_jerk"}


def test_values_of_a_known_walk():
    found = features(walking(speed=1.3, stride=1.3, arm_swing=30, elbow=35, trunk_lean=8, head_tilt=12,
                             shoulder_lift=0.02, bounce=0.03))
    assert found["cadence"] == pytest.approx(2.0, abs=0.01) and found["cycle"] == pytest.approx(1.0, abs=0.005)
    assert found["trunk_inclination"] == pytest.approx(8) and found["head_inclination"] == pytest.approx(20)
    assert found["head_angle"] == pytest.approx(180 - 12)
    assert found["elbow_angle"] == pytest.approx(35, abs=1.5)
    assert found["arm_swing"] == pytest.approx(30, rel=0.03)
    assert found["stride"] * TRUNK == pytest.approx(1.3, rel=0.15)
    assert found["root_speed"] * TRUNK == pytest.approx(1.3, rel=0.001)
    assert found["step_speed"] == pytest.approx(found["stride"] * found["cadence"] / 2)
    assert found["bounce"] * TRUNK == pytest.approx(0.03, rel=0.1)
    assert found["shoulder_lift"] * TRUNK == pytest.approx(0.02 - 0.012 * 1.7)


def test_areas_volume_and_distances_by_hand():
    joints = np.zeros((1, 16, 3))
    joints[0, [2, 3]] = (0, 1, 0), (0, 2, 0)
    joints[0, [4, 5, 6, 7, 8, 9]] = (1, 1, 0), (1, 0, -0.5), (3, 1, 0), (-1, 1, 0), (-1, 0, -0.5), (-3, 1, 4)
    joints[0, [10, 11, 12, 13, 14, 15]] = (1, 0, 0), (1, -1, 0.5), (1, -2, 0), (-1, 0, 0), (-1, -1, 0.5), (-1, -2, 0)
    found = features(joints)
    assert found["hands_apart"] == pytest.approx(np.hypot(6, 4)) and found["feet_apart"] == pytest.approx(2)
    assert found["hands_neck_area"] == pytest.approx(3 * 4 / 2) and found["feet_root_area"] == pytest.approx(2)
    assert found["box_volume"] == pytest.approx(6 * 4 * 4.5) and found["head_root"] == pytest.approx(2)
    assert found["hands_root"] == pytest.approx((np.sqrt(10) + np.sqrt(26)) / 2)
    assert found["neck_angle"] == pytest.approx(180)


@settings(max_examples=15, deadline=None)
@given(st.floats(-180, 180), st.floats(0.1, 50), st.integers(0, 1000))
def test_features_do_not_depend_on_heading_size_place_or_side(heading, scale, seed):
    random = np.random.default_rng(seed)
    joints = walking(speed=random.uniform(0.8, 1.6), arm_asymmetry=0.1, elbow=30, head_tilt=10, phase=random.uniform())
    angle = np.deg2rad(heading)
    turn = np.array([[np.cos(angle), 0, -np.sin(angle)], [0, 1, 0], [np.sin(angle), 0, np.cos(angle)]])
    changed = scale * joints[:, MIRRORED] @ turn + random.uniform(-5, 5, 3)
    np.testing.assert_allclose(list(features(changed).values()), list(features(joints).values()), rtol=1e-6, atol=1e-6)


def test_a_faster_walk_of_the_same_posture_changes_the_gait_only():
    slow, fast = features(walking(speed=0.9, frames=75)), features(walking(speed=1.5, frames=75))
    for feature in FEATURES:
        if feature.part == "posture":
            assert fast[feature.name] == pytest.approx(slow[feature.name], rel=0.06, abs=1.5), feature.name
    assert all(fast[name] > 1.3 * slow[name] for name in ("hands_speed", "feet_speed", "cadence", "root_speed"))


def test_a_photograph_has_a_posture_and_no_gait():
    found = gait_features(walking(frames=1), KNOWN[:1], 15)
    assert np.isfinite(found[POSTURE]).all() and np.isnan(found[~POSTURE]).all()


@pytest.mark.parametrize("frames", [0, 2])
def test_clips_that_are_too_short_have_no_gait(frames):
    assert np.isnan(gait_features(walking(frames=2)[:frames], KNOWN[:frames], 15)[~POSTURE]).all()


def test_a_root_that_does_not_move_has_no_speed_and_no_bounce():
    joints = walking()
    centred = features(joints - joints[:, :1])
    assert {name for name, value in centred.items() if np.isnan(value)} == {"root_speed", "bounce"}
    moving = features(joints)
    assert all(centred[name] == pytest.approx(moving[name]) for name in NAMES if name not in ("root_speed", "bounce"))


def test_unknown_joints_leave_unknown_features_and_the_others_alone():
    joints, known = walking(), KNOWN.copy()
    known[:, [6, 9]] = False  # hands
    joints[:, [6, 9]] = 1e6
    found, whole = features(joints, known), features(walking())
    unknown = {name for name, value in found.items() if np.isnan(value)}
    assert unknown == {"hands_root", "hands_apart", "hands_neck_area", "elbow_angle", "elbow_range", "box_volume",
                       "hands_speed", "hands_acceleration", "hands_jerk"}
    same = [name for name in NAMES if name not in unknown]
    np.testing.assert_allclose([found[name] for name in same], [whole[name] for name in same], rtol=1e-9)


def test_one_hidden_arm_leaves_the_other():
    known = KNOWN.copy()
    known[:, 7:10] = False
    found = features(walking(elbow=30), known)
    assert found["elbow_angle"] == pytest.approx(30, abs=2) and np.isfinite(found["hands_speed"])
    assert np.isnan(found["hands_apart"]) and np.isnan(found["neck_angle"])


def test_nobody_is_all_unknown():
    assert np.isnan(gait_features(np.zeros((40, 16, 3)), ~KNOWN, 15)).all()
    assert np.isnan(gait_features(np.zeros((40, 16, 3)), KNOWN, 15)[NAMES.index("stride")])


def test_missing_frames_change_features_little():
    known, random = KNOWN.copy(), np.random.default_rng(0)
    known[random.choice(40, 8, replace=False)] = False
    found, whole = features(walking(), known), features(walking())
    for name in ("cadence", "stride", "elbow_angle", "arm_swing", "hands_speed", "feet_speed", "root_speed"):
        assert found[name] == pytest.approx(whole[name], rel=0.1), name


def test_table_of_clips_of_different_length():
    clips = [walking(frames=20), walking(frames=40)]
    table = gait_table(clips, [KNOWN[:20], KNOWN], 15)
    assert table.shape == (2, len(NAMES)) and gait_table([], [], 15).shape == (0, len(NAMES))
    np.testing.assert_array_equal(table[1], gait_features(clips[1], KNOWN, 15))
    with pytest.raises(DataError, match="As many masks as clips"):
        gait_table(clips, [KNOWN], 15)
    hidden = without_unobservable(table)
    assert np.isnan(hidden[:, NAMES.index("hands_jerk")]).all() and not np.isnan(hidden[1]).all()


@pytest.mark.parametrize("joints, known, rate", [
    (np.zeros((4, 15, 3)), np.ones((4, 15)), 15), (np.zeros((4, 16, 2)), np.ones((4, 16)), 15),
    (np.zeros((4, 16, 3)), np.ones((3, 16)), 15), (np.zeros((4, 16, 3)), np.ones((4, 16)), 0)])
def test_other_shapes_and_rates_are_refused(joints, known, rate):
    with pytest.raises(DataError):
        gait_features(joints, known, rate)
