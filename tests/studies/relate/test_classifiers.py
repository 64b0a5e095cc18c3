"""Classifiers of expressions, against chance and against each other."""

import numpy as np
import pytest

from catgan.errors import DataError
from catgan.studies.relate.classifiers import classify
from catgan.studies.relate.options import RelateOptions
from tests.harness.related_faces import related_faces

OPTIONS = RelateOptions(draws=40, folds=3)


def test_units_tell_more_than_an_affect_of_noise():
    faces = related_faces()
    faces.affect[:] = np.random.default_rng(1).uniform(-1, 1, faces.affect.shape)
    found = classify(faces, "presence", OPTIONS)
    assert found["same_faces"] and set(found["inputs"]) == {"valence_arousal", "action_units", "both"}
    units, plane = found["inputs"]["action_units"], found["inputs"]["valence_arousal"]
    assert units["accuracy"]["value"] > 0.8 and units["against"]["chance"]["accuracy"]["interval"][0] > 0.3
    low, high = plane["against"]["chance"]["balanced_accuracy"]["interval"]
    assert low < 0.1 and plane["against"]["action_units"]["accuracy"]["difference"] < -0.3
    matrix = np.array(units["confusion"])
    assert matrix.sum() == units["n"] == 240
    assert units["accuracy"]["value"] == pytest.approx(np.trace(matrix) / 240)


def test_chance_is_the_most_frequent_expression():
    faces = related_faces(300)
    faces.classes[:] = np.where(np.arange(300) < 200, 0, np.arange(300) % 2 + 1)
    found = classify(faces, None, OPTIONS)
    assert list(found["inputs"]) == ["valence_arousal"] and not found["same_faces"]
    chance = found["inputs"]["valence_arousal"]["against"]["chance"]
    assert chance["accuracy"]["second"] == pytest.approx(2 / 3)
    assert chance["balanced_accuracy"]["second"] == pytest.approx(1 / 3)


def test_each_system_is_used_alone_where_no_face_knows_both():
    faces = related_faces()
    faces.affect[:120] = np.nan
    for values in faces.units.values():
        values[120:] = np.nan
    found = classify(faces, "intensity", OPTIONS)
    assert not found["same_faces"] and list(found["inputs"]) == ["valence_arousal", "action_units"]
    assert [entry["n"] for entry in found["inputs"].values()] == [120, 120]
    assert list(found["inputs"]["action_units"]["against"]) == ["chance"]


def test_rare_expressions_are_left_out_with_their_faces():
    faces = related_faces()
    faces.classes[faces.classes == 2] = -1
    faces.classes[:3] = 2
    found = classify(faces, "presence", OPTIONS)["inputs"]["both"]
    assert found["classes"] == ["happiness", "sadness"] and found["left_out"]["anger"].startswith("3 faces of ")


def test_a_single_expression_is_refused():
    faces = related_faces()
    faces.classes[:] = 0
    with pytest.raises(DataError, match="fewer than two expressions"):
        classify(faces, "presence", OPTIONS)
