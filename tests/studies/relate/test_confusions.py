"""Category errors in the plane, of answers whose errors are known."""

from dataclasses import replace

import numpy as np
import pytest

from catgan.errors import DataError
from catgan.studies.relate.confusions import errors_in_plane, nearer_to_answer
from catgan.studies.relate.options import RelateOptions
from tests.harness.related_faces import related_faces

OPTIONS = RelateOptions(draws=40)
CENTRES = np.array([[0.6, 0.2], [-0.6, -0.2], [-0.5, 0.6]])


def placed(n=240, seed=0):
    """Faces around the centre of their class; every tenth lies where another class does, and is taken for that one."""
    faces, random = related_faces(n), np.random.default_rng(seed)
    lies = faces.classes.copy()
    lies[::10] = (lies[::10] + 1) % 3
    affect = CENTRES[lies] + 0.05 * random.standard_normal((n, 2))
    return replace(faces, affect=affect), replace(faces, affect=affect, classes=lies)


def test_errors_that_follow_the_plane_are_nearer_to_the_answer():
    truth, answers = placed()
    found = errors_in_plane(truth, answers, OPTIONS)
    assert found["n"] == 240 and found["accuracy"]["value"] == pytest.approx(0.9)
    assert found["placed_by"] == "annotation" and found["nearer"]["n"] == 24
    assert found["nearer"]["share"]["value"] == 1 and 0.4 < found["nearer"]["by_chance"]["value"] <= 1
    assert sum(entry["count"] for entry in found["confusions"]) == 24
    assert found["true"]["happiness"]["n"] == 80
    regions = found["regions"]
    assert regions["near neutral"]["n"] == 0 and regions["near neutral"]["accuracy"] is None
    assert sum(regions[name]["n"] for name in list(regions)[:4]) == 240


def test_errors_at_random_are_no_nearer_than_chance():
    random, classes = np.random.default_rng(3), np.arange(600) % 3
    groups = np.array([f"subject {place // 5}" for place in range(600)])
    where = CENTRES[classes] + 0.3 * random.standard_normal((600, 2))
    said = np.where(random.random(600) < 0.5, classes, random.integers(3, size=600))
    found = nearer_to_answer(where, classes, said, groups, 3, OPTIONS)
    low, high = found["difference"]["interval"]
    assert low < 0 < high


def test_answers_place_faces_where_none_is_annotated():
    truth, answers = placed()
    found = errors_in_plane(replace(truth, affect=np.full_like(truth.affect, np.nan)), answers, OPTIONS)
    assert found["placed_by"] == "answers"
    nowhere = replace(answers, affect=np.full_like(truth.affect, np.nan))
    found = errors_in_plane(replace(truth, affect=nowhere.affect), nowhere, OPTIONS)
    assert found["placed_by"] is None and "regions" not in found


def test_classes_are_matched_by_name_and_others_left_out():
    truth, answers = placed()
    renamed = replace(answers, names=("anger", "happiness"), classes=np.where(answers.classes == 0, 1, 0))
    found = errors_in_plane(truth, renamed, OPTIONS)
    assert found["left_out"] == {"sadness": 80} and found["n"] == 160
    with pytest.raises(DataError, match="the run reads no expressions"):
        errors_in_plane(truth, replace(answers, names=()), OPTIONS)
    with pytest.raises(DataError, match="no face has an expression that the run reads"):
        errors_in_plane(truth, replace(answers, names=("fear", "disgust", "surprise")), OPTIONS)
