"""Consistency of answers whose relation is known."""

from dataclasses import replace

import numpy as np
import pytest

from catgan.errors import DataError
from catgan.studies.relate.consistency import consistency
from catgan.studies.relate.options import RelateOptions
from tests.harness.related_faces import related_faces

OPTIONS = RelateOptions(draws=40)


def test_a_model_of_the_same_relation_agrees():
    truth = related_faces(noise=0.05)
    found = consistency(truth, replace(truth, units={"intensity": truth.units["intensity"]}), OPTIONS)["valence"]
    assert all(entry["difference"]["value"] == 0 for entry in found["compared"]["coefficients"].values())
    assert found["compared"]["implied"]["value"] == pytest.approx(found["compared"]["ccc_of_data"]["value"])
    assert found["model"]["n"] == 240 and "left_out" in found["compared"]


def test_another_relation_differs_in_the_coefficient_that_was_changed():
    truth = related_faces(noise=0.05)
    affect = truth.affect + np.outer(truth.units["intensity"][:, 3], [0.1, 0.0])
    answers = replace(truth, units={"intensity": truth.units["intensity"]}, affect=affect)
    found = consistency(truth, answers, OPTIONS)
    entry = found["valence"]["compared"]["coefficients"]["AU12"]
    assert entry["difference"]["value"] == pytest.approx(0.1) and entry["difference"]["interval"][0] > 0.09
    assert found["arousal"]["compared"]["coefficients"]["AU12"]["difference"]["value"] == pytest.approx(0)
    assert found["valence"]["compared"]["implied"]["value"] < found["valence"]["compared"]["ccc_of_data"]["value"]


def test_data_without_these_labels_leave_the_model_alone():
    truth = related_faces()
    answers = replace(truth, units={"intensity": truth.units["intensity"]})
    found = consistency(replace(truth, units={"presence": truth.units["presence"]}), answers, OPTIONS)["valence"]
    assert found["not_compared"] == "the data set knows no intensity of the run's Action Units"
    assert found["model"]["r2"] == pytest.approx(1)
    with pytest.raises(DataError, match="does not read both"):
        consistency(truth, replace(answers, units={}), OPTIONS)
