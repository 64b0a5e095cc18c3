"""Tests of `catgan.data.clips.planted` and `catgan.data.clips.jitter`."""

from dataclasses import replace

import numpy as np
import pytest

from catgan.data.clips import planted
from catgan.data.clips.jitter import DEVIATIONS, jittered
from catgan.data.clips.landmarks import LandmarkClips
from catgan.data.clips.planted import TASKS, planted_clips
from catgan.errors import DataError
from catgan.faces.landmark_points import IBUG_68
from catgan.faces.landmark_sets import landmark_set
from catgan.faces.landmark_shapes import upright

KNOWN = landmark_set("mediapipe_478")
TIMES = np.arange(20) / 6.25
EYES = 256 * 0.3129
"""Eye distance of the mean face in pixels."""


def pair(task: str, number: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """The points of one clip as it is in class 0 and in class 1."""
    return tuple(planted._clip(task, 0, number, 2, label, TIMES, 1.0)[0] for label in (0, 1))


@pytest.mark.parametrize("task", [name for name in TASKS if name != "nothing"])
def test_clips_of_two_classes_differ_at_the_planted_points_alone(task):
    _, truth = planted_clips(task, 2, 2, jitter=0.0)
    absent, present = pair(task)
    moved = np.flatnonzero(np.abs(present - absent).max((0, 2)) > 1e-3)
    assert set(moved.tolist()) <= set(truth.points.tolist()) and len(moved) > 0.6 * len(truth.points)


def test_clips_of_the_task_nothing_do_not_depend_on_the_label():
    absent, present = pair("nothing")
    np.testing.assert_array_equal(absent, present)
    clips, truth = planted_clips("nothing", 40, 10)
    assert len(truth.points) == 0 and (truth.moments == -1).all() and clips.labels.sum() == 20


def test_left_brow_is_on_the_right_of_the_picture_and_moves_up():
    absent, present = pair("left_brow")
    _, truth = planted_clips("left_brow", 2, 2, jitter=0.0)
    eyes = [absent[:, list(eye), 0].mean() for eye in KNOWN.eyes]
    assert absent[:, truth.points, 0].mean() > np.mean(eyes)
    assert (present - absent)[:, truth.points, 1].min() < -2.0


def test_planted_movement_lies_in_its_moment():
    clips, truth = planted_clips("distractor", 8, 4, jitter=0.0)
    assert ((truth.moments >= 0).all(1) == (clips.labels == 1)).all()
    for number in np.flatnonzero(clips.labels).tolist():
        absent, present = (planted._clip("distractor", 0, number, number % 4, label, TIMES, 1.0)[0] for label in (0, 1))
        size = np.abs(present - absent).max((1, 2))
        first, last = truth.moments[number]
        assert size.argmax() in range(first, last) and (size[:first] < 0.7 * size.max()).all()
        assert (size[last:] < 0.7 * size.max()).all() and size[:3].max() < 1e-3


def test_order_has_the_same_movements_at_other_times():
    absent, present = pair("order")
    mouth, brow = 61, 105
    tops = [[np.abs(one[:, point] - base[:, point]).sum(1).argmax() for point in (mouth, brow)]
            for one, base in zip((absent, present), (pair("distractor")[0],) * 2)]
    assert tops[0][0] > tops[0][1] and tops[1][0] < tops[1][1]


def test_duration_has_longer_moments_in_class_one():
    clips, truth = planted_clips("duration", 16, 8)
    lengths = np.diff(truth.moments)[:, 0]
    assert lengths[clips.labels == 0].max() < lengths[clips.labels == 1].min()


def test_planted_clips_balance_classes_within_people_and_repeat_by_seed():
    clips, _ = planted_clips("mouth", 12, 6, seed=5)
    again, _ = planted_clips("mouth", 12, 6, seed=5)
    other, _ = planted_clips("mouth", 12, 6, seed=6)
    np.testing.assert_array_equal(clips.points, again.points)
    assert np.abs(clips.points - other.points).max() > 1.0
    assert {who: sorted(label for name, label in zip(clips.subjects, clips.labels.tolist()) if name == who)
            for who in clips.subjects} == {f"person{number:05d}": [0, 1] for number in range(6)}


def test_planted_people_have_own_faces():
    clips, _ = planted_clips("mouth", 40, 4, jitter=0.0)
    first = upright(clips.points[:, 0], np.ones(40, bool), KNOWN).reshape(10, 4, 478, 2)
    between, within = first.mean(0).std(0).mean(), first.std(0).mean()
    assert between > 2 * within / np.sqrt(10)


@pytest.mark.parametrize("arguments", [("mouths", 2, 2), ("mouth", 0, 2), ("mouth", 2, 0)])
def test_planted_clips_of_wrong_arguments_are_refused(arguments):
    with pytest.raises(DataError, match="Received|Unknown"):
        planted_clips(*arguments)


@pytest.fixture(scope="module")
def stills() -> LandmarkClips:
    """Clips of the mean face without any movement."""
    rest = np.float32(256 * planted._model().rest[:, :2])
    n = 100
    return LandmarkClips(np.tile(rest, (n, 20, 1, 1)), np.ones((n, 20), bool), np.zeros(n, np.int64), ("neutral",),
                         ("ann",) * n, ("clip",) * n, np.tile(TIMES, (n, 1)), KNOWN.name, 6.25)


def test_jitter_of_a_region_is_as_measured_and_near_points_move_together(stills):
    moves = (jittered(stills, 1).points - stills.points) / EYES
    for region in ("left_eye", "mouth", "contour"):
        found = moves[:, :, KNOWN.regions[region]].std((0, 1)).mean(0)
        np.testing.assert_allclose(found, DEVIATIONS[region.split("_")[-1]], rtol=0.1)
    flat = moves.reshape(-1, 478, 2)[..., 0]
    near, far = np.corrcoef(flat[:, 13], flat[:, 14])[0, 1], np.corrcoef(flat[:, 13], flat[:, 10])[0, 1]
    assert near > 0.9 and abs(far) < 0.15
    frames = np.corrcoef(moves[:, :-1, 13, 0].ravel(), moves[:, 1:, 13, 0].ravel())[0, 1]
    assert abs(frames) < 0.1


def test_jitter_scales_with_the_face_and_leaves_unseen_frames(stills):
    seen = stills.seen.copy()
    seen[:, 4] = False
    some = replace(stills.select(np.arange(2)), seen=seen[:2])
    small = replace(some, points=some.points / 2)
    np.testing.assert_allclose(jittered(small, 3).points, jittered(some, 3).points / 2, atol=1e-4)
    np.testing.assert_array_equal(jittered(some, 3).points[:, 4], some.points[:, 4])
    np.testing.assert_array_equal(jittered(some, 3, 0.0).points, some.points)
    with pytest.raises(DataError, match="0 or more"):
        jittered(some, 3, -1.0)


def test_jitter_of_68_points_is_that_of_the_same_places(stills):
    few = replace(stills, points=stills.points[:, :, list(IBUG_68)], landmark_set="ibug_68")
    moves = (jittered(few, 1).points - few.points) / EYES
    assert moves[:, :, 36:48].std() < 0.6 * moves[:, :, :17].std()
