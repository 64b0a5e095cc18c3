import keras
import numpy as np
import pytest
from keras import ops

from catgan.explain.people.gradients import BodyGradients, absolute, relative
from catgan.explain.people.joints import PARTS, STILL, UPRIGHT, JointEvidence, joint_evidence, still, upright
from catgan.joints import BONES, JOINTS

STANDING = np.array([[0, 1, 0], [0, 1.25, 0], [0, 1.5, 0], [0, 1.7, 0], [-.2, 1.5, 0], [-.2, 1.2, 0], [-.2, .95, 0],
                     [.2, 1.5, 0], [.2, 1.2, 0], [.2, .95, 0], [-.1, 1, 0], [-.1, .5, 0], [-.1, .1, 0], [.1, 1, 0],
                     [.1, .5, 0], [.1, .1, 0]], float)
ALL = np.ones(16, bool)


def network():
    """Log odds of the second of two classes: 3 x the height of the first hand above the root, squared and summed."""
    joints = keras.Input((None, 16, 3), name="gait.joints")
    known = keras.Input((None, 16), dtype="bool", name="gait.known")
    above = (joints[:, :, 6, 1] - joints[:, :, 0, 1]) * ops.cast(known[:, :, 6], "float32")
    score = 3.0 * ops.sum(ops.square(above), axis=1)
    logits = ops.stack([ops.zeros_like(score), score], axis=-1)
    return keras.Model({"gait.joints": joints, "gait.known": known}, {"logits": logits})


def waving(frames=6):
    """A body whose first hand is raised by half a metre in frames 2 and 3."""
    joints = np.repeat(STANDING[None], frames, 0)
    joints[2:4, 6, 1] += 0.5
    return joints


def evidence_of(joints, known=None, modality="gait"):
    known = np.ones(joints.shape[:2], bool) if known is None else known
    gradients = BodyGradients(network(), lambda outputs: outputs["logits"])
    given = {"gait.joints": joints[None].astype(np.float32), "gait.known": known[None]}
    return joint_evidence(gradients.function(given, "gait", 1, 2), joints, known, modality, 10.0)


def test_relative_and_absolute_undo_each_other():
    joints = np.random.default_rng(0).normal(size=(3, 16, 3))
    np.testing.assert_allclose(absolute(relative(joints)), joints)
    np.testing.assert_array_equal(relative(joints)[:, 0], joints[:, 0])


def test_evidence_is_in_the_joint_and_the_moment_that_matter():
    found = evidence_of(waving())
    assert found.named == ["the hands"] and found.baseline == STILL
    assert found.gap < 1e-3 and found.relevance.sum() == pytest.approx(found.value - found.baseline_value, abs=1e-3)
    # Against the mean height of the hand: 3 (2 x .45^2 + 4 x .05^2) - 3 x 6 x (.5 / 3 - .05)^2
    rise = 3 * (2 * .45 ** 2 + 4 * .05 ** 2) - 18 * (1 / 6 - .05) ** 2
    assert found.value - found.baseline_value == pytest.approx(rise, abs=1e-4)
    assert found.moment == pytest.approx((0.2, 0.4))
    content = found.to_dict()
    assert set(content["joints"]) == set(JOINTS) and content["moment"] == [0.2, 0.4]


def test_a_root_that_moves_does_not_give_other_joints_relevance():
    joints = waving()
    moved = joints + np.linspace(0, 2, 6)[:, None, None] * (1, 0, 0)
    np.testing.assert_allclose(evidence_of(moved).relevance, evidence_of(joints).relevance, atol=1e-4)


def test_unknown_joints_have_no_relevance():
    known = np.ones((6, 16), bool)
    known[:, 6] = False
    assert not evidence_of(waving(), known).relevance.any()


def test_posture_is_compared_with_the_same_body_upright():
    found = evidence_of(STANDING[None] + 0.0, modality="posture")
    assert found.baseline == UPRIGHT and found.moment is None and found.relevance == pytest.approx(0.0, abs=1e-6)
    raised = STANDING[None].copy()
    raised[0, 6, 1] = 2.0
    assert evidence_of(raised, modality="posture").named == ["the hands"]


def test_upright_keeps_the_lengths_of_bones_and_leaves_unknown_ones():
    bent = STANDING.copy()
    bent[3] += (0.1, -0.05, 0.1)
    bent[6] = bent[5] + (0.25, 0, 0)
    found = upright(bent, ALL)
    lengths = [[np.linalg.norm(body[end] - body[start]) for start, end in BONES] for body in (bent, found)]
    np.testing.assert_allclose(*lengths)
    np.testing.assert_allclose(upright(STANDING, ALL), STANDING, atol=1e-12)
    known = ALL.copy()
    known[6] = False
    np.testing.assert_array_equal(upright(bent, known)[6], bent[6])


def test_still_is_the_mean_pose_at_the_mean_place():
    joints = waving()
    known = np.ones((6, 16), bool)
    known[5, 0] = False
    found = still(joints, known)
    assert found[0, 6, 1] == pytest.approx(0.95 + 0.2) and found[4, 6, 1] == pytest.approx(1.15)
    np.testing.assert_allclose(found[:5], np.repeat(found[:1], 5, 0))


def test_every_joint_is_in_one_part():
    assert sorted(place for places in PARTS.values() for place in places) == list(range(16))


def test_parts_against_the_answer_are_not_named():
    relevance = np.zeros((1, 16))
    relevance[0, 3], relevance[0, 6] = -2.0, 0.5
    found = JointEvidence("posture", relevance, ALL[None], np.zeros(1), 1.0, 2.5, UPRIGHT)
    assert found.named == ["the hands"] and found.parts["the head"] == -2.0 and found.gap == pytest.approx(0.0)
    assert JointEvidence("posture", 0 * relevance, ALL[None], np.zeros(1), 1.0, 1.0, UPRIGHT).gap is None
