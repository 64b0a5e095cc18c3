"""Rankings of networks on landmarks that were not trained, against the recogniser itself."""

import logging

import numpy as np
import pytest

from catgan.data.clips.landmarks import LandmarkClips
from catgan.errors import DataError, TargetError
from catgan.explain.attribution.sequence_baselines import Background
from catgan.explain.landmarks.outputs import landmark_output
from catgan.explain.landmarks.ranking import attribute_landmarks, model_labels, rank_landmarks
from catgan.faces.landmark_sets import landmark_set
from catgan.faces.landmark_shapes import ShapeOptions
from catgan.models.landmarks.architectures import LandmarkConfig
from catgan.models.landmarks.model import LandmarkRecogniser

CLASSES, SET, FRAMES = ("neutral", "joy", "fear"), landmark_set("ibug_68"), 5
POINTS = np.array([[48, 54, -1, -1], [3, 17, 22, 60], [8, 0, 1, -1]])
"""Landmarks of each binary; -1 = none."""


def recogniser(kind="trained", joint=False, points=POINTS):
    sizes = {"units": 6, "dense": 5} if kind == "trained" else {"units": 6}
    model = LandmarkRecogniser(LandmarkConfig(kind=kind, joint=joint, **sizes), ShapeOptions(), CLASSES, SET.name, 6.25,
                               FRAMES, points[1:2] if joint else points, seed=1)
    random = np.random.default_rng(0)
    for variable in model.network.get_layer("readout").variables:
        variable.assign(random.normal(size=variable.shape).astype(np.float32))
    model.network.get_layer("scaled").scale.assign(random.uniform(0.5, 2.0, (68, 2)).astype(np.float32))
    return model


def clips(count=12):
    random = np.random.default_rng(1)
    face = random.uniform(0, 60, (68, 2)) + np.where(np.arange(68)[:, None] < 42, 0.0, 40.0)
    points = (face + random.normal(size=(count, FRAMES, 68, 2))).astype(np.float32)
    seen = np.ones((count, FRAMES), bool)
    seen[0, 2] = False
    points[~seen] = 0.0
    return LandmarkClips(points, seen, np.arange(count) % 3, CLASSES, tuple("abcdefghijkl"[:count]),
                         tuple("abcdefghijkl"[:count]), np.tile(np.arange(FRAMES) / 6.25, (count, 1)), SET.name, 6.25)


@pytest.mark.parametrize("kind", ["trained", "randomised", "linear"])
def test_output_of_a_binary_is_its_logit(kind):
    model, given = recogniser(kind), clips()
    shapes = model.shapes(given.points, given.seen)
    logits = model.logits(shapes, given.seen)
    for place, name in enumerate(CLASSES):
        output = landmark_output(model, name)
        np.testing.assert_allclose(output.function.values(output.take(shapes), given.seen), logits[:, place], atol=1e-4)


def test_output_of_a_joint_network_is_the_log_odds_of_its_class():
    model, given = recogniser(joint=True), clips()
    shapes = model.shapes(given.points, given.seen)
    logits = model.logits(shapes, given.seen).astype(np.float64)
    chances = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    for place, name in enumerate(CLASSES):
        output = landmark_output(model, name)
        expected = np.log(chances[:, place] / (1.0 - chances[:, place]))
        np.testing.assert_allclose(output.function.values(output.take(shapes), given.seen), expected, atol=1e-4)


def test_attributions_lie_on_the_points_that_are_read_and_add_up():
    model, given = recogniser(), clips()
    shapes = model.shapes(given.points, given.seen)
    values, found = attribute_landmarks(landmark_output(model, "joy"), shapes, given.seen)
    assert np.flatnonzero(np.abs(values).sum((0, 1))).tolist() == sorted(POINTS[1])
    assert not values[0, 2].any()  # not seen
    rises = found.outputs - found.baseline_outputs
    np.testing.assert_allclose(values.sum((1, 2)), rises, atol=0.01 * np.abs(rises).max())


def test_background_and_baselines_of_all_points_are_narrowed_to_those_that_are_read():
    model, given = recogniser(), clips()
    shapes = model.shapes(given.points, given.seen)
    output = landmark_output(model, "neutral")
    by_name = attribute_landmarks(output, shapes, given.seen, baseline="class_mean",
                                  background=Background(shapes[3:], given.seen[3:]))[0]
    mean = Background(shapes[3:], given.seen[3:]).mean()
    np.testing.assert_allclose(attribute_landmarks(output, shapes, given.seen, baseline=mean)[0], by_name, atol=1e-6)
    assert set(np.flatnonzero(np.abs(by_name).sum((0, 1)))) <= {48, 54}


def test_rankings_explain_clips_that_are_read_rightly(caplog):
    model, given = recogniser(), clips()
    answers = model.predict(given.points, given.seen).argmax(1)
    with caplog.at_level(logging.WARNING, "catgan"):
        rankings = rank_landmarks(model, given, nodes=8)
    for place, name in enumerate(CLASSES):
        right = int(((answers == place) & (given.labels == place)).sum())
        assert (name in rankings) == (right > 0)
        assert right > 0 or f"No clip of {name}" in caplog.text
        if right:
            found = rankings[name]
            assert found.clips == right and sorted(found.order) == sorted(POINTS[place][POINTS[place] >= 0])
            assert found.relevance[found.order].min() > 0.0 and found.gap < 0.05
    assert rankings


def test_rankings_of_one_seed_are_equal_and_take_no_more_clips_than_asked():
    model, given = recogniser("randomised"), clips()
    one, two = (rank_landmarks(model, given, "expected_gradients", n_clips=1, nodes=4) for _ in range(2))
    assert one and all(found.clips == 1 for found in one.values())
    for name, found in one.items():
        np.testing.assert_array_equal(found.relevance, two[name].relevance)


def test_classes_are_told_apart_by_name():
    given = clips(3)
    other = LandmarkClips(given.points, given.seen, np.array([1, -1, 0]), ("joy", "neutral"), given.subjects,
                          given.videos, given.times, given.landmark_set, given.rate)
    assert model_labels(recogniser(), other).tolist() == [0, -1, 1]
    wrong = LandmarkClips(given.points, given.seen, np.array([1, -1, 0]), ("joy", "awe"), given.subjects, given.videos,
                          given.times, given.landmark_set, given.rate)
    with pytest.raises(DataError, match="awe"):
        model_labels(recogniser(), wrong)
    with pytest.raises(TargetError, match="awe"):
        landmark_output(recogniser(), "awe")
