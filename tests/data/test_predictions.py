"""Predictions in the place of labels that nobody gave."""

import math

import pyarrow as pa
import pytest

from catgan.data import predictions
from catgan.labels import Labels, LabelSpec

PRESENCE = LabelSpec((4, 12), "presence", True, ("neutral", "happiness"))
INTENSITY = LabelSpec((4, 12), "intensity")


def filled(spec, labels, **columns):
    return predictions.filled(spec, labels, pa.table(columns), 1.0)


def test_a_known_label_stays_and_an_unknown_one_is_predicted():
    labels = {"AU04_present": [0, None, 1], "valence": [None, -0.5, math.nan], "expression": ["neutral", None, None]}
    found = filled(PRESENCE, labels, predicted_AU04_present=[0.9, 0.9, 0.1], predicted_valence=[0.25, 1.0, 0.5],
                   predicted_expression=["happiness", "happiness", "fear"])
    assert found["AU04_present"] == [0, 1.0, 1] and found["valence"] == [0.25, -0.5, 0.5]
    assert found["expression"] == ["neutral", "happiness", None]  # a class that is not asked about is no label
    assert labels["AU04_present"] == [0, None, 1] and "AU12_present" not in found
    assert len(Labels.from_columns(PRESENCE, found, 3)) == 3


@pytest.mark.parametrize("probability, present", [(0.0, 0.0), (0.499, 0.0), (0.5, 1.0), (1.0, 1.0), (None, None)])
def test_presence_is_never_between(probability, present):
    assert filled(PRESENCE, {}, predicted_AU12_present=[probability])["AU12_present"] == [present]


def test_an_intensity_tells_presence():
    found = filled(PRESENCE, {}, predicted_AU12=[0.99, 1.0, 4.0])
    assert found["AU12_present"] == [0.0, 1.0, 1.0]
    assert predictions.origin("AU12", ["predicted_AU12_present"]) is None  # the other way round not


def test_a_predicted_intensity_does_not_contradict_a_known_presence():
    found = filled(INTENSITY, {"AU12": [None] * 5 + [3.0]}, predicted_AU12=[0.5, 0.5, 2.0, 2.0, 2.0, 0.0],
                   AU12_present=[0, 1, 0, 1, None, 1])
    assert found["AU12"] == [0.5, None, None, 2.0, 2.0, 3.0]


def test_columns_that_are_needed():
    stored = ["id", "AU12", "AU12_present", "valence", "predicted_AU12", "predicted_AU12_std", "predicted_valence"]
    assert predictions.needed(INTENSITY, stored) == ["AU12_present", "predicted_AU12"]
    assert predictions.needed(PRESENCE, stored) == ["predicted_AU12", "predicted_valence"]


@pytest.mark.parametrize("own, model, joined", [
    (LabelSpec((4,)), LabelSpec((12,), "presence", True), LabelSpec((4, 12), "presence", True)),
    (LabelSpec((4,)), LabelSpec((12,), "intensity"), LabelSpec((4, 12))),
    (LabelSpec((4,), "intensity"), LabelSpec((12,), "presence", True), LabelSpec((4,), "intensity", True)),
    (LabelSpec((), "presence", True), LabelSpec((12,), "intensity"), LabelSpec((12,), "intensity", True)),
    (LabelSpec((4,), expressions=("neutral", "fear")), LabelSpec(expressions=("fear", "anger")),
     LabelSpec((4,), expressions=("neutral", "fear", "anger")))])
def test_labels_of_a_data_set_and_of_a_model(own, model, joined):
    assert predictions.joined(own, model) == joined
