import math

import numpy as np
import pyarrow as pa
import pytest

from catgan.data import predictions
from catgan.errors import CatganError
from catgan.labels import Labels, LabelSpec

PRESENCE = LabelSpec((4, 12), "presence", True, ("neutral", "happiness"))
INTENSITY = LabelSpec((4, 12), "intensity")


def filled(spec, known, **columns):
    """What `known` and predictions give, by column, with None for unknown."""
    table = pa.table(columns)
    labels = predictions.filled(Labels.from_columns(spec, known, table.num_rows), table, 1.0)
    found = {name: [value if known else None for value, known in zip(*map(np.ndarray.tolist, labels.column(name)))]
             for name in spec.columns}
    if "expression" in found:
        found["expression"] = [cell if cell is None else spec.expressions[int(cell)] for cell in found["expression"]]
    return found


def test_filled_keeps_known_labels_and_predicts_unknown_ones():
    labels = {"AU04_present": [0, None, 1], "valence": [None, -0.5, math.nan], "expression": ["neutral", None, None]}
    found = filled(PRESENCE, labels, predicted_AU04_present=[0.9, 0.9, 0.1], predicted_valence=[0.25, 1.0, 0.5],
                   predicted_expression=["happiness", "happiness", "fear"])
    assert found["AU04_present"] == [0, 1.0, 1] and found["valence"] == [0.25, -0.5, 0.5]
    assert found["expression"] == ["neutral", "happiness", None]  # a class that is not asked about is no label
    assert found["AU12_present"] == [None] * 3


@pytest.mark.parametrize("probability, present", [(0.0, 0.0), (0.499, 0.0), (0.5, 1.0), (1.0, 1.0), (None, None),
                                                  (math.nan, None)])
def test_filled_presence_is_0_or_1(probability, present):
    columns = {"predicted_AU12_present": pa.array([probability], pa.float32())}
    assert filled(PRESENCE, {}, **columns)["AU12_present"] == [present]


def test_filled_takes_presence_from_a_predicted_intensity():
    found = filled(PRESENCE, {}, predicted_AU12=[0.99, 1.0, 4.0])
    assert found["AU12_present"] == [0.0, 1.0, 1.0]
    assert predictions.origin("AU12", ["predicted_AU12_present"]) is None  # the other way round not


def test_filled_compares_intensities_in_double_precision():
    """0.7 as float32 is less than 0.7."""
    table = pa.table({"predicted_AU12": pa.array([0.7], pa.float32())})
    labels = Labels.from_columns(LabelSpec((12,)), {}, 1)
    assert predictions.filled(labels, table, 0.7).values.tolist() == [[0.0]]


def test_filled_refuses_an_intensity_that_contradicts_a_known_presence():
    found = filled(INTENSITY, {"AU12": [None] * 5 + [3.0]}, predicted_AU12=[0.5, 0.5, 2.0, 2.0, 2.0, 0.0],
                   AU12_present=[0, 1, 0, 1, None, 1])
    assert found["AU12"] == [0.5, None, None, 2.0, 2.0, 3.0]


def test_filled_refuses_a_prediction_out_of_range():
    with pytest.raises(CatganError, match="'valence' must lie in -1..1"):
        filled(PRESENCE, {}, predicted_valence=[1.5])


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
