"""Tests of `catgan.evaluation.landmarks`."""

from pathlib import Path

import numpy as np
import pytest

from catgan.data.clips.landmarks import LandmarkClips
from catgan.errors import DataError
from catgan.evaluation.landmarks import (binary_scores, class_numbers, draw_landmark_figures, evaluate_landmark_clips,
                                         measure)
from catgan.models.landmarks.combination import Combination
from tests.harness.untrained_landmarks import CLASSES, moving_landmarks, untrained_landmarks

TRUTH = np.array([0, 0, 1, 1, 2, 2])
SCORES = np.array([[2.0, -1, -1], [1, 1, -1], [-1, 3, -2], [-2, -1, -3], [-1, -2, 0.5], [-3, -2, 2]])
PROBABILITIES = np.array([[0.8, 0.1, 0.1], [0.4, 0.6, 0.0], [0.1, 0.9, 0.0], [0.2, 0.7, 0.1], [0.1, 0.1, 0.8],
                          [0.0, 0.1, 0.9]])
PEOPLE = ["a", "a", "b", "b", "c", "c"]


def clips(labels, classes=CLASSES, count=478) -> LandmarkClips:
    n = len(labels)
    return LandmarkClips(moving_landmarks(n, 8, count), np.ones((n, 8), bool), np.array(labels), classes,
                         tuple(f"person {place % 3}" for place in range(n)), tuple(map(str, range(n))),
                         np.zeros((n, 8)), "mediapipe_478" if count == 478 else "ibug_68", 12.5)


def test_measure_of_binaries_and_together_by_hand():
    found = measure(CLASSES, TRUTH, SCORES, PROBABILITIES, PEOPLE, draws=0)
    # happiness: one of two is found, one of four others is taken for it; 3 > all, -1 equals one of 1, -1, -2, -2
    assert found["binaries"]["happiness"] == {"balanced_accuracy": 0.5 * (1 / 2 + 3 / 4),
                                              "auc": pytest.approx((4 + 2.5) / 8), "n": 2}
    assert found["binaries"]["neutral"]["balanced_accuracy"] == found["binaries"]["neutral"]["auc"] == 1.0
    assert found["mean"]["balanced_accuracy"] == pytest.approx((1.0 + 0.625 + 1.0) / 3)
    together = found["expression"]
    assert together["confusion"] == [[1, 1, 0], [0, 2, 0], [0, 0, 2]] and together["accuracy"] == pytest.approx(5 / 6)
    assert together["uar"] == pytest.approx(5 / 6) and together["recall"]["neutral"] == 0.5
    # largest probabilities .8 .6 .9 .7 .8 .9 lie in bins of their own, all right but the one of .6
    assert found["calibration"]["error"] == pytest.approx((2 * 0.2 + 0.6 + 2 * 0.1 + 0.3) / 6)
    assert not [name for name in found["mean"] if name.endswith("_interval")]


def test_intervals_are_over_people_and_the_same_each_time():
    first, second = (measure(CLASSES, TRUTH, SCORES, PROBABILITIES, PEOPLE, draws=50) for _ in range(2))
    assert first == second
    low, high = first["expression"]["accuracy_interval"]
    assert low in (0.5, 4 / 6) and high == 1.0  # person a drawn three times or twice; not at all
    assert {"balanced_accuracy_interval", "auc_interval"} <= set(first["binaries"]["happiness"])
    assert first["calibration"]["error_interval"][0] <= first["calibration"]["error"]


def test_binary_says_yes_where_its_probability_exceeds_a_guess():
    one_third = -np.log(2.0)
    found = binary_scores(Combination((2.0, 1.0, 1.0), (0.0, 1.0, 0.0), False), np.array([[one_third / 2, -1.0, 0.0]]))
    np.testing.assert_allclose(found, [[0.0, np.log(2.0), np.log(2.0)]], atol=1e-12)


def test_scores_of_a_joint_network_are_log_odds():
    logits = np.log(np.array([[0.5, 0.25, 0.25], [0.9, 0.05, 0.05], [1 / 3, 1 / 3, 1 / 3]]))
    found = binary_scores(Combination.identity(3, True), logits)
    np.testing.assert_allclose(found[:, 0], np.log([2.0, 18.0, 1.0]), atol=1e-12)


def test_class_numbers_follow_the_names_of_the_model():
    found = class_numbers(clips([0, 1, 2, -1], ("surprise", "boredom", "neutral")), CLASSES)
    assert found.tolist() == [2, -1, 0, -1]


def test_evaluate_of_clips_leaves_out_what_is_unknown(tmp_path):
    model = untrained_landmarks()
    given = clips([0, 1, 2, -1, 1, 0])
    found = evaluate_landmark_clips(model, given, draws=5)
    assert (found["n"], found["left_out"], found["people"]) == (5, 1, 3)
    said = model.predict(given.points).argmax(1)[[0, 1, 2, 4, 5]]
    assert found["expression"]["accuracy"] == pytest.approx((said == [0, 1, 2, 1, 0]).mean())
    paths = draw_landmark_figures(tmp_path, {**found, "dataset": "x", "split": "test"})
    assert [path.name for path in paths] == ["confusion.png", "calibration.png"] and all(map(Path.is_file, paths))


@pytest.mark.parametrize("given, message", [
    (clips([-1, -1]), "No clip shows an expression"), (clips([0], ("boredom",)), "Received: 1 clips of boredom"),
    (clips([0, 1], count=68), "Received: clips of 'ibug_68'")])
def test_clips_that_do_not_fit_are_refused(given, message):
    with pytest.raises(DataError, match=message):
        evaluate_landmark_clips(untrained_landmarks(), given)
