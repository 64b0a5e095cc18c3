"""Walks: parameters have the means and deviations of the tables; planted tasks differ in one parameter."""

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.synthesis import walks as module
from catgan.synthesis.bodies import Proportions
from catgan.synthesis.walks import (CLIP_DEVIATIONS, EMOTIONS, GAIT, MEANS, PARAMETERS, PERSON_DEVIATIONS, PLANTED,
                                    POSTURE, Walker, means, noisy, planted_walk, planted_walks, sample_walk, walker,
                                    walks)


def values(walk):
    return np.array([getattr(walk, name) for name in PARAMETERS])


def test_every_parameter_belongs_to_posture_or_gait():
    assert sorted(POSTURE + GAIT) == sorted(PARAMETERS) and set(MEANS) == set(EMOTIONS)
    assert {len(row) for row in (*MEANS.values(), CLIP_DEVIATIONS, PERSON_DEVIATIONS)} == {len(PARAMETERS)}


def test_strength_scales_away_from_neutral():
    assert list(means("sadness", "sadness").values()) == pytest.approx(MEANS["sadness"])
    assert means("sadness", "sadness", 0) == means("neutral", "neutral") == means("neutral", "neutral", 3)
    assert means("sadness", "sadness", 1.5)["head_tilt"] == 33 and means("anger", "anger", 0.5)["speed"] == 1.4


def test_posture_and_gait_may_show_different_emotions():
    mixed = means("sadness", "anger")
    assert all(mixed[name] == means("sadness", "sadness")[name] for name in POSTURE)
    assert all(mixed[name] == means("anger", "anger")[name] for name in GAIT)


def test_people_differ_as_much_as_the_table_says_and_are_the_same_again():
    assert walker(3, 5) == walker(3, 5) != walker(3, 6) and walker(3, 5) != walker(4, 5)
    habits = np.array([walker(0, number).habits for number in range(600)])
    np.testing.assert_allclose(habits.std(0), PERSON_DEVIATIONS, rtol=0.12)


def test_clips_of_a_person_vary_around_the_persons_own_means():
    habits = (0.1, -0.05, 5, 4, 3, 4, 0.005, 0.004)
    person, random = Walker(Proportions(), habits), np.random.default_rng(0)
    drawn = np.array([values(sample_walk(person, "anger", "anger", 1.0, random)) for _ in range(800)])
    error = np.array(CLIP_DEVIATIONS) / np.sqrt(800)
    assert (np.abs(drawn.mean(0) - MEANS["anger"] - habits) < 4 * error + 1e-12).all()
    np.testing.assert_allclose(drawn.std(0), CLIP_DEVIATIONS, rtol=0.12)


def test_parameters_stay_possible_at_any_strength():
    random = np.random.default_rng(1)
    drawn = np.array([values(sample_walk(walker(0, number), "sadness", "sadness", 4.0, random))
                      for number in range(200)])
    assert (drawn >= module.LOWEST).all() and (drawn <= module.HIGHEST).all()


def test_noise_has_the_stated_deviation():
    still = np.zeros((500, 16, 3))
    assert noisy(still, np.random.default_rng(0)).std() == pytest.approx(0.006, rel=0.02)


def test_walks_are_balanced_deterministic_and_as_stated():
    found = walks(60, 6, seed=4, frames=12, rate=15)
    again, other = walks(60, 6, seed=4, frames=12, rate=15), walks(60, 6, seed=5, frames=12, rate=15)
    assert found.joints.shape == (60, 12, 16, 3) and found.joints.dtype == np.float32 and found.rate == 15
    np.testing.assert_array_equal(found.joints, again.joints)
    assert not np.array_equal(found.joints, other.joints)
    assert np.bincount(found.labels).tolist() == [12] * 5 and np.bincount(found.subjects).tolist() == [10] * 6
    pairs = {(int(subject), int(label)) for subject, label in zip(found.subjects, found.labels)}
    assert len(pairs) == 30  # every person shows every emotion
    np.testing.assert_array_equal(found.postures, found.gaits)
    root = found.joints[:, :, 0]
    speed = np.linalg.norm(root[:, -1] - root[:, 0], axis=-1) / (11 / 15)
    np.testing.assert_allclose(speed, found.parameters[:, 0], atol=0.05)


def test_contradictions_change_the_posture_only():
    found = walks(200, 10, seed=1, contradictions=0.5, emotions=("anger", "sadness"), frames=2, heading=35)
    assert found.classes == ("anger", "sadness")
    np.testing.assert_array_equal(np.array(EMOTIONS)[found.gaits], np.array(found.classes)[found.labels])
    assert 0.35 < np.mean(found.postures != found.gaits) < 0.65
    assert set(np.array(EMOTIONS)[found.postures]) == {"anger", "sadness"}


@pytest.mark.parametrize("task", PLANTED)
def test_planted_classes_differ_in_one_parameter_only(task):
    found = planted_walks(task, 300, 30, frames=2)
    first, second = found.parameters[found.labels == 0], found.parameters[found.labels == 1]
    apart = (second.mean(0) - first.mean(0)) / np.hypot(CLIP_DEVIATIONS, PERSON_DEVIATIONS)
    planted = np.array(PARAMETERS) == PLANTED[task].parameter
    assert (np.abs(apart[~planted]) < 0.4).all() and (apart[planted] > 2).all()
    column = found.parameters[:, planted][:, 0]
    right = np.mean((column > np.mean(PLANTED[task].values)) == found.labels)
    assert right > 0.95 and found.classes == PLANTED[task].classes


@pytest.mark.parametrize("call, problem", [
    (lambda: means("happy", "neutral"), "Unknown emotion of a walk 'happy'. Allowed: anger"),
    (lambda: means("anger", "anger", -1), "strength of a walk is 0 or more"),
    (lambda: planted_walk(Walker(), "speed", 0, np.random.default_rng(0)), "Unknown planted walk 'speed'"),
    (lambda: planted_walk(Walker(), "head_tilt", 2, np.random.default_rng(0)), "class 0 or 1"),
    (lambda: planted_walks("stride", 4, 2), "Unknown planted walk"),
    (lambda: walks(0, 1), "at least 1 walk"), (lambda: walks(4, 1, emotions=("anger",)), "2 different emotions"),
    (lambda: walks(4, 1, emotions=("anger", "joy")), "Unknown emotion"),
    (lambda: walks(4, 1, contradictions=2.0), "0..1")])
def test_impossible_walks_are_refused(call, problem):
    with pytest.raises(CatganError, match=problem):
        call()
